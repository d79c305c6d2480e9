"""The VCS3's filter by fixed-point iteration as Numba needs it."""

from math import pi, tan, tanh

import numpy as np

from oscine import blocksize, samplerate

V_T = 0.026
GAMMA = 1.836 * V_T
C = 0.1e-6
K = 4.0
I0 = 8.0 * C * V_T * 2.0 * samplerate * tan(pi * 1000.0 / samplerate)
STEP = I0 / (4.0 * C * samplerate)

state = np.zeros(13)
arguments = (state,)


def kernel(s, x, y):
    vc1, vc2, vc3, vc4, u2, u3, u4, u5 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
    s1, s2, s3, s4, v_out = s[8], s[9], s[10], s[11], s[12]
    for n in range(len(y)):
        v_in = x[n]
        for _ in range(100):
            previous = v_out
            u1 = tanh((v_in - previous) / (2 * V_T))
            vc1 = STEP * (u2 + u1) + s1
            u2 = tanh((vc2 - vc1) / (2 * V_T))
            vc2 = STEP * (u3 - u2) + s2
            u3 = tanh((vc3 - vc2) / (2 * V_T))
            vc3 = STEP * (u4 - u3) + s3
            u4 = tanh((vc4 - vc3) / (2 * V_T))
            vc4 = STEP * (-u5 - u4) + s4
            u5 = tanh(vc4 / (6 * GAMMA))
            v_out = (K + 0.5) * vc4
            if abs(v_out - previous) < 1e-4 * abs(previous):
                break
        s1 = 2 * vc1 - s1
        s2 = 2 * vc2 - s2
        s3 = 2 * vc3 - s3
        s4 = 2 * vc4 - s4
        y[n] = v_out
    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] = vc1, vc2, vc3, vc4, u2, u3, u4, u5
    s[8], s[9], s[10], s[11], s[12] = s1, s2, s3, s4, v_out


def process(x):
    y = np.zeros(blocksize)
    kernel(state, x, y)
    return y
