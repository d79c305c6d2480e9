//! The rows of an automation file, with the lines that they are in.
//!
//! CSV: cells between commas, in quotes where they hold one; a first line may name the columns, in any order; lines that
//! are empty or start with `#` are passed over. JSON: a list of objects with the columns' names.

use serde_json::Value;
use serde_json::value::RawValue;

use super::Errors;

const COLUMNS: [&str; 4] = ["time", "name", "value", "curve"];

/// The cells of one line; an empty curve where none is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) time: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) curve: String,
}

pub(super) fn csv(text: &str) -> Result<Vec<Row>, Errors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut columns: Option<Vec<usize>> = None;
    let (mut rows, mut errors) = (vec![], vec![]);
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() || text.trim_start().starts_with('#') {
            continue;
        }
        let mut read = || -> Result<(), String> {
            let cells = cells(text)?;
            let Some(columns) = &columns else {
                let header = header(&cells)?;
                let is_header = header.is_some();
                let columns = columns.insert(header.unwrap_or_else(|| (0..COLUMNS.len()).collect()));
                if !is_header {
                    rows.push(row(line, cells, columns)?);
                }
                return Ok(());
            };
            rows.push(row(line, cells, columns)?);
            Ok(())
        };
        if let Err(words) = read() {
            errors.push((line, words));
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Which column each cell of a first line names, if it names columns.
fn header(cells: &[String]) -> Result<Option<Vec<usize>>, String> {
    let index = |cell: &String| COLUMNS.iter().position(|column| cell.eq_ignore_ascii_case(column));
    if !cells.iter().any(|cell| index(cell).is_some_and(|column| column != 1)) {
        return Ok(None);
    }
    let mut columns = vec![];
    for cell in cells {
        let column =
            index(cell).ok_or_else(|| format!("there is no column `{cell}`; there is time, name, value, curve"))?;
        if columns.contains(&column) {
            return Err(format!("column `{cell}` is there twice"));
        }
        columns.push(column);
    }
    match COLUMNS[..3].iter().enumerate().find(|(n, _)| !columns.contains(n)) {
        Some((_, missing)) => Err(format!("there is no column `{missing}`")),
        None => Ok(Some(columns)),
    }
}

fn row(line: usize, cells: Vec<String>, columns: &[usize]) -> Result<Row, String> {
    let least = columns.iter().rposition(|column| *column < 3).unwrap_or(2) + 1;
    if cells.len() < least || cells.len() > columns.len() {
        return Err(format!("a line has time, name, value and perhaps a curve; this one has {} cells", cells.len()));
    }
    let mut row: [String; 4] = Default::default();
    for (cell, column) in cells.into_iter().zip(columns) {
        row[*column] = cell;
    }
    let [time, name, value, curve] = row;
    Ok(Row { line, time, name, value, curve })
}

/// Cells between commas, without the spaces around them; a quoted one may hold commas, and quotes twice each.
fn cells(line: &str) -> Result<Vec<String>, String> {
    let mut cells = vec![];
    let mut rest = line.trim();
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            let mut left = quoted;
            let after = loop {
                let end = left.find('"').ok_or("a quote is not closed")?;
                cell += &left[..end];
                left = &left[end + 1..];
                match left.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        left = more;
                    }
                    None => break left.trim_start(),
                }
            };
            cells.push(cell);
            after
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            cells.push(rest[..end].trim().to_owned());
            &rest[end..]
        };
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if after.is_empty() => return Ok(cells),
            None => return Err(format!("a comma is missing before `{after}`")),
        }
    }
}

