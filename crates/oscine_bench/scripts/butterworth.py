"""A Butterworth low-pass of order 4 at 1 kHz, in second-order sections, block after block."""

import numpy as np
from scipy.signal import butter, sosfilt

from oscine import samplerate

sos = butter(4, 1000.0, fs=samplerate, output="sos")
zi = np.zeros((2, 2))


def process(data):
    global zi
    y, zi = sosfilt(sos, data, zi=zi)
    return y
