"""The paper's diode ring modulator as the paper wrote it: a block of 30 times as many steps, which `lfilter` low-passes at once.

Algorithm 1 of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

import numpy as np
from scipy.signal import butter, lfilter

from oscine import blocksize, samplerate

OVERSAMPLING = 30
FS = OVERSAMPLING * samplerate

R_A, R_M, R_I = 600.0, 80.0, 50.0  # ohm
C, C_P = 10e-9, 10e-9  # F
L = 0.8  # H

K1 = R_M / (1.0 + C * FS * R_M)
K2 = R_A / (1.0 + C * FS * R_A)
K3 = R_I / (1.0 + C_P * FS * R_I)

v1 = v2 = v3 = 0.0
v4 = v5 = v6 = v7 = 0.0
i1 = i2 = 0.0

b, a = butter(5, 1.0 / OVERSAMPLING)
zi = np.zeros(5)
high = np.zeros(OVERSAMPLING * blocksize)


def g(v):
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


def step(v_m, v_c):
    global v1, v2, v3, v4, v5, v6, v7, i1, i2
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
    return v2


def process(modulator, carrier):
    global zi
    for n in range(blocksize):
        high[OVERSAMPLING * n] = step(modulator[n], carrier[n])
        for k in range(1, OVERSAMPLING):
            high[OVERSAMPLING * n + k] = step(0.0, 0.0)
    low, zi = lfilter(b, a, high, zi=zi)
    return low[::OVERSAMPLING]
