//! The VCS3 filter's equations, written down once more, for the tests' own integration.

use super::radau::Circuit;

/// The VCS3's filter for a voltage as a function of time: the four capacitors.
pub(crate) struct LadderCircuit<I> {
    pub(crate) input: I,
    /// `I0 / 2 C`, in volts a second: `8 pi V_T` times a cutoff in Hz.
    pub(crate) speed: f64,
    pub(crate) resonance: f64,
    /// What shapes the diodes between capacitors: twice the thermal voltage or twice gamma.
    pub(crate) slope_volts: f64,
}

impl<I: Fn(f64) -> f64> Circuit<4> for LadderCircuit<I> {
    fn slopes(&self, t: f64, [v1, v2, v3, v4]: [f64; 4]) -> ([f64; 4], [[f64; 4]; 4]) {
        let (v_t, gamma, feedback) = (0.026, 1.836 * 0.026, self.resonance + 0.5);
        let tanh = |x: f64, volts: f64| {
            let u = (x / volts).tanh();
            (u, (1.0 - u * u) / volts)
        };
        let (u1, d1) = tanh((self.input)(t) - feedback * v4, 2.0 * v_t);
        let (u2, d2) = tanh(v2 - v1, self.slope_volts);
        let (u3, d3) = tanh(v3 - v2, self.slope_volts);
        let (u4, d4) = tanh(v4 - v3, self.slope_volts);
        let (u5, d5) = tanh(v4, 6.0 * gamma);
        let slopes = [u2 + u1, u3 - u2, u4 - u3, -u5 - u4].map(|x| self.speed * x);
        let jacobian = [
            [-d2, d2, 0.0, -feedback * d1],
            [d2, -d2 - d3, d3, 0.0],
            [0.0, d3, -d3 - d4, d4],
            [0.0, 0.0, d4, -d4 - d5],
        ];
        (slopes, jacobian.map(|row| row.map(|x| self.speed * x)))
    }
}
