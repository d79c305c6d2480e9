"""The workloads as Numba needs them: state that a module keeps in globals comes and goes in an array."""

import math

import numpy as np
from numba import njit

SAMPLERATE = 44100.0


@njit
def one_pole(s, x, y):
    alpha, last = s[0], s[1]
    for n in range(len(y)):
        last = alpha * x[0, n] + (1.0 - alpha) * last
        y[n] = last
    s[1] = last


@njit
def one_pole_block(s, x, y):
    alpha = s[0]
    b = 1.0 - alpha
    if len(y) == 0:
        return
    y[0] = alpha * x[0, 0] + b * s[1]
    for n in range(1, len(y)):
        y[n] = alpha * x[0, n] + b * y[n - 1]
    s[1] = y[-1]


W0 = 2.0 * math.pi * 1000.0 / SAMPLERATE
SLOPE = math.sin(W0) / (2.0 * 2.0)
A0 = 1.0 + SLOPE
B0 = (1.0 - math.cos(W0)) / 2.0 / A0
B1 = (1.0 - math.cos(W0)) / A0
B2 = B0
A1 = -2.0 * math.cos(W0) / A0
A2 = (1.0 - SLOPE) / A0


@njit
def biquad(s, x, y):
    z1, z2 = s[0], s[1]
    for n in range(len(y)):
        y[n] = B0 * x[0, n] + z1
        z1 = B1 * x[0, n] - A1 * y[n] + z2
        z2 = B2 * x[0, n] - A2 * y[n]
    s[0], s[1] = z1, z2


FS = 30 * SAMPLERATE
R_A, R_M, R_I = 600.0, 80.0, 50.0
C, C_P, L = 10e-9, 10e-9, 0.8
K1 = R_M / (1.0 + C * FS * R_M)
K2 = R_A / (1.0 + C * FS * R_A)
K3 = R_I / (1.0 + C_P * FS * R_I)


@njit
def g(v):
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


@njit
def ring_core(s, x, y):
    v1, v2, v3, v4, v5, v6, v7, i1, i2 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
    for n in range(len(y)):
        for k in range(30):
            v_m = x[0, n] if k == 0 else 0.0
            v_c = x[1, n] if k == 0 else 0.0
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


V_T = 0.026
GAMMA = 1.836 * V_T
C_LADDER = 0.1e-6
K = 4.0
STEP = 8.0 * C_LADDER * V_T * 2.0 * SAMPLERATE * math.tan(math.pi * 1000.0 / SAMPLERATE) / (4.0 * C_LADDER * SAMPLERATE)


@njit
def vcs3(s, x, y):
    vc1, vc2, vc3, vc4, u2, u3, u4, u5 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
    s1, s2, s3, s4, v_out = s[8], s[9], s[10], s[11], s[12]
    for n in range(len(y)):
        v_in = x[0, n]
        for _ in range(100):
            previous = v_out
            u1 = math.tanh((v_in - previous) / (2 * V_T))
            vc1 = STEP * (u2 + u1) + s1
            u2 = math.tanh((vc2 - vc1) / (2 * V_T))
            vc2 = STEP * (u3 - u2) + s2
            u3 = math.tanh((vc3 - vc2) / (2 * V_T))
            vc3 = STEP * (u4 - u3) + s3
            u4 = math.tanh((vc4 - vc3) / (2 * V_T))
            vc4 = STEP * (-u5 - u4) + s4
            u5 = math.tanh(vc4 / (6 * GAMMA))
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


@njit
def tick(frequency, amplitude, phase, k):
    y = amplitude[k] * math.sin(2.0 * math.pi * phase[k])
    phase[k] += frequency[k] / SAMPLERATE
    if phase[k] >= 1.0:
        phase[k] -= 1.0
    return y


@njit
def sines64(s, x, y):
    frequency, amplitude, phase = s
    for n in range(len(y)):
        total = 0.0
        for k in range(64):
            total += tick(frequency, amplitude, phase, k)
        y[n] = total


BANK = (55.0 * (1.0 + np.arange(64)), np.full(64, 1.0 / 64.0), np.zeros(64))


B = np.array([3.3369544434531476e-07, 1.668477221726574e-06, 3.336954443453148e-06])
B = np.concatenate((B, B[::-1]))  # scipy.signal.butter(5, 1 / 30)
A = np.array([1.0, -4.661164783332666, 8.701355244210472, -8.13130172488138, 3.8035532257463287, -0.7124312834885355])


@njit
def ring_modulator(s, x, y):
    v1, v2, v3, v4, v5, v6, v7, i1, i2 = s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]
    z = s[9:]
    for n in range(len(y)):
        for k in range(30):
            v_m = x[0, n] if k == 0 else 0.0
            v_c = x[1, n] if k == 0 else 0.0
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
            low = B[0] * v2 + z[0]
            for j in range(5):
                z[j] = B[j + 1] * v2 - A[j + 1] * low + z[j + 1]
            if k == 0:
                y[n] = low
    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8] = v1, v2, v3, v4, v5, v6, v7, i1, i2


# scipy.signal.butter(4, 1000, fs=44100, output="sos"), without the ones of a0
SOS = np.array([
    [2.1520951214109304e-05, 4.304190242821861e-05, 2.1520951214109304e-05, -1.7501415049742755, 0.7680563844159684],
    [1.0, 2.0, 1.0, -1.8777026972159967, 0.8969233244352001],
])


@njit
def butterworth(s, x, y):
    for n in range(len(y)):
        signal = x[0, n]
        for k in range(2):
            low = SOS[k, 0] * signal + s[k, 0]
            s[k, 0] = SOS[k, 1] * signal - SOS[k, 3] * low + s[k, 1]
            s[k, 1] = SOS[k, 2] * signal - SOS[k, 4] * low
            signal = low
        y[n] = signal


@njit
def osc_sine(s, x, y):
    frequency, amplitude, phase = s
    for n in range(len(y)):
        y[n] = tick(frequency, amplitude, phase, 0)


@njit
def sin_loop(s, x, y):
    i = int(s[0])
    for n in range(len(y)):
        i += 1
        y[n] = math.sin(i)
    s[0] = i


# The function and its state.
WORKLOADS = {
    "one_pole": (one_pole, np.array([0.1, 0.0])),
    "one_pole_block": (one_pole_block, np.array([0.1, 0.0])),
    "biquad": (biquad, np.zeros(2)),
    "butterworth": (butterworth, np.zeros((2, 2))),
    "ring_core": (ring_core, np.zeros(9)),
    "ring_modulator": (ring_modulator, np.zeros(15)),
    "vcs3": (vcs3, np.zeros(13)),
    "osc_sine": (osc_sine, (np.array([440.0]), np.array([0.5]), np.zeros(1))),
    "sines64": (sines64, BANK),
    "sin_loop": (sin_loop, np.zeros(1)),
}


def kernel(name):
    """The compiled workload as a function of inputs and output."""
    function, state = WORKLOADS[name]
    return lambda x, y: function(state, x, y)
