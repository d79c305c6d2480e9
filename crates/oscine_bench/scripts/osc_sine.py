"""The paper's unit generator: a sine oscillator as an object that keeps its phase."""

import math

from oscine import samplerate


class OscSine:
    def __init__(self, frequency, amplitude):
        self.frequency = frequency
        self.amplitude = amplitude
        self.phase = 0.0

    def tick(self):
        y = self.amplitude * math.sin(2.0 * math.pi * self.phase)
        self.phase += self.frequency / samplerate
        if self.phase >= 1.0:
            self.phase -= 1.0
        return y


oscillator = OscSine(440.0, 0.5)


def process():
    return oscillator.tick()
