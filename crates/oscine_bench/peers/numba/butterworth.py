"""A Butterworth low-pass of order 4 as Numba needs it: two sections, their memories in locals."""

import numpy as np

from oscine import blocksize

# scipy.signal.butter(4, 1000, fs=44100, output="sos")
B00, B01, B02 = 2.1520951214109304e-05, 4.304190242821861e-05, 2.1520951214109304e-05
A01, A02 = -1.7501415049742755, 0.7680563844159684
B10, B11, B12 = 1.0, 2.0, 1.0
A11, A12 = -1.8777026972159967, 0.8969233244352001

state = np.zeros(4)
arguments = (state,)


def kernel(s, x, y):
    z00, z01, z10, z11 = s[0], s[1], s[2], s[3]
    for n in range(len(y)):
        first = B00 * x[n] + z00
        z00 = B01 * x[n] - A01 * first + z01
        z01 = B02 * x[n] - A02 * first
        second = B10 * first + z10
        z10 = B11 * first - A11 * second + z11
        z11 = B12 * first - A12 * second
        y[n] = second
    s[0], s[1], s[2], s[3] = z00, z01, z10, z11


def process(x):
    y = np.zeros(blocksize)
    kernel(state, x, y)
    return y
