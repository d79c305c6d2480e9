# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
cdef double alpha = 0.1
cdef double last_sample = 0.0


def process(const double[:, ::1] x, double[::1] y):
    global last_sample
    cdef Py_ssize_t n, frames = y.shape[0]
    cdef double a = alpha, b = 1.0 - alpha
    if frames == 0:
        return
    y[0] = a * x[0, 0] + b * last_sample
    for n in range(1, frames):
        y[n] = a * x[0, n] + b * y[n - 1]
    last_sample = y[frames - 1]
