"""A bank of sine oscillators."""

import math

import numpy as np

from oscine.dsp._arguments import rate
from oscine.dsp._blocks import Generator


class Sines(Generator):
    """The sum of sine oscillators, `amplitudes[k] sin(2 pi phases[k])` each.

    `frequencies` in Hz, `amplitudes` and `phases`, those of the next sample in [0, 1), are arrays whose elements may be set
    at any time; they are made with as many numbers as there are oscillators, or one for all.
    """

    def __init__(self, frequencies, amplitudes=1.0, phases=0.0, *, samplerate=None):
        self.frequencies = np.atleast_1d(np.array(frequencies, dtype=float))
        count = len(self.frequencies)
        if self.frequencies.ndim != 1 or count == 0:
            raise ValueError("Sines(frequencies): a sequence of frequencies in Hz, one or more")
        self.amplitudes = _each("amplitudes", amplitudes, count)
        self.phases = _each("phases", phases, count)
        self.phases -= np.floor(self.phases)
        self._rate = rate("Sines", samplerate)

    def tick(self):
        y = 0.0
        for n in range(len(self.frequencies)):
            y += self.amplitudes[n] * math.sin(2.0 * math.pi * self.phases[n])
            turn = self.phases[n] + self.frequencies[n] / self._rate
            turn -= math.floor(turn)
            # The least negative step rounds to a whole turn.
            self.phases[n] = turn if turn < 1.0 else 0.0
        return y


def _each(name, values, count):
    """As many numbers as there are oscillators."""
    given = np.array(values, dtype=float)
    if given.ndim > 1 or given.ndim == 1 and len(given) != count:
        raise ValueError(f"Sines(..., {name}=): one number, or as many as there are frequencies, {count}")
    return np.zeros(count) + given
