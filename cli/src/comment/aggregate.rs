//! One comment for several stacks: a table of them, and a folded part for each.
//!
//! Every step replaces its own part of the comment and leaves the others as they are. Two that write in the same moment
//! can lose one another's part, so the comment is read again after it was written, and mended: twice at most.

use super::marker::{Marker, Subject, end_of_part, ends_part, without_markers};
use super::{Marked, Posted, Task};
use crate::forge::Trouble;
use crate::forge::trouble::Kind;
use crate::render::{self, Flavor, Options, Size, fits};
use crate::report::{Report, Status};

/// How often the comment is written at most.
const ROUNDS: usize = 3;

/// A part that would be smaller is left out: the table has the outcome.
const SMALLEST: usize = 1200;

/// What a part needs beside its text: its marker, its row of the table, its fold.
const FRAME: usize = 1200;

/// What is said about one stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The stack and the run, and the row of the table.
    marker: Marker,
    /// The report; empty where there is no room for it.
    text: String,
}

const SIGN: &str = "sign";
const ROW: &str = "row";
const TITLE: &str = "title";
const OUTCOME: &str = "outcome";

impl Part {
    /// The part of `report` with its `text`; empty where there is no room for it.
    pub fn new(report: &Report, mut marker: Marker, html: bool, text: &str) -> Self {
        let outcome = match report.status {
            Status::Failed | Status::Cancelled => "failed",
            _ if report.has_changes => "changes",
            _ => "same",
        };
        let job = report.ci.as_ref().and_then(|ci| ci.build_url.as_deref());
        let job = job.map(|url| format!(" · {}", render::link("job", url, html))).unwrap_or_default();
        let commit = report.commit.as_deref().map(|commit| {
            let short = commit.get(..10).filter(|_| commit.len() >= 40).unwrap_or(commit);
            render::code(short, html)
        });
        let row = format!(
            "{} | {}{job}",
            render::headline(report, |stack| render::code(stack, html)),
            commit.unwrap_or_default()
        );
        for (name, value) in [
            (SIGN, render::sign(report).to_owned()),
            (TITLE, render::headline(report, |stack| render::tagged(stack, html))),
            (ROW, row),
            (OUTCOME, outcome.to_owned()),
        ] {
            marker.more.insert(name.to_owned(), value);
        }
        Self { marker, text: without_markers(text) }
    }

    fn more(&self, name: &str) -> &str {
        self.marker.more.get(name).map_or("", String::as_str)
    }

    fn write(&self, flavor: Flavor) -> String {
        let mut out = format!("{}\n", self.marker.write_part(flavor));
        if !self.text.is_empty() {
            let (sign, title, text) = (self.more(SIGN), self.more(TITLE), self.text.trim_end());
            if flavor.html {
                out.push_str(&format!(
                    "<details><summary>{sign} {title}</summary>\n\n{text}\n\n</details>\n"
                ));
            } else {
                out.push_str(&format!("\n{text}\n\n"));
            }
        }
        out.push_str(&format!("{}\n\n", end_of_part(flavor)));
        out
    }
}

/// The parts of a comment.
pub fn parts(body: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut current: Option<(Marker, Vec<&str>)> = None;
    for line in body.lines() {
        match (&mut current, Marker::read_part(line)) {
            (None, Some(marker)) => current = Some((marker, Vec::new())),
            (Some(_), _) if ends_part(line) => {
                if let Some((marker, lines)) = current.take() {
                    parts.push(Part { marker, text: unfolded(&lines) });
                }
            }
            (Some((_, lines)), _) => lines.push(line),
            (None, None) => {}
        }
    }
    parts
}

/// The text between the lines that fold it.
fn unfolded(lines: &[&str]) -> String {
    let is_fold = |line: &&str| line.starts_with("<details><summary>") && line.ends_with("</summary>");
    let inner = match lines {
        [first, inner @ .., last] if is_fold(first) && *last == "</details>" => inner,
        all => all,
    };
    inner.join("\n").trim().to_owned()
}

/// The whole comment of `parts`, as much as `limit` holds: the longest texts go first, then the last stacks.
pub fn body(marker: &Marker, mut parts: Vec<Part>, flavor: Flavor, limit: Size) -> String {
    parts.sort_by(|one, other| one.marker.subject.cmp(&other.marker.subject));
    let mut dropped = 0;
    loop {
        let text = whole(marker, &parts, dropped, flavor);
        if fits(&text, limit) {
            return text;
        }
        match parts.iter_mut().max_by_key(|part| part.text.len()) {
            Some(longest) if !longest.text.is_empty() => longest.text.clear(),
            Some(_) => {
                parts.pop();
                dropped += 1;
            }
            None => return text,
        }
    }
}

