"""Designs the half-band filters of crates/oscine_dsp/src/oversample and of their twins in python/oscine/dsp.

    python scripts/design-halfbands.py           writes oversample/tables.rs and dsp/_half_bands.py
    python scripts/design-halfbands.py --print   prints the constants, a filter a line

Each stage of a cascade doubles the rate. What has to pass ends at PASS_HZ of an audio rate of RATE_HZ, so that a stage at
twice its own input's rate may use everything from there to that frequency's image. Needs numpy and scipy.

Linear phase: a half-band filter of 2n - 1 taps is a pure delay and, on every other sample, a filter of even length n which
passes everything up to twice the edge. Parks and McClellan's exchange designs the latter, which decays to its zero at the
end of its band by itself (P. P. Vaidyanathan and T. Q. Nguyen, "A 'Trick' for the Design of FIR Half-Band Filters", IEEE
Trans. Circuits and Systems 34, 1987).

Low latency: half the sum of two all-passes in z^2, one of them delayed. Its poles are those of the elliptic filter whose
pass- and stop-band mirror one another, which lie on the imaginary axis: Darlington's formula (A. Antoniou, "Digital Filters",
chapter 5) with sigma_0 = 1. Their squares are the all-passes' coefficients, dealt to the branches in turn (R. Valenzuela and A. Constantinides, "Digital Signal Processing Schemes for Efficient
Interpolation and Decimation", IEE Proc. G 130, 1983; P. Regalia, S. Mitra and P. Vaidyanathan, "The Digital All-Pass Filter: A
Versatile Signal Processing Building Block", Proc. IEEE 76, 1988).
"""

import sys
import textwrap
from pathlib import Path

import numpy as np
from scipy import signal
from scipy.special import ellipj, ellipk, ellipkm1

RATE_HZ, PASS_HZ = 44100.0, 18000.0
STAGES = 5
STOP_DB = 92.0
ROOT = Path(__file__).parent.parent
RUST, PYTHON = ROOT / "crates/oscine_dsp/src/oversample/tables.rs", ROOT / "python/oscine/dsp/_half_bands.py"


def edge(stage):
    """The end of the pass-band as a part of the rate that the stage makes."""
    return PASS_HZ / (RATE_HZ * 2.0 ** (stage + 1))


def linear_phase(edge):
    """The taps on every other sample, of the shortest filter that is good enough; they sum to about 1."""
    for count in range(2, 100, 2):
        taps = signal.remez(count, [0.0, 2.0 * edge], [1.0], fs=1.0, grid_density=64, maxiter=500)
        taps = 0.5 * (taps + taps[::-1])
        whole = np.zeros(2 * count - 1)
        whole[::2], whole[count - 1] = 0.5 * taps, 0.5
        f, response = signal.freqz(whole, worN=8192, fs=1.0)
        if -20.0 * np.log10(np.abs(response[f >= 0.5 - edge]).max()) >= STOP_DB:
            return taps
    raise ValueError(f"no filter for an edge of {edge}")


def elliptic(order, edge):
    """Stop-band attenuation in dB of the half-band elliptic filter: its degree equation in terms of nomes."""
    k = np.tan(np.pi * edge) ** 2
    nome = np.exp(-np.pi * ellipkm1(k * k) / ellipk(k * k))
    k1 = 4.0 * np.sqrt(nome**order)
    return 10.0 * np.log10(1.0 + 1.0 / k1)


def low_latency(edge):
    """The coefficients of the two branches' all-passes, of the elliptic filter of least order that is good enough."""
    order = next(n for n in range(3, 40, 2) if elliptic(n, edge) >= STOP_DB)
    k = np.tan(np.pi * edge) ** 2
    i = np.arange(1, order // 2 + 1)
    omega = np.sqrt(k) * ellipj(2.0 * i / order * ellipk(k * k), k * k)[0]
    # s^2 + 2 x s + 1 holds a pair of poles on the unit circle, which the bilinear transform takes to z^2 = -(1-x)/(1+x).
    x = np.sqrt((1.0 - k * omega**2) * (1.0 - omega**2 / k)) / (1.0 + omega**2)
    squares = sorted((1.0 - x) / (1.0 + x))
    return squares[0::2], squares[1::2]


def numbers(values):
    return ", ".join(repr(float(v)) for v in values)


def in_rust(fir, iir):
    text = "//! Constants of the half-band filters, written by `scripts/design-halfbands.py`, which says how.\n"
    text += '#![expect(clippy::unreadable_literal, reason = "written by a script")]\n'
    text += "#![cfg_attr(rustfmt, rustfmt::skip)]\n\n"
    text += "/// For each stage the taps on every other sample.\n"
    text += f"pub(super) const LINEAR_PHASE: [&[f64]; {STAGES}] = [\n"
    text += "".join(f"    &[{numbers(taps)}],\n" for taps in fir) + "];\n\n"
    text += "/// For each stage the coefficients of both branches.\n"
    text += f"pub(super) const LOW_LATENCY: [[&[f64]; 2]; {STAGES}] = [\n"
    return text + "".join(f"    [&[{numbers(a)}], &[{numbers(b)}]],\n" for a, b in iir) + "];\n"


def in_python(fir, iir):
    def row(values):
        one_line = f"({numbers(values)}{',' if len(values) == 1 else ''})"
        if len(one_line) < 90:
            return one_line
        return "(\n" + textwrap.fill(numbers(values) + ",", 118, initial_indent=" " * 8, subsequent_indent=" " * 8) + "\n    )"

    text = '"""Constants of the half-band filters, written by `scripts/design-halfbands.py`, which says how."""\n\n'
    text += "# For each stage the taps on every other sample.\nLINEAR_PHASE = (\n"
    text += "".join(f"    {row(taps)},\n" for taps in fir) + ")\n\n"
    text += "# For each stage the coefficients of both branches.\nLOW_LATENCY = (\n"
    return text + "".join(f"    (\n        {row(a)},\n        {row(b)},\n    ),\n" for a, b in iir) + ")\n"


def main():
    fir = [linear_phase(edge(stage)) for stage in range(STAGES)]
    iir = [low_latency(edge(stage)) for stage in range(STAGES)]
    if "--print" in sys.argv:
        for row in [*fir, *(branch for stage in iir for branch in stage)]:
            print(*map(repr, map(float, row)))
        return
    RUST.write_text(in_rust(fir, iir))
    PYTHON.write_text(in_python(fir, iir))


if __name__ == "__main__":
    main()
