"""Half-band stages of low latency: two branches of all-passes `(c + 1/z) / (1 + c/z)` at the lower rate.

Upwards, both branches take each sample and give the two of the higher rate; downwards, each takes one of two and the mean
of both is the output. An all-pass keeps no more than its input's energy, whatever it is fed.
"""

from oscine.dsp._half_bands import LOW_LATENCY


class _Branch:
    def __init__(self, coefficients):
        self._coefficients = coefficients
        # The last input of each all-pass, and the last one's output.
        self._last = [0.0] * (len(coefficients) + 1)

    def tick(self, x):
        last = self._last
        for k, c in enumerate(self._coefficients):
            y = last[k] + c * (x - last[k + 1])
            last[k] = x
            x = y
        last[-1] = x
        return x


class LowUp:
    """Upwards; `delay` is that of the way up and down at 0 Hz in frames of the lower rate."""

    def __init__(self, stage):
        even, odd = LOW_LATENCY[stage]
        self.delay = sum((1.0 - c) / (1.0 + c) for c in even + odd) + 0.5
        self._even = _Branch(even)
        self._odd = _Branch(odd)

    def tick(self, x):
        return self._even.tick(x), self._odd.tick(x)


class LowDown:
    """Downwards."""

    def __init__(self, stage):
        even, odd = LOW_LATENCY[stage]
        self._even = _Branch(even)
        self._odd = _Branch(odd)
        # The odd branch's last output, which belongs to the next even sample.
        self._waiting = 0.0

    def tick(self, even, odd):
        y = 0.5 * (self._even.tick(even) + self._waiting)
        self._waiting = self._odd.tick(odd)
        return y
