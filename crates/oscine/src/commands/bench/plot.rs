//! The tables as pictures: a panel of bars a workload, a panel with a line a curve. Times are on logarithmic axes, as they
//! reach from interpreted Python to C.

use oscine_bench::contest::Standing;
use oscine_bench::report::digits;
use oscine_bench::scaling::Panel;
use oscine_bench::workload::LIMIT_US;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::picture::{BOLD, FONT, Failed, LIGHT, LIMIT, Picture};

const PANEL_WIDTH: u32 = 760;
/// For the longest name of a side.
const NAME_WIDTH: u32 = 210;
const BAR_HEIGHT: u32 = 26;
const FRAME_HEIGHT: u32 = 80;
const PANEL_HEIGHT: u32 = 340;
const MARGIN_FOR_NAMES: u32 = 200;
const OURS: RGBColor = RGBColor(0xC0, 0x3A, 0x2B);
const THEIRS: RGBColor = RGBColor(0x8A, 0xB6, 0xD6);
/// Lines of a panel.
const LINES: [RGBColor; 4] = [OURS, RGBColor(0x1F, 0x6F, 0xB2), RGBColor(0x2E, 0x8B, 0x57), RGBColor(0x7A, 0x4F, 0x9E)];

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
    /// Rows of panels, each as high as its higher one: two beside one another where there are more than two.
    fn rows(&self) -> impl Iterator<Item = (u32, &[Standing])> {
        let columns = if self.standings.len() > 2 { 2 } else { 1 };
        let height = |standing: &Standing| FRAME_HEIGHT + BAR_HEIGHT * bars(standing).len() as u32;
        self.standings.chunks(columns).map(move |row| (row.iter().map(height).max().unwrap_or(0), row))
    }
}

impl Picture for Bars<'_> {
    fn size(&self) -> (u32, u32) {
        let columns = self.rows().map(|(_, row)| row.len()).max().unwrap_or(1);
        (PANEL_WIDTH * columns as u32, self.rows().map(|(height, _)| height).sum::<u32>().max(FRAME_HEIGHT))
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static,
    {
        let mut rest = area.clone();
        for (height, row) in self.rows() {
            let (mut across, below) = rest.split_vertically(height);
            for standing in row {
                let (panel, beside) = across.split_horizontally(PANEL_WIDTH);
                draw_bars(&panel, standing.workload.title, &bars(standing))?;
                across = beside;
            }
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
    // Room for the longest bar's number beyond its end.
    let (first, last) = (0.4 * least, most.max(1.2 * LIMIT_US));
    let span = first..last * (last / first).powf(0.12);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(format!("{title}: µs/sample"), (FONT, 17))
        .x_label_area_size(24)
        .y_label_area_size(NAME_WIDTH)
        .build_cartesian_2d(span.clone().log_scale(), 0..bars.len() as i32)?;
    chart
        .configure_mesh()
        .light_line_style(LIGHT)
        .bold_line_style(BOLD)
        .disable_y_mesh()
        .y_labels(0)
        .y_label_formatter(&|_| String::new())
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
        area.draw(&Text::new(digits(*us), (end.0 - x + 6, end.1 - y + 6), words.clone()))?;
        area.draw(&Text::new(*name, (start.0 - x - NAME_WIDTH as i32 + 8, start.1 - y + 6), words))?;
    }
    let limit = [(LIMIT_US, 0), (LIMIT_US, bars.len() as i32)];
    chart.draw_series(LineSeries::new(limit, LIMIT))?;
    Ok(())
}

/// Time for a sample against size.
pub(super) struct Panels<'a> {
    pub(super) panels: &'a [Panel],
}

impl Picture for Panels<'_> {
    fn size(&self) -> (u32, u32) {
        (PANEL_WIDTH, PANEL_HEIGHT * self.panels.len().max(1) as u32)
    }

    fn draw_on<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Result<(), Failed>
    where
        B::ErrorType: 'static,
    {
        for (panel, part) in self.panels.iter().zip(area.split_evenly((self.panels.len().max(1), 1))) {
            draw_panel(&part, panel)?;
        }
        Ok(())
    }
}

/// Lines over logarithmic axes, each named in the margin at the height where it ends or as near to that as the others allow.
fn draw_panel<B: DrawingBackend>(area: &DrawingArea<B, Shift>, panel: &Panel) -> Result<(), Failed>
where
    B::ErrorType: 'static,
{
    let lines: Vec<Vec<(f64, f64)>> = panel
        .lines
        .iter()
        .map(|line| line.points.iter().map(|(size, time)| (*size as f64, time.median)).collect())
        .collect();
    let times = || lines.iter().flatten().map(|point| point.1);
    let (Some(least), Some(most)) = (times().reduce(f64::min), times().reduce(f64::max)) else { return Ok(()) };
    let widest = lines.iter().flatten().map(|point| point.0).fold(1.0, f64::max);
    let narrowest = lines.iter().flatten().map(|point| point.0).fold(widest, f64::min);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(MARGIN_FOR_NAMES)
        .caption(format!("{}: ns/sample", panel.title), (FONT, 17))
        .x_label_area_size(38)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (0.9 * narrowest..1.1 * widest).log_scale().base(2.0),
            (0.6 * least..1.6 * most).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(LIGHT)
        .bold_line_style(BOLD)
        .x_labels(12)
        .y_labels(5)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc(panel.axis)
        .x_label_formatter(&|size| format!("{size}"))
        .y_label_formatter(&|ns| format!("{ns}"))
        .draw()?;
    let (left, top) = area.get_base_pixel();
    let mut names = vec![];
    for (n, (line, points)) in panel.lines.iter().zip(&lines).enumerate() {
        let color = LINES[n % LINES.len()];
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, color.filled())))?;
        if let Some(last) = points.last() {
            names.push((chart.backend_coord(last).1 - top, line.title, color));
        }
    }
    let right = chart.backend_coord(&(widest, most)).0 - left;
    names.sort_by_key(|name| name.0);
    let mut next = 0;
    for (y, title, color) in names {
        let y = (y - 7).max(next);
        next = y + 17;
        area.draw(&Text::new(title, (right + 14, y), (FONT, 14).into_font().color(&color)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use oscine_bench::scaling::{Line, Panel};
    use oscine_bench::spread::Spread;

    use super::{Bars, Panels};
    use crate::picture;

    #[test]
    fn curves_are_drawn_both_ways_and_nothing_is_an_empty_picture() {
        let points = [1, 2, 4].map(|size| (size, Spread::of([10.0 * size as f64]))).into();
        let lines = vec![Line { title: "script", points }];
        let panels = [Panel { name: "voices", title: "sines", axis: "voices", lines }];
        for (name, head) in [("curves.png", &b"\x89PNG"[..]), ("curves.svg", b"<svg")] {
            let path = std::env::temp_dir().join(format!("oscine-{}-{name}", std::process::id()));
            picture::write(&Panels { panels: &panels }, &path).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.starts_with(head) && bytes.len() > 2000, "{name}: {} bytes", bytes.len());
            picture::write(&Bars { standings: &[] }, &path).unwrap();
            std::fs::remove_file(&path).unwrap();
        }
    }
}
