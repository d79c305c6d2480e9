"""The one-pole low-pass filter in the paper's form: a chunk of samples in, a chunk out.

    y[n] = alpha x[n] + (1 - alpha) y[n-1],    0 < alpha < 1

The last output sample is kept in a module global, from which the next chunk starts.

Source: De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020), Listing A2. The
listing's loop stops at CHUNK_SIZE - 1 and leaves the last sample of each chunk unfiltered; this one goes to the end.
"""

import numpy as np

from oscine import blocksize, param

CHUNK_SIZE = blocksize

alpha = param(0.1, 0.001, 1.0, scale="log")

last_sample = 0.0


def process(data):
    global last_sample
    b = 1 - alpha
    y = np.arange(CHUNK_SIZE, dtype=float)
    y[0] = alpha * data[0] + b * last_sample
    for i in range(1, CHUNK_SIZE):
        y[i] = alpha * data[i] + b * y[i - 1]
    last_sample = y[CHUNK_SIZE - 1]
    return y
