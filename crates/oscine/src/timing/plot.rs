//! The series as a picture, as the paper's Figure 2: time in which the audio thread waits, time in which it computes, and
//! their sum, one after another.
//!
//! A picture has some hundred columns and a series some hundred thousand callbacks: what falls into one column is shown
//! as the range from the least to the most, so that no peak is lost. Times are on a logarithmic axis, because late blocks
//! and idle microseconds have to be seen at once.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::series::{Slice, Subject, Turn};
use crate::picture::{self, BOLD, FONT, Failed, LIGHT, LIMIT, Picture};

const PANEL_WIDTH: u32 = 640;
const PANEL_HEIGHT: u32 = 320;
const HEAD_HEIGHT: u32 = 40;

/// One of the times of a callback, in ns.
type Time = fn(&Turn) -> u64;

/// What is drawn of a callback, in which colour.
const CURVES: [(&str, RGBColor, Time); 3] = [
    ("sum", RGBColor(0xC0, 0x3A, 0x2B), Turn::sum_ns),
    ("idle", RGBColor(0x8A, 0xB6, 0xD6), |turn| turn.idle_ns),
    ("processing", RGBColor(0x1F, 0x4E, 0x79), |turn| turn.processing_ns),
];

/// Draws slices into a `.png` or `.svg` file: a row of panels a load, a column a subject. The error is for people.
pub fn draw(slices: &[Slice], path: &Path) -> Result<(), String> {
    picture::write(&Series { slices, panels: Panels::of(slices) }, path)
}

struct Series<'a> {
    slices: &'a [Slice],
    panels: Panels<'a>,
}

impl Picture for Series<'_> {
    fn size(&self) -> (u32, u32) {
        let rows = self.panels.loads.len().max(1) as u32;
        let columns = self.panels.subjects.len().max(1) as u32;
        (PANEL_WIDTH * columns, PANEL_HEIGHT * rows + HEAD_HEIGHT)
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static,
    {
        let Panels { loads, subjects, span_ms } = &self.panels;
        let (head, body) = area.split_vertically(HEAD_HEIGHT);
        draw_head(&head)?;
        let areas = body.split_evenly((loads.len().max(1), subjects.len().max(1)));
        let places = loads.iter().flat_map(|load| subjects.iter().map(move |subject| (*load, *subject)));
        for ((load, subject), area) in places.zip(&areas) {
            let own: Vec<&Slice> = self.slices.iter().filter(|s| s.load == load && s.subject == subject).collect();
            draw_panel(area, load, subject, &own, *span_ms)?;
        }
        Ok(())
    }
}

/// What stands where.
struct Panels<'a> {
    loads: Vec<&'a str>,
    subjects: Vec<Subject>,
    /// From the least to the most that is shown, in ms.
    span_ms: (f64, f64),
}

impl<'a> Panels<'a> {
    fn of(slices: &'a [Slice]) -> Self {
        let mut loads: Vec<&str> = vec![];
        for slice in slices {
            if !loads.contains(&slice.load.as_str()) {
                loads.push(&slice.load);
            }
        }
        let has = |subject: &Subject| slices.iter().any(|slice| slice.subject == *subject);
        let longest = slices.iter().flat_map(|slice| slice.turns.iter().map(Turn::sum_ns)).max().unwrap_or(0);
        let period_ms = slices.first().map_or(1.0, |slice| slice.period_ns / 1e6);
        Self {
            loads,
            subjects: Subject::ALL.into_iter().filter(has).collect(),
            span_ms: (LEAST_MS, (longest as f64 / 1e6 * 1.5).max(3.0 * period_ms)),
        }
    }
}

/// A microsecond: what is shorter is shown so.
const LEAST_MS: f64 = 1e-3;

/// What the colours mean.
fn draw_head<B: DrawingBackend>(area: &DrawingArea<B, Shift>) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    let words = CURVES.iter().map(|(name, color, _)| (*name, *color)).chain([("limit: the period", LIMIT)]);
    let mut x = 60;
    for (name, color) in words {
        area.draw(&Rectangle::new([(x, 14), (x + 22, 26)], color.filled()))?;
        area.draw(&Text::new(name, (x + 30, 12), (FONT, 17).into_font()))?;
        x += 60 + 9 * name.len() as i32;
    }
    Ok(())
}

