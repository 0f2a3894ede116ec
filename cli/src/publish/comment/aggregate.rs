//! One comment for several stacks: a table of the stacks, and a folded part for each.
//!
//! Either one final job has all reports and writes the whole comment ([`of_all`]), or each step writes its own part
//! when it is done, and leaves the other parts as they are. Two that write at the same moment can overwrite each
//! other's part, so the comment is read again after it was written, and written again if needed, up to `ROUNDS`
//! times.

use super::marker::{Marker, RECORD, REVIEW, Subject, end_of_part, ends_part, without_markers};
use super::own::with_backend;
use super::task::{ROUNDS, pause};
use super::{Marked, Posted, Task};
use crate::base::words::Words as _;
use crate::forge::trouble::TroubleKind;
use crate::forge::{Comment, Trouble};
use crate::pulumi::stack::StackIdentity;
use crate::render::several::{self, PartLooks, StackCounts, StackLine};
use crate::render::{Flavor, Options, Size, fits};
use crate::report::{Operation, Report};

/// The characters that a part needs for its marker, its row in the table and its fold.
const FRAME: usize = 1200;

/// The part of the comment about one stack.
#[derive(Debug, Clone, PartialEq)]
pub struct StackPart {
    /// The stack and the run, and the row of the table.
    marker: Marker,
    /// The report; empty if there is no room for it.
    text: String,
}

const SIGN: &str = "sign";
const ROW: &str = "cells";
const TITLE: &str = "title";
const OUTCOME: &str = "outcome";
const PART: &str = "part";

impl StackPart {
    /// The part of `report` with its `text`; the text is empty if there is no room for it.
    pub fn new(report: &Report, mut marker: Marker, options: &Options, text: &str) -> Self {
        let line = StackLine::new(report, options.detail, options.flavor.html);
        for (name, value) in [
            (SIGN, line.sign.to_owned()),
            (TITLE, line.title),
            (ROW, line.row),
            (OUTCOME, line.outcome.to_owned()),
            (PART, line.part.word().to_owned()),
        ] {
            marker.more.insert(name.to_owned(), value);
        }
        Self { marker, text: without_markers(text) }
    }

    /// Adds the backend to the part's heading and row.
    fn name_backend(&mut self, stack: &StackIdentity, html: bool) {
        let url = &self.marker.backend_url;
        for name in [TITLE, ROW] {
            if let Some(named) = with_backend(self.more(name), stack, url, html) {
                self.marker.more.insert(name.to_owned(), named);
            }
        }
    }

    fn more(&self, name: &str) -> &str {
        self.marker.more.get(name).map_or("", String::as_str)
    }

    /// How it is shown; folded if an earlier version wrote it.
    fn looks(&self) -> PartLooks {
        PartLooks::from_word(self.more(PART)).unwrap_or(PartLooks::Folded)
    }

    /// Its row of the table; of an earlier version, which had other columns, the outcome.
    fn row(&self) -> String {
        match self.more(ROW) {
            "" => format!("{} {} | | | | | |", self.more(SIGN), self.more(TITLE)),
            row => row.to_owned(),
        }
    }

    /// The stack that it is about, whatever was done to it.
    fn stack(&self) -> Subject {
        let mut subject = self.marker.subject.clone();
        if let Subject::Stack { command, .. } = &mut subject {
            command.clear();
        }
        subject
    }

    /// Whether it is about a preview.
    fn is_preview(&self) -> bool {
        matches!(&self.marker.subject, Subject::Stack { command, .. } if command == Operation::Preview.name())
    }

    fn write(&self, flavor: Flavor) -> String {
        let mut out = format!("{}\n", self.marker.write_part(flavor));
        out.push_str(&several::part(flavor, self.more(SIGN), self.more(TITLE), self.looks(), &self.text));
        out.push_str(&format!("{}\n\n", end_of_part(flavor)));
        out
    }
}

