"""A sine oscillator as Numba needs it."""

import math

import numpy as np

from oscine import blocksize, samplerate

# Frequency, amplitude, phase.
state = np.array([440.0, 0.5, 0.0])
arguments = (state,)


def kernel(s, y):
    frequency, amplitude, phase = s[0], s[1], s[2]
    for n in range(len(y)):
        y[n] = amplitude * math.sin(2.0 * math.pi * phase)
        phase += frequency / samplerate
        if phase >= 1.0:
            phase -= 1.0
    s[2] = phase


def process():
    y = np.zeros(blocksize)
    kernel(state, y)
    return y
