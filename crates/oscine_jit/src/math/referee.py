"""Largest error in ulp of floats y = f(x), read as all x then all y: `referee.py FUNCTION`. Writes it and its x."""
import sys

import numpy as np

data = np.frombuffer(sys.stdin.buffer.read(), dtype="<f8")
x, y = np.split(data, 2)
with np.errstate(all="ignore"):
    exact = getattr(np, sys.argv[1])(x.astype(np.longdouble))
    rounded = exact.astype(float)
    ulp = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, 1.0)))
    error = np.abs((y - exact) / ulp)
    error[y == rounded] = np.minimum(error[y == rounded], 0.5)
worst = np.argmax(np.where(np.isnan(error), np.inf, error))
print(float(error[worst]), x[worst].hex(), y[worst].hex(), float(np.mean(y == rounded)))
