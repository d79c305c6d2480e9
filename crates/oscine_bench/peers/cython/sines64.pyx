# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
from libc.math cimport pi, sin


cdef struct OscSine:
    double frequency, amplitude, phase


cdef OscSine[64] bank
cdef Py_ssize_t made
for made in range(64):
    bank[made] = OscSine(55.0 * (1.0 + made), 1.0 / 64.0, 0.0)


cdef inline double tick(OscSine *oscillator) noexcept nogil:
    cdef double y = oscillator.amplitude * sin(2.0 * pi * oscillator.phase)
    oscillator.phase += oscillator.frequency / 44100.0
    if oscillator.phase >= 1.0:
        oscillator.phase -= 1.0
    return y


def process(const double[:, ::1] x, double[::1] y):
    cdef Py_ssize_t n, k
    cdef double total
    for n in range(y.shape[0]):
        total = 0.0
        for k in range(64):
            total += tick(&bank[k])
        y[n] = total
