"""A sine oscillator."""

import math

from oscine.dsp._arguments import number, rate
from oscine.dsp._blocks import Generator


class Sine(Generator):
    """A sine oscillator, `amplitude sin(2 pi phase)`; `phase` in [0, 1) is that of the next sample."""

    def __init__(self, frequency=440.0, amplitude=1.0, phase=0.0, *, samplerate=None):
        self.frequency = number("Sine", "frequency", frequency)
        self.amplitude = number("Sine", "amplitude", amplitude)
        phase = number("Sine", "phase", phase)
        self.phase = phase - math.floor(phase)
        self._rate = rate("Sine", samplerate)

    def tick(self):
        y = self.amplitude * math.sin(2.0 * math.pi * self.phase)
        turn = self.phase + self.frequency / self._rate
        turn -= math.floor(turn)
        # The least negative step rounds to a whole turn.
        self.phase = turn if turn < 1.0 else 0.0
        return y
