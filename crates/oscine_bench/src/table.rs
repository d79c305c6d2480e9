//! Rows of words, for a terminal or as Markdown.

/// Cells by row, the first row their headings.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Whether there are rows below the headings.
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

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

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["a", "µs"]);
        table.push(vec!["longer".into(), "1".into()]);
        assert_eq!(table.print(false), "a       µs\nlonger  1\n");
        assert_eq!(table.print(true), "| a      | µs |\n|---|---|\n| longer | 1 |\n");
    }
}
