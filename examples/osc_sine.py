"""A chord of sine oscillators: the unit generator as an object, each instance with its own state.

    y[n] = amplitude sin(2 pi phase[n]),    phase[n+1] = (phase[n] + frequency / samplerate) mod 1

Source: the `OscSine` class of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020),
sections 2 and 3.2; M. Mathews, "The Technology of Computer Music" (1969), for the unit generator.
"""

import math

from oscine import param, samplerate

CHORD = (0, 4, 7, 11)  # semitones above the root: a major seventh

root = param(220.0, 40.0, 2000.0, unit="Hz", scale="log")
volume = param(0.5, 0.0, 1.0)


class OscSine:
    def __init__(self, frequency, amplitude=1.0):
        self.frequency = frequency
        self.amplitude = amplitude
        self.phase = 0.0

    def tick(self):
        y = self.amplitude * math.sin(2.0 * math.pi * self.phase)
        self.phase += self.frequency / samplerate
        if self.phase >= 1.0:
            self.phase -= 1.0
        return y


voices = [OscSine(root * 2.0 ** (semitones / 12.0), 1.0 / len(CHORD)) for semitones in CHORD]


def update():
    for voice, semitones in zip(voices, CHORD):
        voice.frequency = root * 2.0 ** (semitones / 12.0)


def process():
    y = 0.0
    for voice in voices:
        y += voice.tick()
    return volume * y
