const int inputs = 1;

double alpha = 0.1;
static double last_sample;

void process(const double *const *in, double *out, long frames) {
    const double *x = in[0];
    double a = alpha, last = last_sample;
    for (long n = 0; n < frames; n++) {
        last = a * x[n] + (1.0 - a) * last;
        out[n] = last;
    }
    last_sample = last;
}
