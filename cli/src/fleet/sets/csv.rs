//! Rows of CSV, read as strictly as <https://www.rfc-editor.org/rfc/rfc4180> has it. What a lenient reader guesses at could be
//! another customer's cell: a quote that is not closed would make one cell of all the lines that follow it.

use super::pattern::is_column;
use super::table::{Cells, RowTable, TableRow};
use crate::base::error::Problem;

/// A record of the file.
#[derive(Debug, Default)]
struct CsvRecord {
    /// The line that it begins at.
    line: usize,
    cells: Vec<String>,
    wrong: Option<&'static str>,
}

/// Reads the lines. `name` is that of the file.
pub(super) fn read(text: &str, name: &str) -> Result<RowTable, Problem> {
    let (records, unclosed) = records(text);
    if let Some(line) = unclosed {
        return Err(Problem::new(
            format!("`{name}`, line {line}: a quote is opened that is never closed"),
            "close it, or write `\"\"` for a quote within a cell",
        ));
    }
    let mut records = records.into_iter();
    let Some(head) = records.next() else {
        return Err(Problem::new(
            format!("`{name}` is empty, and has not even the line with the names of its columns"),
            "an empty list is that line alone; a customer is removed by a tombstone",
        ));
    };
    let columns = columns(&head, name)?;
    let rows = records.map(|record| row(record, &columns, name)).collect();
    Ok(RowTable { columns: Some(columns), rows })
}

fn columns(head: &CsvRecord, name: &str) -> Result<Vec<String>, Problem> {
    let wrong =
        |what: String, hint: &str| Err(Problem::new(format!("`{name}`, line {}: {what}", head.line), hint));
    let columns: Vec<String> = head.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    if let Some(why) = head.wrong {
        return wrong(why.to_owned(), "write the names of the columns, with commas between them");
    }
    if let [only] = columns.as_slice()
        && only.contains([';', '\t'])
    {
        return wrong(
            "the columns are not separated by commas".to_owned(),
            "save the table with commas between its cells",
        );
    }
    for (at, column) in columns.iter().enumerate() {
        if !is_column(column) {
            return wrong(
                format!("`{}` can't be the name of a column", column.escape_debug()),
                "name each column in the first line",
            );
        }
        if columns[..at].contains(column) {
            return wrong(format!("the column `{column}` is there twice"), "remove one of them");
        }
        if let Some(other) = columns[..at].iter().find(|other| other.eq_ignore_ascii_case(column)) {
            return wrong(
                format!("the columns `{other}` and `{column}` differ by their case alone"),
                "remove or rename one of them",
            );
        }
    }
    Ok(columns)
}

fn row(record: CsvRecord, columns: &[String], name: &str) -> TableRow {
    let (has, needed) = (record.cells.len(), columns.len());
    let count = |count: usize| if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") };
    let wrong = match record.wrong {
        Some(why) => Some(why.to_owned()),
        None if has < needed => {
            Some(format!("it has {}, and the file has {needed} columns: some are missing", count(has)))
        }
        None if has > needed => Some(format!(
            "it has {}, and the file has {needed} columns: is a comma within a cell not quoted?",
            count(has)
        )),
        None => None,
    };
    let cells: Cells = columns.iter().cloned().zip(record.cells).collect();
    TableRow { place: format!("`{name}`, line {}", record.line), cells, wrong }
}

