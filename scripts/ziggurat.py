"""Writes the table of numpy's ziggurat for normal numbers: python scripts/ziggurat.py > .../random/ziggurat.rs

256 layers of equal area under the bell exp(-x²/2) (G. Marsaglia, W. W. Tsang, "The ziggurat method for generating random
variables", J. Stat. Software 5, 2000). With x[255] = R, the outermost edge, the inner ones follow from the layers' area V:
x[i] = sqrt(-2 log(V / x[i+1] + f(x[i+1]))). Each layer has its width in units of 2^-52, the share of it that lies wholly
under the bell in the same units, and the bell's height at its edge.

The recursion amplifies the last digits of V, so the widths, which every number depends on, are measured: nearly every
normal number is a known 52-bit integer times its layer's width, and few products fit many of them. The other two decide
only about numbers that lie within 1e-12 of a layer's edge.
"""

from math import exp, log, log1p, nextafter, sqrt

import numpy as np

R, V, UNIT = 3.6541528853610088, 0.00492867323397465, 2.0**52
DRAWS = 2_000_000

width, inside, height = [0.0] * 256, [0] * 256, [0.0] * 256
outer = R
width[255] = outer / UNIT
height[255] = exp(-0.5 * outer * outer)
inside[0] = int(outer * height[255] / V * UNIT)
width[0] = V / height[255] / UNIT
height[0] = 1.0
for i in range(254, 0, -1):
    x = sqrt(-2.0 * log(V / outer + height[i + 1]))
    inside[i + 1] = int(x / outer * UNIT)
    width[i] = x / UNIT
    height[i] = exp(-0.5 * x * x)
    outer = x

raw = iter(np.random.PCG64(1).random_raw(DRAWS).tolist())
normals = iter(np.random.Generator(np.random.PCG64(1)).standard_normal(DRAWS * 97 // 100).tolist())
samples = [[] for _ in range(256)]


def uniform():
    return (next(raw) >> 11) * 2.0**-53


for normal in normals:
    while True:
        bits = next(raw)
        layer, whole = bits & 0xFF, bits >> 9 & 0xFFFFFFFFFFFFF
        x = whole * width[layer]
        if whole < inside[layer]:
            samples[layer].append((whole, abs(normal)))
            break
        if layer == 0:
            while True:
                beyond, y = -log1p(-uniform()) / R, -log1p(-uniform())
                if y + y > beyond * beyond:
                    break
            break
        if (height[layer - 1] - height[layer]) * uniform() + height[layer] < exp(-0.5 * x * x):
            samples[layer].append((whole, abs(normal)))
            break

for layer, pairs in enumerate(samples):
    whole, value = max(pairs)
    guess = value / whole
    for _ in range(4):
        guess = nextafter(guess, 0.0)
    candidates = []
    for _ in range(9):
        candidates.append(guess)
        guess = nextafter(guess, 1.0)
    width[layer] = max(candidates, key=lambda w: sum(n * w == v for n, v in pairs))
    assert all(n * width[layer] == v for n, v in pairs), layer

print("//! The layers of the ziggurat, written by `scripts/ziggurat.py`.\n")
print("/// Each layer's width in units of 2^-52, how much of it lies wholly under the bell, and the bell's height at its edge.")
print('#[expect(clippy::unreadable_literal, reason = "written and read by programs")]')
print("pub(super) const LAYERS: [(f64, u64, f64); 256] = [")
for w, k, f in zip(width, inside, height):
    print(f"    ({w!r}, {k:#x}, {f!r}),")
print("];")
