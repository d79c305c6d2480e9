//! The ring modulator's equations, written down once more, for the tests' own integration.

use super::radau::Circuit;

/// The diode ring modulator for two voltages as functions of time: v1, v2, v3, i1, i2.
pub(crate) struct RingCircuit<M, C> {
    pub(crate) modulator: M,
    pub(crate) carrier: C,
}

impl<M: Fn(f64) -> f64, C: Fn(f64) -> f64> Circuit<5> for RingCircuit<M, C> {
    fn slopes(&self, t: f64, [v1, v2, v3, i1, i2]: [f64; 5]) -> ([f64; 5], [[f64; 5]; 5]) {
        let (r_a, r_m, r_i, c, c_p, inductance) = (600.0, 80.0, 50.0, 10e-9, 10e-9, 0.8);
        let v_c = (self.carrier)(t);
        let across = [
            0.5 * v1 - 0.5 * v2 - v3 - v_c,
            -0.5 * v1 + 0.5 * v2 - v3 - v_c,
            0.5 * v1 + 0.5 * v2 + v3 + v_c,
            -0.5 * v1 - 0.5 * v2 + v3 + v_c,
        ];
        let [g4, g5, g6, g7] = across.map(|v| 0.17 * v.max(0.0).powi(4));
        let [h4, h5, h6, h7] = across.map(|v| 0.68 * v.max(0.0).powi(3));
        let slopes = [
            (i1 + 0.5 * (-g4 + g5 - g6 + g7) - (v1 - (self.modulator)(t)) / r_m) / c,
            (i2 + 0.5 * (g4 - g5 - g6 + g7) - v2 / r_a) / c,
            (g4 + g5 - g6 - g7 - v3 / r_i) / c_p,
            -v1 / inductance,
            -v2 / inductance,
        ];
        let all = 0.25 * (h4 + h5 + h6 + h7);
        let across_both = 0.25 * (h4 + h5 - h6 - h7);
        let (third_1, third_2) = (0.5 * (h4 - h5 - h6 + h7), 0.5 * (-h4 + h5 - h6 + h7));
        let jacobian = [
            [(-all - 1.0 / r_m) / c, across_both / c, third_1 / c, 1.0 / c, 0.0],
            [across_both / c, (-all - 1.0 / r_a) / c, third_2 / c, 0.0, 1.0 / c],
            [third_1 / c_p, third_2 / c_p, (-4.0 * all - 1.0 / r_i) / c_p, 0.0, 0.0],
            [-1.0 / inductance, 0.0, 0.0, 0.0, 0.0],
            [0.0, -1.0 / inductance, 0.0, 0.0, 0.0],
        ];
        (slopes, jacobian)
    }
}
