"""One-pole low-pass filter with a live coefficient, y[n] = alpha x[n] + (1 - alpha) y[n-1]."""

from oscine import param

alpha = param(0.1, 0.001, 1.0, scale="log")

last = 0.0


def process(x):
    global last
    last = alpha * x + (1.0 - alpha) * last
    return last