pub(super) fn json(text: &str) -> Result<Vec<Row>, Errors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        let words = match error.classify() {
            serde_json::error::Category::Data => "a list of points is needed: [{\"time\": 0, ...}, ...]".to_owned(),
            _ => error.to_string(),
        };
        vec![(error.line().max(1), words)]
    })?;
    let (mut rows, mut errors) = (vec![], vec![]);
    for raw in list {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        let line = text[..start].matches('\n').count() + 1;
        match json_row(line, raw.get()) {
            Ok(row) => rows.push(row),
            Err(words) => errors.push((line, words)),
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn json_row(line: usize, text: &str) -> Result<Row, String> {
    let Ok(Value::Object(mut object)) = serde_json::from_str::<Value>(text) else {
        return Err("a point is an object: {\"time\": 0, \"name\": \"cutoff\", \"value\": 200}".to_owned());
    };
    if let Some(unknown) = object.keys().find(|key| !COLUMNS.contains(&key.as_str())) {
        return Err(format!("there is no `{unknown}` in a point; there is time, name, value, curve"));
    }
    let mut cell = |column: &str| -> Result<String, String> {
        match object.remove(column) {
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(flag)) => Ok(flag.to_string()),
            None if column == "curve" => Ok(String::new()),
            None => Err(format!("the point has no `{column}`")),
            Some(other) => Err(format!("`{column}` is a number or a text, not {other}")),
        }
    };
    Ok(Row { line, time: cell("time")?, name: cell("name")?, value: cell("value")?, curve: cell("curve")? })
}

#[cfg(test)]
mod tests {
    use super::{Row, csv, json};

    fn row(line: usize, [time, name, value, curve]: [&str; 4]) -> Row {
        let [time, name, value, curve] = [time, name, value, curve].map(str::to_owned);
        Row { line, time, name, value, curve }
    }

    #[test]
    fn csv_with_and_without_a_header() {
        let plain = csv("\u{feff}# comment\n\n 0 , cutoff,200\r\n1.5,\"a, \"\"b\"\"\" , x,exp\n").unwrap();
        assert_eq!(plain, [row(3, ["0", "cutoff", "200", ""]), row(4, ["1.5", "a, \"b\"", "x", "exp"])]);
        let headed = csv("Name,Curve,Time,Value\ncutoff,exp,1,2\n").unwrap();
        assert_eq!(headed, [row(2, ["1", "cutoff", "2", "exp"])]);
        assert_eq!(csv("").unwrap(), []);
        // A parameter may be called so.
        assert_eq!(csv("1, name, 2").unwrap(), [row(1, ["1", "name", "2", ""])]);
    }

    #[test]
    fn csv_that_is_none_is_told_by_line() {
        let error = |text| csv(text).unwrap_err();
        let cells = |n: usize| format!("a line has time, name, value and perhaps a curve; this one has {n} cells");
        assert_eq!(error("1, a\n1, a, 2\n1, a, 2, exp, 5"), [(1, cells(2)), (3, cells(5))]);
        assert_eq!(error("1, \"a, 2"), [(1, "a quote is not closed".to_owned())]);
        assert_eq!(error("1, \"a\"b, 2"), [(1, "a comma is missing before `b, 2`".to_owned())]);
        assert_eq!(error("time, name"), [(1, "there is no column `value`".to_owned())]);
        assert_eq!(error("time, name, time"), [(1, "column `time` is there twice".to_owned())]);
        let unknown = "there is no column `shape`; there is time, name, value, curve".to_owned();
        assert_eq!(error("time, name, value, shape"), [(1, unknown)]);
    }

    #[test]
    fn json_keeps_its_lines() {
        let text = "[\n  {\"time\": 0, \"name\": \"on\", \"value\": true},\n\n  {\"time\": \"48f\", \"name\": \"a\", \
                    \"value\": 1e3, \"curve\": \"linear\"}\n]";
        assert_eq!(json(text).unwrap(), [row(2, ["0", "on", "true", ""]), row(4, ["48f", "a", "1000.0", "linear"])]);
        assert_eq!(json("[]").unwrap(), []);
    }

    #[test]
    fn json_that_is_none_is_told_by_line() {
        let error = |text| json(text).unwrap_err();
        assert_eq!(error("[\n{\"time\": 0}\n]"), [(2, "the point has no `name`".to_owned())]);
        assert_eq!(error("{}")[0].1, "a list of points is needed: [{\"time\": 0, ...}, ...]");
        assert_eq!(error("[\n1]")[0].0, 2);
        assert_eq!(error("[\n{\"time\": 0,,}]")[0].0, 2);
        let list = "[{\"time\": 0, \"name\": [1], \"value\": 1}]";
        assert_eq!(error(list)[0].1, "`name` is a number or a text, not [1]");
        let unknown = "[{\"tim\": 0}]";
        assert_eq!(error(unknown)[0].1, "there is no `tim` in a point; there is time, name, value, curve");
    }
}
