#include <math.h>

const int inputs = 1;

static double state[2];

void process(const double *const *in, double *out, long frames) {
    const double w0 = 2.0 * M_PI * 1000.0 / 44100.0, q = 2.0;
    const double slope = sin(w0) / (2.0 * q), a0 = 1.0 + slope;
    const double b0 = (1.0 - cos(w0)) / 2.0 / a0, b1 = (1.0 - cos(w0)) / a0, b2 = b0;
    const double a1 = -2.0 * cos(w0) / a0, a2 = (1.0 - slope) / a0;
    const double *x = in[0];
    double z1 = state[0], z2 = state[1];
    for (long n = 0; n < frames; n++) {
        double y = b0 * x[n] + z1;
        z1 = b1 * x[n] - a1 * y + z2;
        z2 = b2 * x[n] - a2 * y;
        out[n] = y;
    }
    state[0] = z1;
    state[1] = z2;
}
