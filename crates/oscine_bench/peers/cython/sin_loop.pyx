# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
from libc.math cimport sin

cdef long counted = 0


def process(const double[:, ::1] x, double[::1] y):
    global counted
    cdef Py_ssize_t n
    cdef long i = counted
    for n in range(y.shape[0]):
        i += 1
        y[n] = sin(i)
    counted = i
