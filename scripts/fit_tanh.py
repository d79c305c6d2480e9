"""Prints the constants of crates/oscine_dsp/src/tanh.rs.

    python -m venv /tmp/fit && /tmp/fit/bin/pip install mpmath
    /tmp/fit/bin/python scripts/fit_tanh.py

`expm1(r) = r + r^2 Q(r)` for |r| up to ln(2) / 2: Q interpolates at Chebyshev points in 60 digits, which is within a fraction
of a bit of the best polynomial of its degree (L. N. Trefethen, "Approximation Theory and Approximation Practice", chapter
16).
"""

from mpmath import cos, expm1, log, lu_solve, matrix, mp, mpf, pi

mp.dps = 60
COUNT = 10

half = log(2) / 2 * mpf("1.0001")
points = [half * cos(pi * (2 * n + 1) / (2 * COUNT)) for n in range(COUNT)]
rows = matrix([[p**n for n in range(COUNT)] for p in points])
values = matrix([(expm1(p) - p) / p**2 for p in points])
for n, c in enumerate(lu_solve(rows, values)):
    print(f"Q[{n}] = {float(c)!r}")

# 32 bits, so that its product with a whole number below 2^20 is exact.
digits = mpf(2) ** 32
head = mp.nint(log(2) * digits) / digits
print(f"ln(2) = {float(head)!r} + {float(log(2) - head)!r}")
