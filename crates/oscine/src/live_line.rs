//! The line that `run` keeps up to date on a terminal: load in percent of the block's time, xruns, peak level.

use std::io::{IsTerminal, Write, stderr};

use oscine_dsp::units::gain_to_db;
use oscine_engine::{Cause, Causes};

/// One line on standard error, drawn over and over. Where that is no terminal, or nobody wants to read, it stays away.
#[derive(Debug)]
pub struct LiveLine {
    is_shown: bool,
    is_drawn: bool,
}

/// What the line says.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Time spent in callbacks by the time that they play, in percent.
    pub load_percent: f64,
    /// Gaps in the sound so far, by cause.
    pub xruns: Causes,
    /// The largest absolute sample since the last reading.
    pub peak: f64,
    /// The sound is muted.
    pub is_muted: bool,
    /// The inputs are heard as they are.
    pub is_bypassed: bool,
}

impl LiveLine {
    /// Not drawn yet.
    pub fn new(is_quiet: bool) -> Self {
        Self { is_shown: !is_quiet && stderr().is_terminal(), is_drawn: false }
    }

    /// Draws the line anew.
    pub fn draw(&mut self, reading: &Reading) {
        if self.is_shown {
            eprint!("\r\x1b[K{}", text(reading));
            self.is_drawn = stderr().flush().is_ok();
        }
    }

    /// Leaves what was drawn last and goes on below it.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            eprintln!();
        }
    }

    /// Writes a line of its own to standard error; the live line is drawn below it next time.
    pub fn say(&mut self, words: &str) {
        if std::mem::take(&mut self.is_drawn) {
            eprint!("\r\x1b[K");
        }
        eprintln!("{words}");
    }
}

fn text(reading: &Reading) -> String {
    let Reading { load_percent, xruns, peak, is_muted, is_bypassed } = *reading;
    let peak = if peak > 1e-6 { format!("{:6.1} dB", gain_to_db(peak)) } else { "silence".to_owned() };
    let bypassed = if is_bypassed { "   bypassed" } else { "" };
    let muted = if is_muted { "   muted" } else { "" };
    let xruns = counted(&xruns);
    format!("load {load_percent:5.1} %   xruns {xruns}   peak {peak}{bypassed}{muted}")
}

/// `3 (scheduler 2, device 1)`
fn counted(xruns: &Causes) -> String {
    let causes: Vec<String> = Cause::ALL
        .into_iter()
        .filter(|cause| xruns.of(*cause).count > 0)
        .map(|cause| format!("{} {}", cause.word(), xruns.of(cause).count))
        .collect();
    if causes.is_empty() { "0".to_owned() } else { format!("{} ({})", xruns.total(), causes.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::{Reading, text};
    use oscine_engine::{Cause, Causes};

    #[test]
    fn the_line_has_load_xruns_and_peak() {
        let reading =
            |load_percent, xruns, peak| Reading { load_percent, xruns, peak, is_muted: false, is_bypassed: false };
        let line = |load_percent, xruns, peak| text(&reading(load_percent, xruns, peak));
        let none = Causes::default();
        let mut some = none;
        (0..11).for_each(|_| some.add(Cause::Scheduler, 1_000));
        some.add(Cause::Device, 0);
        assert_eq!(line(3.0512, none, 0.5), "load   3.1 %   xruns 0   peak   -6.0 dB");
        let line_with_xruns = "load 101.2 %   xruns 12 (scheduler 11, device 1)   peak    0.0 dB";
        assert_eq!(line(101.25, some, 1.0), line_with_xruns);
        assert_eq!(line(0.0, none, 0.0), "load   0.0 %   xruns 0   peak silence");
        let both = Reading { is_muted: true, is_bypassed: true, ..reading(3.0512, none, 0.5) };
        assert_eq!(text(&both), "load   3.1 %   xruns 0   peak   -6.0 dB   bypassed   muted");
    }
}
