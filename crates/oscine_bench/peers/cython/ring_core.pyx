# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
cdef double[9] state = [0.0] * 9


cdef inline double g(double v) noexcept nogil:
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


def process(const double[:, ::1] x, double[::1] y):
    cdef double fs = 30 * 44100.0
    cdef double r_a = 600.0, r_m = 80.0, r_i = 50.0, c = 10e-9, c_p = 10e-9, l = 0.8
    cdef double k1 = r_m / (1.0 + c * fs * r_m), k2 = r_a / (1.0 + c * fs * r_a), k3 = r_i / (1.0 + c_p * fs * r_i)
    cdef double v1 = state[0], v2 = state[1], v3 = state[2], v4 = state[3], v5 = state[4], v6 = state[5], v7 = state[6]
    cdef double i1 = state[7], i2 = state[8]
    cdef double v_m, v_c, g4, g5, g6, g7
    cdef Py_ssize_t n, k
    for n in range(y.shape[0]):
        for k in range(30):
            v_m = x[0, n] if k == 0 else 0.0
            v_c = x[1, n] if k == 0 else 0.0
            g4, g5, g6, g7 = g(v4), g(v5), g(v6), g(v7)
            v1 = k1 * (c * fs * v1 + v_m / r_m + i1 - g4 / 2 + g5 / 2 - g6 / 2 + g7 / 2)
            v2 = k2 * (c * fs * v2 + i2 + g4 / 2 - g5 / 2 - g6 / 2 + g7 / 2)
            v3 = k3 * (c_p * fs * v3 + g4 + g5 - g6 - g7)
            v4 = v1 / 2 - v2 / 2 - v3 - v_c
            v5 = -v1 / 2 + v2 / 2 - v3 - v_c
            v6 = v1 / 2 + v2 / 2 + v3 + v_c
            v7 = -v1 / 2 - v2 / 2 + v3 + v_c
            i1 = i1 - v1 / (l * fs)
            i2 = i2 - v2 / (l * fs)
        y[n] = v2
    state[0], state[1], state[2], state[3], state[4], state[5], state[6] = v1, v2, v3, v4, v5, v6, v7
    state[7], state[8] = i1, i2
