//! What `oscine check` shows of a script that compiles: its form, inputs, outputs, parameters, state and latency.

use std::fmt::Write as _;

use oscine_dsp::{EventKind, Face, Param, ParamKind, Scale};
use oscine_lang::ir::{Form, Program, StateEntry, Type};
use serde_json::{Value, json};

use crate::settings;

/// How many entries of the state are listed before the rest is only counted.
const STATE_LINES: usize = 12;

/// The face in words, a line a fact; `program` is what a script became, and a native processor has none.
pub fn text(script: &str, program: Option<&Program>, face: &Face) -> String {
    let form = program.map_or_else(|| "native processor".to_owned(), |program| form_text(&program.form));
    let mut out = format!("{script}: {form}\n");
    let mut row = |name: &str, text: &str| writeln!(out, "  {name:<9} {text}").expect("writing to a String");

    let inputs: Vec<String> = face
        .inputs
        .iter()
        .map(|port| match port.default {
            Some(default) => format!("{} ({default} if unconnected)", port.name),
            None => port.name.clone(),
        })
        .collect();
    let waits = program.is_some_and(|program| program.events[EventKind::NoteOn as usize].is_some());
    let alone = if waits { "none: it waits for notes" } else { "none: it makes its sound itself" };
    row("inputs", &if inputs.is_empty() { alone.to_owned() } else { inputs.join(", ") });
    let events = program.map(events).unwrap_or_default();
    if !events.is_empty() {
        row("events", &events.join(", "));
    }
    row("outputs", &face.outputs.to_string());
    rows(&mut row, "params", &params(&face.params.iter().collect::<Vec<_>>()));

    let entries = program.map_or(&[][..], |program| &program.entries);
    let written: Vec<&StateEntry> = entries.iter().filter(|e| e.written).collect();
    let mut lines = vec![format!("{} bytes", face.state_bytes)];
    lines.extend(written.iter().take(STATE_LINES).map(|entry| entry_text(entry)));
    if written.len() > STATE_LINES {
        lines.push(format!("and {} more", written.len() - STATE_LINES));
    }
    rows(&mut row, "state", &lines);
    row("latency", &format!("{} frames", face.latency_frames));
    out
}

/// The event functions that it defines.
fn events(program: &Program) -> Vec<&'static str> {
    let kinds = EventKind::ALL.into_iter().zip(&program.events);
    kinds.filter(|(_, function)| function.is_some()).map(|(kind, _)| kind.name()).collect()
}

/// The same as data.
pub fn json(program: Option<&Program>, face: &Face) -> Value {
    let param = |param: &Param| {
        json!({
            "name": param.name,
            "kind": match &param.kind {
                ParamKind::Float => "float",
                ParamKind::Int => "int",
                ParamKind::Bool => "bool",
                ParamKind::Choice(_) => "choice",
            },
            "default": param.default,
            "min": param.min,
            "max": param.max,
            "unit": param.unit,
            "scale": if param.scale == Scale::Log { "log" } else { "linear" },
            "step": param.step,
            "smooth_seconds": param.smooth_seconds,
            "midi": param.midi,
            "choices": if let ParamKind::Choice(names) = &param.kind { Some(names) } else { None },
        })
    };
    let entry = |entry: &StateEntry| {
        json!({
            "path": entry.path,
            "type": type_name(entry.ty),
            "count": entry.count,
            "written": entry.written,
        })
    };
    json!({
        "form": match program.map(|program| &program.form) {
            None => "native",
            Some(Form::Sample) => "sample",
            Some(Form::Block { .. }) => "block",
        },
        "inputs": face.inputs.iter().map(|p| json!({"name": p.name, "default": p.default})).collect::<Vec<_>>(),
        "events": program.map(events).unwrap_or_default(),
        "outputs": face.outputs,
        "params": face.params.iter().map(param).collect::<Vec<_>>(),
        "state": program.map_or(&[][..], |program| &program.entries).iter().map(entry).collect::<Vec<_>>(),
        "state_bytes": face.state_bytes,
        "latency_frames": face.latency_frames,
    })
}

fn form_text(form: &Form) -> String {
    match form {
        Form::Sample => "sample form".to_owned(),
        Form::Block { frames, .. } => format!("block form, {frames} frames a block"),
    }
}

/// Several lines under one name.
fn rows(row: &mut impl FnMut(&str, &str), name: &str, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        row(if index == 0 { name } else { "" }, line);
    }
}

fn params(params: &[&Param]) -> Vec<String> {
    if params.is_empty() {
        return vec!["none".to_owned()];
    }
    let width = params.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let midi = |p: &Param| p.midi.map_or_else(String::new, |number| format!(", by MIDI controller {number}"));
    let line =
        |p: &&Param| format!("{:width$} = {}, {}{}", p.name, value_text(p, p.default), settings::accepted(p), midi(p));
    params.iter().map(line).collect()
}

/// A parameter's value as a person would give it.
fn value_text(param: &Param, value: f64) -> String {
    match &param.kind {
        ParamKind::Bool => (value != 0.0).to_string(),
        ParamKind::Choice(names) => names.get(value as usize).cloned().unwrap_or_default(),
        ParamKind::Int | ParamKind::Float => value.to_string(),
    }
}

fn entry_text(entry: &StateEntry) -> String {
    let ty = type_name(entry.ty);
    if entry.count == 1 { format!("{}: {ty}", entry.path) } else { format!("{}: {ty}[{}]", entry.path, entry.count) }
}

fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::F64 => "float",
        Type::I64 => "int",
        Type::Bool => "bool",
    }
}
