"""A resonant low-pass filter of second order in transposed direct form II.

Coefficients after R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

import math

from oscine import samplerate

CUTOFF_HZ = 1000.0
Q = 2.0

w0 = 2.0 * math.pi * CUTOFF_HZ / samplerate
slope = math.sin(w0) / (2.0 * Q)
a0 = 1.0 + slope
b0 = (1.0 - math.cos(w0)) / 2.0 / a0
b1 = (1.0 - math.cos(w0)) / a0
b2 = b0
a1 = -2.0 * math.cos(w0) / a0
a2 = (1.0 - slope) / a0

z1 = 0.0
z2 = 0.0


def process(x):
    global z1, z2
    y = b0 * x + z1
    z1 = b1 * x - a1 * y + z2
    z2 = b2 * x - a2 * y
    return y
