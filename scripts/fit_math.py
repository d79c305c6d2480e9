"""Writes crates/oscine_jit/src/math/tables.rs: the constants of the mathematical functions that are inlined.

Each polynomial interpolates its function at Chebyshev points in 60-digit arithmetic, which is within a fraction of a bit of
the best polynomial of its degree (L. N. Trefethen, "Approximation Theory and Approximation Practice", chapter 16); its
coefficients are then rounded to floats, the leading ones as a sum of two where that is said. Needs mpmath:

    python -m venv /tmp/fit && /tmp/fit/bin/pip install mpmath
    /tmp/fit/bin/python scripts/fit_math.py && cargo fmt -p oscine_jit
"""

from pathlib import Path

from mpmath import cos, exp, log, matrix, mp, mpf, pi, lu_solve, sin, sqrt, tan, tanh, atan

mp.dps = 60
OUT = Path(__file__).parent.parent / "crates/oscine_jit/src/math/tables.rs"


def interpolate(f, low, high, count):
    """The coefficients, constant first, of the polynomial through `f` at `count` Chebyshev points of [low, high]."""
    middle, half = (low + high) / 2, (high - low) / 2
    points = [middle + half * cos(pi * (2 * n + 1) / (2 * count)) for n in range(count)]
    rows = matrix([[p**n for n in range(count)] for p in points])
    return list(lu_solve(rows, matrix([f(p) for p in points])))


def parts(x, bits=(53, 53), rounding=mp.nint):
    """`x` as a sum of floats of so many bits each."""
    found = []
    for width in bits:
        digits = mpf(2) ** (width - 1 - int(mp.floor(log(abs(x), 2)))) if x else mpf(1)
        found.append(float(rounding(x * digits) / digits))
        x -= mpf(found[-1])
    return found


def reducing_parts(x, bits):
    """Parts with the sign of `x`, so that subtracting them zero times leaves the sign of a zero."""
    return parts(x, bits, mp.floor)


def even_tail(f, first, high, count):
    """Coefficients in y = x**2 of what is left of `f(x)` after `first(x)`: `(f - first) / x**3`, as an even function."""

    def rest(y):
        x = sqrt(y)
        return (f(x) - first(x)) / x**3

    return interpolate(rest, mpf(0), high**2, count)


