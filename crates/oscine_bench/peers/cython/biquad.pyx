# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
from libc.math cimport cos, pi, sin

cdef double w0 = 2.0 * pi * 1000.0 / 44100.0
cdef double slope = sin(w0) / (2.0 * 2.0)
cdef double a0 = 1.0 + slope
cdef double[5] coefficients = [
    (1.0 - cos(w0)) / 2.0 / a0, (1.0 - cos(w0)) / a0, (1.0 - cos(w0)) / 2.0 / a0, -2.0 * cos(w0) / a0, (1.0 - slope) / a0
]
cdef double[2] state = [0.0, 0.0]


def process(const double[:, ::1] x, double[::1] y):
    cdef Py_ssize_t n
    cdef double b0 = coefficients[0], b1 = coefficients[1], b2 = coefficients[2]
    cdef double a1 = coefficients[3], a2 = coefficients[4]
    cdef double z1 = state[0], z2 = state[1]
    cdef double low
    for n in range(y.shape[0]):
        low = b0 * x[0, n] + z1
        z1 = b1 * x[0, n] - a1 * low + z2
        z2 = b2 * x[0, n] - a2 * low
        y[n] = low
    state[0], state[1] = z1, z2
