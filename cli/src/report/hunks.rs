//! What differs between two texts: hunks with unchanged lines around them, and words for what can't be seen.
//!
//! The texts are compared whole. What has no room afterwards goes in this order: unchanged lines, the unchanged parts
//! of long lines, changed lines; and these are counted.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::align::{self, Run};
use super::excerpt::excerpt;
use super::lines::{Line, ends, lines};
use super::unseen::{skeleton, unseen};
use super::value::clipped;

/// Lines of which it is said how they differ though they look alike; the others are counted.
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

/// How much of a difference is shown.
#[derive(Debug, Clone, Copy)]
pub struct DiffRoom {
    /// Unchanged lines on each side of a change.
    pub context: usize,
    /// Changed lines.
    pub lines: usize,
    /// Bytes of a line.
    pub width: usize,
}

impl DiffRoom {
    /// Everything, with the usual three lines of context.
    pub const ALL: Self = Self { context: 3, lines: usize::MAX, width: usize::MAX };
}

impl TextDiff {
    /// How `old` and `new` differ.
    pub fn of(old: &str, new: &str, room: DiffRoom) -> Self {
        let (old, new) = (lines(old), lines(new));
        let runs = differing_lines(&old, &new);
        let mut notes = Vec::new();
        if !old.is_empty() && !new.is_empty() {
            notes = ends(&old, &new, &runs);
            notes.extend(look_alikes(&old, &new, &runs));
        }
        let mut writer = Writer { old: &old, new: &new, room, left: room.lines, hunks: Vec::new(), more: 0 };
        writer.write(&runs);
        Self { notes, more_lines: writer.more, hunks: writer.hunks }
    }

    /// The same with no more than there is `room` for.
    #[must_use]
    pub fn within(&self, room: DiffRoom) -> Self {
        let mut found = Self { notes: self.notes.clone(), hunks: Vec::new(), more_lines: self.more_lines };
        let mut left = room.lines;
        for hunk in &self.hunks {
            let part = Self::of(&hunk.side('+'), &hunk.side('-'), DiffRoom { lines: left, ..room });
            left = left.saturating_sub(part.changed_lines());
            found.more_lines += part.more_lines;
            found.hunks.extend(part.hunks.into_iter().map(|part| part.moved(hunk)));
        }
        found
    }

    /// With each side of each hunk through `mask` as one text, so that nothing survives between two lines.
    #[must_use]
    pub(super) fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        self.notes.iter_mut().for_each(|note| *note = mask(note));
        let hunks = std::mem::take(&mut self.hunks);
        for hunk in hunks {
            // What goes is on the side without what comes.
            let sides = [hunk.side('+'), hunk.side('-')];
            let masked = sides.each_ref().map(|side| mask(side));
            if masked == sides {
                self.hunks.push(hunk);
            } else {
                let [old, new] = masked;
                let whole = DiffRoom { context: usize::MAX, ..DiffRoom::ALL };
                let parts = Self::of(&old, &new, whole).hunks.into_iter();
                self.hunks.extend(parts.map(|part| part.moved(&hunk)));
            }
        }
        self
    }

    /// How many lines of the hunks come or go.
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

    /// A part of `whole` with its place in the texts.
    fn moved(mut self, whole: &Self) -> Self {
        self.old_line = (self.old_line + whole.old_line).saturating_sub(1);
        self.new_line = (self.new_line + whole.new_line).saturating_sub(1);
        self
    }
}

/// In words how the line ends of two texts differ.
pub(super) fn line_ends(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (lines(old), lines(new));
    ends(&old, &new, &differing_lines(&old, &new))
}

fn differing_lines(old: &[Line<'_>], new: &[Line<'_>]) -> Vec<Run> {
    align::runs(old.iter().map(|line| line.text), new.iter().map(|line| line.text))
}

