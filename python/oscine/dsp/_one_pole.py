"""A one-pole filter."""

from oscine.dsp._arguments import number, one_of, rate
from oscine.dsp._blocks import Effect
from oscine.dsp._trapezoidal import warped


class OnePole(Effect):
    """A one-pole filter, "low" or "high", with half power exactly at the cutoff, by the trapezoidal rule.

    Without input its memory shrinks whatever the cutoff is at the time, so that no movement of it can make it grow.
    V. Zavalishin, "The Art of VA Filter Design", section 3.10.
    """

    def __init__(self, cutoff=1000.0, kind="low", *, samplerate=None):
        self.cutoff = number("OnePole", "cutoff", cutoff)
        self._is_low = one_of("OnePole", "kind", kind, ("low", "high")) == "low"
        self._rate = rate("OnePole", samplerate)
        self._cutoff = -self._rate
        self._gain = 0.0
        self._memory = 0.0

    def tick(self, x):
        if self.cutoff != self._cutoff:
            self._cutoff = self.cutoff
            g = warped(self.cutoff, self._rate)
            self._gain = g / (1.0 + g)
        v = self._gain * (x - self._memory)
        low = v + self._memory
        self._memory = low + v
        return low if self._is_low else x - low
