//! The difference between two texts: hunks with unchanged lines around them, and words for differences that can't be
//! seen.
//!
//! The texts are compared as a whole. If there is too little room, these are dropped in order: unchanged lines, the
//! unchanged parts of long lines, the rest of changed lines, changed lines. The last two are counted.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::align;
use super::concealed::{HIDDEN, PARTLY_HIDDEN, hides_a_difference};
use super::differing::DifferingRun;
use super::excerpt::{Excerpt, excerpt};
use super::lines::{End, Line, ends, lines};
use super::pairs::pairs;
use super::unseen::{skeleton, unseen};
use super::value::{clipped, fingerprint, middle};

/// The most lines for which the difference between similar characters is explained; more are counted.
const NOTES: usize = 5;

/// How two texts differ, where they are too long to stand here themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TextDiff {
    /// What differs and can't be seen, in words: line ends, the last newline, characters that look alike.
    pub notes: Vec<String>,
    /// The places that differ.
    pub hunks: Vec<Hunk>,
    /// How many changed lines stand in no hunk, as there are too many.
    pub more_lines: u64,
    /// How many changed lines stand in a hunk without all of their change, as they are too long.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut_lines: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One place at which two texts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hunk {
    /// The number of its first line in the text before, from 1.
    pub old_line: u64,
    /// The number of its first line in the text afterwards, from 1.
    pub new_line: u64,
    /// Its lines. Each begins with a sign: a blank where it is in both texts, `-` where it goes, `+` where it comes.
    pub lines: Vec<String>,
}

/// The amount of a difference that is shown.
#[derive(Debug, Clone, Copy)]
pub struct DiffRoom {
    /// The number of unchanged lines on each side of a change.
    pub context: usize,
    /// The most changed lines.
    pub lines: usize,
    /// The most bytes of a line.
    pub width: usize,
}

impl DiffRoom {
    /// Everything, with the usual three lines of context.
    pub const ALL: Self = Self { context: 3, lines: usize::MAX, width: usize::MAX };
}

impl TextDiff {
    /// The difference between `old` and `new`.
    pub fn between(old: &str, new: &str, room: DiffRoom) -> Self {
        let texts = Texts::between(old, new);
        Self { notes: texts.notes(), ..texts.hunks(room) }
    }

    /// The same difference, shortened to `room`.
    #[must_use]
    pub fn within(&self, room: DiffRoom) -> Self {
        let mut found = Self { notes: self.notes.clone(), more_lines: self.more_lines, ..Self::default() };
        let (mut left, mut dropped) = (room.lines, 0);
        for hunk in &self.hunks {
            let part = Texts::of_hunk(hunk).hunks(DiffRoom { lines: left, ..room });
            left = left.saturating_sub(part.changed_lines());
            dropped += part.more_lines;
            found.cut_lines += part.cut_lines;
            found.hunks.extend(part.hunks.into_iter().map(|part| part.moved(hunk)));
        }
        found.more_lines += dropped;
        // A line that was cut before is still cut, and counts once.
        found.cut_lines = found.cut_lines.max(self.cut_lines.saturating_sub(dropped));
        found
    }

    /// The difference masked. Each side of each hunk is masked as one text, so that no secret survives between two
    /// lines.
    #[must_use]
    pub(super) fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        self.notes.iter_mut().for_each(|note| *note = mask(note));
        let hunks = std::mem::take(&mut self.hunks);
        let mut hides = false;
        for hunk in hunks {
            // Removed lines are on the side without the added ones.
            let sides = [hunk.side('+'), hunk.side('-')];
            let masked = sides.each_ref().map(|side| mask(side));
            if masked == sides {
                self.hunks.push(hunk);
            } else {
                let [old, new] = masked;
                let whole = DiffRoom { context: usize::MAX, ..DiffRoom::ALL };
                let parts = Self::between(&old, &new, whole).hunks.into_iter();
                self.hunks.extend(parts.map(|part| part.moved(&hunk)));
                hides |= hides_a_difference(&sides, &[old, new]);
            }
        }
        let said = |note: &String| note == HIDDEN || note == PARTLY_HIDDEN;
        if hides && !self.notes.iter().any(said) {
            self.notes.push(PARTLY_HIDDEN.to_owned());
        }
        self
    }

    /// The number of lines in the hunks that are added or removed.
    pub fn changed_lines(&self) -> usize {
        self.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| !line.starts_with(' ')).count()
    }

    /// The bytes of all lines.
    pub(super) fn weight(&self) -> usize {
        self.notes.iter().map(String::len).sum::<usize>()
            + self.hunks.iter().flat_map(|hunk| &hunk.lines).map(|line| line.len() + 8).sum::<usize>()
    }
}

