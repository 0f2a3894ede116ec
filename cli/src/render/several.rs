//! Several reports in one: a heading with the counts of stacks, a table of them, and a folded part for each.
//!
//! The size is shared out before anything is written, so that each part is the most useful form that its share holds:
//! what failed or destroys first, then what changes, then the rest. A part without room is a row of the table, and the
//! document says so.

use std::collections::BTreeSet;

use super::escape::{code, link, tagged};
use super::{Detail, Flavor, Options, Size, fit, fits, words};
use crate::base::words::enum_of_words;
use crate::report::{Operation, Report, RuleVerdict, Status, root_of};

/// A share that would be smaller is none: the table has the outcome.
pub const SMALLEST: usize = 1200;

/// How one report stands among several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackLine {
    /// A sign for the outcome.
    pub sign: &'static str,
    /// The outcome, where Markdown is not read.
    pub title: String,
    /// The stack, the outcome, the counts and the job, as cells of a table.
    pub row: String,
    /// What is counted in the heading.
    pub outcome: &'static str,
    /// How its part is shown.
    pub part: PartLooks,
}

enum_of_words! {
    /// How the part of a stack is shown.
    pub enum PartLooks {
        /// Open: it failed, or destroys.
        Open = "open",
        /// Folded, where that can be done.
        Folded = "folded",
        /// Not at all: its row says that nothing changes, and there is nothing else.
        Absent = "absent",
    }
}

impl StackLine {
    /// The line of `report`.
    pub fn new(report: &Report, detail: Detail, html: bool) -> Self {
        let outcome = match report.status {
            Status::Failed | Status::Cancelled => "failed",
            Status::Skipped => "skipped",
            _ if report.has_changes.is_none() => "unknown",
            _ if report.has_changes == Some(true) => "changes",
            Status::Succeeded => "same",
        };
        let job = report.ci.as_ref().and_then(|ci| ci.build_url.as_deref());
        let job = job.map(|url| link("job's log", url, html)).unwrap_or_default();
        let (sign, counts) = (words::sign(report), words::count_cells(report).join(" | "));
        let stack = words::quoted_place(report, |stack| code(stack, html));
        Self {
            sign,
            title: words::headline_in(report, detail, |name| tagged(name, html)),
            row: format!("{stack} | {sign} {} | {counts} | {job}", words::short_outcome(report)),
            outcome,
            part: match urgency(report) {
                0 | 1 => PartLooks::Open,
                _ if words::is_quiet(report) => PartLooks::Absent,
                _ => PartLooks::Folded,
            },
        }
    }
}

/// How many stacks there are, and how many runs of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackCounts {
    stacks: usize,
    runs: usize,
}

impl StackCounts {
    /// Counts what the runs are about.
    pub fn by_stack<T: Ord>(runs: impl Iterator<Item = T>) -> Self {
        let (mut stacks, mut count) = (BTreeSet::new(), 0);
        for stack in runs {
            stacks.insert(stack);
            count += 1;
        }
        Self { stacks: stacks.len(), runs: count }
    }

    fn of_reports(reports: &[&Report]) -> Self {
        Self::by_stack(reports.iter().map(|report| {
            let identity = report.stack_identity();
            (identity.to_string(), identity.backend)
        }))
    }
}

/// The heading over all stacks, with the outcomes of their runs: "3 stacks: 1 failed".
pub fn heading<'a>(outcomes: impl Iterator<Item = &'a str>, all: StackCounts) -> String {
    let (mut failed, mut skipped, mut unknown, mut changes) = (0, 0, 0, 0);
    for outcome in outcomes {
        match outcome {
            "failed" => failed += 1,
            "skipped" => skipped += 1,
            "unknown" => unknown += 1,
            "changes" => changes += 1,
            _ => {}
        }
    }
    let sign = match (failed, unknown + skipped, changes) {
        (0, 0, 0) => "✅",
        (0, 0, _) => "📝",
        (0, _, _) => "⚠️",
        _ => "❌",
    };
    let counts: Vec<String> =
        [(failed, "failed"), (skipped, "not run"), (unknown, "not known"), (changes, "with changes")]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
    let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") };
    let runs = (all.runs > all.stacks).then(|| format!(", {}", words::many(all.runs, "run")));
    format!("{sign} {}{}: {counts}", words::many(all.stacks, "stack"), runs.unwrap_or_default())
}

/// The heading over `reports`.
pub(super) fn heading_of(reports: &[&Report]) -> String {
    let outcomes = reports.iter().map(|report| StackLine::new(report, Detail::Counts, true).outcome);
    heading(outcomes, StackCounts::of_reports(reports))
}

