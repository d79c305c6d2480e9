"""Voices of the ring modulator on the same inputs, a unit of `oscine.dsp` each; `oscine bench scaling` writes how many."""

from oscine.dsp import RingModulator

voices = [RingModulator() for _ in range(8)]


def process(modulator, carrier):
    y = 0.0
    for voice in voices:
        y += voice.tick(modulator, carrier)
    return y