impl Hunk {
    /// The text of one side: all lines but those with the sign of the other one.
    fn side(&self, other: char) -> String {
        let lines = self.lines.iter().filter(|line| !line.starts_with(other));
        lines.flat_map(|line| [line.get(1..).unwrap_or_default(), "\n"]).collect()
    }

    /// The hunk, which is a part of `whole`, with its line numbers in the texts.
    fn moved(mut self, whole: &Self) -> Self {
        self.old_line = (self.old_line + whole.old_line).saturating_sub(1);
        self.new_line = (self.new_line + whole.new_line).saturating_sub(1);
        self
    }
}

/// The differences between the line ends of two texts, in words.
pub(super) fn line_ends(old: &str, new: &str) -> Vec<String> {
    let texts = Texts::between(old, new);
    ends(&texts.old, &texts.new, &texts.runs, &texts.paired())
}

/// Two texts by their lines, and the runs in which they differ.
pub(super) struct Texts<'a> {
    old: Vec<Line<'a>>,
    new: Vec<Line<'a>>,
    runs: Vec<DifferingRun>,
    /// For each run, its pairs of lines, once they are needed.
    pairs: Vec<OnceCell<Vec<(usize, usize)>>>,
}

impl<'a> Texts<'a> {
    pub fn between(old: &'a str, new: &'a str) -> Self {
        let (old, new) = (lines(old), lines(new));
        let runs = align::runs(old.iter().map(|line| line.text), new.iter().map(|line| line.text));
        Self::known(old, new, runs)
    }

    /// The texts of a hunk, which differ where its signs say so.
    fn of_hunk(hunk: &'a Hunk) -> Self {
        let (mut old, mut new): (Vec<Line<'a>>, Vec<Line<'a>>) = (Vec::new(), Vec::new());
        let mut runs: Vec<DifferingRun> = Vec::new();
        for line in &hunk.lines {
            let line_of = || Line { text: line.get(1..).unwrap_or_default(), end: End::Lf };
            let sign = line.chars().next().filter(|sign| matches!(sign, '-' | '+'));
            let (at, at_new) = (old.len(), new.len());
            if sign != Some('+') {
                old.push(line_of());
            }
            if sign != Some('-') {
                new.push(line_of());
            }
            match runs.last_mut() {
                _ if sign.is_none() => {}
                Some(run) if run.old.end == at && run.new.end == at_new => {
                    (run.old.end, run.new.end) = (old.len(), new.len());
                }
                _ => runs.push(DifferingRun { old: at..old.len(), new: at_new..new.len() }),
            }
        }
        Self::known(old, new, runs)
    }

    fn known(old: Vec<Line<'a>>, new: Vec<Line<'a>>, runs: Vec<DifferingRun>) -> Self {
        let pairs = vec![OnceCell::new(); runs.len()];
        Self { old, new, runs, pairs }
    }

