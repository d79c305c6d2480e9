//! The tables: for a terminal, as Markdown, and as JSON.

use serde_json::{Value, json};

use crate::contest::{Outcome, Standing};
use crate::latency::{LIMIT_MS, Latency};
use crate::spread::Spread;

/// Rows of words, the first their headings.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns of one width each, or cells between bars.
    pub fn print(&self, markdown: bool) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |n: usize| {
            self.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let (left, between, right) = if markdown { ("| ", " | ", " |") } else { ("", "  ", "") };
        let mut lines = vec![];
        for row in &self.rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            lines.push(format!("{left}{}{right}\n", cells.join(between).trim_end()));
        }
        if markdown {
            lines.insert(1.min(lines.len()), format!("|{}\n", "---|".repeat(columns)));
        }
        lines.concat()
    }
}

fn verdict(value: f64, limit: f64) -> &'static str {
    if value <= limit { "yes" } else { "NO" }
}

fn time(spread: &Spread) -> String {
    format!("{:.2} ±{:.0} %", spread.median, spread.deviation() * 100.0)
}

/// The speeds, and below the table's rows why a number is missing.
pub fn speeds(results: &[Standing]) -> (Table, Vec<String>) {
    let headings =
        ["ns/sample", "oscine", "C", "oscine / C", "limit", "within", "Numba", "oscine / Numba", "Numba's first call"];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    let mut notes = vec![];
    for result in results {
        let mut row = vec![result.workload.title.to_owned(), time(&result.ours)];
        let mut missing = |peer: &str, words: &String| {
            let note = format!("{peer}, {}: {words}", result.workload.name);
            notes.push(note);
            "missing".to_owned()
        };
        let limit = result.workload.limit;
        match &result.c {
            Outcome::Measured { ns_per_sample, ratio, .. } => row.extend([
                time(ns_per_sample),
                format!("{:.3}", ratio.median),
                limit.map_or("-".into(), |limit| limit.to_string()),
                limit.map_or("-".into(), |limit| verdict(ratio.median, limit).to_owned()),
            ]),
            Outcome::Missing(words) => {
                let limit = limit.map_or("-".into(), |limit| limit.to_string());
                row.extend([missing("C", words), "-".into(), limit, "-".into()]);
            }
        }
        match &result.numba {
            Outcome::Measured { ns_per_sample, ratio, first_call_ms } => row.extend([
                time(ns_per_sample),
                format!("{:.3}", ratio.median),
                first_call_ms.map_or("-".into(), |ms| format!("{ms:.0} ms")),
            ]),
            Outcome::Missing(words) => row.extend([missing("Numba", words), "-".into(), "-".into()]),
        }
        rows.push(row);
    }
    notes.dedup_by(|next, kept| next.split_once(": ").map(|n| n.1) == kept.split_once(": ").map(|n| n.1));
    (Table { rows }, notes)
}

/// How soon scripts are ready.
pub fn latencies(latencies: &[Latency]) -> Table {
    let headings = ["ms, fresh process", "load", "compile", "both", "longest", "limit", "within"];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for latency in latencies {
        rows.push(vec![
            latency.name.clone(),
            format!("{:.2}", latency.load_ms.median),
            format!("{:.2}", latency.compile_ms.median),
            format!("{:.2}", latency.total_ms.median),
            format!("{:.2}", latency.total_ms.greatest),
            LIMIT_MS.to_string(),
            verdict(latency.total_ms.median, LIMIT_MS).to_owned(),
        ]);
    }
    Table { rows }
}

fn spread(spread: &Spread) -> Value {
    json!({ "median": spread.median, "least": spread.least, "low": spread.low, "high": spread.high, "greatest": spread.greatest })
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Measured { ns_per_sample, ratio, first_call_ms } => {
            json!({ "ns_per_sample": spread(ns_per_sample), "ratio": spread(ratio), "first_call_ms": first_call_ms })
        }
        Outcome::Missing(words) => json!({ "missing": words }),
    }
}

/// Everything, for programs.
pub fn json(results: &[Standing], latencies: &[Latency]) -> Value {
    let speeds: Vec<Value> = results
        .iter()
        .map(|r| {
            json!({
                "workload": r.workload.name,
                "limit": r.workload.limit,
                "oscine": { "ns_per_sample": spread(&r.ours) },
                "c": outcome(&r.c),
                "numba": outcome(&r.numba),
            })
        })
        .collect();
    let latencies: Vec<Value> = latencies
        .iter()
        .map(|l| {
            json!({
                "script": l.name,
                "limit_ms": LIMIT_MS,
                "load_ms": spread(&l.load_ms),
                "compile_ms": spread(&l.compile_ms),
                "total_ms": spread(&l.total_ms),
            })
        })
        .collect();
    json!({ "speeds": speeds, "latencies": latencies })
}
