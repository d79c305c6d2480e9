"""Butterworth filters: low-pass, high-pass, band-pass and band-stop of any order, with a live cutoff.

    |H(f)|^2 = 1 / (1 + (f / f_c)^(2 ORDER))        (low-pass, before the bilinear transform's warping)

The poles of the analogue prototype lie evenly on a half circle; `scipy.signal.butter` places them, prewarps the edges
and gives second-order sections, which stay accurate at orders where one long polynomial does not. KIND and ORDER are
chosen when the script loads; whenever the cutoff moves, `update` designs the filter again and its memory `zi` is kept.

Source: S. Butterworth, "On the Theory of Filter Amplifiers", Experimental Wireless 7 (1930); named in section 2 of
De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

import numpy as np
from scipy import signal

from oscine import param, samplerate

KIND = "lowpass"  # "lowpass", "highpass", "bandpass" or "bandstop"
ORDER = 4

cutoff = param(1000.0, 20.0, 16000.0, unit="Hz", scale="log")
if KIND in ("bandpass", "bandstop"):
    width = param(1.0, 0.1, 4.0, unit="octaves")


def design():
    top = 0.49 * samplerate
    if KIND in ("lowpass", "highpass"):
        return signal.butter(ORDER, min(cutoff, top), KIND, fs=samplerate, output="sos")
    half = 2.0 ** (width / 2.0)
    low = min(cutoff / half, 0.9 * top)
    high = min(cutoff * half, top)
    return signal.butter(ORDER, [low, high], KIND, fs=samplerate, output="sos")


sos = design()
zi = np.zeros((len(sos), 2))


def update():
    global sos
    sos = design()


def process(data):
    global zi
    y, zi = signal.sosfilt(sos, data, zi=zi)
    return y
