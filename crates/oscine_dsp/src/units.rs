//! Conversions between the units that people and programs use.

/// Decibels to a gain factor: 0 dB is 1, -6.02 dB is one half.
pub fn db_to_gain(gain_db: f64) -> f64 {
    10f64.powf(gain_db / 20.0)
}

/// A gain factor to decibels; 0 gives minus infinity.
pub fn gain_to_db(gain: f64) -> f64 {
    20.0 * gain.abs().log10()
}

/// MIDI note number to frequency in hertz, equal temperament, note 69 at 440 Hz.
pub fn note_to_hz(note: f64) -> f64 {
    440.0 * ((note - 69.0) / 12.0).exp2()
}

/// A duration in seconds to whole frames, rounded.
pub fn seconds_to_frames(seconds: f64, sample_rate: f64) -> u32 {
    (seconds * sample_rate).round().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    #[test]
    fn decibels_and_gains_are_inverse() {
        for db in [-120.0, -6.0, 0.0, 12.0] {
            assert!((super::gain_to_db(super::db_to_gain(db)) - db).abs() < 1e-9);
        }
    }

    #[test]
    fn an_octave_doubles() {
        assert_eq!(super::note_to_hz(81.0), 880.0);
    }
}
