//! How the stacks stand, in words for people: a table, and below it a line for each thing that somebody has to know. Foreign
//! words stand between backticks in the lines, so that they stay text in Markdown.

use std::fmt::Write as _;

use super::page::{StackStatus, StatusEntry, StatusFact, StatusPage};
use crate::base::git::short_commit;
use crate::base::text::visible;
use crate::commands::page_form::{PrintedPage, markdown_table, text_table};

/// The columns.
const COLUMNS: [&str; 7] = ["stack", "deployed", "verified", "open", "lock", "drift", "expiry"];

/// The most characters of a foreign text in a line.
const TEXT: usize = 200;

/// The most characters of the beginning, and of the end, of a reason. The end is the way out.
const REASON: usize = 300;

/// The characters of a digest that are shown.
const DIGEST: usize = 19;

impl PrintedPage for StatusPage {
    fn as_text(&self) -> String {
        let plain = |row: [String; 7]| row.map(|cell| cell.replace('`', ""));
        let rows = self.stacks.iter().map(|stack| plain(row(stack)));
        let mut text = text_table(std::iter::once(COLUMNS.map(str::to_uppercase)).chain(rows));
        for line in details(self) {
            let _ = writeln!(text, "{}", visible(&line, false));
        }
        text
    }

    fn as_markdown(&self) -> String {
        markdown_table(COLUMNS, self.stacks.iter().map(row), &details(self))
    }
}

fn row(stack: &StackStatus) -> [String; 7] {
    [
        quoted(&stack.name),
        cell(&stack.deployed, "not recorded", |entry| {
            format!("{} {}{}", commit(entry), minute(&entry.time), by(entry))
        }),
        match (&stack.verified, &stack.deployed) {
            (StatusFact::None, StatusFact::None) => "-".to_owned(),
            (verified, _) => {
                cell(verified, "not verified", |entry| format!("{} {}", verdict(entry), minute(&entry.time)))
            }
        },
        open(stack),
        cell(&stack.lock, "-", |locks| match locks.as_slice() {
            [one] => one
                .since
                .as_deref()
                .map_or_else(|| "locked".to_owned(), |since| format!("since {}", minute(since))),
            several => format!("{} locks", several.len()),
        }),
        cell(&stack.drift, "none", drifted),
        cell(&stack.expiry, "-", |entry| minute(entry.expires.as_deref().unwrap_or(&entry.time))),
    ]
}

/// "drifted 2026-11-29 18:44"; that people have accepted it stands there too.
fn drifted(look: &StatusEntry) -> String {
    let accepted = if look.expires.is_some() { ", accepted" } else { "" };
    format!("drifted {}{accepted}", minute(&look.time))
}

fn cell<T>(fact: &StatusFact<T>, none: &str, found: impl Fn(&T) -> String) -> String {
    match fact {
        StatusFact::None => none.to_owned(),
        StatusFact::NotKnown { .. } => "not known".to_owned(),
        StatusFact::NotLooked { .. } => "not looked".to_owned(),
        StatusFact::Found { value } => found(value),
    }
}

