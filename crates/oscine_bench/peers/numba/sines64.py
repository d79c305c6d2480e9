"""64 sine oscillators as Numba needs them: an array for each attribute instead of a list of objects."""

import math

import numpy as np

from oscine import blocksize, samplerate

frequency = 55.0 * (1.0 + np.arange(64))
amplitude = np.full(64, 1.0 / 64.0)
phase = np.zeros(64)
arguments = (frequency, amplitude, phase)


def tick(frequency, amplitude, phase, k):
    y = amplitude[k] * math.sin(2.0 * math.pi * phase[k])
    phase[k] += frequency[k] / samplerate
    if phase[k] >= 1.0:
        phase[k] -= 1.0
    return y


def kernel(frequency, amplitude, phase, y):
    for n in range(len(y)):
        total = 0.0
        for k in range(64):
            total += tick(frequency, amplitude, phase, k)
        y[n] = total


def process():
    y = np.zeros(blocksize)
    kernel(frequency, amplitude, phase, y)
    return y
