"""The diode ring modulator."""

import numpy as np

from oscine.dsp._arguments import one_of, rate
from oscine.dsp._oversample import Oversample
from oscine.dsp._trapezoidal import tamed

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

    What the diodes bend has overtones without end; `oversampling` times the sample rate lets fewer of them fold back.
    `latency` is the delay in frames of the filters that this needs, of the kind that `Oversample` has.

    R. Hoffmann-Burchardi, "Digital Simulation of the Diode Ring Modulator for Musical Applications", DAFx-08.
    """

    def __init__(self, oversampling=1, kind="linear", *, samplerate=None):
        factor = one_of("RingModulator", "oversampling", oversampling, (1, 2, 4, 8))
        one_of("RingModulator", "kind", kind, ("linear", "low"))
        base = rate("RingModulator", samplerate)
        self._modulator = Oversample(factor, kind, samplerate=base)
        self._carrier = Oversample(factor, kind, samplerate=base)
        self.latency = self._modulator.latency
        high = self._modulator.samplerate
        self._coil = 0.5 / (high * _L)
        self._c1 = self._c2 = 2.0 * high * _C
        self._c3 = 2.0 * high * _C_P
        self._k1 = self._c1 + 1.0 / _R_M + self._coil
        self._k2 = self._c2 + 1.0 / _R_A + self._coil
        self._k3 = self._c3 + 1.0 / _R_I
        self._v = (0.0, 0.0, 0.0)
        self._before = (0.0, 0.0, 0.0)
        self._s = (0.0, 0.0, 0.0)
        self._i1 = self._i2 = 0.0

    def tick(self, modulator, carrier):
        """Volts at both inputs in, volts at the output out."""
        volts = self._modulator.up(tamed(modulator, 1e3))
        carriers = self._carrier.up(tamed(carrier, 1e3))
        for n in range(len(volts)):
            volts[n] = self._tick(volts[n], carriers[n])
        return self._modulator.down(volts)

    def _tick(self, modulator, carrier):
        """One sample of the rate at which the circuit is computed."""
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