/// What is open, in a few words.
fn open(stack: &StackStatus) -> String {
    if stack.ledger.certain.is_none() {
        return "not known".to_owned();
    }
    let mut words = Vec::new();
    if stack.held.found().is_some() {
        words.push("held".to_owned());
    }
    if let Some(refused) = stack.refused.found() {
        words.push(waiting(refused));
    }
    if stack.unfinished.found().is_some() {
        words.push("unfinished".to_owned());
    }
    if stack.glass_broken.found().is_some_and(|entry| entry.expired != Some(true)) {
        words.push("glass broken".to_owned());
    }
    if stack.accepted.found().is_some() {
        words.push("accepted".to_owned());
    }
    if stack.ledger.certain == Some(false) {
        words.push("not certain".to_owned());
    }
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn waiting(refused: &StatusEntry) -> String {
    match refused.gate.as_deref() {
        Some("approval") => "waiting for approval".to_owned(),
        Some(gate) => format!("refused ({})", quoted(gate)),
        None => "refused".to_owned(),
    }
}

/// A line for each thing that somebody has to know.
fn details(page: &StatusPage) -> Vec<String> {
    let mut lines = Vec::new();
    for stack in &page.stacks {
        let name = quoted(&stack.name);
        let mut say = |what: String| lines.push(format!("{name}: {what}"));
        if let Some(why) = &stack.ledger.why {
            say(match stack.ledger.certain {
                Some(false) => reason(why),
                _ => format!("not known: {}", reason(why)),
            });
        }
        if let StatusFact::NotKnown { why } = &stack.lock
            && stack.ledger.why.as_ref() != Some(why)
        {
            say(format!("the lock is not known: {}", reason(why)));
        }
        for entry in stack.held.found().into_iter().flatten() {
            say(format!("held since {}{}{}", minute(&entry.time), by(entry), because(entry)));
        }
        if let Some(entry) = stack.refused.found() {
            say(format!(
                "{} since {}{}{}",
                waiting(entry),
                minute(&entry.time),
                digest(entry),
                because(entry)
            ));
        }
        for entry in stack.unfinished.found().into_iter().flatten() {
            say(format!(
                "the deployment of {} of {}{} has no end: it is under way, or was killed{}",
                commit(entry),
                minute(&entry.time),
                by(entry),
                page_of(entry)
            ));
        }
        if let Some(entry) =
            stack.verified.found().filter(|entry| entry.result.as_deref() != Some("succeeded"))
        {
            let checks: Vec<String> = entry.not_passed.iter().map(|check| quoted(check)).collect();
            let checks = if checks.is_empty() { String::new() } else { format!(": {}", checks.join(", ")) };
            say(format!("the checks of {} did not pass{checks}{}", commit(entry), page_of(entry)));
        }
        if let (None, Some(entry), Some(_)) =
            (stack.verified.found(), stack.last_verified.found(), stack.deployed.found())
        {
            say(format!("verified last was {} of {}", commit(entry), minute(&entry.time)));
        }
        if let Some(entry) = stack.glass_broken.found() {
            let until = match (&entry.expires, entry.expired) {
                (Some(expires), Some(true)) => format!(", until {} (over)", minute(expires)),
                (Some(expires), _) => format!(", until {}", minute(expires)),
                (None, _) => String::new(),
            };
            say(format!("glass broken {}{}{until}{}", minute(&entry.time), by(entry), because(entry)));
        }
        for entry in stack.accepted.found().into_iter().flatten() {
            say(format!(
                "accepted {}{}, not deployed yet{}{}",
                minute(&entry.time),
                by(entry),
                digest(entry),
                because(entry)
            ));
        }
        if let Some(look) = stack.drift.found() {
            let until = look.expires.as_deref().map_or_else(String::new, |until| {
                format!(", accepted until {}{}{}", minute(until), by(look), because(look))
            });
            say(format!(
                "not what was deployed, by the look of {}{}{until}",
                minute(&look.time),
                digest(look)
            ));
        }
        if let StatusFact::NotKnown { why } = &stack.drift
            && stack.ledger.why.as_ref() != Some(why)
        {
            say(format!("whether there is drift is not known: {}", reason(why)));
        }
        for lock in stack.lock.found().into_iter().flatten() {
            let since =
                lock.since.as_deref().map_or_else(String::new, |since| format!(" since {}", minute(since)));
            say(format!("locked{since}: {}", quoted(&lock.holder)));
        }
    }
    lines.extend(page.problems.iter().map(|problem| format!("not known: {}", reason(problem))));
    lines
}

fn verdict(entry: &StatusEntry) -> &str {
    match entry.result.as_deref() {
        Some("succeeded") => "passed",
        Some("failed") => "failed",
        Some("inconclusive") => "inconclusive",
        _ => "not clear",
    }
}

fn commit(entry: &StatusEntry) -> String {
    entry
        .commit
        .as_deref()
        .map_or_else(|| "an unknown commit".to_owned(), |commit| quoted(short_commit(commit)))
}

fn by(entry: &StatusEntry) -> String {
    entry.who.as_deref().map_or_else(String::new, |who| format!(" by {}", quoted(who)))
}

fn digest(entry: &StatusEntry) -> String {
    let digits = |digest: &str| digest.chars().take(DIGEST).collect::<String>();
    entry.digest.as_deref().map_or_else(String::new, |digest| format!(", {}…", quoted(&digits(digest))))
}

fn because(entry: &StatusEntry) -> String {
    let reason = entry.reason.as_deref().map_or_else(String::new, |reason| format!(": {}", quoted(reason)));
    format!("{reason}{}", page_of(entry))
}

/// The page with more: the one that a person named, else the run's.
fn page_of(entry: &StatusEntry) -> String {
    let page = entry.link.as_deref().or(entry.url.as_deref());
    page.map_or_else(String::new, |page| format!(" ({})", quoted(page)))
}

/// A foreign text as code.
fn quoted(text: &str) -> String {
    format!("`{}`", plain(text))
}

/// A foreign text that ends no code.
fn plain(text: &str) -> String {
    text.chars().take(TEXT).map(|c| if c == '`' { '\'' } else { c }).collect()
}

/// The reason why something is not known, with its way out.
fn reason(text: &str) -> String {
    let text = text.replace('`', "'");
    let length = text.chars().count();
    if length <= 2 * REASON {
        return text;
    }
    let begin: String = text.chars().take(REASON).collect();
    let end: String = text.chars().skip(length - REASON).collect();
    format!("{begin} … {end}")
}

/// A time by the minute: `2026-11-29 18:44`.
fn minute(time: &str) -> String {
    let minute = time.get(..16).filter(|_| time.as_bytes().get(10) == Some(&b'T'));
    minute.map_or_else(|| plain(time), |minute| minute.replace('T', " "))
}
