"""A resonant low-pass filter of second order as Numba needs it."""

import math

import numpy as np

from oscine import blocksize, samplerate

W0 = 2.0 * math.pi * 1000.0 / samplerate
SLOPE = math.sin(W0) / (2.0 * 2.0)
A0 = 1.0 + SLOPE
B0 = (1.0 - math.cos(W0)) / 2.0 / A0
B1 = (1.0 - math.cos(W0)) / A0
B2 = B0
A1 = -2.0 * math.cos(W0) / A0
A2 = (1.0 - SLOPE) / A0

state = np.zeros(2)
arguments = (state,)


def kernel(s, x, y):
    z1, z2 = s[0], s[1]
    for n in range(len(y)):
        low = B0 * x[n] + z1
        z1 = B1 * x[n] - A1 * low + z2
        z2 = B2 * x[n] - A2 * low
        y[n] = low
    s[0], s[1] = z1, z2


def process(x):
    y = np.zeros(blocksize)
    kernel(state, x, y)
    return y
