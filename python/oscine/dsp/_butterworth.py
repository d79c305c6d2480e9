"""Butterworth filters whose edges may move while sound runs."""

import math

from oscine.dsp._arguments import number, one_of, rate
from oscine.dsp._blocks import Effect


class Butterworth(Effect):
    """A Butterworth filter of order 1 to 12: "low", "high", "pass" from `cutoff` to `upper`, or "stop" between them.

    The order counts as `scipy.signal.butter`'s: band filters have twice as many poles. Half power is exactly at the edges,
    at any sample rate. `cutoff` and `upper` may be set before any sample; they count as kept below 0.49 of the sample rate,
    and `upper` above `cutoff`.

    The analogue poles, each conjugate pair realised by one state-variable filter with trapezoidal integrators, with `g`
    the pair's distance from the origin and `k` its damping:

        high = (x - (k + g) s1 - s2) / (1 + g k + g g);   band = g high + s1;   low = g band + s2
        s1 <- 2 band - s1;   s2 <- 2 low - s2

    Without input `s1^2 + s2^2` changes by `-4 g k band^2`: it cannot grow, whatever `g` and `k` do from one sample to the
    next. Each section carries its own gain, which moves with the edges, so that these leave no step in the sound; a
    band-pass's is at its input, so that what rang in a narrow band does not roar in the wide one that it becomes. A pole
    `p` of the low-pass prototype becomes the roots of `s^2 - p width s + centre^2` for band-pass and band-stop.

    A. Simper, "Linear Trapezoidal Integrated SVF", 2013; V. Zavalishin, "The Art of VA Filter Design", chapter 4.
    """

    def __init__(self, cutoff=1000.0, band="low", order=2, *, upper=None, samplerate=None):
        self.cutoff = number("Butterworth", "cutoff", cutoff)
        bands = ("low", "high", "pass", "stop")
        one_of("Butterworth", "band", band, bands)
        if order not in range(1, 13):
            raise ValueError(f"Butterworth(..., order=): an int from 1 to 12, not {order!r}")
        self._rate = rate("Butterworth", samplerate)
        self._has_band = band in ("pass", "stop")
        if upper is not None:
            self.upper = number("Butterworth", "upper", upper)
            if self._has_band and self.upper <= self.cutoff:
                raise ValueError(f"Butterworth(..., upper=): above the cutoff, {self.cutoff!r} Hz, not {self.upper!r}")
        elif self._has_band:
            raise ValueError(f'Butterworth(..., band="{band}") needs upper=, its upper edge in Hz')
        else:
            self.upper = self.cutoff
        self._poles = []
        self._sections = []
        order = int(order)
        for j in range((order + 1) // 2):
            angle = math.pi * (2 * j + 1) / (2 * order)
            is_real = 2 * j + 1 == order
            self._poles.append((-math.sin(angle), 0.0 if is_real else math.cos(angle)))
            if not self._has_band:
                self._sections.append(_OnePole(band) if is_real else _Section(band))
            else:
                self._sections += [_Section(band)] if is_real else [_Section(band), _Section(band)]
        # The edges that the sections are placed for: at first none, and others for another design, so that a script which
        # is edited while it plays places them anew.
        self._cutoff = self._upper = -(64.0 * self._rate + 4.0 * order + bands.index(band))

    def tick(self, x):
        if self.cutoff != self._cutoff or self.upper != self._upper:
            self._move()
        for section in self._sections:
            x = section.tick(x)
        return x

    def _move(self):
        """Places the sections anew."""
        self._cutoff, self._upper = self.cutoff, self.upper
        most = 0.495 * self._rate
        lower = min(max(1e-6 * self._rate, self.cutoff), 0.49 * self._rate)
        low = math.tan(math.pi * lower / self._rate)
        if not self._has_band:
            for n, pole in enumerate(self._poles):
                self._sections[n].place(low, -2.0 * pole[0], 1.0)
            return
        high = math.tan(math.pi * min(max(lower * (1.0 + 1e-6), self.upper), most) / self._rate)
        width, centre = high - low, math.sqrt(low * high)
        n = 0
        for re, im in self._poles:
            if im == 0.0:
                self._sections[n].place_band(centre, width / centre, width, centre)
                n += 1
            else:
                re, im = 0.5 * width * re, 0.5 * width * im
                to_re, to_im = _root(re * re - im * im - centre * centre, 2.0 * re * im)
                for root_re, root_im in ((re + to_re, im + to_im), (re - to_re, im - to_im)):
                    g = math.hypot(root_re, root_im)
                    self._sections[n].place_band(g, -2.0 * root_re / g, width, centre)
                    n += 1


def _root(re, im):
    """The square root of a number whose imaginary part is negative, by the half-angle formulas without cancellation."""
    modulus = math.hypot(re, im)
    if re > 0.0:
        root = math.sqrt(0.5 * (modulus + re))
        return root, 0.5 * im / root
    root = math.sqrt(0.5 * (modulus - re))
    return -0.5 * im / root, -root


class _Section:
    """A pair of poles."""

    def __init__(self, band):
        self._band = band
        self._g = 0.0
        self._back = 0.0
        self._scale = 1.0
        self._gain = 1.0
        self._s1 = 0.0
        self._s2 = 0.0

    def place(self, g, k, gain):
        self._g = g
        self._back = k + g
        self._scale = 1.0 / (1.0 + g * (k + g))
        self._gain = gain

    def place_band(self, g, k, width, centre):
        self.place(g, k, width / centre if self._band == "pass" else centre / g)

    def tick(self, x):
        if self._band == "pass":
            x = self._gain * x
        high = (x - self._back * self._s1 - self._s2) * self._scale
        band = self._g * high + self._s1
        low = self._g * band + self._s2
        self._s1 = 2.0 * band - self._s1
        self._s2 = 2.0 * low - self._s2
        if self._band == "low":
            return low
        if self._band == "high":
            return high
        return band if self._band == "pass" else self._gain * low + high / self._gain


class _OnePole:
    """The real pole of a low- or high-pass of odd order."""

    def __init__(self, band):
        self._band = band
        self._gain = 0.0
        self._memory = 0.0

    def place(self, g, _, __):
        self._gain = g / (1.0 + g)

    def tick(self, x):
        v = self._gain * (x - self._memory)
        low = v + self._memory
        self._memory = low + v
        return low if self._band == "low" else x - low
