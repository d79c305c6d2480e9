"""A tremolo: the sound swells and fades `rate` times a second."""

import math

from oscine import param, samplerate

rate = param(5.0, 0.1, 20.0, unit="Hz")
depth = param(0.8, 0.0, 1.0)
phase = 0.0


def process(x):
    global phase
    phase = (phase + rate / samplerate) % 1.0
    swell = 0.5 - 0.5 * math.cos(2 * math.pi * phase)
    return x * (1.0 - depth * swell)
