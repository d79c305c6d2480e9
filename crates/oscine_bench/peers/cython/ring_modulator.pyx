# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# scipy.signal.butter(5, 1 / 30)
cdef double[6] b = [3.3369544434531476e-07, 1.668477221726574e-06, 3.336954443453148e-06,
                    3.336954443453148e-06, 1.668477221726574e-06, 3.3369544434531476e-07]
cdef double[6] a = [1.0, -4.661164783332666, 8.701355244210472, -8.13130172488138, 3.8035532257463287, -0.7124312834885355]
cdef double[14] state = [0.0] * 14


cdef inline double g(double v) noexcept nogil:
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


def process(const double[:, ::1] x, double[::1] y):
    cdef double fs = 30 * 44100.0
    cdef double r_a = 600.0, r_m = 80.0, r_i = 50.0, c = 10e-9, c_p = 10e-9, l = 0.8
    cdef double k1 = r_m / (1.0 + c * fs * r_m), k2 = r_a / (1.0 + c * fs * r_a), k3 = r_i / (1.0 + c_p * fs * r_i)
    cdef double v1 = state[0], v2 = state[1], v3 = state[2], v4 = state[3], v5 = state[4], v6 = state[5], v7 = state[6]
    cdef double i1 = state[7], i2 = state[8]
    cdef double z0 = state[9], z1 = state[10], z2 = state[11], z3 = state[12], z4 = state[13]
    cdef double b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3], b4 = b[4], b5 = b[5]
    cdef double a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5]
    cdef double low
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
            low = b0 * v2 + z0
            z0 = b1 * v2 - a1 * low + z1
            z1 = b2 * v2 - a2 * low + z2
            z2 = b3 * v2 - a3 * low + z3
            z3 = b4 * v2 - a4 * low + z4
            z4 = b5 * v2 - a5 * low
            if k == 0:
                y[n] = low
    state[0], state[1], state[2], state[3], state[4], state[5], state[6] = v1, v2, v3, v4, v5, v6, v7
    state[7], state[8] = i1, i2
    state[9], state[10], state[11], state[12], state[13] = z0, z1, z2, z3, z4
