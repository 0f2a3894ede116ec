//! A row at the end of a set's file, in the form that the file has.

use crate::base::error::Problem;
use crate::fleet::sets::table::{Cells, RowFormat, RowTable};

/// The file's text with the row at its end.
///
/// # Errors
/// The file is not one of rows, has no column for a cell, or is written so that a row can't be put at its end.
pub fn append(text: &str, format: RowFormat, name: &str, cells: &Cells) -> Result<String, Problem> {
    let before = RowTable::read(text, format, name)?;
    let with = match format {
        RowFormat::Csv => in_csv(text, before.columns.as_deref().unwrap_or_default(), name, cells)?,
        RowFormat::Json => in_json(text, cells),
        RowFormat::Yaml => in_yaml(text, cells),
    };
    // What was written is read again: the file's other rows are what they were, and the last one is this.
    let after = RowTable::read(&with, format, name).ok();
    let is_right = after.is_some_and(|after| {
        let Some((last, others)) = after.rows.split_last() else { return false };
        let own = last.cells.iter().filter(|(_, cell)| !cell.is_empty());
        let wanted = cells.iter().filter(|(_, cell)| !cell.is_empty());
        others == before.rows && last.wrong.is_none() && own.eq(wanted)
    });
    if is_right {
        return Ok(with);
    }
    Err(Problem::new(
        format!("no row can be put at the end of `{name}` as it is written"),
        "write its list in lines of their own, one for each row",
    ))
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn in_csv(text: &str, columns: &[String], name: &str, cells: &Cells) -> Result<String, Problem> {
    let homeless = cells.iter().find(|(column, cell)| !cell.is_empty() && !columns.contains(column));
    if let Some((column, _)) = homeless {
        return Err(Problem::new(
            format!("`{name}` has no column `{column}`"),
            format!("the columns are `{}`: add it", columns.join("`, `")),
        ));
    }
    let quoted = |cell: &str| {
        let needs = cell.is_empty() && columns.len() == 1
            || cell.contains(['"', ',', '\n', '\r'])
            || cell.trim() != cell;
        if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
    };
    let row: Vec<String> =
        columns.iter().map(|column| quoted(cells.get(column).map_or("", String::as_str))).collect();
    let end = line_end(text);
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    Ok(format!("{text}{gap}{}{end}", row.join(",")))
}

fn in_json(text: &str, cells: &Cells) -> String {
    let Some((before, after)) = text.rsplit_once(']') else { return text.to_owned() };
    let row = serde_json::to_string(cells).unwrap_or_default();
    let list = before.trim_end();
    let comma = if list.ends_with('[') { "" } else { "," };
    // A list in lines gets a line more, as far in as the one before it.
    let last = list.rsplit_once('\n').map(|(_, last)| last);
    let indent = |line: &str| line.chars().take_while(|c| c.is_whitespace()).collect::<String>();
    match last {
        Some(last) => {
            let first =
                list.lines().map(str::trim_end).find(|line| line.trim_start().starts_with('{')).map(indent);
            let end = line_end(text);
            format!("{list}{comma}{end}{}{row}{end}]{after}", first.unwrap_or_else(|| indent(last)))
        }
        None => format!("{list}{comma}{}{row}]{after}", if comma.is_empty() { "" } else { " " }),
    }
}

fn in_yaml(text: &str, cells: &Cells) -> String {
    let row = serde_json::to_string(cells).unwrap_or_default();
    let end = line_end(text);
    if text.trim_end().ends_with(']') && !text.lines().any(|line| line.trim_start().starts_with("- ")) {
        return in_json(text, cells);
    }
    let first = text.lines().find(|line| line.trim_start().starts_with('-'));
    let indent: String = first.into_iter().flat_map(|line| line.chars().take_while(|c| *c == ' ')).collect();
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    format!("{text}{gap}{indent}- {row}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(pairs: &[(&str, &str)]) -> Cells {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_row_is_put_at_the_end_in_the_files_own_form() {
        let row = cells(&[("id", "acme"), ("note", "a, \"b\"")]);
        for (format, text, with) in [
            (RowFormat::Csv, "id,note\r\nb,\r\n", "id,note\r\nb,\r\nacme,\"a, \"\"b\"\"\"\r\n"),
            (RowFormat::Csv, "note,size,id\nx,s,b", "note,size,id\nx,s,b\n\"a, \"\"b\"\"\",,acme\n"),
            (RowFormat::Json, "[]\n", "[{\"id\":\"acme\",\"note\":\"a, \\\"b\\\"\"}]\n"),
            (
                RowFormat::Json,
                "[\n  { \"id\": \"b\" }\n]\n",
                "[\n  { \"id\": \"b\" },\n  {\"id\":\"acme\",\"note\":\"a, \\\"b\\\"\"}\n]\n",
            ),
            (
                RowFormat::Yaml,
                "# customers\n- id: b\n",
                "# customers\n- id: b\n- {\"id\":\"acme\",\"note\":\"a, \\\"b\\\"\"}\n",
            ),
            (RowFormat::Yaml, "[{ id: b }]\n", "[{ id: b }, {\"id\":\"acme\",\"note\":\"a, \\\"b\\\"\"}]\n"),
        ] {
            assert_eq!(append(text, format, "t", &row).unwrap(), with);
        }
    }

    #[test]
    fn a_file_that_would_not_be_the_same_with_a_row_more_is_left_as_it_is() {
        let row = cells(&[("id", "acme")]);
        for (format, text) in
            [(RowFormat::Csv, "name\nb\n"), (RowFormat::Yaml, "- id: b\n...\n"), (RowFormat::Json, "{}")]
        {
            assert!(append(text, format, "t", &row).is_err(), "{text}");
        }
    }
}
