"""Half-band stages of linear phase: one of their two branches is a delay, the other a symmetric filter.

Of the taps of a half-band filter every other one is zero but the middle one. Upwards, even samples are the filter's and
odd ones the input itself; downwards, even samples go through the filter and odd ones beside it.
"""

import numpy as np

from oscine.dsp._half_bands import LINEAR_PHASE


class _Line:
    """The last samples, twice, so that those a filter asks for lie one after the other wherever the newest is."""

    def __init__(self, count):
        self._size = 1
        while self._size < count:
            self._size *= 2
        self._samples = np.zeros(2 * self._size)
        self._newest = 0

    def put(self, x):
        self._newest = (self._newest + 1) % self._size
        self._samples[self._newest] = x
        self._samples[self._newest + self._size] = x

    def before(self, frames):
        """The sample that was put so many frames before the newest."""
        return self._samples[self._newest + self._size - frames]

    def filtered(self, taps):
        """By a symmetric filter of an even number of taps, the first half of which these are; two sums do not wait for
        one another."""
        samples, half = self._samples, len(taps)
        last = self._newest + self._size
        first = last - 2 * half + 1
        y = z = 0.0
        for k in range(half // 2):
            y += taps[2 * k] * (samples[first + 2 * k] + samples[last - 2 * k])
            z += taps[2 * k + 1] * (samples[first + 2 * k + 1] + samples[last - 2 * k - 1])
        if half % 2 == 1:
            y += taps[half - 1] * (samples[first + half - 1] + samples[last - half + 1])
        return y + z


class LinearUp:
    """Upwards; `delay` is that of the way up and down in frames of the lower rate."""

    def __init__(self, stage):
        taps = LINEAR_PHASE[stage]
        self.delay = len(taps) - 1
        self._half = len(taps) // 2
        self._taps = taps[: self._half]
        self._line = _Line(len(taps))

    def tick(self, x):
        self._line.put(x)
        return self._line.filtered(self._taps), self._line.before(self._half - 1)


class LinearDown:
    """Downwards."""

    def __init__(self, stage):
        taps = LINEAR_PHASE[stage]
        self._half = len(taps) // 2
        self._taps = taps[: self._half]
        self._even = _Line(len(taps))
        self._odd = _Line(self._half + 1)

    def tick(self, even, odd):
        self._even.put(even)
        self._odd.put(odd)
        return 0.5 * (self._even.filtered(self._taps) + self._odd.before(self._half))
