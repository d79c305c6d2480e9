"""The same one-pole low-pass filter in the paper's form: a block of samples in, a block out.

Listing A2 of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020), to the end of the
block.
"""

import numpy as np

from oscine import blocksize, param

alpha = param(0.1, 0.001, 1.0, scale="log")

last_sample = 0.0


def process(data):
    global last_sample
    b = 1 - alpha
    y = np.zeros(blocksize)
    y[0] = alpha * data[0] + b * last_sample
    for i in range(1, blocksize):
        y[i] = alpha * data[i] + b * y[i - 1]
    last_sample = y[blocksize - 1]
    return y