/// Reads the parts of a comment.
pub fn parts(body: &str) -> Vec<StackPart> {
    let mut parts = Vec::new();
    let mut current: Option<(Marker, Vec<&str>)> = None;
    for line in body.lines() {
        match (&mut current, Marker::read_part(line)) {
            (None, Some(marker)) => current = Some((marker, Vec::new())),
            (Some(_), _) if ends_part(line) => {
                if let Some((marker, lines)) = current.take() {
                    parts.push(StackPart { marker, text: unfolded(&lines) });
                }
            }
            (Some((_, lines)), _) => lines.push(line),
            (None, None) => {}
        }
    }
    parts
}

/// The markers of a comment's parts.
pub(super) fn markers_of_parts(body: &str) -> Vec<Marker> {
    parts(body).into_iter().map(|part| part.marker).collect()
}

/// The text inside of the lines that fold a part.
fn unfolded(lines: &[&str]) -> String {
    let is_fold = |line: &&str| {
        let begins = line.starts_with("<details><summary>") || line.starts_with("<details open><summary>");
        begins && line.ends_with("</summary>")
    };
    let inner = match lines {
        [first, inner @ .., last] if is_fold(first) && *last == "</details>" => inner,
        all => all,
    };
    inner.join("\n").trim().to_owned()
}

/// The whole comment of `parts`, shortened to `limit`: the longest texts are dropped first, then the last stacks.
pub fn body(marker: &Marker, mut parts: Vec<StackPart>, flavor: Flavor, limit: Size) -> String {
    parts.sort_by(|one, other| one.marker.subject.cmp(&other.marker.subject));
    fitted(marker, parts, flavor, limit)
}

/// The comment of one final job that has all reports. Its room is shared out by urgency.
pub(super) fn of_all(task: &Task<'_>, note: Option<&str>) -> String {
    let forge = task.client.place().forge;
    let (flavor, limit) = (forge.flavor(), forge.limit());
    let options = several::options_of_part(&Options { flavor, ..task.content.options.clone() });
    let mut reports = task.content.reports.to_vec();
    for report in &mut reports {
        report.notes.splice(0..0, note.map(str::to_owned));
    }
    let reports = several::ordered(&reports);
    let room_for_record = task.room_for_records() / reports.len().max(1);
    let marker_of = |report: &Report| {
        let marker = Marker::from_report(report, task.wanted.key.as_deref(), &task.wanted.stamp);
        marker.with_record_in(room_for_record)
    };
    let part = |report: &Report, text: &str| StackPart::new(report, marker_of(report), &options, text);
    // The fold of a part is written around its text.
    let frame: Vec<StackPart> = reports.iter().map(|report| part(report, "x")).collect();
    let (Size::Bytes(most) | Size::Chars(most)) = limit;
    let marker = task.marker();
    let used =
        several::length(&whole(&marker, &frame, &[], flavor), limit) + several::left_out(1000, 0).len();
    let room = several::same_unit(limit, most.saturating_sub(used));
    let texts = several::texts(&reports, room, several::SMALLEST, &|report, room| {
        several::with_part(report).map_or_else(String::new, |report| task.render(report, &options, room))
    });
    let parts = reports.iter().zip(&texts).map(|(report, text)| part(report, text)).collect();
    fitted(&marker, parts, flavor, limit)
}

fn fitted(marker: &Marker, mut parts: Vec<StackPart>, flavor: Flavor, limit: Size) -> String {
    let mut dropped = Vec::new();
    loop {
        let text = whole(marker, &parts, &dropped, flavor);
        if fits(&text, limit) {
            return text;
        }
        // A record that is left out costs a comparison its detail; a text that is left out costs the reader all of it.
        let longest = parts.iter_mut().max_by_key(|part| part.marker.record_length());
        if let Some(part) = longest.filter(|part| part.marker.record_length() > 0) {
            part.marker.more.remove(RECORD);
            continue;
        }
        match parts.iter_mut().max_by_key(|part| part.text.len()) {
            Some(longest) if !longest.text.is_empty() => longest.text.clear(),
            Some(_) => dropped.extend(parts.pop()),
            None => return text,
        }
    }
}

