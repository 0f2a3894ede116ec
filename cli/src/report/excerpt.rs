//! Shortens two long lines to the places where they differ.

use std::fmt::Write as _;
use std::ops::Range;

use super::align;
use super::differing::DifferingRun;
use super::value::char_boundary;

/// The most bytes that are compared character by character; more are compared by words.
const BY_CHARACTERS: usize = 1024;
/// The bytes of unchanged text that are kept on each side of a change.
const AROUND: usize = 40;

/// The same place in two texts, in bytes.
pub(super) type TextPlace = (Range<usize>, Range<usize>);

/// The places in which `old` and `new` differ, in their order. At none of them do both sides begin or end with the same
/// character.
pub(super) fn differing(old: &str, new: &str) -> Vec<TextPlace> {
    let (before, after) = trimmed(old, 0..old.len(), new, 0..new.len());
    let (was, is) = (part(old, &before), part(new, &after));
    if was.is_empty() || is.is_empty() {
        return if was.is_empty() && is.is_empty() { Vec::new() } else { vec![(before, after)] };
    }
    let few = was.len() + is.len() <= BY_CHARACTERS;
    let (a, b) = if few { (characters(was), characters(is)) } else { (words(was), words(is)) };
    let runs = align::runs(a.parts(), b.parts());
    let places = runs.into_iter().map(|DifferingRun { old: old_run, new: new_run }| {
        trimmed(old, a.bytes(&old_run, before.start), new, b.bytes(&new_run, after.start))
    });
    places.collect()
}

/// A text divided into parts.
struct TextParts<'a> {
    text: &'a str,
    /// The beginning of each part, and the end of the text.
    starts: Vec<usize>,
}

impl<'a> TextParts<'a> {
    fn parts(&self) -> impl Iterator<Item = &'a str> {
        let ends = self.starts.iter().skip(1);
        self.starts.iter().zip(ends).map(|(start, end)| part(self.text, &(*start..*end)))
    }

    /// The bytes of the parts in `run`, in a longer text in which this one begins at `offset`.
    fn bytes(&self, run: &Range<usize>, offset: usize) -> Range<usize> {
        let at = |part: usize| offset + self.starts.get(part).copied().unwrap_or(self.text.len());
        at(run.start)..at(run.end)
    }
}

fn characters(text: &str) -> TextParts<'_> {
    TextParts { text, starts: text.char_indices().map(|(at, _)| at).chain([text.len()]).collect() }
}

/// The text divided into words and the single characters between them.
fn words(text: &str) -> TextParts<'_> {
    let (mut starts, mut inside) = (Vec::new(), false);
    for (at, c) in text.char_indices() {
        let word = c.is_alphanumeric();
        if !(inside && word) {
            starts.push(at);
        }
        inside = word;
    }
    starts.push(text.len());
    TextParts { text, starts }
}

fn part<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

/// The two ranges without the characters that both have in common at the beginning and at the end.
fn trimmed(old: &str, before: Range<usize>, new: &str, after: Range<usize>) -> TextPlace {
    let (was, is) = (part(old, &before), part(new, &after));
    let head: usize =
        was.chars().zip(is.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let (was, is) = (was.get(head..).unwrap_or_default(), is.get(head..).unwrap_or_default());
    let ends = was.chars().rev().zip(is.chars().rev());
    let tail: usize = ends.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    (before.start + head..before.end - tail, after.start + head..after.end - tail)
}

/// Two long lines, shortened.
#[derive(Debug)]
pub(crate) struct Excerpt {
    pub before: String,
    pub after: String,
    /// Whether a part of the difference had no room.
    pub lacks: bool,
}

/// `old` and `new` in about `width` bytes each: the difference with a little text around it, and notes of how much is
/// left out.
pub(crate) fn excerpt(old: &str, new: &str, width: usize) -> Excerpt {
    let around = AROUND.min(width / 8);
    let places = joined(differing(old, new), 2 * around + 24);
    // A change has at least as much room as the text around it.
    let least = (2 * around).max(16);
    let shown = (width / (2 * around + least)).clamp(1, places.len().max(1));
    let room = (width / shown).saturating_sub(2 * around).max(least);
    let mut sides = (Side::new(old, around, room), Side::new(new, around, room));
    for (before, after) in places.iter().take(shown) {
        sides.0.show(before);
        sides.1.show(after);
    }
    let more = places.len() - shown.min(places.len());
    let lacks = more > 0 || sides.0.lacks || sides.1.lacks;
    Excerpt { before: sides.0.finish(more), after: sides.1.finish(more), lacks }
}

/// The places, with those joined that have no more than `gap` bytes between them.
fn joined(places: Vec<TextPlace>, gap: usize) -> Vec<TextPlace> {
    let mut joined: Vec<TextPlace> = Vec::new();
    for (before, after) in places {
        match joined.last_mut() {
            Some((last, last_new)) if before.start <= last.end + gap && after.start <= last_new.end + gap => {
                (last.end, last_new.end) = (before.end, after.end);
            }
            _ => joined.push((before, after)),
        }
    }
    joined
}

/// One of the two texts while it is written.
struct Side<'a> {
    text: &'a str,
    around: usize,
    room: usize,
    out: String,
    done: usize,
    lacks: bool,
}

