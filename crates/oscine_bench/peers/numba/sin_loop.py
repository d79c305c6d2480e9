"""The loop of listings A3 to A5 as Numba needs it."""

import math

import numpy as np

from oscine import blocksize

state = np.zeros(1)
arguments = (state,)


def kernel(s, y):
    i = int(s[0])
    for n in range(len(y)):
        i += 1
        y[n] = math.sin(i)
    s[0] = i


def process():
    y = np.zeros(blocksize)
    kernel(state, y)
    return y
