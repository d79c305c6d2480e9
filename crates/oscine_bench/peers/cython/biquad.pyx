# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
from libc.math cimport cos, pi, sin

cdef double w0 = 2.0 * pi * 1000.0 / 44100.0
cdef double slope = sin(w0) / (2.0 * 2.0)
cdef double a0 = 1.0 + slope
cdef double b0 = (1.0 - cos(w0)) / 2.0 / a0
cdef double b1 = (1.0 - cos(w0)) / a0
cdef double b2 = b0
cdef double a1 = -2.0 * cos(w0) / a0
cdef double a2 = (1.0 - slope) / a0
cdef double z1 = 0.0
cdef double z2 = 0.0


def process(double[:, ::1] x, double[::1] y):
    global z1, z2
    cdef Py_ssize_t n
    for n in range(y.shape[0]):
        y[n] = b0 * x[0, n] + z1
        z1 = b1 * x[0, n] - a1 * y[n] + z2
        z2 = b2 * x[0, n] - a2 * y[n]
