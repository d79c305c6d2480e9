"""The loop of listings A3 to A5, a turn a sample: a sine of a counter, without anything around it.

De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

import math

i = 0
a = 0.0


def process():
    global i, a
    i += 1
    a = math.sin(i)
    return a