/// The records of the text; an empty line is none. With the line of a quote that is not closed.
fn records(text: &str) -> (Vec<CsvRecord>, Option<usize>) {
    let mut records = Vec::new();
    let mut record = CsvRecord { line: 1, ..CsvRecord::default() };
    let (mut line, mut cell, mut quoted) = (1, String::new(), None);
    let mut characters = text.chars().peekable();
    // Whether the cell was closed by a quote.
    let mut is_closed = false;
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match character {
            '"' if quoted.is_some() => {
                if characters.next_if_eq(&'"').is_some() {
                    cell.push('"');
                } else {
                    (quoted, is_closed) = (None, true);
                }
            }
            _ if quoted.is_some() => cell.push(character),
            '"' if cell.is_empty() && !is_closed => quoted = Some(line),
            '"' => {
                record.wrong = Some(
                    "there is a quote within a cell that does not begin with one; write the cell in quotes, and `\"\"` for a quote",
                );
                cell.push('"');
            }
            ',' => {
                record.cells.push(std::mem::take(&mut cell));
                is_closed = false;
            }
            '\r' if characters.peek().is_none_or(|next| *next == '\n') => {}
            '\n' => {
                end(&mut records, &mut record, std::mem::take(&mut cell), is_closed);
                (record.line, is_closed) = (line, false);
            }
            _ => {
                if is_closed {
                    record.wrong = Some("there is text behind a quote that closes a cell");
                }
                cell.push(character);
            }
        }
    }
    end(&mut records, &mut record, cell, is_closed);
    (records, quoted)
}

fn end(records: &mut Vec<CsvRecord>, record: &mut CsvRecord, cell: String, is_closed: bool) {
    let mut ended = std::mem::take(record);
    if !ended.cells.is_empty() || !cell.is_empty() || is_closed {
        ended.cells.push(cell);
        records.push(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> RowTable {
        super::super::table::RowTable::read(text, super::super::table::RowFormat::Csv, "t.csv").unwrap()
    }

    fn cells(table: &RowTable) -> Vec<Vec<&str>> {
        table.rows.iter().map(|row| row.cells.values().map(String::as_str).collect()).collect()
    }

    #[test]
    fn quotes_line_ends_and_a_mark_at_the_begin_are_read() {
        let read = table("\u{feff}a,b\r\n1,\"x, \"\"y\"\"\"\r\n\r\n2,\"l1\nl2\"\r\n");
        assert_eq!(read.columns.as_deref().unwrap(), ["a", "b"]);
        assert_eq!(cells(&read), [["1", "x, \"y\""], ["2", "l1\nl2"]]);
        let places: Vec<&str> = read.rows.iter().map(|row| row.place.as_str()).collect();
        assert_eq!(places, ["`t.csv`, line 2", "`t.csv`, line 4"]);
        assert!(read.rows.iter().all(|row| row.wrong.is_none()));
    }

    #[test]
    fn the_last_line_needs_no_end_and_an_empty_cell_in_quotes_is_a_cell() {
        assert_eq!(cells(&table("a\n1")), [["1"]]);
        assert_eq!(cells(&table("a\n\"\"\n")), [[""]]);
        assert_eq!(cells(&table("a,b\n,\n")), [["", ""]]);
        assert!(table("a,b\n").rows.is_empty());
    }

    #[test]
    fn a_row_that_is_not_as_long_as_the_head_is_wrong_and_no_other_one() {
        let read = table("a,b\n1\n2,3\n4,5,6\n7,x\"y\n8,\"y\"z\n");
        let wrong: Vec<bool> = read.rows.iter().map(|row| row.wrong.is_some()).collect();
        assert_eq!(wrong, [true, false, true, true, true]);
        assert!(read.rows[0].wrong.as_deref().unwrap().contains("some are missing"));
    }

    #[test]
    fn a_file_of_which_the_rows_are_not_known_is_refused() {
        for (text, part) in [
            ("", "is empty"),
            ("a,b\n1,\"x\n2,y\n", "line 2: a quote is opened"),
            ("a,a\n", "is there twice"),
            ("a,A\n", "differ by their case"),
            ("a,\n", "can't be the name"),
            ("a;b\n1;2\n", "not separated by commas"),
            ("\"a\"b,c\n", "text behind a quote"),
        ] {
            let refused = read(text, "t.csv").unwrap_err();
            assert!(refused.what.contains(part), "{text:?}: {}", refused.what);
        }
    }
}
