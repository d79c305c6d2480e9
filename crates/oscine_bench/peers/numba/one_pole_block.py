"""The one-pole low-pass filter of listing A2 as Numba needs it: the sample before is read from the block."""

import numpy as np

from oscine import blocksize

state = np.array([0.1, 0.0])
arguments = (state,)


def kernel(s, x, y):
    alpha = s[0]
    b = 1.0 - alpha
    if len(y) == 0:
        return
    y[0] = alpha * x[0] + b * s[1]
    for n in range(1, len(y)):
        y[n] = alpha * x[n] + b * y[n - 1]
    s[1] = y[len(y) - 1]


def process(x):
    y = np.zeros(blocksize)
    kernel(state, x, y)
    return y