def tanh_columns(step, rows, degree):
    """For each n a polynomial in d = x - n step; columns c0, its tail, c1, ..., c_degree."""
    table = []
    for n in range(rows):
        centre = n * mpf(step)
        if n == 0:
            tail = even_tail(tanh, lambda x: x, mpf(step) / 2, (degree - 1) // 2)
            row = [0.0, 0.0, 1.0, 0.0] + [float(c) for t in tail for c in (t, 0)]
            row = row[: degree + 2]
        else:
            c = interpolate(lambda d: tanh(centre + d), -mpf(step) / 2, mpf(step) / 2, degree + 1)
            row = [*parts(c[0]), *map(float, c[1:])]
        table.append(row)
    return list(zip(*table))


def number(x):
    text = repr(float(x))
    return text if "." in text or "e" in text else text + ".0"


def constant(name, words, value):
    return f"/// {words}\npub(super) const {name}: f64 = {number(value)};\n"


def array(name, words, values):
    body = ", ".join(map(number, values))
    return f"/// {words}\npub(super) const {name}: [f64; {len(values)}] = [{body}];\n"


TANH_STEP = 5 / 64
TANH_ROWS = 256
TANH_LAST = 244  # tanh is 1.0 from here on

text = [
    "//! Constants of the inlined functions, written by `scripts/fit_math.py`, which says how.\n",
    "#![expect(clippy::unreadable_literal, clippy::approx_constant, reason = \"written by a script\")]\n"
    "#![cfg_attr(rustfmt, rustfmt::skip)]\n",
    constant("TANH_STEP", "Distance of the centres of tanh's polynomials.", TANH_STEP),
    constant("TANH_LIMIT", "From here on tanh is 1.", TANH_STEP * TANH_LAST),
    array("CIRCLE_PARTS", "2 pi / 512 as a sum.", reducing_parts(pi / 256, (53, 53, 53))),
    array("CIRCLE_SHORT_PARTS", "2 pi / 512 as a sum of floats whose product with an int of 23 bits is exact.",
          reducing_parts(pi / 256, (30, 30, 53))),
    array("SIN", "sin(x) = x + x^3 P(x^2) for |x| up to pi / 512: P.", even_tail(sin, lambda x: x, pi / 512 * (1 + mpf(2) ** -10), 2)),
    array("COS", "cos(x) = 1 + x^2 P(x^2) for |x| up to pi / 512: P.",
          interpolate(lambda y: (cos(sqrt(y)) - 1) / y, mpf(0), (pi / 512 * (1 + mpf(2) ** -10)) ** 2, 2)),
    array("LN2_64_PARTS", "ln(2) / 64 as a sum, whose first part has zeros at its end.", reducing_parts(log(2) / 64, (35, 53))),
    array("EXP", "exp(x) = 1 + x + x^2 P(x) for |x| up to ln(2) / 128: P.",
          interpolate(lambda x: (exp(x) - 1 - x) / x**2 if x else mpf(1) / 2, -log(2) / 128, log(2) / 128, 4)),
    array("LN2_PARTS", "ln(2) as a sum, whose first part has zeros at its end.", parts(log(2), (32, 53))),
    array("LOG", "log((1 + s) / (1 - s)) = 2 s + s^3 P(s^2) for |s| up to (sqrt(2) - 1) / (sqrt(2) + 1): P.",
          even_tail(lambda s: log((1 + s) / (1 - s)), lambda s: 2 * s, (sqrt(2) - 1) / (sqrt(2) + 1) * mpf("1.001"), 7)),
]

columns = tanh_columns(TANH_STEP, TANH_LAST + 1, 9)
text.append(f"/// tanh(n h + d) = c0 + (tail + c1 d + ... + c9 d^9) for |d| up to half of h, [`TANH_STEP`]: a row c0, tail, c1, ...\n"
            f"/// of columns over n. Columns are as long as a byte counts, so that no index leaves them.\n"
            f"pub(super) static TANH: [[f64; {TANH_ROWS}]; {len(columns)}] = [\n")
for column in columns:
    values = list(map(number, column)) + ["0.0"] * (TANH_ROWS - len(column))
    lines = [", ".join(values[at : at + 5]) for at in range(0, TANH_ROWS, 5)]
    text[-1] += "    [\n        " + ",\n        ".join(lines) + ",\n    ],\n"
text[-1] += "];\n"

powers = [parts(mpf(2) ** (mpf(n) / 64)) for n in range(64)]
for name, column, words in (
    ("EXP2_HEAD", [head for head, _ in powers], "2^(n / 64), rounded."),
    ("EXP2_TAIL", [tail / head for head, tail in powers], "2^(n / 64) less its rounded value, divided by that."),
):
    values = list(map(number, column))
    lines = [", ".join(values[at : at + 5]) for at in range(0, 64, 5)]
    text.append(f"/// {words}\npub(super) static {name}: [f64; 64] = [\n    " + ",\n    ".join(lines) + ",\n];\n")

circle = [parts(mp.sinpi(mpf(n) / 256)) for n in range(768)]
circle[0] = [-0.0, -0.0]
text.append("/// The sine at n / 512 of a circle, rounded and what that lost. The first is -0.0, so that the sine of -0.0 is.\n"
            "pub(super) static CIRCLE: [[f64; 768]; 2] = [\n")
for column in zip(*circle):
    values = list(map(number, column))
    lines = [", ".join(values[at : at + 5]) for at in range(0, 768, 5)]
    text[-1] += "    [\n        " + ",\n        ".join(lines) + ",\n    ],\n"
text[-1] += "];\n"

OUT.write_text("\n".join(text))