    /// The pairs of lines in the run at `nth`.
    fn pairs(&self, nth: usize) -> &[(usize, usize)] {
        let (Some(run), Some(known)) = (self.runs.get(nth), self.pairs.get(nth)) else { return &[] };
        let texts = |lines: &[Line<'a>], range: &Range<usize>| -> Vec<&'a str> {
            lines.get(range.clone()).unwrap_or_default().iter().map(|line| line.text).collect()
        };
        known.get_or_init(|| {
            let found = pairs(&texts(&self.old, &run.old), &texts(&self.new, &run.new));
            found.into_iter().map(|(was, is)| (run.old.start + was, run.new.start + is)).collect()
        })
    }

    /// The pairs of lines in all runs.
    fn paired(&self) -> Vec<(usize, usize)> {
        (0..self.runs.len()).flat_map(|nth| self.pairs(nth)).copied().collect()
    }

    /// The differences that can't be seen, in words.
    pub fn notes(&self) -> Vec<String> {
        if self.old.is_empty() || self.new.is_empty() {
            return Vec::new();
        }
        let mut notes = ends(&self.old, &self.new, &self.runs, &self.paired());
        notes.extend(self.look_alikes());
        notes
    }

    /// The hunks that fit into `room`.
    pub fn hunks(&self, room: DiffRoom) -> TextDiff {
        let mut writer =
            Writer { texts: self, room, left: room.lines, found: TextDiff::default(), cut: Vec::new() };
        writer.write();
        writer.tell_apart();
        writer.found
    }

    /// Words for changed lines that a reader could take for each other.
    fn look_alikes(&self) -> Vec<String> {
        let Self { old, new, runs, .. } = self;
        let mut looks: HashMap<String, usize> = HashMap::new();
        for at in runs.iter().flat_map(|run| run.new.clone()).rev() {
            let look = new.get(at).map(|line| skeleton(line.text)).unwrap_or_default();
            if !look.is_empty() {
                looks.insert(look, at);
            }
        }
        let mut found = Vec::new();
        for (nth, run) in runs.iter().enumerate() {
            let pairs = self.pairs(nth);
            for before in run.old.clone() {
                let beside = pairs.binary_search_by_key(&before, |pair| pair.0).ok();
                let beside = beside.and_then(|at| pairs.get(at)).map(|pair| pair.1);
                let Some(was) = old.get(before) else { continue };
                let alike = looks.get(&skeleton(was.text)).copied();
                let told = [beside, alike].into_iter().flatten().find_map(|after| {
                    let told = unseen(was.text, new.get(after)?.text)?;
                    Some(format!("line {}, {told}", after + 1))
                });
                found.extend(told);
            }
        }
        if found.len() > NOTES {
            let more = found.len() - NOTES;
            found.truncate(NOTES);
            found.push(format!("{more} more lines differ only in what looks alike"));
        }
        found
    }
}

/// Writes the hunks of a difference.
struct Writer<'a> {
    texts: &'a Texts<'a>,
    room: DiffRoom,
    left: usize,
    found: TextDiff,
    cut: Vec<Cut<'a>>,
}

