"""Diode ring modulator: two transformers, four diodes, and a stiff circuit solved 30 times a sample.

    C   dv1/dt = i1 - g(v4)/2 + g(v5)/2 - g(v6)/2 + g(v7)/2 - (v1 - v_m)/R_M
    C   dv2/dt = i2 + g(v4)/2 - g(v5)/2 - g(v6)/2 + g(v7)/2 - v2/R_A
    C_P dv3/dt = g(v4) + g(v5) - g(v6) - g(v7) - v3/R_I
    L   di1/dt = -v1,    L di2/dt = -v2
    v4 =  v1/2 - v2/2 - v3 - v_c        v5 = -v1/2 + v2/2 - v3 - v_c
    v6 =  v1/2 + v2/2 + v3 + v_c        v7 = -v1/2 - v2/2 + v3 + v_c
    g(v) = 0.17 v^4 for v > 0, else 0

v_m is the modulator, v_c the carrier, v2 the output. A step takes the linear parts backward and the diodes explicitly,
which is stable only at a high rate and for small voltages: `level` is what full scale becomes, and what is beyond full
scale is cut. Inputs are brought to the high rate by zero-stuffing; a Butterworth low-pass of order 5 (in second-order
sections, which lose fewer digits than the paper's one polynomial) precedes the return to the audio rate.

A built-in oscillator is the carrier until one is connected; then turn it down with `oscillator`.

Source: R. Hoffmann-Burchardi, "Digital Simulation of the Diode Ring Modulator for Musical Applications", DAFx-08; the
loop is Algorithm 1 of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

import math

import numpy as np
from scipy import signal

from oscine import param, samplerate

OVERSAMPLING = 30
ZERO_STUFFING = True  # the paper's way; False holds each sample for all its steps
FS = OVERSAMPLING * samplerate

R_A, R_M, R_I = 600.0, 80.0, 50.0  # ohm
C, C_P = 10e-9, 10e-9  # F
L = 0.8  # H

K1 = R_M / (1.0 + C * FS * R_M)
K2 = R_A / (1.0 + C * FS * R_A)
K3 = R_I / (1.0 + C_P * FS * R_I)
C_FS = C * FS
C_P_FS = C_P * FS
INV_L_FS = 1.0 / (L * FS)

level = param(0.2, 0.01, 0.25, unit="V", scale="log")
oscillator = param(1.0, 0.0, 1.0)
frequency = param(440.0, 1.0, 5000.0, unit="Hz", scale="log")
makeup = param(30.0, 0.0, 60.0, unit="dB")

v1 = v2 = v3 = 0.0
i1 = i2 = 0.0
g4 = g5 = g6 = g7 = 0.0
phase = 0.0

sos = signal.butter(5, 0.5 * samplerate, fs=FS, output="sos")
zi = np.zeros((len(sos), 2))
steps = np.zeros(OVERSAMPLING)


def diode(v):
    square = v * v
    return 0.17 * square * square if v > 0.0 else 0.0


def circuit(v_m, v_c):
    """One step at the high rate: volts in, volts at the output out."""
    global v1, v2, v3, i1, i2, g4, g5, g6, g7
    v1 = K1 * (C_FS * v1 + v_m / R_M + i1 + 0.5 * (-g4 + g5 - g6 + g7))
    v2 = K2 * (C_FS * v2 + i2 + 0.5 * (g4 - g5 - g6 + g7))
    v3 = K3 * (C_P_FS * v3 + g4 + g5 - g6 - g7)
    half_sum = 0.5 * (v1 + v2)
    half_difference = 0.5 * (v1 - v2)
    v_3c = v3 + v_c
    g4 = diode(half_difference - v_3c)
    g5 = diode(-half_difference - v_3c)
    g6 = diode(half_sum + v_3c)
    g7 = diode(-half_sum + v_3c)
    i1 -= v1 * INV_L_FS
    i2 -= v2 * INV_L_FS
    return v2


def limit(x):
    return max(-1.0, min(1.0, x))


def process(modulator, carrier=0.0):
    global zi, phase
    v_m = level * limit(modulator)
    v_c = level * limit(carrier + oscillator * math.sin(2.0 * math.pi * phase))
    phase = (phase + frequency / samplerate) % 1.0
    for k in range(OVERSAMPLING):
        steps[k] = circuit(v_m, v_c)
        if ZERO_STUFFING:
            v_m = v_c = 0.0
    y, zi = signal.sosfilt(sos, steps, zi=zi)
    return y[0] * 10.0 ** (makeup / 20.0) / level
