//! `--automation FILE.csv|.json`: points in time that parameters go through.
//!
//! A point has a time, a parameter's name, a value and a curve, the way to it: `step` sets out for the value at that
//! time, along the parameter's own ramp; `jump` is there at once; `linear` and `exp` lead from the point before to this
//! one, in equal steps or equal ratios. The point from which such a segment leads is met exactly, and so is its end: at
//! the point's frame the parameter has the point's value.

mod table;

use std::fs;
use std::path::Path;

use oscine_dsp::{Curve, Param, ParamKind};
use oscine_engine::Change;

use crate::failure::Failure;
use crate::settings;

use self::table::Row;

/// Errors that are told before the rest is only counted.
const MOST_ERRORS: usize = 10;

/// How a parameter gets to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Step,
    Jump,
    Segment(Curve),
}

/// A point of one parameter.
struct Point {
    frame: u64,
    value: f64,
    way: Way,
}

/// Reads a file of points for the parameters `params`, which start at `values`: changes, each at its frame.
pub fn read(path: &Path, params: &[Param], values: &[f64], sample_rate: f64) -> Result<Vec<(u64, Change)>, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::call(format!("{}: the automation cannot be read: {error}", path.display())))?;
    let kind = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    let rows = match kind.as_deref() {
        Some("csv") => table::csv(&text),
        Some("json") => table::json(&text),
        _ => return Err(Failure::call(format!("{}: automation is a .csv or a .json file", path.display()))),
    };
    rows.and_then(|rows| changes(&rows, params, values, sample_rate)).map_err(|errors| {
        let mut lines: Vec<String> = errors
            .iter()
            .take(MOST_ERRORS)
            .map(|(line, words)| format!("{}:{line}: {words}", path.display()))
            .collect();
        if errors.len() > MOST_ERRORS {
            lines.push(format!("and {} more", errors.len() - MOST_ERRORS));
        }
        Failure::call(lines.join("\n"))
    })
}

/// What is wrong in which line.
type Errors = Vec<(usize, String)>;