fn draw_panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    load: &str,
    subject: Subject,
    slices: &[&Slice],
    (least_ms, most_ms): (f64, f64),
) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    let seconds: f64 = slices.iter().map(|slice| slice.seconds()).sum();
    let seconds = seconds.max(1e-3);
    let late: u64 = slices.iter().map(|slice| slice.late().total()).sum();
    let title = format!("load: {load}, {}: {late} late blocks in {seconds:.0} s", subject.word());
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(title, (FONT, 17))
        .x_label_area_size(38)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..seconds, (least_ms..most_ms).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(LIGHT)
        .bold_line_style(BOLD)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc("time (s)")
        .y_desc("ms")
        .y_label_formatter(&|ms| format!("{ms}"))
        .draw()?;
    let columns = (chart.plotting_area().dim_in_pixel().0 as usize).max(1);
    for (_, color, time) in CURVES {
        let ranges = ranges(slices, time, seconds, columns);
        let width = seconds / columns as f64;
        chart.draw_series(ranges.iter().enumerate().filter_map(|(column, range)| {
            let (low, high) = (*range)?;
            let x = (column as f64 + 0.5) * width;
            let ms = |ns: u64| (ns as f64 / 1e6).max(least_ms);
            // A range of one value is a dot.
            let (low, high) = (ms(low), (ms(high)).max(ms(low) * 1.02));
            Some(PathElement::new(vec![(x, low), (x, high)], color.stroke_width(1)))
        }))?;
    }
    if let Some(slice) = slices.first() {
        let limit_ms = slice.period_ns / 1e6;
        chart.draw_series(LineSeries::new([(0.0, limit_ms), (seconds, limit_ms)], LIMIT))?;
    }
    let _: &ChartContext<'_, B, Cartesian2d<RangedCoordf64, _>> = &chart;
    Ok(())
}

/// The least and the most of what falls into each of `columns`.
fn ranges(slices: &[&Slice], time: Time, seconds: f64, columns: usize) -> Vec<Option<(u64, u64)>> {
    let mut ranges: Vec<Option<(u64, u64)>> = vec![None; columns];
    let mut at_ns = 0u64;
    for turn in slices.iter().flat_map(|slice| &slice.turns) {
        let column = ((at_ns as f64 / 1e9 / seconds * columns as f64) as usize).min(columns - 1);
        let ns = time(turn);
        let (low, high) = ranges[column].unwrap_or((ns, ns));
        ranges[column] = Some((low.min(ns), high.max(ns)));
        at_ns += turn.sum_ns();
    }
    ranges
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::series::{Subject, Turn, tests::slice};
    use super::{draw, ranges};

    #[test]
    fn no_peak_is_lost() {
        let slice = slice("none", Subject::Script, 1);
        // 11 ms in two columns: the first three turns begin before 5.5 ms... or at 7 ms, in the second.
        let ranges = ranges(&[&slice, &slice], Turn::sum_ns, 0.022, 2);
        assert_eq!(ranges, [Some((2_000_000, 5_000_000)); 2]);
        assert_eq!(super::ranges(&[], Turn::sum_ns, 1.0, 2), [None, None]);
    }

    #[test]
    fn both_kinds_are_written() {
        let slices: Vec<_> = [Subject::Script, Subject::Copy].map(|subject| slice("none", subject, 1)).into();
        for (name, head) in [("plot.png", &b"\x89PNG"[..]), ("plot.svg", b"<svg")] {
            let path = std::env::temp_dir().join(format!("oscine-{}-{name}", std::process::id()));
            draw(&slices, &path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.starts_with(head) && bytes.len() > 2000, "{name}: {} bytes", bytes.len());
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_series_without_callbacks_is_an_empty_picture() {
        let path = std::env::temp_dir().join(format!("oscine-{}-empty.svg", std::process::id()));
        draw(&[], &path).unwrap();
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        assert!(draw(&[], Path::new("/no such folder/a.svg")).unwrap_err().contains("cannot be drawn"));
    }
}