/// The comment of these parts; dropped parts are only counted, by their outcomes.
fn whole(marker: &Marker, parts: &[StackPart], dropped: &[StackPart], flavor: Flavor) -> String {
    let outcomes = parts.iter().chain(dropped).map(|part| part.more(OUTCOME));
    let rows: Vec<String> = parts.iter().map(StackPart::row).collect();
    let bare = parts.iter().filter(|part| part.text.is_empty() && part.looks() != PartLooks::Absent).count();
    let counted = StackCounts::by_stack(parts.iter().chain(dropped).map(StackPart::stack));
    let mut out = format!("{}\n", marker.write(flavor));
    out.push_str(&format!("## {}\n\n", several::heading(outcomes, counted)));
    out.push_str(&several::table(rows.iter().map(String::as_str)));
    out.push_str(&several::left_out(bare, dropped.len()));
    let previews = parts.iter().chain(dropped).filter(|part| part.is_preview());
    out.push_str(&several::reviewed_together(
        previews.map(|part| part.marker.more.get(REVIEW).map(String::as_str)),
    ));
    for part in parts {
        out.push_str(&part.write(flavor));
    }
    out
}

/// Updates this stack's part of the comment.
pub(super) async fn post(task: &Task<'_>) -> Result<Posted, Trouble> {
    let marker = Marker { subject: Subject::Aggregate, ..task.marker() };
    let mut posted = Posted::Nothing;
    let mut created: Option<Comment> = None;
    for round in 0..ROUNDS {
        if round > 1 || (round == 1 && task.wanted.others_write) {
            // Another job that read the comment before this one wrote it may write later than a look at once would see; a
            // random pause keeps the two out of step.
            pause().await;
        }
        let ours = match (task.akin(&marker).await, &created) {
            (Ok(found), None) => task.ours(found, None).await,
            (Ok(found), Some(created)) => {
                with(task.ours(found, Some(&created.author)).await, created, &marker)
            }
            // The comment is written: failing to read it again is no failure.
            (Err(_), _) if round > 0 => return Ok(posted),
            (Err(trouble), _) => return Err(trouble),
        };
        let there = merged(&ours);
        let mine = mine(&there, task.report);
        let old = there.iter().find(|part| part.marker.subject == mine);
        if old.is_some_and(|old| old.marker.stamp.is_later_than(&task.wanted.stamp)) {
            return Ok(if round == 0 { Posted::Outdated } else { posted });
        }
        if old.is_none() && !task.wanted.when.is_met_by(task.report) {
            return Ok(Posted::Nothing);
        }
        let text = new_body(task, &marker, there);
        let (written, new) = write(task, &ours, &text, round).await?;
        match written {
            Posted::Unchanged if round == 0 => return Ok(Posted::Unchanged),
            Posted::Unchanged => return Ok(posted),
            other if round == 0 => posted = other,
            _ => {}
        }
        created = new.or(created);
    }
    Ok(posted)
}

/// Our comments, with the one that we have just written: the forge's list may not show it yet.
fn with(mut ours: Vec<Marked>, created: &Comment, marker: &Marker) -> Vec<Marked> {
    if ours.iter().all(|(comment, _)| comment.id != created.id) {
        let marker = Marker::read(&created.body).unwrap_or_else(|| marker.clone());
        ours.push((created.clone(), marker));
    }
    ours
}

/// The subject of the part about the stack of `report`. If there is no such part, an earlier part of the same names
/// without a backend is taken.
fn mine(there: &[StackPart], report: &Report) -> Subject {
    let mine = Subject::from_report(report);
    let is_there = there.iter().any(|part| part.marker.subject == mine);
    let unknown =
        |part: &&StackPart| part.marker.subject.backend().is_none() && part.marker.subject.is_akin_to(&mine);
    let earlier = there.iter().filter(|_| !is_there).find(unknown).map(|part| part.marker.subject.clone());
    earlier.unwrap_or(mine)
}

