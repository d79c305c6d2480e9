"""Frequencies as the trapezoidal rule bends them."""

import math


def warped(frequency, rate):
    """`tan(pi frequency / rate)` of a frequency kept between 0 and 0.49 of the sample rate."""
    return math.tan(math.pi * min(max(frequency, 0.0), 0.49 * rate) / rate)
