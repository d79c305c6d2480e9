"""The EMS VCS3's voltage-controlled filter by fixed-point iteration, cutoff 1 kHz, K = 4.

Algorithm 2 of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

from math import pi, tan, tanh

from oscine import samplerate

V_T = 0.026  # V
GAMMA = 1.836 * V_T  # V
C = 0.1e-6  # F
K = 4.0
CUTOFF_HZ = 1000.0

I0 = 8.0 * C * V_T * 2.0 * samplerate * tan(pi * CUTOFF_HZ / samplerate)
STEP = I0 / (4.0 * C * samplerate)

vc1 = vc2 = vc3 = vc4 = 0.0
u2 = u3 = u4 = u5 = 0.0
s1 = s2 = s3 = s4 = 0.0
v_out = 0.0


def process(v_in):
    global vc1, vc2, vc3, vc4, u2, u3, u4, u5, s1, s2, s3, s4, v_out
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
    return v_out
