# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
cdef int OVERSAMPLING = 30
cdef double FS = OVERSAMPLING * 44100.0
cdef double R_A = 600.0, R_M = 80.0, R_I = 50.0
cdef double C = 10e-9, C_P = 10e-9, L = 0.8
cdef double K1 = R_M / (1.0 + C * FS * R_M)
cdef double K2 = R_A / (1.0 + C * FS * R_A)
cdef double K3 = R_I / (1.0 + C_P * FS * R_I)
cdef double v1 = 0.0, v2 = 0.0, v3 = 0.0, v4 = 0.0, v5 = 0.0, v6 = 0.0, v7 = 0.0
cdef double i1 = 0.0, i2 = 0.0


cdef inline double g(double v):
    return 0.17 * v * v * v * v if v > 0.0 else 0.0


cdef inline void step(double v_m, double v_c):
    global v1, v2, v3, v4, v5, v6, v7, i1, i2
    cdef double g4 = g(v4), g5 = g(v5), g6 = g(v6), g7 = g(v7)
    v1 = K1 * (C * FS * v1 + v_m / R_M + i1 - g4 / 2 + g5 / 2 - g6 / 2 + g7 / 2)
    v2 = K2 * (C * FS * v2 + i2 + g4 / 2 - g5 / 2 - g6 / 2 + g7 / 2)
    v3 = K3 * (C_P * FS * v3 + g4 + g5 - g6 - g7)
    v4 = v1 / 2 - v2 / 2 - v3 - v_c
    v5 = -v1 / 2 + v2 / 2 - v3 - v_c
    v6 = v1 / 2 + v2 / 2 + v3 + v_c
    v7 = -v1 / 2 - v2 / 2 + v3 + v_c
    i1 = i1 - v1 / (L * FS)
    i2 = i2 - v2 / (L * FS)


# scipy.signal.butter(5, 1 / 30)
cdef double[6] b = [3.3369544434531476e-07, 1.668477221726574e-06, 3.336954443453148e-06,
                    3.336954443453148e-06, 1.668477221726574e-06, 3.3369544434531476e-07]
cdef double[6] a = [1.0, -4.661164783332666, 8.701355244210472, -8.13130172488138, 3.8035532257463287, -0.7124312834885355]
cdef double[6] z = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


cdef inline double low_pass(double v):
    cdef double low = b[0] * v + z[0]
    cdef Py_ssize_t k
    for k in range(5):
        z[k] = b[k + 1] * v - a[k + 1] * low + z[k + 1]
    return low


def process(double[:, ::1] x, double[::1] y):
    cdef Py_ssize_t n, k
    for n in range(y.shape[0]):
        step(x[0, n], x[1, n])
        y[n] = low_pass(v2)
        for k in range(1, OVERSAMPLING):
            step(0.0, 0.0)
            low_pass(v2)
