"""Units to build scripts from: an oscillator, filters and two circuits, in the Python that sound runs.

    from oscine.dsp import Vcs3

    filter = Vcs3(cutoff=800.0, resonance=6.0)

    def process(x):
        return filter.tick(x)

Each has `tick`, one sample, and `process`, a block as an array; attributes without an underscore may be set at any time.
They compute what the native processors of the same names do, by the same equations. The binary includes this text and
compiles it with the script that imports it, so that CPython and oscine run one source. Volts are what the circuits
take and give; frequencies are in Hz.
"""

import math

import numpy as np

import oscine

__all__ = ["OnePole", "RingModulator", "Sine", "Vcs3"]


class Sine:
    """A sine oscillator, `amplitude sin(2 pi phase)`; `phase` in [0, 1) is that of the next sample."""

    def __init__(self, frequency=440.0, amplitude=1.0, phase=0.0):
        self.frequency = float(frequency)
        self.amplitude = float(amplitude)
        self.phase = phase - math.floor(phase)

    def tick(self):
        y = self.amplitude * math.sin(2.0 * math.pi * self.phase)
        turn = self.phase + self.frequency / oscine.samplerate
        turn -= math.floor(turn)
        # The least negative step rounds to a whole turn.
        self.phase = turn if turn < 1.0 else 0.0
        return y

    def process(self):
        """A block of `blocksize` samples."""
        y = np.zeros(oscine.blocksize)
        for n in range(len(y)):
            y[n] = self.tick()
        return y


class _Effect:
    """What has one input."""

    def process(self, block):
        """As many samples as the block has."""
        y = np.zeros(len(block))
        for n in range(len(block)):
            y[n] = self.tick(block[n])
        return y


class OnePole(_Effect):
    """A one-pole filter, "low" or "high", with half power exactly at the cutoff, by the trapezoidal rule.

    Without input its memory shrinks whatever the cutoff is at the time, so that no movement of it can make it grow.
    V. Zavalishin, "The Art of VA Filter Design", section 3.10.
    """

    def __init__(self, cutoff=1000.0, kind="low"):
        if kind not in ("low", "high"):
            raise ValueError(f'OnePole(..., kind): "low" or "high", not {kind!r}')
        self.cutoff = float(cutoff)
        self._is_low = kind == "low"
        self._cutoff = -1.0
        self._gain = 0.0
        self._memory = 0.0

    def tick(self, x):
        if self.cutoff != self._cutoff:
            self._cutoff = self.cutoff
            g = _warped(self.cutoff)
            self._gain = g / (1.0 + g)
        v = self._gain * (x - self._memory)
        low = v + self._memory
        self._memory = low + v
        return low if self._is_low else x - low


def _warped(cutoff):
    """`tan(pi cutoff / samplerate)` of a cutoff kept between 0 and 0.49 of the sample rate."""
    return math.tan(math.pi * min(max(cutoff, 0.0), 0.49 * oscine.samplerate) / oscine.samplerate)


def _tamed(x, most):
    """A number that a circuit bears: what is none counts as 0 V, and what is beyond any circuit is cut."""
    return min(max(x, -most), most) if x == x else 0.0


_V_T = 0.026
_GAMMA = 1.836 * _V_T
_INPUT = 0.5 / _V_T
_OUTPUT = 1.0 / (6.0 * _GAMMA)


class Vcs3(_Effect):
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

    def __init__(self, cutoff=1000.0, resonance=4.0, *, drive=1.0, slopes="thermal"):
        if slopes not in ("thermal", "gamma"):
            raise ValueError(f'Vcs3(..., slopes=): "thermal" or "gamma", not {slopes!r}')
        self.cutoff = float(cutoff)
        self.resonance = float(resonance)
        self.drive = float(drive)
        self._slope = 0.5 / (_V_T if slopes == "thermal" else _GAMMA)
        self._cutoff = -1.0
        self._a = 0.0
        self._v = (0.0, 0.0, 0.0, 0.0)
        self._before = (0.0, 0.0, 0.0, 0.0)
        self._s = (0.0, 0.0, 0.0, 0.0)

    def tick(self, x):
        if self.cutoff != self._cutoff:
            self._cutoff = self.cutoff
            self._a = 4.0 * _V_T * _warped(self.cutoff)
        feedback = self.resonance + 0.5
        x = _tamed(self.drive * x, 1e6)
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


