//! The lines of a text with the end of each, and words for differences in those ends.

use std::collections::{BTreeMap, HashSet};

use super::differing::DifferingRun;

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// A newline.
    Lf,
    /// A carriage return and a newline, as Windows writes it.
    CrLf,
    /// A carriage return only.
    Cr,
    /// The text ends without a line end.
    Nothing,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Cr => "CR",
            Self::Nothing => "none",
        }
    }
}

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub text: &'a str,
    pub end: End,
}

/// The lines of `text`; together with their ends they are the whole text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        let (line, tail) = rest.split_at(at);
        let (end, length) = match tail.as_bytes() {
            [b'\r', b'\n', ..] => (End::CrLf, 2),
            [b'\r', ..] => (End::Cr, 1),
            _ => (End::Lf, 1),
        };
        lines.push(Line { text: line, end });
        rest = tail.get(length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        lines.push(Line { text: rest, end: End::Nothing });
    }
    lines
}

/// The differences between the line ends of `old` and `new`, in words. `runs` are the lines whose text differs,
/// `paired` those of them that are paired with each other.
pub(super) fn ends(
    old: &[Line<'_>],
    new: &[Line<'_>],
    runs: &[DifferingRun],
    paired: &[(usize, usize)],
) -> Vec<String> {
    let mut changed: BTreeMap<(End, End), usize> = BTreeMap::new();
    for (before, after) in equal(old.len(), new.len(), runs).chain(paired.iter().copied()) {
        if let (Some(before), Some(after)) = (old.get(before), new.get(after)) {
            *changed.entry((before.end, after.end)).or_default() += 1;
        }
    }
    changed.retain(|(before, after), _| before != after && *before != End::Nothing && *after != End::Nothing);
    let total = old.len().min(new.len());
    let mut said: Vec<String> = changed
        .into_iter()
        .map(|((before, after), count)| {
            let of = if count == total { String::new() } else { format!(" of {}", many(count)) };
            format!("line ends{of}: {} → {}", before.name(), after.name())
        })
        .collect();
    let with: (HashSet<usize>, HashSet<usize>) = paired.iter().copied().unzip();
    let alone_new = runs.iter().flat_map(|run| run.new.clone()).filter(|at| !with.1.contains(at));
    let alone_old = runs.iter().flat_map(|run| run.old.clone()).filter(|at| !with.0.contains(at));
    said.extend(other(old, alone_new.filter_map(|at| new.get(at)), "added"));
    said.extend(other(new, alone_old.filter_map(|at| old.get(at)), "removed"));
    said.extend(last(old, new).map(str::to_owned));
    said
}

/// The pairs of lines whose text is equal.
fn equal(old: usize, new: usize, runs: &[DifferingRun]) -> impl Iterator<Item = (usize, usize)> {
    let starts = runs.iter().map(|run| (run.old.start, run.new.start)).chain([(old, new)]);
    let ends = std::iter::once((0, 0)).chain(runs.iter().map(|run| (run.old.end, run.new.end)));
    ends.zip(starts).flat_map(|((old, new), (old_end, new_end))| (old..old_end).zip(new..new_end))
}

/// Words for lines that were added or removed with another end than all lines of the other text.
fn other<'a>(rest: &[Line<'_>], lines: impl Iterator<Item = &'a Line<'a>>, what: &str) -> Vec<String> {
    let mut usual = rest.iter().map(|line| line.end).filter(|end| *end != End::Nothing);
    let Some(first) = usual.next().filter(|first| usual.all(|end| end == *first)) else { return Vec::new() };
    let mut counts: BTreeMap<End, usize> = BTreeMap::new();
    for line in lines.filter(|line| line.end != first && line.end != End::Nothing) {
        *counts.entry(line.end).or_default() += 1;
    }
    let said = counts.into_iter().map(|(end, count)| {
        format!("line ends of {} {what}: {}, others {}", many(count), end.name(), first.name())
    });
    said.collect()
}

/// Words for a newline at the end that was added or removed.
fn last(old: &[Line<'_>], new: &[Line<'_>]) -> Option<&'static str> {
    let ended = |lines: &[Line<'_>]| lines.last().map(|line| line.end != End::Nothing);
    match (ended(old)?, ended(new)?) {
        (true, false) => Some("no newline at the end any more"),
        (false, true) => Some("a newline at the end now"),
        _ => None,
    }
}

fn many(count: usize) -> String {
    format!("{count} line{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::super::hunks::line_ends as said;
    use super::*;

    #[test]
    fn a_text_is_its_lines_with_their_ends() {
        let found = lines("a\r\n\nb\rc").into_iter().map(|line| (line.text, line.end)).collect::<Vec<_>>();
        assert_eq!(found, [("a", End::CrLf), ("", End::Lf), ("b", End::Cr), ("c", End::Nothing)]);
        assert!(lines("").is_empty());
    }

    #[test]
    fn other_line_ends_are_said() {
        assert_eq!(said("a\r\nb\r\n", "a\nb\n"), ["line ends: CRLF → LF"]);
        assert_eq!(said("a\nb\nc\n", "a\r\nb\nc\n"), ["line ends of 1 line: LF → CRLF"]);
        assert_eq!(said("a\rb\r", "a\nb\n"), ["line ends: CR → LF"]);
        assert_eq!(said("a\nb\n", "A\r\nb\r\n"), ["line ends: LF → CRLF"]);
    }

    #[test]
    fn an_added_or_removed_line_with_an_end_of_its_own_is_said() {
        assert_eq!(said("a\nb\n", "a\nx\r\nb\n"), ["line ends of 1 line added: CRLF, others LF"]);
        assert_eq!(said("a\nx\r\nb\n", "a\nb\n"), ["line ends of 1 line removed: CRLF, others LF"]);
    }

    #[test]
    fn the_last_newline_is_said() {
        assert_eq!(said("a\n", "a"), ["no newline at the end any more"]);
        assert_eq!(said("a\nb", "a\nb\n"), ["a newline at the end now"]);
        assert_eq!(said("a\nb", "a\nb\nc\n"), ["a newline at the end now"]);
        assert!(said("a\nb\n", "a\nc\n").is_empty());
    }

    #[test]
    fn a_line_that_comes_beside_one_that_changes_has_no_part_in_its_end() {
        let (old, new) = ("a: 1\r\nport: 80\r\n", "a: 1\r\n# a word\nport: 81\r\n");
        assert_eq!(said(old, new), ["line ends of 1 line added: LF, others CRLF"]);
    }
}
