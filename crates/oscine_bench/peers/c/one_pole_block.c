const int inputs = 1;

double alpha = 0.1;
static double last_sample;

void process(const double *const *in, double *out, long frames) {
    const double *x = in[0];
    double a = alpha, b = 1.0 - a;
    out[0] = a * x[0] + b * last_sample;
    for (long n = 1; n < frames; n++) out[n] = a * x[n] + b * out[n - 1];
    last_sample = out[frames - 1];
}