/// In words the changed lines of which a reader could take one for another.
fn look_alikes(old: &[Line<'_>], new: &[Line<'_>], runs: &[Run]) -> Vec<String> {
    let mut looks: HashMap<String, usize> = HashMap::new();
    for at in runs.iter().flat_map(|run| run.new.clone()).rev() {
        let look = new.get(at).map(|line| skeleton(line.text)).unwrap_or_default();
        if !look.is_empty() {
            looks.insert(look, at);
        }
    }
    let mut found = Vec::new();
    for run in runs {
        for (nth, before) in run.old.clone().enumerate() {
            let beside = run.new.clone().nth(nth);
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

/// Hunks on the way.
struct Writer<'a> {
    old: &'a [Line<'a>],
    new: &'a [Line<'a>],
    room: DiffRoom,
    left: usize,
    hunks: Vec<Hunk>,
    more: u64,
}

impl Writer<'_> {
    fn write(&mut self, runs: &[Run]) {
        let context = self.room.context;
        let mut rest = runs;
        while let Some(first) = rest.first() {
            let near = rest.iter().zip(rest.iter().skip(1));
            let near =
                near.take_while(|(run, next)| next.old.start - run.old.end <= context.saturating_mul(2));
            let (together, others) = rest.split_at(near.count() + 1);
            let after = others.first().map_or(self.old.len(), |next| next.old.start);
            self.hunk(first, together, after);
            rest = others;
        }
    }

    /// One hunk of `runs`; the next one begins at `limit`.
    fn hunk(&mut self, first: &Run, runs: &[Run], limit: usize) {
        let context = self.room.context;
        let before = first.old.start.min(first.new.start).min(context);
        let mut hunk = Hunk {
            old_line: (first.old.start - before) as u64 + 1,
            new_line: (first.new.start - before) as u64 + 1,
            lines: Vec::new(),
        };
        let mut at = first.old.start - before;
        for run in runs {
            if self.left == 0 {
                self.more += (run.old.len() + run.new.len()) as u64;
                continue;
            }
            self.same(&mut hunk, at..run.old.start);
            self.run(&mut hunk, run);
            at = run.old.end;
        }
        if self.left > 0 || self.more == 0 {
            let end = at.saturating_add(context).min(limit).min(self.old.len());
            self.same(&mut hunk, at..end);
        }
        if !hunk.lines.is_empty() {
            self.hunks.push(hunk);
        }
    }

    fn same(&self, hunk: &mut Hunk, range: Range<usize>) {
        let lines = self.old.get(range).unwrap_or_default();
        hunk.lines.extend(lines.iter().map(|line| format!(" {}", clipped(line.text, self.room.width))));
    }

    /// Writes the lines that go, then those that come; of both a part if there is no room for all.
    fn run(&mut self, hunk: &mut Hunk, run: &Run) {
        let (removed, added) = (run.old.len(), run.new.len());
        let shown_removed = removed.min((self.left - self.left / 2).max(self.left.saturating_sub(added)));
        let shown_added = added.min(self.left - shown_removed);
        self.left -= shown_removed + shown_added;
        self.more += (removed - shown_removed + added - shown_added) as u64;
        let texts = |lines: &[Line<'_>], range: &Range<usize>, shown: usize| -> Vec<String> {
            let lines = lines.get(range.clone()).unwrap_or_default();
            lines.iter().take(shown).map(|line| line.text.to_owned()).collect()
        };
        let mut old = texts(self.old, &run.old, shown_removed);
        let mut new = texts(self.new, &run.new, shown_added);
        let width = self.room.width;
        for (old, new) in old.iter_mut().zip(&mut new) {
            if old.len() > width || new.len() > width {
                (*old, *new) = excerpt(old, new, width);
            }
        }
        let pairs = old.len().min(new.len());
        for alone in old.iter_mut().skip(pairs).chain(new.iter_mut().skip(pairs)) {
            *alone = clipped(alone, width).into_owned();
        }
        hunk.lines.extend(old.iter().map(|line| format!("-{line}")));
        hunk.lines.extend(new.iter().map(|line| format!("+{line}")));
    }
}
