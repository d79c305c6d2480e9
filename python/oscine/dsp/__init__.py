"""Units to build scripts from: oscillators, filters, two circuits and oversampling, in the Python that sound runs.

    from oscine.dsp import Vcs3

    filter = Vcs3(cutoff=800.0, resonance=6.0)

    def process(x):
        return filter.tick(x)

Each has `tick`, one sample, and `process`, a block as an array; attributes without an underscore may be set at any time
where nothing else is said. They compute what the native processors of the same names do, by the same equations. The
binary includes this text and compiles it with the script that imports it, so that CPython and oscine run one source.
Volts are what the circuits take and give; frequencies are in Hz. `samplerate=` is for units that do not run at that of
the script: `Oversample(4).samplerate` within four times oversampling.
"""

from oscine.dsp._butterworth import Butterworth
from oscine.dsp._one_pole import OnePole
from oscine.dsp._oversample import Oversample
from oscine.dsp._ring_modulator import RingModulator
from oscine.dsp._sine import Sine
from oscine.dsp._sines import Sines
from oscine.dsp._vcs3 import Vcs3

__all__ = ["Butterworth", "OnePole", "Oversample", "RingModulator", "Sine", "Sines", "Vcs3"]
