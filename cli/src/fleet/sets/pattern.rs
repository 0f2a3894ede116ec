//! A text with the cells of a row in it: `{id}`, `DB_{id}`. `{{` and `}}` stand for the braces themselves.

use std::collections::BTreeSet;
use std::fmt;

use super::table::Cells;
use crate::base::error::Result;
use crate::base::fields::Fields;

/// The most bytes of a text that is cut into cells in every way.
const LONGEST_CUT: usize = 256;

/// The most characters of a column's name.
const LONGEST_NAME: usize = 60;

/// A text with cells in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPattern {
    text: String,
    parts: Vec<PatternPart>,
}

/// A part of such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternPart {
    Plain(String),
    Column(String),
}

impl RowPattern {
    /// Reads the text.
    ///
    /// # Errors
    /// A brace without its other half, or what can't be the name of a column: with the reason, as in "… has a `{` …".
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                plain.push_str(&from[..1]);
                rest = after;
                continue;
            }
            let inner =
                from.strip_prefix('{').ok_or("has a `}` without a `{`; write `}}` for the brace itself")?;
            let (name, after) =
                inner.split_once('}').ok_or("has a `{` without a `}`; write `{{` for the brace itself")?;
            if !is_column(name) {
                return Err(format!("names a column `{}`, which can't be one", name.escape_debug()));
            }
            if !plain.is_empty() {
                parts.push(PatternPart::Plain(std::mem::take(&mut plain)));
            }
            parts.push(PatternPart::Column(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(PatternPart::Plain(plain));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The columns that it names, in its order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Column(name) => Some(name.as_str()),
            PatternPart::Plain(_) => None,
        })
    }

    /// The text of a row. A cell that is not there is empty.
    pub fn fill(&self, cells: &Cells) -> String {
        let part = |part: &PatternPart| match part {
            PatternPart::Plain(text) => text.clone(),
            PatternPart::Column(name) => cells.get(name).cloned().unwrap_or_default(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Whether `text` can be that of a row in which one of these columns was not empty: if it can be cut into cells in such a way, or
    /// not at all. `fits` says whether a cell can be one of a column.
    pub fn may_have_filled(&self, text: &str, columns: &[&str], fits: &dyn Fn(&str, &str) -> bool) -> bool {
        if text.len() > LONGEST_CUT {
            return true;
        }
        // The places to which the parts can reach, and whether one of the columns was filled on the way.
        let mut places = BTreeSet::from([(0, false)]);
        for part in &self.parts {
            let mut next = BTreeSet::new();
            for (from, was_filled) in places {
                let rest = text.get(from..).unwrap_or_default();
                match part {
                    PatternPart::Plain(plain) if rest.starts_with(plain.as_str()) => {
                        next.insert((from + plain.len(), was_filled));
                    }
                    PatternPart::Plain(_) => {}
                    PatternPart::Column(name) => {
                        let is_meant = columns.contains(&name.as_str());
                        let cells = (0..=rest.len()).filter_map(|end| rest.get(..end));
                        next.extend(
                            cells
                                .filter(|cell| fits(name, cell))
                                .map(|cell| (from + cell.len(), was_filled || is_meant && !cell.is_empty())),
                        );
                    }
                }
            }
            places = next;
        }
        !places.contains(&(text.len(), false)) || places.contains(&(text.len(), true))
    }
}

impl fmt::Display for RowPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether a text can be the name of a column: short, on one line, without braces, and without space around it.
pub fn is_column(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.trim() == name
        && !name.contains(|c: char| c.is_control() || "{}`\"".contains(c))
}

/// A pattern of a key.
pub(super) fn in_field(fields: &Fields<'_>, key: &str, text: &str) -> Result<RowPattern> {
    RowPattern::parse(text).map_err(|why| fields.error(key, &why, "a cell of a row is written as `{column}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(pairs: &[(&str, &str)]) -> Cells {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_row_fills_the_pattern() {
        let pattern = RowPattern::parse("DB_{id}-{{x}}{zone}").unwrap();
        assert_eq!(pattern.columns().collect::<Vec<_>>(), ["id", "zone"]);
        assert_eq!(pattern.fill(&cells(&[("id", "acme"), ("zone", "1")])), "DB_acme-{x}1");
        assert_eq!(
            pattern.fill(&cells(&[("id", "{zone}"), ("zone", "1")])),
            "DB_{zone}-{x}1",
            "a cell is filled in once"
        );
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["{id", "id}", "{}", "{ id}", "{a{b}", "{a\nb}"] {
            assert!(RowPattern::parse(text).is_err(), "{text}");
        }
        assert_eq!(RowPattern::parse("plain").unwrap().columns().count(), 0);
    }

    #[test]
    fn a_text_that_can_be_of_a_filled_cell_is_told_from_one_that_can_not() {
        let any = |_: &str, _: &str| true;
        let pattern = RowPattern::parse("{region}-{zone}").unwrap();
        assert!(!pattern.may_have_filled("eu-", &["zone"], &any));
        assert!(pattern.may_have_filled("eu-1", &["zone"], &any));
        assert!(!pattern.may_have_filled("-1", &["region"], &any));
        assert!(pattern.may_have_filled("eu-1", &["region"], &any));
        assert!(!pattern.may_have_filled("-", &["region", "zone"], &any));
        assert!(pattern.may_have_filled("a-b-", &["zone"], &any), "the zone can have been `b-`");
        assert!(pattern.may_have_filled("eu", &["zone"], &any), "another pattern has made it");
    }

    #[test]
    fn cells_beside_each_other_are_told_apart_by_what_their_columns_can_be() {
        let pattern = RowPattern::parse("{size}{region}").unwrap();
        let any = |_: &str, _: &str| true;
        assert!(pattern.may_have_filled("smalleu", &["region"], &any));
        assert!(pattern.may_have_filled("small", &["region"], &any), "nobody knows where the region began");
        let sizes = |column: &str, cell: &str| column != "size" || ["small", "large"].contains(&cell);
        assert!(pattern.may_have_filled("smalleu", &["region"], &sizes));
        assert!(!pattern.may_have_filled("small", &["region"], &sizes));
    }
}