impl Writer<'_> {
    fn write(&mut self) {
        let context = self.room.context;
        let texts = self.texts;
        let mut from = 0;
        while let Some(first) = texts.runs.get(from) {
            let rest = texts.runs.get(from..).unwrap_or_default();
            let near = rest.iter().zip(rest.iter().skip(1));
            let near =
                near.take_while(|(run, next)| next.old.start - run.old.end <= context.saturating_mul(2));
            let next = from + near.count() + 1;
            let after = texts.runs.get(next).map_or(texts.old.len(), |next| next.old.start);
            self.hunk(first, from..next, after);
            from = next;
        }
    }

    /// Writes one hunk of `runs`; the next one begins at `limit`.
    fn hunk(&mut self, first: &DifferingRun, runs: Range<usize>, limit: usize) {
        let context = self.room.context;
        let before = first.old.start.min(first.new.start).min(context);
        let mut hunk = Hunk {
            old_line: (first.old.start - before) as u64 + 1,
            new_line: (first.new.start - before) as u64 + 1,
            lines: Vec::new(),
        };
        let mut at = first.old.start - before;
        let texts = self.texts;
        for (nth, run) in texts.runs.iter().enumerate().take(runs.end).skip(runs.start) {
            if self.left == 0 {
                self.found.more_lines += run.len() as u64;
                continue;
            }
            self.same(&mut hunk, at..run.old.start);
            self.run(&mut hunk, run, nth);
            at = run.old.end;
        }
        if self.left > 0 || self.found.more_lines == 0 {
            let end = at.saturating_add(context).min(limit).min(texts.old.len());
            self.same(&mut hunk, at..end);
        }
        if !hunk.lines.is_empty() {
            self.found.hunks.push(hunk);
        }
    }

    fn same(&self, hunk: &mut Hunk, range: Range<usize>) {
        let lines = self.texts.old.get(range).unwrap_or_default();
        hunk.lines.extend(lines.iter().map(|line| format!(" {}", clipped(line.text, self.room.width))));
    }

    /// Writes the removed lines, then the added ones; a part of both if there is no room for all.
    fn run(&mut self, hunk: &mut Hunk, run: &DifferingRun, nth: usize) {
        let (removed, added) = (run.old.len(), run.new.len());
        let shown_removed = removed.min((self.left - self.left / 2).max(self.left.saturating_sub(added)));
        let shown_added = added.min(self.left - shown_removed);
        self.left -= shown_removed + shown_added;
        self.found.more_lines += (removed - shown_removed + added - shown_added) as u64;
        let texts = self.texts;
        let width = self.room.width;
        let mut cut: HashMap<(bool, usize), (String, bool)> = HashMap::new();
        let long = |lines: &[Line<'_>], range: &Range<usize>| {
            lines.get(range.clone()).unwrap_or_default().iter().any(|line| line.text.len() > width)
        };
        let any = long(&texts.old, &run.old) || long(&texts.new, &run.new);
        for (was, is) in if any { texts.pairs(nth) } else { &[] } {
            let (Some(old), Some(new)) = (texts.old.get(*was), texts.new.get(*is)) else { continue };
            let shown = *was < run.old.start + shown_removed || *is < run.new.start + shown_added;
            if shown && (old.text.len() > width || new.text.len() > width) {
                let Excerpt { before, after, lacks } = excerpt(old.text, new.text, width);
                cut.insert((true, *was), (before, lacks));
                cut.insert((false, *is), (after, lacks));
            }
        }
        for (goes, sign, lines, from, shown) in [
            (true, '-', &texts.old, run.old.start, shown_removed),
            (false, '+', &texts.new, run.new.start, shown_added),
        ] {
            for (at, line) in lines.iter().enumerate().skip(from).take(shown) {
                let (text, lacks) = cut.remove(&(goes, at)).unwrap_or_else(|| {
                    let text = middle(line.text, width, None);
                    let lacks = matches!(text, Cow::Owned(_));
                    (text.into_owned(), lacks)
                });
                self.found.cut_lines += u64::from(lacks);
                if text.len() != line.text.len() {
                    self.cut.push(Cut {
                        shown: text.clone(),
                        hunk: self.found.hunks.len(),
                        line: hunk.lines.len(),
                        text: line.text,
                    });
                }
                hunk.lines.push(format!("{sign}{text}"));
            }
        }
    }

    /// Adds a hash to shortened lines that look the same although their texts differ.
    fn tell_apart(&mut self) {
        let mut texts: HashMap<&str, HashSet<&str>> = HashMap::new();
        for cut in &self.cut {
            texts.entry(&cut.shown).or_default().insert(cut.text);
        }
        for cut in self.cut.iter().filter(|cut| texts.get(cut.shown.as_str()).is_some_and(|of| of.len() > 1))
        {
            let line = self.found.hunks.get_mut(cut.hunk).and_then(|hunk| hunk.lines.get_mut(cut.line));
            if let Some(line) = line {
                line.push_str(&format!(" [all of it has the hash {}]", fingerprint(cut.text)));
            }
        }
    }
}

/// A changed line that is shown in part.
struct Cut<'a> {
    shown: String,
    hunk: usize,
    line: usize,
    text: &'a str,
}
