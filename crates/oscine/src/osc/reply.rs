//! What is sent back to whoever asked.

use oscine_dsp::{Param, ParamKind, Scale};
use oscine_engine::Stats;
use rosc::{OscMessage, OscType};

use super::command::{METHODS, Refused};
use super::pattern::param_address;
use crate::settings::accepted;

/// The value of a parameter, in the type that it is set by.
pub(super) fn value(param: &Param, value: f64) -> OscMessage {
    let argument = match &param.kind {
        ParamKind::Float => OscType::Float(value as f32),
        ParamKind::Int => OscType::Int(value as i32),
        ParamKind::Bool => OscType::Bool(value >= 0.5),
        ParamKind::Choice(names) => OscType::String(names.get(value as usize).cloned().unwrap_or_default()),
    };
    OscMessage { addr: param_address(&param.name), args: vec![argument] }
}

/// A line for each address, and last how many there were.
pub(super) fn help(params: &[Param], present: impl Fn(&Param) -> Option<f64>) -> Vec<OscMessage> {
    let line = |args: [String; 3]| OscMessage {
        addr: "/oscine/help".to_owned(),
        args: args.into_iter().map(OscType::String).collect(),
    };
    let of_params = params.iter().map(|param| {
        let scale = if param.scale == Scale::Log { ", logarithmic" } else { "" };
        let now = present(param).map_or_else(String::new, |value| format!("; now {}", shown(param, value)));
        let label = param.label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
        line([param_address(&param.name), "[VALUE]".to_owned(), format!("{label}{}{scale}{now}", accepted(param))])
    });
    let of_methods = METHODS
        .iter()
        .map(|method| line([method.address.to_owned(), method.arguments.to_owned(), method.words.to_owned()]));
    let mut lines: Vec<OscMessage> = of_params.chain(of_methods).collect();
    let count = lines.len() as i32;
    lines.push(OscMessage { addr: "/oscine/help/end".to_owned(), args: vec![OscType::Int(count)] });
    lines
}

/// Why a message was not obeyed.
pub(super) fn error(refused: &Refused) -> OscMessage {
    let args = [&refused.address, &refused.words].map(|text| OscType::String(text.clone()));
    OscMessage { addr: "/oscine/error".to_owned(), args: args.into() }
}

/// Pairs of a name and a number.
pub(super) fn stats(stats: &Stats) -> OscMessage {
    let counted = stats.snapshot();
    let pairs = [
        ("frames", OscType::Long(counted.frames as i64)),
        ("load_percent", OscType::Float(counted.recent_load_percent as f32)),
        ("xruns", OscType::Long(counted.xruns as i64)),
        ("lost_changes", OscType::Long(counted.lost_changes as i64)),
        ("input_missing_frames", OscType::Long(counted.input_underrun_frames as i64)),
        ("input_lost_frames", OscType::Long(counted.input_overrun_frames as i64)),
        ("failed", OscType::Bool(stats.has_failed())),
        ("bypass", OscType::Bool(stats.is_bypassed())),
        ("mute", OscType::Bool(stats.is_muted())),
    ];
    let args = pairs.into_iter().flat_map(|(name, value)| [OscType::from(name), value]);
    OscMessage { addr: "/oscine/stats".to_owned(), args: args.collect() }
}

fn shown(param: &Param, value: f64) -> String {
    match &param.kind {
        ParamKind::Choice(names) => names.get(value as usize).cloned().unwrap_or_default(),
        ParamKind::Bool => (value >= 0.5).to_string(),
        _ => value.to_string(),
    }
}