impl<'a> Side<'a> {
    fn new(text: &'a str, around: usize, room: usize) -> Self {
        Self { text, around, room, out: String::new(), done: 0, lacks: false }
    }

    /// Writes a difference and the text around it.
    fn show(&mut self, range: &Range<usize>) {
        let begin = char_boundary(self.text, range.start.saturating_sub(self.around)).max(self.done);
        self.skip_to(begin);
        if range.len() > self.room + 32 {
            // The two ends of a long difference are shown.
            self.lacks = true;
            let half = char_boundary(self.text, range.start + self.room / 2).max(range.start);
            self.copy_to(half);
            let rest = (range.end - self.room / 2..=range.end).find(|at| self.text.is_char_boundary(*at));
            self.skip_to(rest.unwrap_or(range.end));
        }
        let end = char_boundary(self.text, range.end.saturating_add(self.around)).max(range.end);
        self.copy_to(end);
    }

    fn copy_to(&mut self, end: usize) {
        self.out.push_str(part(self.text, &(self.done..end)));
        self.done = self.done.max(end);
    }

    /// Leaves out the text before `begin`, unless the note of that would be longer.
    fn skip_to(&mut self, begin: usize) {
        let left_out = begin.saturating_sub(self.done);
        if left_out <= 32 {
            return self.copy_to(begin);
        }
        let _ = write!(self.out, "… [{left_out} bytes left out] …");
        self.done = begin;
    }

    fn finish(mut self, more: usize) -> String {
        let left_out = self.text.len() - self.done;
        if more > 0 {
            let _ = write!(self.out, "… [{left_out} bytes left out, with {more} more changes]");
        } else if left_out > 32 {
            let _ = write!(self.out, "… [{left_out} bytes left out]");
        } else {
            self.copy_to(self.text.len());
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(change: &str) -> String {
        format!("{}{change}{}", "begin ".repeat(500), " end".repeat(500))
    }

    #[test]
    fn a_change_in_a_long_line_is_shown_with_what_stands_around_it() {
        let Excerpt { before: old, after: new, lacks } = excerpt(&long("OLD"), &long("NEW"), 200);
        assert!(!lacks);
        assert!(
            old.starts_with("… [29") && old.contains("begin OLD end") && old.ends_with(" bytes left out]"),
            "{old}"
        );
        assert!(new.contains("begin NEW end") && new.len() < 250, "{new}");
    }

    #[test]
    fn two_changes_far_apart_are_both_shown() {
        let line = |a: &str, b: &str| format!("{a}{}{b}", "x".repeat(9000));
        let Excerpt { before: old, after: new, .. } = excerpt(&line("1", "2"), &line("3", "4"), 400);
        assert!(old.starts_with("1xx") && old.ends_with("xx2"), "{old}");
        assert!(new.starts_with("3xx") && new.ends_with("xx4"), "{new}");
    }

    #[test]
    fn changes_without_room_are_counted() {
        let line = |sign: &str| format!("{sign}{}", " word".repeat(100)).repeat(40);
        let Excerpt { before: old, after: new, lacks } = excerpt(&line("a"), &line("b"), 100);
        assert!(lacks && old.ends_with("more changes]") && new.ends_with("more changes]"), "{new}");
        assert_ne!(old, new);
    }

    #[test]
    fn two_sides_that_differ_never_read_the_same() {
        let pieces = ["é", "a", " ", "word", "\u{a0}", "漢", "0"];
        let mut seed = 7_u64;
        let mut dice = |sides: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % sides
        };
        for _ in 0..2000 {
            let old: String = (0..dice(3000)).map(|_| pieces[dice(pieces.len())]).collect();
            let mut chars: Vec<char> = old.chars().collect();
            for _ in 0..=dice(4) {
                let at = dice(chars.len() + 1);
                match chars.get_mut(at).filter(|_| dice(2) == 1) {
                    Some(c) => *c = 'Y',
                    None => chars.insert(at, 'X'),
                }
            }
            let new: String = chars.into_iter().collect();
            let Excerpt { before, after, .. } = excerpt(&old, &new, 60 + dice(400));
            assert_ne!(before, after, "{old} {new}");
        }
    }
}
