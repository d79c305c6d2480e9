"""Solves the circuits of two examples as differential equations, for tests to compare with.

    python scripts/solve_circuits.py FOLDER ring|ring-levels|vcs3|vcs3-levels

Writes into FOLDER, for each case of the circuit, `NAME-RATE-in0.npy` (and `-in1.npy`), the inputs sampled at RATE, and
`NAME-RATE-out.npy`, the solution at the same moments by scipy's Radau method, which shares nothing with the examples but
the equations.
"""

import pathlib
import sys

import numpy as np
from scipy.integrate import solve_ivp

RADAU = {"method": "Radau", "rtol": 1e-9, "atol": 1e-12}


def ring_modulator(seconds, v_m, v_c):
    """The diode ring modulator (see examples/ring_modulator.py): v_2 for two voltages as functions of time."""
    r_a, r_m, r_i, c, c_p, inductance = 600.0, 80.0, 50.0, 10e-9, 10e-9, 0.8

    def g(v):
        return 0.17 * v**4 if v > 0.0 else 0.0

    def slopes(t, state):
        v1, v2, v3, i1, i2 = state
        g4 = g(0.5 * v1 - 0.5 * v2 - v3 - v_c(t))
        g5 = g(-0.5 * v1 + 0.5 * v2 - v3 - v_c(t))
        g6 = g(0.5 * v1 + 0.5 * v2 + v3 + v_c(t))
        g7 = g(-0.5 * v1 - 0.5 * v2 + v3 + v_c(t))
        return [
            (i1 + 0.5 * (-g4 + g5 - g6 + g7) - (v1 - v_m(t)) / r_m) / c,
            (i2 + 0.5 * (g4 - g5 - g6 + g7) - v2 / r_a) / c,
            (g4 + g5 - g6 - g7 - v3 / r_i) / c_p,
            -v1 / inductance,
            -v2 / inductance,
        ]

    return solve_ivp(slopes, (0.0, seconds), np.zeros(5), dense_output=True, **RADAU).sol, lambda state: state[1]


def vcs3(seconds, v_in, cutoff, resonance, rate, slope_volts=2.0 * 0.026):
    """The VCS3's filter (see examples/vcs3.py): v_out for a voltage as a function of time.

    `slope_volts` shapes the diodes between the capacitors: twice the thermal voltage, or twice gamma.
    """
    v_t, c = 0.026, 0.1e-6
    gamma = 1.836 * v_t
    i_0 = 16.0 * c * v_t * rate * np.tan(np.pi * cutoff / rate)

    def slopes(t, state):
        v1, v2, v3, v4 = state
        u1 = np.tanh((v_in(t) - (resonance + 0.5) * v4) / (2.0 * v_t))
        u2 = np.tanh((v2 - v1) / slope_volts)
        u3 = np.tanh((v3 - v2) / slope_volts)
        u4 = np.tanh((v4 - v3) / slope_volts)
        u5 = np.tanh(v4 / (6.0 * gamma))
        return 0.5 * i_0 / c * np.array([u2 + u1, u3 - u2, u4 - u3, -u5 - u4])

    solution = solve_ivp(slopes, (0.0, seconds), np.zeros(4), dense_output=True, **RADAU).sol
    return solution, lambda state: (resonance + 0.5) * state[3]


def sine(amplitude, frequency_hz):
    return lambda t: amplitude * np.sin(2.0 * np.pi * frequency_hz * t)


def write(folder, name, rate, frames, inputs, solution, output):
    # The step from sample n - 1 to n takes the input at n: frame 0 is one period after the start.
    t = np.arange(1, frames + 1) / rate
    for index, signal in enumerate(inputs):
        np.save(folder / f"{name}-{rate}-in{index}.npy", signal(t))
    np.save(folder / f"{name}-{rate}-out.npy", output(solution(t)))


def main():
    folder, circuit = pathlib.Path(sys.argv[1]), sys.argv[2]
    seconds = 0.01
    if circuit == "ring":
        v_m, v_c = sine(0.3, 200.0), sine(0.3, 500.0)
        solution, output = ring_modulator(seconds, v_m, v_c)
        for rate in (30 * 48000, 30 * 96000):
            write(folder, "ring", rate, int(seconds * rate), (v_m, v_c), solution, output)
    if circuit == "ring-levels":
        for volts in (0.1, 0.5, 10):
            v_m, v_c = sine(volts, 200.0), sine(volts, 500.0)
            solution, output = ring_modulator(seconds, v_m, v_c)
            write(folder, f"ring-{volts}", 44100, int(seconds * 44100), (v_m, v_c), solution, output)
    if circuit == "vcs3":
        low, high = sine(0.1, 200.0), sine(0.05, 1733.0)
        for resonance in (0, 4):
            for rate in (48000, 192000):
                solution, output = vcs3(seconds, lambda t: low(t) + high(t), 1000.0, resonance, rate)
                inputs = (lambda t: low(t) + high(t),)
                write(folder, f"vcs3-{resonance}", rate, int(seconds * rate), inputs, solution, output)
    if circuit == "vcs3-levels":
        for name, slope_volts in (("thermal", 2.0 * 0.026), ("gamma", 2.0 * 1.836 * 0.026)):
            for volts in (0.01, 0.1, 1, 10):
                low, high = sine(volts, 200.0), sine(0.5 * volts, 1700.0)
                inputs = (lambda t, low=low, high=high: low(t) + high(t),)
                solution, output = vcs3(seconds, inputs[0], 1000.0, 4, 48000, slope_volts)
                write(folder, f"vcs3-{name}-{volts}", 48000, int(seconds * 48000), inputs, solution, output)


if __name__ == "__main__":
    main()
