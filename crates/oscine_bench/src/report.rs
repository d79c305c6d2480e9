//! The tables, in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::contest::{Measured, Outcome, Standing};
use crate::kind::Kind;
use crate::latency::{Edit, LEAST_BY_NUMBA, LIMIT_MS, Ready};
use crate::spread::Spread;
use crate::table::Table;
use crate::workload::LIMIT_US;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    /// Speed and memory, a workload each.
    pub standings: Vec<Standing>,
    /// How soon a workload sounds after an edit.
    pub edits: Vec<Edit>,
    /// How soon scripts are ready.
    pub ready: Vec<Ready>,
}

fn verdict(is_within: bool) -> String {
    if is_within { "yes" } else { "NO" }.to_owned()
}

/// Three digits that count, or the whole number if that has more.
pub fn digits(value: f64) -> String {
    let decimals = (2 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

fn bytes(value: u64) -> String {
    match value {
        0 => "< 4 KB".to_owned(),
        1..1_000_000 => format!("{} KB", value.div_ceil(1024)),
        _ => format!("{:.1} MB", value as f64 / 1e6),
    }
}

fn heading(words: &str, markdown: bool) -> String {
    if markdown { format!("### {words}\n\n") } else { format!("{words}\n\n") }
}

impl Report {
    /// All tables, one below the other.
    pub fn print(&self, markdown: bool) -> String {
        let mut parts: Vec<String> = self.standings.iter().map(|standing| speeds(standing, markdown)).collect();
        let demands = self.demands();
        if !demands.is_empty() {
            parts.push(heading("What is demanded of the ratios", markdown) + &demands.print(markdown));
        }
        if !self.edits.is_empty() {
            parts.push(self.edits(markdown));
        }
        if !self.ready.is_empty() {
            parts.push(
                heading("From file to first sample, in a fresh process", markdown) + &self.ready().print(markdown),
            );
        }
        parts.join("\n")
    }

    fn demands(&self) -> Table {
        let mut table = Table::new(&["", "time", "by the time of", "ratio", "limit", "within"]);
        for standing in &self.standings {
            for demand in standing.workload.demands {
                let ratio = standing.ratio(demand.of, demand.by).map(|ratio| ratio.median);
                table.push(vec![
                    standing.workload.title.to_owned(),
                    demand.of.title().to_owned(),
                    demand.by.title().to_owned(),
                    ratio.map_or("-".into(), |ratio| format!("{ratio:.3}")),
                    demand.most.to_string(),
                    ratio.map_or("-".into(), |ratio| verdict(ratio <= demand.most)),
                ]);
            }
        }
        table
    }

    fn edits(&self, markdown: bool) -> String {
        let kinds: Vec<Kind> = self.edits[0].sides.iter().map(|(kind, _)| *kind).collect();
        let mut headings = vec!["ms"];
        headings.extend(kinds.iter().map(|kind| kind.title()));
        headings.extend(["Numba / oscine", "at least", "within"]);
        let mut table = Table::new(&headings);
        for edit in &self.edits {
            let mut row = vec![edit.workload.title.to_owned()];
            row.extend(kinds.iter().map(|kind| edit.of(*kind).map_or("-".into(), digits)));
            let times = edit.of(Kind::Numba).zip(edit.of(Kind::Oscine)).map(|(numba, ours)| numba / ours);
            row.extend([
                times.map_or("-".into(), |times| format!("{times:.0}")),
                LEAST_BY_NUMBA.to_string(),
                times.map_or("-".into(), |times| verdict(times >= LEAST_BY_NUMBA)),
            ]);
            table.push(row);
        }
        heading("From an edit to the first sample, the compiler loaded", markdown) + &table.print(markdown)
    }

    fn ready(&self) -> Table {
        let mut table = Table::new(&["ms", "load", "compile", "both", "longest", "limit", "within"]);
        for ready in &self.ready {
            let two = |value: f64| format!("{value:.2}");
            table.push(vec![
                ready.name.clone(),
                two(ready.load_ms.median),
                two(ready.compile_ms.median),
                two(ready.total_ms.median),
                two(ready.total_ms.greatest),
                LIMIT_MS.to_string(),
                verdict(ready.total_ms.median <= LIMIT_MS),
            ]);
        }
        table
    }

    /// Everything, for programs.
    pub fn json(&self) -> Value {
        let side = |standing: &Standing, kind: Kind, outcome: &Outcome| match outcome {
            Outcome::Missing(words) => json!({ "side": kind.word(), "missing": words }),
            Outcome::Measured(measured) => json!({
                "side": kind.word(),
                "ns_per_sample": measured.ns_per_sample.as_ref().map(spread),
                "blocks": measured.blocks,
                "ready_ms": measured.ready_ms,
                "held_bytes": measured.held_bytes,
                "process_bytes": measured.process_bytes,
                "by_fastest_c": standing.fastest_c().and_then(|c| standing.ratio(kind, c)).as_ref().map(spread),
            }),
        };
        let workloads: Vec<Value> = self
            .standings
            .iter()
            .map(|standing| {
                let demands = standing.workload.demands.iter().map(|demand| {
                    let ratio = standing.ratio(demand.of, demand.by);
                    json!({
                        "of": demand.of.word(), "by": demand.by.word(), "most": demand.most,
                        "ratio": ratio.as_ref().map(spread),
                    })
                });
                json!({
                    "workload": standing.workload.name,
                    "title": standing.workload.title,
                    "real_time_ns_per_sample": 1e3 * LIMIT_US,
                    "sides": standing.sides.iter().map(|(kind, outcome)| side(standing, *kind, outcome)).collect::<Vec<_>>(),
                    "demands": demands.collect::<Vec<_>>(),
                })
            })
            .collect();
        let edits = self.edits.iter().map(|edit| {
            let sides = edit.sides.iter().map(|(kind, ready)| match ready {
                Ok(ready) => json!({ "side": kind.word(), "ready_ms": spread(ready) }),
                Err(words) => json!({ "side": kind.word(), "missing": words }),
            });
            json!({ "workload": edit.workload.name, "sides": sides.collect::<Vec<_>>() })
        });
        let ready = self.ready.iter().map(|ready| {
            json!({
                "script": ready.name,
                "limit_ms": LIMIT_MS,
                "load_ms": spread(&ready.load_ms),
                "compile_ms": spread(&ready.compile_ms),
                "total_ms": spread(&ready.total_ms),
            })
        });
        json!({
            "workloads": workloads,
            "edit_to_first_sample": edits.collect::<Vec<_>>(),
            "file_to_first_sample": ready.collect::<Vec<_>>(),
        })
    }
}

/// One workload's table, and below it why a number is missing.
fn speeds(standing: &Standing, markdown: bool) -> String {
    let mut table = Table::new(&[
        "",
        "µs/sample",
        "median",
        "spread",
        "blocks",
        "of real time",
        "by the fastest C",
        "algorithm holds",
        "whole process",
    ]);
    let mut notes = String::new();
    let fastest = standing.fastest_c();
    for (kind, outcome) in &standing.sides {
        let measured = match outcome {
            Outcome::Measured(measured) => measured,
            Outcome::Missing(words) => {
                let (first, rest) = words.split_once('\n').unwrap_or((words, ""));
                let more = if rest.is_empty() { "" } else { " ..." };
                let _ = writeln!(notes, "{}: {first}{more}", kind.title());
                table.push(vec![kind.title().to_owned(), "-".into()]);
                continue;
            }
        };
        let Measured { ns_per_sample: Some(time), blocks, held_bytes, process_bytes, .. } = measured else {
            table.push(vec![kind.title().to_owned(), "agrees".into()]);
            continue;
        };
        let us = time.median * 1e-3;
        let by_c = fastest.and_then(|c| standing.ratio(*kind, c)).map_or("-".into(), |ratio| digits(ratio.median));
        table.push(vec![
            kind.title().to_owned(),
            digits(time.mean * 1e-3),
            digits(us),
            format!("±{:.0} %", time.deviation() * 100.0),
            blocks.to_string(),
            format!("{} %", digits(100.0 * us / LIMIT_US)),
            by_c,
            bytes(*held_bytes),
            bytes(*process_bytes),
        ]);
    }
    if !notes.is_empty() {
        notes.insert(0, '\n');
    }
    heading(&format!("{}: {}", standing.workload.name, standing.workload.title), markdown)
        + &table.print(markdown)
        + &notes
}

fn spread(spread: &Spread) -> Value {
    json!({
        "mean": spread.mean, "median": spread.median, "least": spread.least, "low": spread.low, "high": spread.high,
        "greatest": spread.greatest,
    })
}

#[cfg(test)]
mod tests {
    use super::{bytes, digits};

    #[test]
    fn three_digits_count() {
        assert_eq!(
            [0.001_632, 0.3764, 1.0, 22.675, 148.2, 1234.5].map(digits),
            ["0.00163", "0.376", "1.00", "22.7", "148", "1234"].map(str::to_owned)
        );
    }

    #[test]
    fn memory_is_told_in_its_own_size() {
        assert_eq!([0, 4096, 15_400_000].map(bytes), ["< 4 KB", "4 KB", "15.4 MB"].map(str::to_owned));
    }
}
