"""A sound that stands still, or speaks with one voice: the short-time Fourier transform, changed and put together again.

Every HOP samples the last SIZE of them are windowed and transformed. A bin is a size and an angle; how far its angle went
since the frame before tells the frequency in it. While `freeze` is on, the sizes stay those of the last frame and the
angles go on at the same pace, so that the sound of a moment is held. `robot` mixes in a sound whose angles are all zero: each
frame becomes a pulse, and the pitch that of the hops. Frames overlap four times; a Hann window before and one after the
transform add up to 3/2.

Source: Moorer, "The Use of the Phase Vocoder in Computer Music Applications", JAES 26 (1978); Zölzer (ed.), "DAFX:
Digital Audio Effects" (2011), chapter 7.
"""

import numpy as np

from oscine import param

SIZE = 1024  # samples of a frame, and of delay
HOP = SIZE // 4
GAIN = 2.0 / 3.0

freeze = param(False)
robot = param(0.0, 0.0, 1.0)

window = np.hanning(SIZE + 1)[:SIZE]
past = np.zeros(SIZE)  # what came in, the oldest sample at `place`
future = np.zeros(SIZE)  # what goes out, the next sample at `place`
place = 0

held = np.zeros(SIZE // 2 + 1)  # sizes of the bins
phase = np.zeros(SIZE // 2 + 1)
pace = np.zeros(SIZE // 2 + 1)  # how far the angles go from frame to frame
last = np.zeros(SIZE // 2 + 1)


def add_frame():
    bins = np.fft.rfft(np.roll(past, -place) * window)
    if freeze:
        phase[:] = (phase + pace) % (2.0 * np.pi)
    else:
        held[:] = np.abs(bins)
        phase[:] = np.angle(bins)
        pace[:] = phase - last
        last[:] = phase
    changed = held * ((1.0 - robot) * np.exp(1j * phase) + robot)
    frame = np.fft.irfft(changed) * window * GAIN
    future[:] += np.roll(frame, place)


def process(x):
    global place
    past[place] = x
    y = future[place]
    future[place] = 0.0
    place = (place + 1) % SIZE
    if place % HOP == 0:
        add_frame()
    return y
