//! The tables as pictures: a panel of bars a workload, a panel with a line a curve. Times are on logarithmic axes, as they
//! reach from interpreted Python to C.

use oscine_bench::contest::Standing;
use oscine_bench::scaling::Curve;
use oscine_bench::workload::LIMIT_US;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::picture::{BOLD, FONT, Failed, LIGHT, LIMIT, Picture};

const PANEL_WIDTH: u32 = 760;
const BAR_HEIGHT: u32 = 26;
const FRAME_HEIGHT: u32 = 80;
const CURVE_HEIGHT: u32 = 340;
const OURS: RGBColor = RGBColor(0xC0, 0x3A, 0x2B);
const THEIRS: RGBColor = RGBColor(0x8A, 0xB6, 0xD6);

/// Time for a sample by each side of each workload.
pub(super) struct Bars<'a> {
    pub(super) standings: &'a [Standing],
}

/// A side's name, its time in µs, and whether it is oscine's.
type Bar = (&'static str, f64, bool);

fn bars(standing: &Standing) -> Vec<Bar> {
    let timed = standing.sides.iter().filter_map(|(kind, _)| {
        let time = standing.of(*kind)?.ns_per_sample?;
        Some((kind.title(), time.median * 1e-3, kind.is_ours()))
    });
    timed.collect()
}

impl Bars<'_> {
    fn heights(&self) -> Vec<u32> {
        self.standings.iter().map(|standing| FRAME_HEIGHT + BAR_HEIGHT * bars(standing).len() as u32).collect()
    }
}

impl Picture for Bars<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL_WIDTH, self.heights().iter().sum::<u32>().max(FRAME_HEIGHT))
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static,
    {
        let mut rest = area.clone();
        for (standing, height) in self.standings.iter().zip(self.heights()) {
            let (panel, below) = rest.split_vertically(height);
            draw_bars(&panel, standing.workload.title, &bars(standing))?;
            rest = below;
        }
        Ok(())
    }
}

fn draw_bars<B: DrawingBackend>(area: &DrawingArea<B, Shift>, title: &str, bars: &[Bar]) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    let times = || bars.iter().map(|bar| bar.1);
    let (Some(least), Some(most)) = (times().reduce(f64::min), times().reduce(f64::max)) else { return Ok(()) };
    let span = 0.4 * least..(2.5 * most).max(1.2 * LIMIT_US);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(format!("{title}: µs/sample"), (FONT, 17))
        .x_label_area_size(24)
        .y_label_area_size(160)
        .build_cartesian_2d(span.clone().log_scale(), 0..bars.len() as i32)?;
    chart
        .configure_mesh()
        .light_line_style(LIGHT)
        .bold_line_style(BOLD)
        .disable_y_mesh()
        .y_labels(0)
        .label_style((FONT, 13))
        .x_label_formatter(&|us| format!("{us}"))
        .draw()?;
    // The first row on top.
    for (row, (name, us, is_ours)) in (0..bars.len() as i32).rev().zip(bars) {
        let color = if *is_ours { OURS } else { THEIRS };
        let mut bar = Rectangle::new([(span.start, row), (*us, row + 1)], color.filled());
        bar.set_margin(4, 4, 0, 0);
        chart.draw_series([bar])?;
        let end = chart.backend_coord(&(*us, row + 1));
        let start = chart.backend_coord(&(span.start, row + 1));
        let words = (FONT, 14).into_font();
        let (x, y) = area.get_base_pixel();
        area.draw(&Text::new(format!("{us:.3}"), (end.0 - x + 6, end.1 - y + 6), words.clone()))?;
        area.draw(&Text::new(*name, (start.0 - x - 150, start.1 - y + 6), words))?;
    }
    let limit = [(LIMIT_US, 0), (LIMIT_US, bars.len() as i32)];
    chart.draw_series(LineSeries::new(limit, LIMIT))?;
    Ok(())
}

/// Time for a sample against size.
pub(super) struct Curves<'a> {
    pub(super) curves: &'a [Curve],
}

impl Picture for Curves<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL_WIDTH, CURVE_HEIGHT * self.curves.len().max(1) as u32)
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static,
    {
        for (curve, panel) in self.curves.iter().zip(area.split_evenly((self.curves.len().max(1), 1))) {
            draw_curve(&panel, curve)?;
        }
        Ok(())
    }
}

fn draw_curve<B: DrawingBackend>(area: &DrawingArea<B, Shift>, curve: &Curve) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    let points: Vec<(f64, f64)> = curve.points.iter().map(|(size, time)| (*size as f64, time.median)).collect();
    let times = || points.iter().map(|point| point.1);
    let (Some(least), Some(most)) = (times().reduce(f64::min), times().reduce(f64::max)) else { return Ok(()) };
    let widest = points.last().map_or(1.0, |point| point.0);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(format!("{}: ns/sample", curve.title), (FONT, 17))
        .x_label_area_size(38)
        .y_label_area_size(56)
        .build_cartesian_2d((0.9..1.1 * widest).log_scale(), (0.6 * least..1.6 * most).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(LIGHT)
        .bold_line_style(BOLD)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc(curve.axis)
        .x_label_formatter(&|size| format!("{size}"))
        .y_label_formatter(&|ns| format!("{ns}"))
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), OURS.stroke_width(2)))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, OURS.filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use oscine_bench::scaling::Curve;
    use oscine_bench::spread::Spread;

    use super::{Bars, Curves};
    use crate::picture;

    #[test]
    fn curves_are_drawn_both_ways_and_nothing_is_an_empty_picture() {
        let points = [1, 2, 4].map(|size| (size, Spread::of([10.0 * size as f64]))).into();
        let curves = [Curve { name: "voices", title: "sines", axis: "voices", points }];
        for (name, head) in [("curves.png", &b"\x89PNG"[..]), ("curves.svg", b"<svg")] {
            let path = std::env::temp_dir().join(format!("oscine-{}-{name}", std::process::id()));
            picture::write(&Curves { curves: &curves }, &path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.starts_with(head) && bytes.len() > 2000, "{name}: {} bytes", bytes.len());
            picture::write(&Bars { standings: &[] }, &path).unwrap();
            std::fs::remove_file(&path).unwrap();
        }
    }
}
