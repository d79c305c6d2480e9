#include <math.h>

const int inputs = 0;

struct sine {
    double frequency, amplitude, phase;
};

static struct sine oscillator = {440.0, 0.5, 0.0};

static inline double tick(struct sine *s) {
    double y = s->amplitude * sin(2.0 * M_PI * s->phase);
    s->phase += s->frequency / 44100.0;
    if (s->phase >= 1.0) s->phase -= 1.0;
    return y;
}

void process(const double *const *in, double *out, long frames) {
    (void)in;
    for (long n = 0; n < frames; n++) out[n] = tick(&oscillator);
}
