# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
from libc.math cimport pi, sin


cdef class OscSine:
    cdef double frequency, amplitude, phase

    def __init__(self, double frequency, double amplitude):
        self.frequency = frequency
        self.amplitude = amplitude
        self.phase = 0.0

    cdef double tick(self):
        cdef double y = self.amplitude * sin(2.0 * pi * self.phase)
        self.phase += self.frequency / 44100.0
        if self.phase >= 1.0:
            self.phase -= 1.0
        return y


cdef list bank = [OscSine(55.0 * (1.0 + k), 1.0 / 64.0) for k in range(64)]


def process(double[:, ::1] x, double[::1] y):
    cdef Py_ssize_t n, k
    cdef double total
    cdef OscSine oscillator
    for n in range(y.shape[0]):
        total = 0.0
        for k in range(64):
            oscillator = bank[k]
            total += oscillator.tick()
        y[n] = total
