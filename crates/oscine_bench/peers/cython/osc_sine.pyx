# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
cimport cython
from libc.math cimport pi, sin


@cython.final
cdef class OscSine:
    cdef double frequency, amplitude, phase

    def __init__(self, double frequency, double amplitude):
        self.frequency = frequency
        self.amplitude = amplitude
        self.phase = 0.0

    cdef inline double tick(self) noexcept nogil:
        cdef double y = self.amplitude * sin(2.0 * pi * self.phase)
        self.phase += self.frequency / 44100.0
        if self.phase >= 1.0:
            self.phase -= 1.0
        return y


cdef OscSine oscillator = OscSine(440.0, 0.5)


def process(const double[:, ::1] x, double[::1] y):
    cdef Py_ssize_t n
    cdef OscSine heard = oscillator
    for n in range(y.shape[0]):
        y[n] = heard.tick()
