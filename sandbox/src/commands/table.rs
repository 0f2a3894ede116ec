//! A table as the CLI prints it: columns two spaces apart, cells of several lines, lines of detail below a row.

/// One row.
#[derive(Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<String>,
    /// Lines below it, as they are.
    pub detail: String,
}

impl<const N: usize> From<[String; N]> for Row {
    fn from(cells: [String; N]) -> Self {
        Self { cells: cells.into(), detail: String::new() }
    }
}

/// Renders rows under their headers, each line after a prefix.
pub fn render(headers: &[&str], rows: Vec<Row>, prefix: &str) -> String {
    let headers =
        Row { cells: headers.iter().map(|header| (*header).to_owned()).collect(), ..Row::default() };
    let lines: Vec<Row> = std::iter::once(headers).chain(rows).flat_map(lines).collect();
    let columns = lines.first().map_or(0, |line| line.cells.len());
    let width =
        |column: usize| lines.iter().filter_map(|line| Some(line.cells.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        text.push_str(prefix);
        for (column, (cell, width)) in line.cells.iter().zip(&widths).enumerate() {
            text.push_str(cell);
            if column + 1 < columns {
                text.push_str(&" ".repeat(width - cell.chars().count() + 2));
            }
        }
        text.push('\n');
        text.push_str(&line.detail);
    }
    text
}

/// A row with cells of several lines as rows of one line.
fn lines(row: Row) -> Vec<Row> {
    let cells: Vec<Vec<&str>> = row.cells.iter().map(|cell| cell.split('\n').collect()).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines: Vec<Row> = (0..height)
        .map(|line| {
            let cells =
                cells.iter().map(|cell| cell.get(line).copied().unwrap_or_default().to_owned()).collect();
            Row { cells, detail: String::new() }
        })
        .collect();
    if let Some(last) = lines.last_mut() {
        last.detail = row.detail;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_has_no_spaces_behind() {
        let rows = vec![["a".into(), "multi\nline".into()].into(), ["long".into(), String::new()].into()];
        assert_eq!(
            render(&["KEY", "VALUE"], rows, "  "),
            "  KEY   VALUE\n  a     multi\n        line\n  long  \n"
        );
    }

    #[test]
    fn detail_stands_below_its_row() {
        let row = Row { detail: "    ID: 1\n".into(), ..["x".into(), "y".into()].into() };
        assert_eq!(render(&["T", "N"], vec![row], ""), "T  N\nx  y\n    ID: 1\n");
    }
}
