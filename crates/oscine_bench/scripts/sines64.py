"""64 sine oscillators, each an object with its own state: the paper's unit generator as a bank."""

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


bank = [OscSine(55.0 * (1.0 + n), 1.0 / 64.0) for n in range(64)]


def process():
    y = 0.0
    for oscillator in bank:
        y += oscillator.tick()
    return y
