"""The diode ring modulator, the whole way, as Numba needs it: voltages, currents and the low-pass's memory in locals."""

import numpy as np

from oscine import blocksize, samplerate

OVERSAMPLING = 30
FS = OVERSAMPLING * samplerate
R_A, R_M, R_I = 600.0, 80.0, 50.0
C, C_P, L = 10e-9, 10e-9, 0.8
K1 = R_M / (1.0 + C * FS * R_M)
K2 = R_A / (1.0 + C * FS * R_A)
K3 = R_I / (1.0 + C_P * FS * R_I)

# scipy.signal.butter(5, 1 / 30)
B0, B1, B2 = 3.3369544434531476e-07, 1.668477221726574e-06, 3.336954443453148e-06
B3, B4, B5 = B2, B1, B0
A1, A2, A3 = -4.661164783332666, 8.701355244210472, -8.13130172488138
A4, A5 = 3.8035532257463287, -0.7124312834885355

state = np.zeros(14)
arguments = (state,)


def g(v):
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


def kernel(s, modulator, carrier, y):
    v1, v2, v3, v4, v5, v6, v7, i1, i2 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
    z0, z1, z2, z3, z4 = s[9], s[10], s[11], s[12], s[13]
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
            low = B0 * v2 + z0
            z0 = B1 * v2 - A1 * low + z1
            z1 = B2 * v2 - A2 * low + z2
            z2 = B3 * v2 - A3 * low + z3
            z3 = B4 * v2 - A4 * low + z4
            z4 = B5 * v2 - A5 * low
            if k == 0:
                y[n] = low
    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8] = v1, v2, v3, v4, v5, v6, v7, i1, i2
    s[9], s[10], s[11], s[12], s[13] = z0, z1, z2, z3, z4


def process(modulator, carrier):
    y = np.zeros(blocksize)
    kernel(state, modulator, carrier, y)
    return y
