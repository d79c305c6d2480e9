//! What a parameter is: a named number that a person may move while sound runs.

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
}

impl Param {
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

    /// Whether a move to a new value is ramped rather than a jump.
    pub fn is_smoothed(&self) -> bool {
        self.kind == ParamKind::Float && self.step.is_none() && self.smooth_seconds > 0.0
    }
}
