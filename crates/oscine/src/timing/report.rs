//! The tables, as Markdown (which reads well as plain text too) and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::series::{CauseCounts, Column, Figures, Slice, Spread, Subject};

/// Everything that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What was measured and where.
    pub about: About,
    /// A set of figures a load, in the order in which the loads ran.
    pub loads: Vec<UnderLoad>,
}

/// What was measured and where.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// The file name of the script, or of the series that is shown again.
    pub script: String,
    /// The time that a callback's frames last, in ms.
    pub period_ms: f64,
    /// Where; a series that is shown again does not tell.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// Where something was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The device's name.
    pub device: String,
    /// In Hz.
    pub sample_rate: f64,
    /// Frames of the script's block.
    pub block_frames: usize,
    /// Frames of a callback: the device's own block.
    pub callback_frames: usize,
    /// Of the machine: `2 processors (AMD EPYC), linux`.
    pub machine: String,
}

/// The figures under one load.
#[derive(Debug, Clone, Serialize)]
pub struct UnderLoad {
    /// `none`, or the names of the loads that ran.
    pub load: String,
    /// What the loads did meanwhile, in words.
    pub done: Vec<String>,
    /// Those of the script, and of the controls if they were measured.
    pub figures: Vec<Figures>,
}

impl UnderLoad {
    /// Of the slices that were measured under `load`.
    pub fn of(slices: &[Slice], load: &str, done: Vec<String>) -> Self {
        let figures = Subject::ALL.into_iter().filter_map(|subject| Figures::of(slices, load, subject)).collect();
        Self { load: load.to_owned(), done, figures }
    }

    fn of_subject(&self, subject: Subject) -> Option<&Figures> {
        self.figures.iter().find(|figures| figures.subject == subject)
    }
}

impl Report {
    /// The same as data.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and names serialize");
        text.push('\n');
        text
    }

    /// The tables.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let About { script, period_ms, place } = &self.about;
        if let Some(Place { device, sample_rate, block_frames, callback_frames, machine }) = place {
            let _ = write!(
                text,
                "{script} on {device}, {sample_rate} Hz, blocks of {block_frames} frames, callbacks of {callback_frames}; \
                 {machine}."
            );
        } else {
            let _ = write!(text, "{script}.");
        }
        let _ = writeln!(text, " The limit is the period, {period_ms:.3} ms.\n");
        text += &paper_table(&self.loads, *period_ms);
        for under in &self.loads {
            text.push('\n');
            text += &subject_table(under);
        }
        text
    }
}

/// The paper's Table 3: a column a load, in each cell idle time, processing time and their sum, of the script.
fn paper_table(loads: &[UnderLoad], period_ms: f64) -> String {
    let scripts: Vec<(&str, &Figures)> =
        loads.iter().filter_map(|u| Some((u.load.as_str(), u.of_subject(Subject::Script)?))).collect();
    let mut rows =
        vec![[vec!["idle, processing, sum".to_owned()], scripts.iter().map(|(l, _)| label(l)).collect()].concat()];
    let mut row = |name: &str, show: &dyn Fn(&Column) -> String| {
        let cell = |figures: &Figures| [&figures.idle, &figures.processing, &figures.sum].map(show).join(", ");
        rows.push([vec![name.to_owned()], scripts.iter().map(|(_, f)| cell(f)).collect()].concat());
    };
    row("min (ms)", &|column| milliseconds(column.min_ms));
    row("max (ms)", &|column| milliseconds(column.max_ms));
    row("average (ms)", &|column| milliseconds(column.mean_ms));
    row("median (ms)", &|column| milliseconds(column.p50_ms));
    row("99 % are below (ms)", &|column| milliseconds(column.p99_ms));
    row(&format!("longer than {period_ms:.3} ms at all"), &|column| percent(column.over_period_percent));
    row("violations of the limit: 1.25 times that or more", &|column| percent(column.over_limit_percent));
    table(&rows)
}

/// The script beside its controls under one load, and what can be said of it.
fn subject_table(under: &UnderLoad) -> String {
    let figures = &under.figures;
    let mut text = format!("**{}**", label(&under.load));
    if !under.done.is_empty() {
        let _ = write!(text, ": {}", under.done.join("; "));
    }
    text.push_str("\n\n");
    let mut rows = vec![];
    let mut row = |name: &str, show: &dyn Fn(&Figures) -> String| {
        rows.push([vec![name.to_owned()], figures.iter().map(show).collect()].concat());
    };
    row("", &|f| match f.subject {
        Subject::Script => "script".to_owned(),
        Subject::Copy => "control: a client that only copies".to_owned(),
        Subject::Timer => "control: a bare timer".to_owned(),
    });
    row("measured", &|f| format!("{:.0} s in {} slices", f.seconds, f.slices));
    row("callbacks", &|f| f.callbacks.to_string());
    row("processing, median of the period", &|f| spread(&f.processing_percent, 2, " %"));
    row("interval: median, 99 %, max (ms)", &|f| {
        [f.sum.p50_ms, f.sum.p99_ms, f.sum.max_ms].map(milliseconds).join(", ")
    });
    row("late blocks a minute", &|f| spread(&f.late_per_minute, 1, ""));
    row("late blocks", &|f| causes(&f.late));
    row("xruns a minute", &|f| spread(&f.xruns_per_minute, 1, ""));
    row("xruns", &|f| causes(&f.xruns));
    row("thread: priority", &|f| f.thread.map_or("unknown".to_owned(), |t| priority(t.realtime_priority)));
    row("thread: put aside, page faults, waited", &|f| {
        f.thread.map_or("unknown".to_owned(), |t| {
            format!("{}, {}, {:.1} ms", t.involuntary_switches, t.page_faults, t.waited_ms)
        })
    });
    text += &table(&rows);
    text.push('\n');
    text += &conclusions(under);
    text
}

