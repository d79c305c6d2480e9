# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
from libc.math cimport sin

cdef long i = 0
cdef double a = 0.0


def process(double[:, ::1] x, double[::1] y):
    global i, a
    cdef Py_ssize_t n
    for n in range(y.shape[0]):
        i += 1
        a = sin(i)
        y[n] = a
