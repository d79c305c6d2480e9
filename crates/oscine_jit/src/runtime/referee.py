"""Cases for the runtime's routines, written by CPython and numpy: `referee.py ROUTINE`."""
import math
import random
import struct
import sys

import numpy as np


def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def word(x):
    return bits(x) if isinstance(x, float) else x & (2**64 - 1)


def write(*words):
    print(" ".join(f"{word(w):x}" for w in words))


def any_float():
    return struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0]


EDGES = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, 0.125, 0.375, 2.675, 1.005, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
         math.inf, -math.inf, math.nan, 2.0**52 + 0.5, 2.0**53, 9.5, 99.5, 999999999999999.9, 1e22, 1e23, 5e22, 15.0, 25.0,
         150.0, 250.0, 9950.0, 4503599627370497.5]


def round_cases():
    xs = EDGES + [-x for x in EDGES]
    for x in xs:
        for digits in (*range(-25, 30), -400, -309, -308, 50, 100, 308, 322, 323, 324, 400, 2**62, -2**62):
            yield x, digits
    for _ in range(60000):
        choice = random.randrange(5)
        if choice == 0:
            x, digits = any_float(), random.randrange(-320, 330)
        elif choice == 1:
            x, digits = random.uniform(-10, 10), random.randrange(0, 24)
        elif choice == 2:
            x, digits = random.randrange(-10**6, 10**6) / 2 ** random.randrange(12), random.randrange(-6, 12)
        elif choice == 3:
            x, digits = float(random.randrange(10**15)) * 10.0 ** random.randrange(290), random.randrange(-308, 0)
        else:
            digits = random.randrange(-5, 16)
            x = (random.randrange(-10**5, 10**5) + 0.5) / 10.0**digits
        yield x, digits
    for _ in range(20000):
        x = math.ldexp(random.random(), random.randrange(-1074, 10))
        yield x, random.randrange(-3, 18) - math.floor(math.log10(x or 1.0))


def main(routine):
    random.seed(1)
    if routine == "round":
        for x, digits in round_cases():
            try:
                write(x, digits, round(x, digits))
            except OverflowError:
                write(x, digits, math.copysign(math.inf, x))
    elif routine == "true_div":
        edges = [1, 2, 3, 7, 2**52, 2**53 - 1, 2**53 + 1, 2**54 + 1, 2**62, 2**63 - 1, -1, -3, -(2**53) - 1, -(2**63)]
        pairs = [(a, b) for a in [0, *edges] for b in edges]
        for _ in range(50000):
            pairs.append(tuple(random.choice((1, -1)) * random.getrandbits(random.randrange(1, 64)) for _ in range(2)))
        for a, b in pairs:
            if b:
                write(a, b, a / b)
    elif routine == "sum":
        generator = np.random.default_rng(1)
        for stride in (1, 2, 3, -1, -2):
            for count in [*range(40), 127, 128, 129, 130, 255, 256, 257, 1000, 1023, 1024, 4099, 9000]:
                values = generator.standard_normal(count * abs(stride)) * 10.0 ** generator.integers(-3, 4, count * abs(stride))
                write(stride, float(np.sum(values[::stride])), *map(float, values))
        write(1, float(np.sum(np.array([-0.0] * 20))), *[-0.0] * 20)
    elif routine in ("random", "bits"):
        write(*random.getstate()[1])
        for turn in range(3001):
            bits = turn % 32 + 1
            write(random.random() if routine == "random" else random.getrandbits(bits), bits)
    else:
        xs = EDGES + [random.uniform(-180, 175) for _ in range(20000)] + [random.uniform(-5, 5) for _ in range(20000)]
        for x in xs + [n / 2 for n in range(-60, 360)] + [1e-19, -1e-21, -300.5, 1e15, -1e15, 1e300]:
            try:
                value = getattr(math, routine)(x)
            except OverflowError:
                value = math.inf
            except ValueError:
                value = math.nan if routine == "gamma" and x else math.copysign(math.inf, x if routine == "gamma" else 1.0)
            write(x, value)


main(sys.argv[1])
