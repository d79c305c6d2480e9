"""The filter of the EMS VCS3."""

import math

from oscine.dsp._arguments import number, one_of, rate
from oscine.dsp._blocks import Effect
from oscine.dsp._trapezoidal import tamed, warped

_V_T = 0.026
_GAMMA = 1.836 * _V_T
_INPUT = 0.5 / _V_T
_OUTPUT = 1.0 / (6.0 * _GAMMA)


class Vcs3(Effect):
    """The voltage-controlled filter of the EMS VCS3: a diode ladder in a delay-free feedback loop.

        F1 = v1 - s1 - a (u2 + u1)    u1 = tanh((v_in - F v4) / 2 V_T),  F = K + 1/2
        F2 = v2 - s2 - a (u3 - u2)    u2 = tanh((v2 - v1) / 2 slope)
        F3 = v3 - s3 - a (u4 - u3)    u3 = tanh((v3 - v2) / 2 slope)
        F4 = v4 - s4 + a (u5 + u4)    u4 = tanh((v4 - v3) / 2 slope),    u5 = tanh(v4 / 6 gamma)
        v_out = F v4;   s_k <- 2 v_k - s_k;   a = 4 V_T tan(pi cutoff / samplerate)

    The four equations of a sample have one solution, found by Newton's method to a tolerance of 1e-9; where full steps do
    not settle they are halved until the residual falls. `resonance` is K, 0 to about 10; it sings by itself from about 9
    on. `drive` is what an input of 1 is in volts; a tenth of a volt already bends the diodes. `slopes` is the voltage that
    shapes the diodes between the capacitors: "thermal", 2 V_T, as in the papers of 2008 and 2020, or "gamma", 2 gamma, as
    in that of 2010.

    S. Civolani and F. Fontana, "A Nonlinear Digital Model of the EMS VCS3 Voltage-Controlled Filter", DAFx-08, and "Modeling
    of the EMS VCS3 Voltage-Controlled Filter as a Nonlinear Filter Network", IEEE TASLP 18 (2010).
    """

    def __init__(self, cutoff=1000.0, resonance=4.0, *, drive=1.0, slopes="thermal", samplerate=None):
        self.cutoff = number("Vcs3", "cutoff", cutoff)
        self.resonance = number("Vcs3", "resonance", resonance)
        self.drive = number("Vcs3", "drive", drive)
        one_of("Vcs3", "slopes", slopes, ("thermal", "gamma"))
        self._rate = rate("Vcs3", samplerate)
        self._slope = 0.5 / (_V_T if slopes == "thermal" else _GAMMA)
        self._cutoff = -self._rate
        self._a = 0.0
        self._v = (0.0, 0.0, 0.0, 0.0)
        self._before = (0.0, 0.0, 0.0, 0.0)
        self._s = (0.0, 0.0, 0.0, 0.0)

    def tick(self, x):
        if self.cutoff != self._cutoff:
            self._cutoff = self.cutoff
            self._a = 4.0 * _V_T * warped(self.cutoff, self._rate)
        feedback = self.resonance + 0.5
        x = tamed(self.drive * x, 1e6)
        start = self._v
        v = self._solved(x, feedback)
        s1, s2, s3, s4 = self._s
        self._s = (v[0] + v[0] - s1, v[1] + v[1] - s2, v[2] + v[2] - s3, v[3] + v[3] - s4)
        self._before = start
        self._v = v
        return feedback * v[3] / self.drive

    def _solved(self, x, feedback):
        """The voltages, sought from where the line through the last two samples leads."""
        a, slope = self._a, self._slope
        b1, b2, b3, b4 = self._before
        v1, v2, v3, v4 = self._v
        v1, v2, v3, v4 = v1 + (v1 - b1), v2 + (v2 - b2), v3 + (v3 - b3), v4 + (v4 - b4)
        for _ in range(8):
            y1, y2, y3, y4, corner = self._step(x, feedback, v1, v2, v3, v4)
            most = max(
                abs(y4 * feedback * _INPUT), abs(y2 - y1) * slope, abs(y3 - y2) * slope, abs(y4 - y3) * slope
            )
            v1, v2, v3, v4 = v1 - y1, v2 - y2, v3 - y3, v4 - y4
            # A tanh's second derivative is at most 0.77: what a step leaves is seen without another evaluation.
            largest = max(1e-6 * _V_T, abs(v1), abs(v2), abs(v3), abs(v4))
            if most * most * a * 0.77 * (1.0 + corner) <= 1e-9 * largest:
                return v1, v2, v3, v4
        return self._sought(x, feedback)

    def _residual(self, x, feedback, v1, v2, v3, v4):
        a, slope = self._a, self._slope
        s1, s2, s3, s4 = self._s
        u1 = math.tanh(_INPUT * (x - feedback * v4))
        u2 = math.tanh(slope * (v2 - v1))
        u3 = math.tanh(slope * (v3 - v2))
        u4 = math.tanh(slope * (v4 - v3))
        u5 = math.tanh(_OUTPUT * v4)
        f1, f2 = v1 - s1 - a * (u2 + u1), v2 - s2 - a * (u3 - u2)
        f3, f4 = v3 - s3 - a * (u4 - u3), v4 - s4 + a * (u5 + u4)
        return u1, u2, u3, u4, u5, f1, f2, f3, f4

    def _step(self, x, feedback, v1, v2, v3, v4):
        """Newton's step, and the conductance of the feedback: each row in turn loses the voltage before its own, and the
        last column fills up."""
        u1, u2, u3, u4, u5, f1, f2, f3, f4 = self._residual(x, feedback, v1, v2, v3, v4)
        a, slope = self._a, self._slope
        corner = a * feedback * _INPUT * (1.0 - u1 * u1)
        d2, d3, d4 = a * slope * (1.0 - u2 * u2), a * slope * (1.0 - u3 * u3), a * slope * (1.0 - u4 * u4)
        d5 = a * _OUTPUT * (1.0 - u5 * u5)
        p1 = 1.0 + d2
        m = d2 / p1
        p2, c2, r2 = 1.0 + d3 + m, m * corner, f2 + m * f1
        m = d3 / p2
        p3, c3, r3 = 1.0 + d4 + m * (p2 - d3), m * c2 - d4, f3 + m * r2
        m = d4 / p3
        y4 = (f4 + m * r3) / (1.0 + d5 + d4 + m * c3)
        y3 = (r3 - c3 * y4) / p3
        y2 = (r2 + d3 * y3 - c2 * y4) / p2
        y1 = (f1 + d2 * y2 - corner * y4) / p1
        return y1, y2, y3, y4, corner

    def _sought(self, x, feedback):
        """The voltages, from those of the last sample on, by steps that lower the residual.

        For a given input current the ladder's voltages minimise a strictly convex energy, the last of them grows with that
        current, and the feedback makes the current fall with it: there is one solution, and such steps end there
        (J. Nocedal and S. Wright, "Numerical Optimization", section 11.2).
        """
        v1, v2, v3, v4 = self._v
        for _ in range(100):
            y1, y2, y3, y4, _ = self._step(x, feedback, v1, v2, v3, v4)
            before = self._largest_residual(x, feedback, v1, v2, v3, v4)
            size = max(abs(y1), abs(y2), abs(y3), abs(y4))
            is_last = size <= 1e-10 * max(1e-6 * _V_T, abs(v1), abs(v2), abs(v3), abs(v4))
            part = 1.0
            for _ in range(30):
                after = self._largest_residual(
                    x, feedback, v1 - part * y1, v2 - part * y2, v3 - part * y3, v4 - part * y4
                )
                if is_last or after < before:
                    break
                part *= 0.5
            v1, v2, v3, v4 = v1 - part * y1, v2 - part * y2, v3 - part * y3, v4 - part * y4
            if is_last:
                break
        return v1, v2, v3, v4

    def _largest_residual(self, x, feedback, v1, v2, v3, v4):
        _, _, _, _, _, f1, f2, f3, f4 = self._residual(x, feedback, v1, v2, v3, v4)
        return max(abs(f1), abs(f2), abs(f3), abs(f4))
