"""Oversampling: a part of a script at 2 to 32 times the sample rate."""

import numpy as np

from oscine.dsp._arguments import one_of, rate
from oscine.dsp._linear_phase import LinearDown, LinearUp
from oscine.dsp._low_latency import LowDown, LowUp


class Oversample:
    """From the sample rate to `factor` times it and back, by cascades of half-band filters.

        shaper = Oversample(4)

        def process(x):
            return shaper.tick(x, math.tanh)

    What bends a waveform makes overtones without end; computed at a higher rate, fewer of them fold back. `tick(x, f)` gives
    one sample of `f`, a function of one sample to one, computed at the higher rate; `process(block, f)` a block. For what
    has several inputs or none, `up(x)` gives the `factor` samples of the higher rate as an array, and `down(values)`
    takes as many, in a list, a tuple or an array, to one. What `up` gives is valid, and may be written to, until the next `up`.

    `samplerate` is the higher rate, for the units within; `latency` the delay of the way up and down in frames. Of `kind`
    "linear" it is a whole number, the same for all frequencies; "low" has less, more of it at high frequencies than
    at 0 Hz, which `latency` tells. At 44.1 kHz what lies below 18 kHz passes within 0.05 dB, and its images and what
    would fold onto it are 90 dB lower; other rates in proportion. None of the three may be set.
    """

    def __init__(self, factor=2, kind="linear", *, samplerate=None):
        self.factor = int(one_of("Oversample", "factor", factor, (1, 2, 4, 8, 16, 32)))
        self.samplerate = self.factor * rate("Oversample", samplerate)
        is_linear = one_of("Oversample", "kind", kind, ("linear", "low")) == "linear"
        stages = range(self.factor.bit_length() - 1)
        self._ups = [LinearUp(stage) if is_linear else LowUp(stage) for stage in stages]
        self._downs = [LinearDown(stage) if is_linear else LowDown(stage) for stage in reversed(stages)]
        delay = sum(self._ups[stage].delay / 2**stage for stage in stages)
        # Samples of the high rate wait, so that the whole delay is a number of frames.
        waiting = round(-delay % 1.0 * self.factor) if is_linear else 0
        self.latency = int(delay + waiting / self.factor) if is_linear else delay
        self._values = np.zeros(self.factor)
        self._waiting = np.zeros(waiting)
        self._falling = np.zeros(self.factor)

    def up(self, x):
        """The samples of the higher rate for one of the script's."""
        values, factor = self._values, self.factor
        values[factor - 1] = x
        # Each stage reads from the end of the array what the one before has written there.
        count = 1
        for stage in self._ups:
            for n in range(count):
                even, odd = stage.tick(values[factor - count + n])
                values[factor - 2 * count + 2 * n] = even
                values[factor - 2 * count + 2 * n + 1] = odd
            count *= 2
        return values

    def down(self, values):
        """One sample for those of the higher rate."""
        factor, waiting = self.factor, len(self._waiting)
        if len(values) != factor:
            raise ValueError(f"Oversample.down(values): as many as the factor, {factor}, not {len(values)}")
        falling = self._falling
        for n in range(factor):
            if n < waiting:
                falling[n] = self._waiting[n]
            else:
                falling[n] = values[n - waiting]
        for n in range(waiting):
            self._waiting[n] = values[factor - waiting + n]
        count = factor
        for stage in self._downs:
            count //= 2
            for n in range(count):
                falling[n] = stage.tick(falling[2 * n], falling[2 * n + 1])
        return falling[0]

    def tick(self, x, f):
        """One sample of what `f` makes of each sample of the higher rate."""
        values = self.up(x)
        for n in range(self.factor):
            values[n] = f(values[n])
        return self.down(values)

    def process(self, block, f):
        """As many samples as the block has, of what `f` makes of each sample of the higher rate."""
        y = np.zeros(len(block))
        for n in range(len(block)):
            y[n] = self.tick(block[n], f)
        return y
