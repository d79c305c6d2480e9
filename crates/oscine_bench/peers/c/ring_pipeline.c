/* The paper's whole ring modulator: both inputs zero-stuffed to 30 times the rate, Algorithm 1, a Butterworth low-pass of
 * order 5 at half the audio rate (the polynomials that scipy.signal.butter(5, 1/30) gives, run as lfilter does), and every
 * 30th sample kept. */
#define OVERSAMPLING 30

const int inputs = 2;

static double state[9], z[5];

static inline double g(double v) {
    return v > 0.0 ? 0.17 * v * v * v * v : 0.0;
}

void process(const double *const *in, double *out, long frames) {
    const double fs = OVERSAMPLING * 44100.0;
    const double r_a = 600.0, r_m = 80.0, r_i = 50.0, c = 10e-9, c_p = 10e-9, l = 0.8;
    const double k1 = r_m / (1.0 + c * fs * r_m), k2 = r_a / (1.0 + c * fs * r_a), k3 = r_i / (1.0 + c_p * fs * r_i);
    double v1 = state[0], v2 = state[1], v3 = state[2], v4 = state[3], v5 = state[4], v6 = state[5], v7 = state[6];
    double i1 = state[7], i2 = state[8];
    static const double b[6] = {3.3369544434531476e-07, 1.668477221726574e-06, 3.336954443453148e-06, 3.336954443453148e-06, 1.668477221726574e-06, 3.3369544434531476e-07};
    static const double a[6] = {1.0, -4.661164783332666, 8.701355244210472, -8.13130172488138, 3.8035532257463287, -0.7124312834885355};
    double z0 = z[0], z1 = z[1], z2 = z[2], z3 = z[3], z4 = z[4];
    for (long n = 0; n < frames; n++) {
        for (int k = 0; k < OVERSAMPLING; k++) {
            double v_m = k == 0 ? in[0][n] : 0.0, v_c = k == 0 ? in[1][n] : 0.0;
            double g4 = g(v4), g5 = g(v5), g6 = g(v6), g7 = g(v7);
            v1 = k1 * (c * fs * v1 + v_m / r_m + i1 - g4 / 2 + g5 / 2 - g6 / 2 + g7 / 2);
            v2 = k2 * (c * fs * v2 + i2 + g4 / 2 - g5 / 2 - g6 / 2 + g7 / 2);
            v3 = k3 * (c_p * fs * v3 + g4 + g5 - g6 - g7);
            v4 = v1 / 2 - v2 / 2 - v3 - v_c;
            v5 = -v1 / 2 + v2 / 2 - v3 - v_c;
            v6 = v1 / 2 + v2 / 2 + v3 + v_c;
            v7 = -v1 / 2 - v2 / 2 + v3 + v_c;
            i1 = i1 - v1 / (l * fs);
            i2 = i2 - v2 / (l * fs);

            double y = b[0] * v2 + z0;
            z0 = b[1] * v2 - a[1] * y + z1;
            z1 = b[2] * v2 - a[2] * y + z2;
            z2 = b[3] * v2 - a[3] * y + z3;
            z3 = b[4] * v2 - a[4] * y + z4;
            z4 = b[5] * v2 - a[5] * y;
            if (k == 0) out[n] = y;
        }
    }
    state[0] = v1, state[1] = v2, state[2] = v3, state[3] = v4, state[4] = v5, state[5] = v6, state[6] = v7;
    state[7] = i1, state[8] = i2;
    z[0] = z0, z[1] = z1, z[2] = z2, z[3] = z3, z[4] = z4;
}