_R_A, _R_M, _R_I = 600.0, 80.0, 50.0  # ohm
_C, _C_P = 10e-9, 10e-9  # F
_L = 0.8  # H
_DIODE = 0.17


class RingModulator:
    """The diode ring modulator: two transformers, four diodes, solved implicitly and so stable for any input.

        C   dv1/dt = i1 - g(v4)/2 + g(v5)/2 - g(v6)/2 + g(v7)/2 - (v1 - v_m)/R_M      L di1/dt = -v1
        C   dv2/dt = i2 + g(v4)/2 - g(v5)/2 - g(v6)/2 + g(v7)/2 - v2/R_A              L di2/dt = -v2
        C_P dv3/dt = g(v4) + g(v5) - g(v6) - g(v7) - v3/R_I
        v4 =  v1/2 - v2/2 - v3 - v_c        v5 = -v1/2 + v2/2 - v3 - v_c
        v6 =  v1/2 + v2/2 + v3 + v_c        v7 = -v1/2 - v2/2 + v3 + v_c        g(v) = 0.17 v^4 for v > 0, else 0

    The trapezoidal rule leaves the minimum of a strictly convex energy for a sample, in p = (v1 - v2)/2, q = (v1 + v2)/2 and
    e = v3 + v_c. Newton's method finds it; where its full steps do not settle they are halved until the energy falls
    (J. Nocedal and S. Wright, "Numerical Optimization", theorem 3.2).

    R. Hoffmann-Burchardi, "Digital Simulation of the Diode Ring Modulator for Musical Applications", DAFx-08.
    """

    def __init__(self):
        rate = oscine.samplerate
        self._coil = 0.5 / (rate * _L)
        self._c1 = self._c2 = 2.0 * rate * _C
        self._c3 = 2.0 * rate * _C_P
        self._k1 = self._c1 + 1.0 / _R_M + self._coil
        self._k2 = self._c2 + 1.0 / _R_A + self._coil
        self._k3 = self._c3 + 1.0 / _R_I
        self._v = (0.0, 0.0, 0.0)
        self._before = (0.0, 0.0, 0.0)
        self._s = (0.0, 0.0, 0.0)
        self._i1 = self._i2 = 0.0

    def tick(self, modulator, carrier):
        """Volts at both inputs in, volts at the output out."""
        modulator, carrier = _tamed(modulator, 1e3), _tamed(carrier, 1e3)
        s1, s2, s3 = self._s
        push1 = self._c1 * s1 + self._i1 + modulator / _R_M
        push2 = self._c2 * s2 + self._i2
        push3 = self._c3 * s3
        start = self._v
        v1, v2, v3 = self._solved(push1, push2, push3, carrier)
        self._s = (v1 + v1 - s1, v2 + v2 - s2, v3 + v3 - s3)
        self._i1 -= 2.0 * self._coil * v1
        self._i2 -= 2.0 * self._coil * v2
        self._before = start
        self._v = (v1, v2, v3)
        return v2

    def process(self, modulator, carrier):
        """As many samples as the blocks have."""
        y = np.zeros(len(modulator))
        for n in range(len(modulator)):
            y[n] = self.tick(modulator[n], carrier[n])
        return y

    def _solved(self, push1, push2, push3, carrier):
        """The voltages, sought from where the line through the last two samples leads."""
        b1, b2, b3 = self._before
        v1, v2, v3 = self._v
        v1, v2, v3 = v1 + (v1 - b1), v2 + (v2 - b2), v3 + (v3 - b3)
        p, q, e = 0.5 * (v1 - v2), 0.5 * (v1 + v2), v3 + carrier
        for _ in range(8):
            y_p, y_q, y_e, _, conducting = self._step(push1, push2, push3, carrier, p, q, e)
            change = max(abs(y_p), abs(y_q)) + abs(y_e)
            largest = max(1e-6, abs(p), abs(q), abs(e))
            p, q, e = p - y_p, q - y_q, e - y_e
            # No direction is softer than k2, which bounds what a step leaves.
            most = (conducting + change) * change
            if most * most * 6.0 * _DIODE / self._k2 <= 1e-10 * largest:
                return p + q, q - p, e - carrier
        return self._sought(push1, push2, push3, carrier)

    def _step(self, push1, push2, push3, carrier, p, q, e):
        """Newton's step by Cramer's rule, how steeply the energy falls along it, and the most that a diode conducts at."""
        r4, r5, r6, r7 = max(p - e, 0.0), max(-p - e, 0.0), max(q + e, 0.0), max(e - q, 0.0)
        h4, h5, h6, h7 = _DIODE * r4**3, _DIODE * r5**3, _DIODE * r6**3, _DIODE * r7**3
        total, pq = self._k1 + self._k2, self._k1 - self._k2
        g_p = total * p + pq * q - (push1 - push2) + h4 * r4 - h5 * r5
        g_q = total * q + pq * p - (push1 + push2) + h6 * r6 - h7 * r7
        g_e = self._k3 * (e - carrier) - push3 - h4 * r4 - h5 * r5 + h6 * r6 + h7 * r7
        pp, pe = total + 4.0 * (h4 + h5), 4.0 * (h5 - h4)
        qq, qe = total + 4.0 * (h6 + h7), 4.0 * (h6 - h7)
        ee = self._k3 + 4.0 * (h4 + h5 + h6 + h7)
        minor = pp * qq - pq * pq
        to_p, to_q = pe * qq - qe * pq, qe * pp - pe * pq
        y_e = (g_e * minor - (g_p * to_p + g_q * to_q)) / (ee * minor - (pe * to_p + qe * to_q))
        rest_p, rest_q = g_p - pe * y_e, g_q - qe * y_e
        y_p = (rest_p * qq - rest_q * pq) / minor
        y_q = (rest_q * pp - rest_p * pq) / minor
        return y_p, y_q, y_e, g_p * y_p + g_q * y_q + g_e * y_e, max(r4, r5, r6, r7)

    def _energy(self, push1, push2, push3, carrier, p, q, e):
        """What the voltages minimise, and the sum of its terms' sizes, of which its rounding is a part."""
        v1, v2, v3 = p + q, q - p, e - carrier
        own = 0.5 * (self._k1 * v1 * v1 + self._k2 * v2 * v2 + self._k3 * v3 * v3)
        given1, given2, given3 = push1 * v1, push2 * v2, push3 * v3
        diodes = max(p - e, 0.0) ** 5 + max(-p - e, 0.0) ** 5 + max(q + e, 0.0) ** 5 + max(e - q, 0.0) ** 5
        diodes *= _DIODE / 5.0
        return own - given1 - given2 - given3 + diodes, own + abs(given1) + abs(given2) + abs(given3) + diodes

    def _sought(self, push1, push2, push3, carrier):
        """The voltages, from those of the last sample on, by steps that lower the energy (Armijo's rule)."""
        v1, v2, v3 = self._v
        p, q, e = 0.5 * (v1 - v2), 0.5 * (v1 + v2), v3 + carrier
        for _ in range(100):
            y_p, y_q, y_e, slope, _ = self._step(push1, push2, push3, carrier, p, q, e)
            if max(abs(y_p), abs(y_q), abs(y_e)) <= 1e-11 * max(1e-6, abs(p), abs(q), abs(e)):
                break
            before, size = self._energy(push1, push2, push3, carrier, p, q, e)
            part = 1.0
            for _ in range(40):
                after, _ = self._energy(push1, push2, push3, carrier, p - part * y_p, q - part * y_q, e - part * y_e)
                # Close to the minimum the energies differ by rounding only, and the full step is the right one.
                if after <= before - 1e-4 * part * slope + 2e-15 * size:
                    break
                part *= 0.5
            p, q, e = p - part * y_p, q - part * y_q, e - part * y_e
        return p + q, q - p, e - carrier