/// The heading over all of these reports: "3 stacks: 1 failed".
pub fn heading_of_all(reports: &[Report]) -> String {
    heading_of(&ordered(reports))
}

/// The table, from its rows.
pub fn table<'a>(rows: impl Iterator<Item = &'a str>) -> String {
    let mut table =
        "| Stack | Outcome | + | ~ | ± | − | |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n".to_owned();
    for row in rows {
        table.push_str(&format!("| {row} |\n"));
    }
    table + "\n"
}

/// What has no part: `bare` stacks are in the table only, `dropped` are not even there.
pub fn left_out(bare: usize, dropped: usize) -> String {
    let mut text = String::new();
    if dropped > 0 {
        text.push_str(&format!("And {dropped} more: see the jobs' result files\n\n"));
    }
    if bare > 0 {
        let stacks = words::many(bare, "stack");
        text.push_str(&format!(
            "No room for the details of {stacks}: they are in the jobs' result files\n\n"
        ));
    }
    text
}

/// The part of one stack, folded where that can be done and it is not urgent.
pub fn part(flavor: Flavor, sign: &str, title: &str, looks: PartLooks, text: &str) -> String {
    let text = text.trim_end();
    let open = if looks == PartLooks::Open { " open" } else { "" };
    match text {
        "" => String::new(),
        _ if flavor.html => {
            format!("<details{open}><summary>{sign} {title}</summary>\n\n{text}\n\n</details>\n")
        }
        _ => format!("\n{text}\n\n"),
    }
}

/// The order in which reports are shown and get room: what failed, what destroys, what changes, the rest.
pub fn urgency(report: &Report) -> u8 {
    let destroys = |(operation, count): (&String, &u64)| words::destroys(operation) && *count > 0;
    let ruled = report.rules.as_ref().map(|rules| rules.verdict);
    match report.status {
        Status::Failed | Status::Cancelled => 0,
        _ if ruled == Some(RuleVerdict::Refused) => 0,
        _ if ruled == Some(RuleVerdict::Approval) => 1,
        _ if report.has_changes.is_none() || report.least_changes().iter().any(destroys) => 1,
        _ if report.has_changes == Some(true) => 2,
        _ => 3,
    }
}

/// The reports, the most urgent first; of one urgency by their names.
pub fn ordered(reports: &[Report]) -> Vec<&Report> {
    let mut reports: Vec<&Report> = reports.iter().collect();
    reports.sort_by_key(|report| (urgency(report), words::place(report), report.command.name()));
    reports
}

/// What `render` makes of each report, so that all together are no more than `room`. Empty for one that gets none.
pub fn texts(
    reports: &[&Report],
    room: Size,
    smallest: usize,
    render: &dyn Fn(&Report, Size) -> String,
) -> Vec<String> {
    let whole: Vec<String> = reports.iter().map(|report| render(report, room)).collect();
    let (Size::Bytes(all) | Size::Chars(all)) = room;
    let wanted: Vec<(u8, usize)> =
        reports.iter().zip(&whole).map(|(report, text)| (urgency(report), length(text, room))).collect();
    let shares = shares(&wanted, all, smallest);
    let texts = reports.iter().zip(whole).zip(wanted.iter().zip(shares));
    texts
        .map(|((report, text), ((_, wanted), share))| match share {
            0 => String::new(),
            share if share >= *wanted => text,
            share => render(report, same_unit(room, share)),
        })
        .collect()
}

/// How `room` is shared out among those who want so much, the most urgent first: each gets the smallest useful share
/// as long as there is room, then the urgent ones as much as they want, in equal parts.
fn shares(wanted: &[(u8, usize)], room: usize, smallest: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let of = |at: usize| wanted.get(at).copied().unwrap_or_default();
    order.sort_by_key(|at| of(*at));
    let mut shares = vec![0; wanted.len()];
    let mut left = room;
    for &at in &order {
        let least = of(at).1.min(smallest);
        if let Some(share) = shares.get_mut(at).filter(|_| least <= left) {
            *share = least;
            left -= least;
        }
    }
    // The smallest wishes of an urgency come first, so that what they leave goes to the others.
    for (done, &at) in order.iter().enumerate() {
        let (urgency, wish) = of(at);
        let alike = order
            .iter()
            .skip(done)
            .filter(|other| of(**other).0 == urgency && shares.get(**other).is_some_and(|share| *share > 0));
        let equal = left / alike.count().max(1);
        if let Some(share) = shares.get_mut(at).filter(|share| **share > 0) {
            let more = equal.min(wish.saturating_sub(*share));
            *share += more;
            left -= more;
        }
    }
    shares
}

