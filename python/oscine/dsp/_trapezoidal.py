"""What circuits by the trapezoidal rule are given: frequencies as it bends them, and inputs that they bear."""

import math


def warped(frequency, rate):
    """`tan(pi frequency / rate)` of a frequency kept between 0 and 0.49 of the sample rate."""
    return math.tan(math.pi * min(max(frequency, 0.0), 0.49 * rate) / rate)


def tamed(x, most):
    """What is no number counts as 0 V, and what is beyond any circuit is cut."""
    return min(max(x, -most), most) if x == x else 0.0
