//! The native processors by name, as `oscine run vcs3` finds them.

use crate::butterworth::ButterworthUnit;
use crate::{Native, OnePole, Processor, RingUnit, Side, Sine, SineBank, Slopes, Solver, Vcs3};

/// Names and what they are, in the order in which they are told.
pub const NATIVES: [(&str, &str); 6] = [
    ("one_pole", "low-pass or high-pass of one pole"),
    ("butterworth", "low-, high-, band-pass and band-stop of orders 1 to 12"),
    ("sine", "sine oscillator"),
    ("sines", "256 sine oscillators on the harmonics of a fundamental"),
    ("ring_modulator", "diode ring modulator"),
    ("vcs3", "the filter of the EMS VCS3"),
];

/// A processor of this name with parameters to play with, in the state before its first sample.
pub fn by_name(name: &str, sample_rate: f64) -> Option<Box<dyn Processor>> {
    Some(match name {
        "one_pole" => Box::new(Native::new(OnePole::new(Side::Low, 1000.0, sample_rate), sample_rate)),
        "butterworth" => Box::new(Native::new(ButterworthUnit::new(sample_rate), sample_rate)),
        "sine" => {
            let mut sine = Sine::new(440.0, sample_rate);
            sine.set_level(0.25);
            Box::new(Native::new(sine, sample_rate))
        }
        "sines" => Box::new(Native::new(SineBank::harmonics(110.0, sample_rate), sample_rate)),
        "ring_modulator" => Box::new(Native::new(RingUnit::new(sample_rate), sample_rate)),
        "vcs3" => {
            let mut filter = Vcs3::new(Slopes::Thermal, Solver::Newton, 1000.0, 4.0, sample_rate);
            filter.set_drive(0.1);
            Box::new(Native::new(filter, sample_rate))
        }
        _ => return None,
    })
}
