"""Voices of the VCS3's filter on one input, a unit of `oscine.dsp` each; `oscine bench scaling` writes how many."""

from oscine.dsp import Vcs3

voices = [Vcs3(cutoff=1000.0, resonance=4.0) for _ in range(8)]


def process(x):
    y = 0.0
    for voice in voices:
        y += voice.tick(x)
    return y
