"""The diode ring modulator's circuit as Numba needs it: 30 steps a sample, voltages and currents in locals."""

import numpy as np

from oscine import blocksize, samplerate

OVERSAMPLING = 30
FS = OVERSAMPLING * samplerate
R_A, R_M, R_I = 600.0, 80.0, 50.0
C, C_P, L = 10e-9, 10e-9, 0.8
K1 = R_M / (1.0 + C * FS * R_M)
K2 = R_A / (1.0 + C * FS * R_A)
K3 = R_I / (1.0 + C_P * FS * R_I)

state = np.zeros(9)
arguments = (state,)


def g(v):
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


def kernel(s, modulator, carrier, y):
    v1, v2, v3, v4, v5, v6, v7, i1, i2 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
    for n in range(len(y)):
        for k in range(OVERSAMPLING):
            v_m = modulator[n] if k == 0 else 0.0
            v_c = carrier[n] if k == 0 else 0.0
            g4, g5, g6, g7 = g(v4), g(v5), g(v6), g(v7)
            v1 = K1 * (C * FS * v1 + v_m / R_M + i1 - g4 / 2 + g5 / 2 - g6 / 2 + g7 / 2)
            v2 = K2 * (C * FS * v2 + i2 + g4 / 2 - g5 / 2 - g6 / 2 + g7 / 2)
            v3 = K3 * (C_P * FS * v3 + g4 + g5 - g6 - g7)
            v4 = v1 / 2 - v2 / 2 - v3 - v_c
            v5 = -v1 / 2 + v2 / 2 - v3 - v_c
            v6 = v1 / 2 + v2 / 2 + v3 + v_c
            v7 = -v1 / 2 - v2 / 2 + v3 + v_c
            i1 = i1 - v1 / (L * FS)
            i2 = i2 - v2 / (L * FS)
        y[n] = v2
    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8] = v1, v2, v3, v4, v5, v6, v7, i1, i2


def process(modulator, carrier):
    y = np.zeros(blocksize)
    kernel(state, modulator, carrier, y)
    return y
