# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
from libc.math cimport fabs, pi, tan, tanh

cdef double[13] state = [0.0] * 13


def process(const double[:, ::1] x, double[::1] y):
    cdef double v_t = 0.026, c = 0.1e-6, feedback = 4.0, fs = 44100.0
    cdef double gamma = 1.836 * v_t
    cdef double step = 8.0 * c * v_t * 2.0 * fs * tan(pi * 1000.0 / fs) / (4.0 * c * fs)
    cdef double vc1 = state[0], vc2 = state[1], vc3 = state[2], vc4 = state[3]
    cdef double u1, u2 = state[4], u3 = state[5], u4 = state[6], u5 = state[7]
    cdef double s1 = state[8], s2 = state[9], s3 = state[10], s4 = state[11], v_out = state[12]
    cdef double v_in, previous
    cdef Py_ssize_t n, turn
    for n in range(y.shape[0]):
        v_in = x[0, n]
        for turn in range(100):
            previous = v_out
            u1 = tanh((v_in - previous) / (2 * v_t))
            vc1 = step * (u2 + u1) + s1
            u2 = tanh((vc2 - vc1) / (2 * v_t))
            vc2 = step * (u3 - u2) + s2
            u3 = tanh((vc3 - vc2) / (2 * v_t))
            vc3 = step * (u4 - u3) + s3
            u4 = tanh((vc4 - vc3) / (2 * v_t))
            vc4 = step * (-u5 - u4) + s4
            u5 = tanh(vc4 / (6 * gamma))
            v_out = (feedback + 0.5) * vc4
            if fabs(v_out - previous) < 1e-4 * fabs(previous):
                break
        s1 = 2 * vc1 - s1
        s2 = 2 * vc2 - s2
        s3 = 2 * vc3 - s3
        s4 = 2 * vc4 - s4
        y[n] = v_out
    state[0], state[1], state[2], state[3] = vc1, vc2, vc3, vc4
    state[4], state[5], state[6], state[7] = u2, u3, u4, u5
    state[8], state[9], state[10], state[11], state[12] = s1, s2, s3, s4, v_out
