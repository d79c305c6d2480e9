//! Medians, and how far apart the middle half of the values lies.

/// Some measurements of one thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Their sum by their number.
    pub mean: f64,
    /// Half of the values are below it.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// A quarter of the values are below it.
    pub low: f64,
    /// A quarter of the values are above it.
    pub high: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Spread {
    /// Of at least one value.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let at = |part: f64| {
            let place = part * (values.len() - 1) as f64;
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Self { mean, median: at(0.5), least: at(0.0), low: at(0.25), high: at(0.75), greatest: at(1.0) }
    }

    /// Half the distance between the quarters, as a part of the median.
    pub fn deviation(&self) -> f64 {
        0.5 * (self.high - self.low) / self.median
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn quarters_lie_between_the_values() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0, 10.0]);
        assert_eq!(spread, Spread { mean: 4.0, median: 3.0, least: 1.0, low: 2.0, high: 4.0, greatest: 10.0 });
        assert!((spread.deviation() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(Spread::of([1.0, 2.0]).median, 1.5);
    }
}
