//! `--limit`, `--on-fault` and `--budget`: what must not be heard, and what happens then.

use clap::{Args, ValueEnum};
use oscine_engine::{OnFault, Safety};

/// Options of whatever plays live.
#[derive(Debug, Clone, Args)]
pub struct SafetyArgs {
    /// The highest level that is let through, in dB of full scale, or `off`: beyond it the script fails
    #[arg(long, value_name = "DB", default_value = "12", value_parser = parse_limit, allow_hyphen_values = true)]
    limit: Limit,
    /// What happens to a script that failed, after a fade: silence, its input passes through, or it starts again
    #[arg(long, value_enum, default_value_t)]
    on_fault: OnFaultArg,
    /// How many times its own length a block may take before it is stopped [default: 4, and at least 50 ms]
    #[arg(long, value_name = "N", value_parser = parse_budget)]
    budget: Option<f64>,
}

/// A level in dB of full scale, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit(Option<f64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum OnFaultArg {
    /// Silence until it is saved again or reset
    #[default]
    Mute,
    /// The input passes through until it is saved again or reset
    Bypass,
    /// It starts again from its first state
    Reset,
}

impl SafetyArgs {
    /// As the engine takes it.
    pub fn safety(&self) -> Safety {
        Safety {
            limit_db: self.limit.0,
            on_fault: match self.on_fault {
                OnFaultArg::Mute => OnFault::Mute,
                OnFaultArg::Bypass => OnFault::Bypass,
                OnFaultArg::Reset => OnFault::Reset,
            },
            budget_periods: self.budget,
        }
    }
}

fn parse_limit(text: &str) -> Result<Limit, String> {
    if text == "off" {
        return Ok(Limit(None));
    }
    match text.parse::<f64>() {
        Ok(db) if (-100.0..=200.0).contains(&db) => Ok(Limit(Some(db))),
        _ => Err("a level from -100 to 200 dB of full scale is needed, or `off`".to_owned()),
    }
}

fn parse_budget(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(periods) if (1.0..=1e6).contains(&periods) => Ok(periods),
        _ => Err("a number of block lengths from 1 to 1000000 is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, parse_budget, parse_limit};

    #[test]
    fn limits_and_budgets_are_numbers_in_their_range() {
        assert_eq!(parse_limit("-6"), Ok(Limit(Some(-6.0))));
        assert_eq!(parse_limit("off"), Ok(Limit(None)));
        for wrong in ["", "nan", "inf", "loud", "1e3", "12dB"] {
            assert!(parse_limit(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_budget("2.5"), Ok(2.5));
        for wrong in ["0", "0.5", "-1", "nan", "inf", "1e7", "x"] {
            assert!(parse_budget(wrong).is_err(), "{wrong}");
        }
    }
}