fn changes(rows: &[Row], params: &[Param], values: &[f64], sample_rate: f64) -> Result<Vec<(u64, Change)>, Errors> {
    let mut errors = vec![];
    let mut points: Vec<Vec<Point>> = params.iter().map(|_| vec![]).collect();
    for row in rows {
        if let Err(words) = add_point(row, params, values, sample_rate, &mut points) {
            errors.push((row.line, words));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut changes = vec![];
    for (id, points) in points.iter().enumerate() {
        let mut start_frame = 0;
        for (n, &Point { frame, value, way }) in points.iter().enumerate() {
            let leads_on = points.get(n + 1).is_some_and(|next| matches!(next.way, Way::Segment(_)));
            let jump = Change::Ramp { id, value, frames: 0, curve: Curve::Linear };
            let change = match way {
                Way::Step if !leads_on => (frame, Change::Param { id, value }),
                Way::Segment(curve) if frame > start_frame => {
                    // A ramp of n frames is at its end n frames after the one before its first.
                    let frames = u32::try_from(frame - start_frame).unwrap_or(u32::MAX);
                    (start_frame + 1, Change::Ramp { id, value, frames, curve })
                }
                _ => (frame, jump),
            };
            changes.push(change);
            start_frame = frame;
        }
    }
    Ok(changes)
}

fn add_point(
    row: &Row,
    params: &[Param],
    values: &[f64],
    sample_rate: f64,
    points: &mut [Vec<Point>],
) -> Result<(), String> {
    let frame = frame(&row.time, sample_rate)?;
    let id = settings::find(&row.name, params)?;
    let value = settings::value(&row.value, &params[id])?;
    let way = way(&row.curve)?;
    let before = points[id].last();
    if let Some(before) = before.filter(|before| frame < before.frame) {
        let words = "is before the line above of the same parameter, which is at";
        return Err(format!("time {} {words} {}", row.time, shown_time(before.frame, sample_rate)));
    }
    if let Way::Segment(curve) = way {
        if matches!(params[id].kind, ParamKind::Bool | ParamKind::Choice(_)) {
            return Err(format!(
                "`{}` takes {}: it moves by step or jump only",
                row.name,
                settings::accepted(&params[id])
            ));
        }
        let (from, from_frame) = before.map_or((values[id], 0), |before| (before.value, before.frame));
        if curve == Curve::Exponential && (from <= 0.0 || value <= 0.0) {
            return Err(format!(
                "exp leads from and to values above 0, and this is from {from} to {value}: use linear"
            ));
        }
        if frame - from_frame > u64::from(u32::MAX) {
            return Err(format!("a segment may last {} frames, not {}", u32::MAX, frame - from_frame));
        }
    }
    points[id].push(Point { frame, value, way });
    Ok(())
}

/// Seconds, or frames with an `f` behind them.
fn frame(text: &str, sample_rate: f64) -> Result<u64, String> {
    if let Some(frames) = text.strip_suffix('f') {
        return frames.parse().map_err(|_| format!("time `{text}` is no number of frames: write it as 4800f"));
    }
    match text.parse::<f64>() {
        Ok(seconds) if seconds < 0.0 => Err(format!("time {text} is before the start")),
        Ok(seconds) if seconds.is_finite() => Ok((seconds * sample_rate).round() as u64),
        _ => Err(format!("time `{text}` is no number: write seconds, as 1.5, or frames, as 4800f")),
    }
}

fn way(text: &str) -> Result<Way, String> {
    Ok(match text {
        "step" | "" => Way::Step,
        "jump" => Way::Jump,
        "linear" => Way::Segment(Curve::Linear),
        "exp" => Way::Segment(Curve::Exponential),
        _ => return Err(format!("there is no curve `{text}`; there is step, jump, linear, exp")),
    })
}

fn shown_time(frame: u64, sample_rate: f64) -> String {
    format!("{} s (frame {frame})", frame as f64 / sample_rate)
}

#[cfg(test)]
mod tests {
    use oscine_dsp::{Curve, Param, ParamKind};
    use oscine_engine::Change;

    use super::{Errors, changes, table};

    fn params() -> Vec<Param> {
        let param = |name: &str, kind: ParamKind, max: f64| Param::new(name, kind, 0.0, (0.0, max));
        let shapes = ParamKind::Choice(vec!["saw".to_owned(), "square".to_owned()]);
        vec![param("gain", ParamKind::Float, 10.0), param("shape", shapes, 1.0), param("order", ParamKind::Int, 8.0)]
    }

    fn read(csv: &str) -> Result<Vec<(u64, Change)>, Errors> {
        changes(&table::csv(csv)?, &params(), &[1.0, 0.0, 2.0], 1000.0)
    }

    fn ramp(id: usize, value: f64, frames: u32, curve: Curve) -> Change {
        Change::Ramp { id, value, frames, curve }
    }

    #[test]
    fn steps_follow_their_ramp_and_jumps_do_not() {
        let given = read("0.1, gain, 5\n250f, shape, square, step\n0.3, gain, 6, jump").unwrap();
        let step = |id, value| Change::Param { id, value };
        let jump = ramp(0, 6.0, 0, Curve::Linear);
        assert_eq!(given, [(100, step(0, 5.0)), (300, jump), (250, step(1, 1.0))]);
    }

    #[test]
    fn a_segment_leads_from_the_point_before_which_is_met_exactly() {
        let given = read("0.1, gain, 5\n0.2, gain, 2, linear\n0.2, gain, 4, exp\n0.4, gain, 8, exp").unwrap();
        let expected = [
            (100, ramp(0, 5.0, 0, Curve::Linear)),
            (101, ramp(0, 2.0, 100, Curve::Linear)),
            (200, ramp(0, 4.0, 0, Curve::Linear)),
            (201, ramp(0, 8.0, 200, Curve::Exponential)),
        ];
        assert_eq!(given, expected);
        assert_eq!(read("0.1, gain, 5, linear").unwrap(), [(1, ramp(0, 5.0, 100, Curve::Linear))], "from the start");
        assert_eq!(read("0, gain, 5, linear").unwrap(), [(0, ramp(0, 5.0, 0, Curve::Linear))]);
    }

    #[test]
    fn every_bad_line_is_told_with_its_number() {
        let errors = read(
            "# a comment\n\
             time, name, value\n\
             x, gain, 1\n\
             -1, gain, 1\n\
             1.5f, gain, 1\n\
             1, gian, 1\n\
             1, gain, 11\n\
             1, gain, loud\n\
             1, gain, 2\n\
             0.9, gain, 1\n\
             1, shape, sine",
        )
        .unwrap_err();
        let expected = [
            (3, "time `x` is no number: write seconds, as 1.5, or frames, as 4800f"),
            (4, "time -1 is before the start"),
            (5, "time `1.5f` is no number of frames: write it as 4800f"),
            (6, "there is no parameter `gian`; there is gain, shape, order"),
            (7, "`gain` takes a number from 0 to 10, not `11`"),
            (8, "`gain` takes a number from 0 to 10, not `loud`"),
            (10, "time 0.9 is before the line above of the same parameter, which is at 1 s (frame 1000)"),
            (11, "`shape` takes one of saw, square, not `sine`"),
        ];
        assert_eq!(errors, expected.map(|(line, words)| (line, words.to_owned())));
    }

    #[test]
    fn a_curve_that_cannot_be_is_told() {
        let error = |csv| read(csv).unwrap_err().remove(0).1;
        assert_eq!(error("1, gain, 1, smooth"), "there is no curve `smooth`; there is step, jump, linear, exp");
        assert_eq!(
            error("1, shape, square, linear"),
            "`shape` takes one of saw, square: it moves by step or jump only"
        );
        assert_eq!(
            error("1, gain, 0, exp"),
            "exp leads from and to values above 0, and this is from 1 to 0: use linear"
        );
        assert_eq!(error("4294968, gain, 1, linear"), "a segment may last 4294967295 frames, not 4294968000");
    }
}
