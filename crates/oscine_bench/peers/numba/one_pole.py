"""One-pole low-pass filter as Numba needs it: what a script keeps in globals comes and goes in an array."""

import numpy as np

from oscine import blocksize

state = np.array([0.1, 0.0])
arguments = (state,)


def kernel(s, x, y):
    alpha, last = s[0], s[1]
    for n in range(len(y)):
        last = alpha * x[n] + (1.0 - alpha) * last
        y[n] = last
    s[1] = last


def process(x):
    y = np.zeros(blocksize)
    kernel(state, x, y)
    return y