/// What the figures say, in a few sentences.
fn conclusions(under: &UnderLoad) -> String {
    let Some(script) = under.of_subject(Subject::Script) else { return String::new() };
    let mut text = String::new();
    if !script.late_words.is_empty() {
        let _ = writeln!(text, "Late blocks: {}.", script.late_words);
    }
    if !script.xrun_words.is_empty() {
        let _ = writeln!(text, "Xruns: {}.", script.xrun_words);
    }
    if let Some(copy) = under.of_subject(Subject::Copy) {
        let compare = |what: &str, own: &Spread, control: &Spread| {
            let holds = own.median <= control.most;
            let verdict = if holds { "not more than" } else { "MORE than" };
            format!(
                "{what} a minute: {:.1} in the middle slice of the script, {verdict} the copying client ({:.1}, {:.1} to {:.1}).\n",
                own.median, control.median, control.least, control.most
            )
        };
        text += &compare("Late blocks", &script.late_per_minute, &copy.late_per_minute);
        text += &compare("Xruns", &script.xruns_per_minute, &copy.xruns_per_minute);
    }
    let lost: u64 = under.figures.iter().map(|figures| figures.lost_callbacks).sum();
    if lost > 0 {
        let _ = writeln!(text, "{lost} callbacks were not recorded: the machine kept their reader waiting.");
    }
    text
}

/// A load's name in the table's words, which are the paper's where it has one.
fn label(load: &str) -> String {
    match load {
        "none" => "audio only".to_owned(),
        "gui" => "GUI at work".to_owned(),
        "copy" => "file copy".to_owned(),
        "cpu" => "every processor busy".to_owned(),
        "all" => "GUI, file copy and every processor busy".to_owned(),
        other => other.to_owned(),
    }
}

fn milliseconds(ms: f64) -> String {
    if ms < 0.1 { format!("{ms:.4}") } else { format!("{ms:.3}") }
}

fn percent(percent: f64) -> String {
    match percent {
        0.0 => "0 %".to_owned(),
        p if p < 0.1 => format!("{p:.4} %"),
        p => format!("{p:.1} %"),
    }
}

fn spread(spread: &Spread, digits: usize, unit: &str) -> String {
    let Spread { median, least, most } = spread;
    format!("{median:.digits$}{unit} ({least:.digits$} to {most:.digits$})")
}

fn causes(counts: &CauseCounts) -> String {
    let CauseCounts { total, processing, scheduler, device } = counts;
    if *total == 0 {
        return "0".to_owned();
    }
    let (processing, scheduler, device) = (processing.count, scheduler.count, device.count);
    format!("{total}: processing {processing}, scheduler {scheduler}, device {device}")
}

fn priority(realtime: u32) -> String {
    if realtime == 0 { "ordinary".to_owned() } else { format!("real-time {realtime}") }
}

/// A table of Markdown whose columns are aligned for the eye.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell}{} ", " ".repeat(width - cell.chars().count()));
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::series::{Subject, tests::slice};
    use super::{About, Place, Report, UnderLoad};

    fn report() -> Report {
        let slices = [
            slice("none", Subject::Script, 1),
            slice("none", Subject::Copy, 1),
            slice("none", Subject::Timer, 1),
            slice("copy", Subject::Script, 1),
        ];
        let about = About {
            script: "vcs3.py".to_owned(),
            period_ms: 2.0,
            place: Some(Place {
                device: "JACK:system".to_owned(),
                sample_rate: 44_100.0,
                block_frames: 64,
                callback_frames: 64,
                machine: "2 processors".to_owned(),
            }),
        };
        let done = vec!["7 MB copied".to_owned()];
        let loads = vec![UnderLoad::of(&slices, "none", vec![]), UnderLoad::of(&slices, "copy", done)];
        Report { about, loads }
    }

    #[test]
    fn the_papers_table_has_a_column_a_load() {
        let text = report().markdown();
        let row = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(&format!("| {name}"))).expect(name);
            line.split('|').map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(row("idle, processing, sum")[1..], ["audio only", "file copy"]);
        assert_eq!(row("max (ms)")[1..], ["4.000, 2.000, 5.000"; 2]);
        assert_eq!(row("average (ms)")[1..], ["1.750, 1.000, 2.750"; 2]);
        assert_eq!(row("violations of the limit")[1..], ["25.0 %, 0 %, 25.0 %"; 2]);
        assert_eq!(row("late blocks  ")[1..], ["1: processing 0, scheduler 1, device 0"; 3]);
        assert_eq!(row("thread: priority")[1..], ["real-time 65"; 3]);
        let head =
            "vcs3.py on JACK:system, 44100 Hz, blocks of 64 frames, callbacks of 64; 2 processors. The limit is the";
        assert!(text.starts_with(head), "{text}");
        assert!(text.contains("**file copy**: 7 MB copied"), "{text}");
        assert!(text.contains("not more than the copying client"), "{text}");
    }

    #[test]
    fn what_exceeds_its_control_is_said() {
        let mut report = report();
        let copy = &mut report.loads[0].figures[1];
        copy.late_per_minute = super::Spread::default();
        assert!(report.markdown().contains("MORE than the copying client (0.0, 0.0 to 0.0)"));
    }

    #[test]
    fn data_have_the_same_figures() {
        let data: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(data["about"]["block_frames"], 64);
        let script = &data["loads"][0]["figures"][0];
        assert_eq!(script["subject"], "script");
        assert_eq!(script["sum"]["max_ms"], 5.0);
        assert_eq!(script["xruns"]["device"]["count"], 1);
        assert_eq!(data["loads"][1]["done"][0], "7 MB copied");
    }
}