fn whole(marker: &Marker, parts: &[Part], dropped: usize, flavor: Flavor) -> String {
    let count = |outcome: &str| parts.iter().filter(|part| part.more(OUTCOME) == outcome).count();
    let (failed, changes) = (count("failed"), count("changes"));
    let sign = match (failed, changes) {
        (0, 0) => "✅",
        (0, _) => "📝",
        _ => "❌",
    };
    let all = parts.len() + dropped;
    let counts: Vec<String> = [(failed, "failed"), (changes, "with changes")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") };
    let mut out = format!("{}\n", marker.write(flavor));
    out.push_str(&format!("## {sign} {all} stack{}: {counts}\n\n", if all == 1 { "" } else { "s" }));
    out.push_str("| | outcome | commit |\n| --- | --- | --- |\n");
    for part in parts {
        out.push_str(&format!("| {} | {} |\n", part.more(SIGN), part.more(ROW)));
    }
    out.push('\n');
    if dropped > 0 {
        out.push_str(&format!("And {dropped} more: see the jobs' logs\n\n"));
    }
    for part in parts {
        out.push_str(&part.write(flavor));
    }
    out
}

/// Sees to this stack's part.
pub(super) async fn post(task: &Task<'_>) -> Result<Posted, Trouble> {
    let marker = Marker { subject: Subject::Aggregate, ..task.marker() };
    let mut posted = Posted::Nothing;
    let mut author: Option<String> = None;
    for round in 0..ROUNDS {
        let ours = match task.marked(&marker).await {
            Ok(found) => task.ours(found, author.as_deref()).await,
            // It is written: that it can't be read again is no failure.
            Err(_) if round > 0 => return Ok(posted),
            Err(trouble) => return Err(trouble),
        };
        let there = merged(&ours);
        let mine = Subject::of(task.report);
        let old = there.iter().find(|part| part.marker.subject == mine);
        if old.is_some_and(|old| old.marker.stamp.is_later_than(&task.wanted.stamp)) {
            return Ok(if round == 0 { Posted::Outdated } else { posted });
        }
        if old.is_none() && !task.wanted.when.is_met_by(task.report) {
            return Ok(Posted::Nothing);
        }
        let text = new_body(task, &marker, there);
        let (written, by) = write(task, &ours, &text, round).await?;
        match written {
            Posted::Unchanged if round == 0 => return Ok(Posted::Unchanged),
            Posted::Unchanged => return Ok(posted),
            other if round == 0 => posted = other,
            _ => {}
        }
        author = by.or(author);
    }
    Ok(posted)
}

/// The parts of all our comments, of each stack the latest.
fn merged(ours: &[Marked]) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in ours.iter().flat_map(|(comment, _)| parts(&comment.body)) {
        match all.iter_mut().find(|other| other.marker.subject == part.marker.subject) {
            Some(other) if other.marker.stamp.is_later_than(&part.marker.stamp) => {}
            Some(other) => *other = part,
            None => all.push(part),
        }
    }
    all
}

/// The comment with this stack's part in its place.
fn new_body(task: &Task<'_>, marker: &Marker, mut there: Vec<Part>) -> String {
    let forge = task.client.place().forge;
    let flavor = forge.flavor();
    let mine = Subject::of(task.report);
    let known = there.iter().any(|part| part.marker.subject == mine);
    there.retain(|part| part.marker.subject != mine);
    let (Size::Bytes(limit) | Size::Chars(limit)) = forge.limit();
    let used = whole(marker, &there, 0, flavor).encode_utf16().count() + FRAME;
    // Room is left for the stacks that come after this one.
    let room = (limit.saturating_sub(used) / 2).min(limit / 4);
    let options = Options { flavor, marker: None, ..task.content.options.clone() };
    let mut report = task.report.clone();
    if known && !task.wanted.when.is_met_by(task.report) {
        report.notes.insert(0, task.wanted.when.no_more().to_owned());
    }
    let room = Some(Size::Chars(room)).filter(|_| room >= SMALLEST);
    let text = room.map(|room| task.render(&report, &options, room)).unwrap_or_default();
    there.push(Part::new(&report, task.marker(), flavor.html, &text));
    // The comment's own run is the latest of its parts': the same parts make the same comment.
    let latest = there
        .iter()
        .map(|part| &part.marker)
        .reduce(|one, other| if one.stamp.is_later_than(&other.stamp) { one } else { other });
    let (commit, stamp) =
        latest.map_or_else(Default::default, |latest| (latest.commit.clone(), latest.stamp.clone()));
    body(&Marker { commit, stamp, ..marker.clone() }, there, flavor, forge.limit())
}

/// Writes the comment where it has to change, and takes away what is there twice. Says who wrote a new one.
async fn write(
    task: &Task<'_>,
    ours: &[Marked],
    text: &str,
    round: usize,
) -> Result<(Posted, Option<String>), Trouble> {
    let Some((newest, older)) = ours.split_last() else {
        let created = task.create(text, round == 0).await?;
        return Ok((Posted::Created, Some(created.author)));
    };
    let mut by = None;
    let posted = if super::is_same(&newest.0.body, text) {
        Posted::Unchanged
    } else {
        match task.client.update(task.number, &newest.0, text).await {
            Ok(()) => Posted::Updated,
            Err(trouble) if trouble.kind == Kind::Missing => {
                by = Some(task.create(text, round == 0).await?.author);
                Posted::Created
            }
            Err(trouble) => return Err(trouble),
        }
    };
    for (comment, _) in older {
        task.client.delete(task.number, comment).await?;
    }
    Ok((posted, by))
}
