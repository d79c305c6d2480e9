#include <math.h>

const int inputs = 1;

static double state[13];

void process(const double *const *in, double *out, long frames) {
    const double v_t = 0.026, gamma = 1.836 * v_t, c = 0.1e-6, feedback = 4.0, fs = 44100.0;
    const double i0 = 8.0 * c * v_t * 2.0 * fs * tan(M_PI * 1000.0 / fs), step = i0 / (4.0 * c * fs);
    double vc1 = state[0], vc2 = state[1], vc3 = state[2], vc4 = state[3];
    double u2 = state[4], u3 = state[5], u4 = state[6], u5 = state[7];
    double s1 = state[8], s2 = state[9], s3 = state[10], s4 = state[11], v_out = state[12];
    for (long n = 0; n < frames; n++) {
        double v_in = in[0][n];
        for (int k = 0; k < 100; k++) {
            double previous = v_out;
            double u1 = tanh((v_in - previous) / (2 * v_t));
            vc1 = step * (u2 + u1) + s1;
            u2 = tanh((vc2 - vc1) / (2 * v_t));
            vc2 = step * (u3 - u2) + s2;
            u3 = tanh((vc3 - vc2) / (2 * v_t));
            vc3 = step * (u4 - u3) + s3;
            u4 = tanh((vc4 - vc3) / (2 * v_t));
            vc4 = step * (-u5 - u4) + s4;
            u5 = tanh(vc4 / (6 * gamma));
            v_out = (feedback + 0.5) * vc4;
            if (fabs(v_out - previous) < 1e-4 * fabs(previous)) break;
        }
        s1 = 2 * vc1 - s1;
        s2 = 2 * vc2 - s2;
        s3 = 2 * vc3 - s3;
        s4 = 2 * vc4 - s4;
        out[n] = v_out;
    }
    state[0] = vc1, state[1] = vc2, state[2] = vc3, state[3] = vc4;
    state[4] = u2, state[5] = u3, state[6] = u4, state[7] = u5;
    state[8] = s1, state[9] = s2, state[10] = s3, state[11] = s4, state[12] = v_out;
}
