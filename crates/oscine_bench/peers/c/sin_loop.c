#include <math.h>

const int inputs = 0;

static long i;
static double a;

void process(const double *const *in, double *out, long frames) {
    (void)in;
    for (long n = 0; n < frames; n++) {
        i += 1;
        a = sin((double)i);
        out[n] = a;
    }
}
