"""The voltage-controlled filter of the EMS VCS3: a diode ladder in a delay-free feedback loop.

Four capacitors hold v_C1 to v_C4; the diodes between them make tanh, and the amplified last voltage is fed back to the
input at once, so each sample's voltages solve five equations in one another:

    C dv_C1/dt = I_0/2 (u_2 + u_1)    u_1 = tanh((v_in - v_out) / 2V_T)
    C dv_C2/dt = I_0/2 (u_3 - u_2)    u_2 = tanh((v_C2 - v_C1) / 2V_T)
    C dv_C3/dt = I_0/2 (u_4 - u_3)    u_3 = tanh((v_C3 - v_C2) / 2V_T)
    C dv_C4/dt = I_0/2 (-u_5 - u_4)   u_4 = tanh((v_C4 - v_C3) / 2V_T)
    v_out = (K + 1/2) v_C4            u_5 = tanh(v_C4 / 6 gamma)

The trapezoidal rule turns each derivative into v_C = I_0 (...) / (4 C FS) + s with a memory s, and the equations
are evaluated in turn until v_out no longer moves. The control current I_0 sets the cutoff, K the resonance. The iteration
converges for cutoffs up to a thirtieth of its rate; OVERSAMPLING raises that rate.

Source: Civolani and Fontana, "A Nonlinear Digital Model of the EMS VCS3 Voltage-Controlled Filter", DAFx-08, and
"Modeling of the EMS VCS3 Voltage-Controlled Filter as a Nonlinear Filter Network", IEEE TASLP 18 (2010); the loop is
Algorithm 2 of De Pra and Fontana, "Programming Real-Time Sound in Python", Appl. Sci. 10, 4214 (2020).
"""

from math import pi, tan, tanh

from oscine import param, samplerate

V_T = 0.026  # thermal voltage, V
GAMMA = 1.836 * V_T  # V
C = 0.1e-6  # F
INPUT = 1.0 / (2.0 * V_T)  # slopes of the tanh, 1/V
LADDER = 1.0 / (2.0 * V_T)  # the article of 2010 has 1.0 / (2.0 * GAMMA)
OUTPUT = 1.0 / (6.0 * GAMMA)

OVERSAMPLING = 1  # steps a sample
FS = OVERSAMPLING * samplerate
TOLERANCE = 1e-4  # of v_out, where the iteration ends
MOST_ITERATIONS = 100

cutoff = param(1000.0, 20.0, 1500.0 * OVERSAMPLING, unit="Hz", scale="log")
resonance = param(4.0, 0.0, 10.0)
drive = param(0.1, 0.01, 1.0, unit="V", scale="log")

vc1 = vc2 = vc3 = vc4 = 0.0
u2 = u3 = u4 = u5 = 0.0
s1 = s2 = s3 = s4 = 0.0
v_out = 0.0
step = 0.0


def update():
    global step
    i0 = 8.0 * C * V_T * 2.0 * FS * tan(pi * min(cutoff, FS / 30.0) / FS)
    step = i0 / (4.0 * C * FS)


def ladder(v_in):
    """One step of the circuit: volts in, volts out."""
    global vc1, vc2, vc3, vc4, u2, u3, u4, u5, s1, s2, s3, s4, v_out
    feedback = resonance + 0.5
    for _ in range(MOST_ITERATIONS):
        previous = v_out
        u1 = tanh(INPUT * (v_in - previous))
        vc1 = step * (u2 + u1) + s1
        u2 = tanh(LADDER * (vc2 - vc1))
        vc2 = step * (u3 - u2) + s2
        u3 = tanh(LADDER * (vc3 - vc2))
        vc3 = step * (u4 - u3) + s3
        u4 = tanh(LADDER * (vc4 - vc3))
        vc4 = step * (-u5 - u4) + s4
        u5 = tanh(OUTPUT * vc4)
        v_out = feedback * vc4
        if abs(v_out - previous) <= TOLERANCE * abs(previous):
            break
    s1 = 2.0 * vc1 - s1
    s2 = 2.0 * vc2 - s2
    s3 = 2.0 * vc3 - s3
    s4 = 2.0 * vc4 - s4
    return v_out


def process(x):
    y = 0.0
    for _ in range(OVERSAMPLING):
        y = ladder(drive * x)
    return y / drive