/// How much of `size` the text takes.
pub fn length(text: &str, size: Size) -> usize {
    match size {
        Size::Bytes(_) => text.len(),
        Size::Chars(_) => text.encode_utf16().count(),
    }
}

/// So much, in the unit of `size`.
pub fn same_unit(size: Size, room: usize) -> Size {
    match size {
        Size::Bytes(_) => Size::Bytes(room),
        Size::Chars(_) => Size::Chars(room),
    }
}

/// The digest that stands for several previews together, by which they are named as reviewed; `digests` has one for each
/// preview. Empty for one preview alone, and where one has no digest.
pub fn reviewed_together<'a>(digests: impl Iterator<Item = Option<&'a str>>) -> String {
    match digests.collect::<Option<Vec<_>>>() {
        Some(all) if all.len() > 1 => format!("All changes together: `{}`\n\n", root_of(&all)),
        _ => String::new(),
    }
}

/// The report, if more is to be said of it than its row says.
pub fn with_part(report: &Report) -> Option<&Report> {
    Some(report).filter(|report| !words::is_quiet(report))
}

/// The options of a part: where a fold's own line says the outcome, the part does not say it again.
pub fn options_of_part(options: &Options) -> Options {
    Options { marker: None, among_others: options.flavor.html, ..options.clone() }
}

/// All of `reports` as Markdown that `size` holds.
pub fn several(reports: &[Report], options: &Options, size: Size) -> String {
    let (flavor, reports) = (options.flavor, ordered(reports));
    let lines: Vec<StackLine> =
        reports.iter().map(|report| StackLine::new(report, options.detail, flavor.html)).collect();
    let has_part = |line: &StackLine| line.part != PartLooks::Absent;
    let document = |texts: &[String], shown: usize| {
        let rows = lines.iter().take(shown).map(|line| line.row.as_str());
        let bare =
            lines.iter().zip(texts).take(shown).filter(|(line, text)| text.is_empty() && has_part(line));
        let mut out = format!("## {}\n\n{}", heading_of(&reports), table(rows));
        out.push_str(&left_out(bare.count(), lines.len() - shown));
        let previews = reports.iter().filter(|report| report.command == Operation::Preview);
        out.push_str(&reviewed_together(
            previews.map(|report| report.review.as_ref().map(|review| review.digest.as_str())),
        ));
        for (line, text) in lines.iter().zip(texts) {
            out.push_str(&part(flavor, line.sign, &line.title, line.part, text));
            out.push_str(if text.is_empty() { "" } else { "\n" });
        }
        out
    };
    let empty = vec![String::new(); reports.len()];
    // What folds a part is written around its text.
    let fold = |line: &StackLine| length(&part(flavor, line.sign, &line.title, line.part, "x"), size) + 2;
    let folds: usize = lines.iter().map(fold).sum();
    let (Size::Bytes(limit) | Size::Chars(limit)) = size;
    let room = limit.saturating_sub(length(&document(&empty, lines.len()), size).saturating_add(folds));
    let of_part = options_of_part(options);
    let render = |report: &Report, room| {
        with_part(report).map_or_else(String::new, |report| fit(report, &of_part, room))
    };
    let texts = texts(&reports, same_unit(size, room), SMALLEST, &render);
    let whole = document(&texts, lines.len());
    if fits(&whole, size) {
        return whole;
    }
    (0..=lines.len())
        .rev()
        .map(|shown| document(&empty, shown))
        .find(|text| fits(text, size))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn all_get_what_they_want_while_there_is_room() {
        assert_eq!(shares(&[(0, 5000), (3, 2000)], 10_000, 1200), [5000, 2000]);
    }

    #[test]
    fn the_urgent_get_more_and_everybody_the_smallest_share() {
        assert_eq!(shares(&[(3, 9000), (0, 9000), (2, 9000)], 10_000, 1200), [1200, 7600, 1200]);
    }

    #[test]
    fn what_a_small_one_leaves_goes_to_the_others() {
        assert_eq!(shares(&[(0, 2000), (0, 9000)], 10_000, 1200), [2000, 8000]);
        assert_eq!(shares(&[(0, 9000), (0, 9000)], 10_000, 1200), [5000, 5000]);
    }

    #[test]
    fn without_room_for_all_the_least_urgent_get_none() {
        assert_eq!(shares(&[(3, 9000), (0, 9000), (2, 9000)], 2500, 1200), [0, 1300, 1200]);
    }
}
