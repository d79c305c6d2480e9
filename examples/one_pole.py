"""One-pole low-pass filter, one sample at a time.

    y[n] = alpha x[n] + (1 - alpha) y[n-1],    0 < alpha < 1

The smaller alpha, the lower the cutoff: f_c is about alpha samplerate / (2 pi (1 - alpha)). The gain at 0 Hz is 1.

Source: De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020), section 2.
"""

from oscine import param

alpha = param(0.1, 0.001, 1.0, scale="log")

last = 0.0


def process(x):
    global last
    last = alpha * x + (1.0 - alpha) * last
    return last
