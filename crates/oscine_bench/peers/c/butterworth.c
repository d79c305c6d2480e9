const int inputs = 1;

/* scipy.signal.butter(4, 1000, fs=44100, output="sos"), without the ones of a0 */
static const double sos[2][5] = {
    {2.1520951214109304e-05, 4.304190242821861e-05, 2.1520951214109304e-05, -1.7501415049742755, 0.7680563844159684},
    {1.0, 2.0, 1.0, -1.8777026972159967, 0.8969233244352001},
};
static double state[2][2];

void process(const double *const *in, double *out, long frames) {
    double z00 = state[0][0], z01 = state[0][1], z10 = state[1][0], z11 = state[1][1];
    for (long n = 0; n < frames; n++) {
        double x = in[0][n];
        double y = sos[0][0] * x + z00;
        z00 = sos[0][1] * x - sos[0][3] * y + z01;
        z01 = sos[0][2] * x - sos[0][4] * y;
        x = y;
        y = sos[1][0] * x + z10;
        z10 = sos[1][1] * x - sos[1][3] * y + z11;
        z11 = sos[1][2] * x - sos[1][4] * y;
        out[n] = y;
    }
    state[0][0] = z00, state[0][1] = z01, state[1][0] = z10, state[1][1] = z11;
}