/// The parts of all our comments; of each stack the latest part.
fn merged(ours: &[Marked]) -> Vec<StackPart> {
    let mut all: Vec<StackPart> = Vec::new();
    for part in ours.iter().flat_map(|(comment, _)| parts(&comment.body)) {
        match all.iter_mut().find(|other| other.marker.subject == part.marker.subject) {
            Some(other) if other.marker.stamp.is_later_than(&part.marker.stamp) => {}
            Some(other) => *other = part,
            None => all.push(part),
        }
    }
    all
}

/// The comment with this stack's part replaced.
fn new_body(task: &Task<'_>, marker: &Marker, mut there: Vec<StackPart>) -> String {
    let forge = task.client.place().forge;
    let flavor = forge.flavor();
    let mine = mine(&there, task.report);
    let known = there.iter().any(|part| part.marker.subject == mine);
    there.retain(|part| part.marker.subject != mine);
    let (Size::Bytes(limit) | Size::Chars(limit)) = forge.limit();
    let mine_marked = task.marker().with_record_in(task.room_for_records() / (there.len() + 1));
    let used =
        whole(marker, &there, &[], flavor).encode_utf16().count() + FRAME + mine_marked.record_length();
    // Room is left for the stacks that come after this one.
    let room = (limit.saturating_sub(used) / 2).min(limit / 4);
    let options = several::options_of_part(&Options { flavor, ..task.content.options.clone() });
    let mut report = task.report.clone();
    for part in there.iter_mut().filter(|part| part.marker.subject.is_akin_to(&mine)) {
        report.names_backend |= part.marker.subject.backend().is_some();
        part.name_backend(&task.report.stack_identity(), flavor.html);
    }
    if known && !task.wanted.when.is_met_by(task.report) {
        report.notes.insert(0, task.wanted.when.no_more().to_owned());
    }
    let room = Some(Size::Chars(room)).filter(|_| room >= several::SMALLEST);
    let text =
        room.zip(several::with_part(&report)).map(|(room, report)| task.render(report, &options, room));
    let text = text.unwrap_or_default();
    there.push(StackPart::new(&report, mine_marked, &options, &text));
    // The comment's own run is the latest of its parts' runs, so that the same parts make the same comment.
    let latest = there
        .iter()
        .map(|part| &part.marker)
        .reduce(|one, other| if one.stamp.is_later_than(&other.stamp) { one } else { other });
    let (commit, stamp) =
        latest.map_or_else(Default::default, |latest| (latest.commit.clone(), latest.stamp.clone()));
    body(&Marker { commit, stamp, ..marker.clone() }, there, flavor, forge.limit())
}

/// Writes the comment if it has changed, and deletes duplicates. Also returns the comment if it was created.
async fn write(
    task: &Task<'_>,
    ours: &[Marked],
    text: &str,
    round: usize,
) -> Result<(Posted, Option<Comment>), Trouble> {
    let Some((newest, older)) = ours.split_last() else {
        let created = task.create(text, round == 0).await?;
        return Ok((Posted::Created, Some(Comment { body: text.to_owned(), ..created })));
    };
    let mut new = None;
    let posted = if super::is_same(&newest.0.body, text) {
        Posted::Unchanged
    } else {
        match task.client.update_comment(task.number, &newest.0, text).await {
            Ok(()) => Posted::Updated,
            Err(trouble) if trouble.kind == TroubleKind::Missing => {
                let created = task.create(text, round == 0).await?;
                new = Some(Comment { body: text.to_owned(), ..created });
                Posted::Created
            }
            Err(trouble) => return Err(trouble),
        }
    };
    for (comment, _) in older {
        task.tidied(task.client.delete_comment(task.number, comment).await);
    }
    Ok((posted, new))
}
