//! What a parameter is: a named number that a person may move while sound runs.

use crate::Curve;

/// How a slider's travel maps to the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal travel, equal difference.
    #[default]
    Linear,
    /// Equal travel, equal ratio; the whole range must be positive.
    Log,
}

/// The type of a parameter's values. Every kind travels as an `f64`: a bool as 0 or 1, a choice as its index.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamKind {
    /// Any value in the range, ramped when it moves.
    Float,
    /// Whole numbers, which jump.
    Int,
    /// On or off.
    Bool,
    /// One of these names; the value is its index.
    Choice(Vec<String>),
}

/// A parameter's declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The path by which it is addressed: `cutoff`, `voice.decay`.
    pub name: String,
    /// Its type.
    pub kind: ParamKind,
    /// The value before anyone moves it.
    pub default: f64,
    /// Least value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Unit for people, as "Hz"; may be empty.
    pub unit: String,
    /// How a slider's travel maps to the range.
    pub scale: Scale,
    /// Distance between permitted values, if they are discrete.
    pub step: Option<f64>,
    /// Length of the ramp to a new value in seconds; 0 for none.
    pub smooth_seconds: f64,
    /// What people read beside the slider, where it differs from the name.
    pub label: Option<String>,
    /// The heading under which the slider is drawn.
    pub group: Option<String>,
    /// The MIDI controller, 0 to 127, that moves it.
    pub midi: Option<u8>,
}

impl Param {
    /// With a ramp of 20 ms if its values allow one, on a linear scale, without what people read beside it.
    pub fn new(name: impl Into<String>, kind: ParamKind, default: f64, (min, max): (f64, f64)) -> Self {
        Self {
            name: name.into(),
            kind,
            default,
            min,
            max,
            unit: String::new(),
            scale: Scale::Linear,
            step: None,
            smooth_seconds: 0.02,
            label: None,
            group: None,
            midi: None,
        }
    }

    /// The nearest permitted value: inside the range, on a step, whole for discrete kinds. NaN gives the default.
    pub fn clamp(&self, value: f64) -> f64 {
        if value.is_nan() {
            return self.default;
        }
        let mut value = value.clamp(self.min, self.max);
        if let Some(step) = self.step.filter(|s| *s > 0.0) {
            value = (self.min + ((value - self.min) / step).round() * step).clamp(self.min, self.max);
        }
        if self.kind == ParamKind::Float { value } else { value.round() }
    }

    /// The value at `position` of a slider's or controller's travel, 0 at its start and 1 at its end: equal travel gives
    /// equal differences, on a log scale equal ratios; choices have an equal share of the travel each.
    pub fn at_position(&self, position: f64) -> f64 {
        let position = if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) };
        let value = match (&self.kind, self.scale) {
            (ParamKind::Choice(names), _) => (position * names.len() as f64).floor(),
            _ if position == 1.0 => self.max,
            (_, Scale::Log) => self.min * (self.max / self.min).powf(position),
            _ => self.min + (self.max - self.min) * position,
        };
        self.clamp(value)
    }

    /// How its ramps get from one value to another: in equal ratios on a log scale.
    pub fn curve(&self) -> Curve {
        if self.scale == Scale::Log { Curve::Exponential } else { Curve::Linear }
    }

    /// Whether a move to a new value is ramped rather than a jump.
    pub fn is_smoothed(&self) -> bool {
        self.kind == ParamKind::Float && self.step.is_none() && self.smooth_seconds > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Param, ParamKind, Scale};

    fn param(kind: ParamKind, range: (f64, f64), scale: Scale) -> Param {
        Param { scale, ..Param::new("p", kind, range.0, range) }
    }

    #[test]
    fn travel_maps_to_the_range_as_the_scale_says() {
        let linear = param(ParamKind::Float, (-1.0, 3.0), Scale::Linear);
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|at| linear.at_position(at)), [-1.0, 0.0, 1.0, 3.0]);
        let log = param(ParamKind::Float, (20.0, 20_000.0), Scale::Log);
        assert_eq!((log.at_position(0.0), log.at_position(1.0)), (20.0, 20_000.0));
        assert!((log.at_position(1.0 / 3.0) - 200.0).abs() < 1e-10);
        assert_eq!([-1.0, 2.0, f64::NAN].map(|at| linear.at_position(at)), [-1.0, 3.0, -1.0]);
    }

    #[test]
    fn discrete_kinds_get_whole_values() {
        let int = param(ParamKind::Int, (0.0, 4.0), Scale::Linear);
        assert_eq!([0.0, 0.1, 0.2, 0.5, 0.9, 1.0].map(|at| int.at_position(at)), [0.0, 0.0, 1.0, 2.0, 4.0, 4.0]);
        let flag = param(ParamKind::Bool, (0.0, 1.0), Scale::Linear);
        assert_eq!([0.0, 63.0, 64.0, 127.0].map(|at| flag.at_position(at / 127.0)), [0.0, 0.0, 1.0, 1.0]);
        let names = ["saw", "square", "sine"].map(str::to_owned).to_vec();
        let choice = param(ParamKind::Choice(names), (0.0, 2.0), Scale::Linear);
        assert_eq!([0.0, 0.3, 0.4, 0.6, 0.7, 1.0].map(|at| choice.at_position(at)), [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
    }
}
