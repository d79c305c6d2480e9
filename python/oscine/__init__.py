"""What an oscine script imports, in plain Python: the same file then also runs under CPython.

`samplerate` (float, Hz) and `blocksize` (int, frames) are fixed for a run; whoever runs a script sets them before it is
imported, by the environment (`OSCINE_SAMPLERATE`, `OSCINE_BLOCKSIZE`). `param` declares a number that a person may move
while sound runs; under CPython it is its default. `voices` makes a pool of voices that play notes.
"""

import os

from oscine._param import param

__all__ = ["blocksize", "param", "samplerate", "voices"]

samplerate = float(os.environ.get("OSCINE_SAMPLERATE", "48000"))
blocksize = int(os.environ.get("OSCINE_BLOCKSIZE", "64"))


def __getattr__(name):
    """`voices` is imported when it is first asked for: a script without notes needs no numpy for it."""
    if name == "voices":
        from oscine._voices import voices

        return voices
    raise AttributeError(f"module 'oscine' has no attribute '{name}'")


def _configure(new_samplerate, new_blocksize):
    """Fixes `samplerate` in Hz and `blocksize` in frames for scripts imported from now on."""
    global samplerate, blocksize
    samplerate = float(new_samplerate)
    blocksize = int(new_blocksize)
