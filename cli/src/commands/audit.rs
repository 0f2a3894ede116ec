//! `stackstep audit`: the decisions about a stack, one line for each entry of its ledger. What can't be read or is missing is a
//! line too.

use clap::{Arg, ArgAction, ArgMatches, Command as Clap, value_parser};
use serde_json::{Value, json};

use crate::base::env::Env;
use crate::base::error::{EXIT_INCOMPLETE, Error, Result};
use crate::base::git::short_commit;
use crate::base::moment::Moment;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::one_stack;
use crate::commands::page_form::text_table;
use crate::delivery::place::forge_place;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{LedgerEntry, is_whole_sha256, same_hash};
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::run::gates::ledger;

/// The type of the statement's predicate.
const PREDICATE: &str = "https://github.com/stackstep/stackstep/audit/v1";

/// The type of the statement: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// What is asked of `stackstep audit`.
#[derive(Debug, PartialEq, Eq)]
pub struct AuditAsk {
    /// The form.
    pub form: AuditForm,
    /// The time from which on entries are shown: a day, which begins in UTC, or a time in RFC 3339.
    pub since: Option<String>,
    /// The number of the newest entries that are shown.
    pub number: Option<usize>,
    /// The digest of the deployment that the statement is about. None: the last one.
    pub digest: Option<String>,
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditForm {
    /// A table.
    Table,
    /// An entry as JSON on each line.
    JsonLines,
    /// An in-toto statement.
    InToto,
}

impl AuditAsk {
    /// The subcommand.
    pub fn subcommand() -> Clap {
        let flag = |name: &'static str, help: &'static str, at| {
            Arg::new(name).long(name).help(help).action(ArgAction::SetTrue).display_order(at)
        };
        let value = |name: &'static str, help: &'static str, value: &'static str, at| {
            Arg::new(name).long(name).help(help).value_name(value).display_order(at)
        };
        one_stack::subcommand("audit", "Show who decided what about a stack, from its ledger").args([
            flag("json-lines", "Print each entry as JSON on a line, as it is stored", 0),
            flag("in-toto", "Print an in-toto statement of all entries, which others can sign", 1)
                .conflicts_with_all(["json-lines", "since", "number"]),
            value("since", "Only entries from this time on: `2026-11-01`, `2026-11-29T18:44:00Z`", "TIME", 2),
            value("number", "Only the newest ones", "N", 3).value_parser(value_parser!(usize)),
            value(
                "digest",
                "The change whose deployment the statement is about; by default the last one",
                "DIGEST",
                4,
            )
            .requires("in-toto"),
        ])
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let form = match (sub.get_flag("json-lines"), sub.get_flag("in-toto")) {
            (true, _) => AuditForm::JsonLines,
            (_, true) => AuditForm::InToto,
            _ => AuditForm::Table,
        };
        let text = |name: &str| sub.get_one::<String>(name).cloned();
        let number = sub.get_one::<usize>("number").copied();
        Self { form, since: text("since"), number, digest: text("digest") }
    }
}

/// A line: an entry, or what is wrong where one should be.
enum AuditLine {
    Entry(Box<LedgerEntry>),
    Unreadable { number: u64, why: String },
    Missing { first: u64, last: u64 },
}

/// Prints the decisions. Returns the exit status: 79 if an entry is missing or can't be read.
pub async fn audit(ask: &AuditAsk, flags: &Flags, env: &Env, signals: &Signals) -> Result<u8> {
    let since = ask.since.as_deref().map(beginning).transpose()?;
    // Not the CI system's, so that the answer stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let job = one_stack::job(Command::Outputs, flags, env, console, signals).await?;
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
    let book = ledger::open(&job, place.as_ref());
    ledger::needed(&book, "`audit`")?;
    let entries =
        book.entries().await.map_err(|trouble| ledger::refused(trouble.problem))?.unwrap_or_default();
    let missing = book.missing_among(&entries);
    let mut lines: Vec<AuditLine> = entries
        .into_iter()
        .map(|(number, entry)| match entry {
            Ok(entry) => AuditLine::Entry(Box::new(entry)),
            Err(why) => AuditLine::Unreadable { number, why },
        })
        .chain(missing.into_iter().map(|(first, last)| AuditLine::Missing { first, last }))
        .collect();
    lines.sort_by_key(AuditLine::number);
    let identity = job.identity().unwrap_or_default();
    let text = match ask.form {
        AuditForm::Table => table(&chosen(&lines, since, ask.number)),
        AuditForm::JsonLines => chosen(&lines, since, ask.number)
            .iter()
            .fold(String::new(), |text, line| text + &line.json().to_string() + "\n"),
        AuditForm::InToto => {
            let ledger = json!({ "place": book.shown(), "not_promised": book.not_promised(), "backend": identity.backend_url });
            format!("{}\n", statement(&identity.to_string(), &lines, &ledger, ask.digest.as_deref())?)
        }
    };
    if ask.form == AuditForm::Table {
        console.print(&text);
    } else if console.shows(&text) {
        console.print_json(&text);
    } else {
        return Err(Error::input(
            "the ledger holds a text that is a secret of this job, so it is not printed as JSON",
            "print it as a table: secrets are masked there",
        ));
    }
    let is_whole = lines.iter().all(|line| matches!(line, AuditLine::Entry(_)));
    Ok(if is_whole { 0 } else { EXIT_INCOMPLETE })
}

/// The moment that a person means by a day, which begins in UTC, or by a time.
fn beginning(since: &str) -> Result<Moment> {
    let day = || Moment::parse(&format!("{since}T00:00:00Z"));
    Moment::parse(since).or_else(day).ok_or_else(|| {
        Error::input(
            format!("`--since {}` is no time", since.escape_debug()),
            "write a day, `2026-11-01`, or a time with its zone, `2026-11-29T18:44:00Z` or `2026-11-29T19:44:00+01:00`",
        )
    })
}

/// The lines that are asked for. What is wrong is always shown, and so is an entry whose time can't be read.
fn chosen(lines: &[AuditLine], since: Option<Moment>, number: Option<usize>) -> Vec<&AuditLine> {
    let is_in_time = |line: &&AuditLine| match (line, since) {
        (AuditLine::Entry(entry), Some(since)) => Moment::parse(&entry.time).is_none_or(|time| time >= since),
        _ => true,
    };
    let in_time: Vec<&AuditLine> = lines.iter().filter(is_in_time).collect();
    let from = number.map_or(0, |number| in_time.len().saturating_sub(number));
    let is_wanted = |(at, line): &(usize, &AuditLine)| *at >= from || !matches!(line, AuditLine::Entry(_));
    in_time.into_iter().enumerate().filter(is_wanted).map(|(_, line)| line).collect()
}

impl AuditLine {
    fn number(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.number,
            Self::Unreadable { number, .. } => *number,
            Self::Missing { first, .. } => *first,
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Entry(entry) => serde_json::to_value(entry).unwrap_or_default(),
            Self::Unreadable { number, why } => json!({ "number": number, "unreadable": why }),
            Self::Missing { first, last } => json!({ "number": first, "missing_until": last }),
        }
    }

    /// The cells of the table: number, time, who, what, about which change, why, run.
    fn cells(&self) -> [String; 7] {
        let dash = || "-".to_owned();
        match self {
            Self::Entry(entry) => {
                let link = entry.link.as_ref().map(|link| format!("({link})"));
                let why: Vec<String> = entry.reason.iter().cloned().chain(link).collect();
                let run = entry.run.as_ref().and_then(|run| run.url.clone().or_else(|| run.id.clone()));
                [
                    entry.number.to_string(),
                    entry.time.clone(),
                    entry.actor.clone().unwrap_or_else(dash),
                    what(entry),
                    change(entry).unwrap_or_else(dash),
                    if why.is_empty() { dash() } else { why.join(" ") },
                    run.unwrap_or_else(dash),
                ]
            }
            Self::Unreadable { number, why } => {
                [number.to_string(), dash(), dash(), "can't be read".to_owned(), dash(), why.clone(), dash()]
            }
            Self::Missing { first, last } => {
                let number = if first == last { first.to_string() } else { format!("{first}-{last}") };
                [number, dash(), dash(), "missing".to_owned(), dash(), dash(), dash()]
            }
        }
    }
}

/// What was decided or done: the kind, with its gate or its result.
fn what(entry: &LedgerEntry) -> String {
    let mut words = vec![entry.kind.word().to_owned()];
    words.extend(entry.command.iter().filter(|command| *command != "up").cloned());
    words.extend(entry.gate.iter().map(|gate| format!("by {gate}")));
    words.extend(entry.status.iter().map(|status| status.word().to_owned()));
    let approvers: Vec<&str> =
        entry.approvers.iter().map(|one| one.name.as_deref().unwrap_or("somebody")).collect();
    if !approvers.is_empty() {
        words.push(format!("approved by {}", approvers.join(", ")));
    }
    words.join(" ")
}

/// The change that it is about: the commit, and the beginning of the digest.
fn change(entry: &LedgerEntry) -> Option<String> {
    let digest = entry.digest.as_deref().map(|digest| digest.chars().take(19).collect::<String>());
    let commit = entry.commit.as_deref().map(|commit| short_commit(commit).to_owned());
    let about = entry.about.map(|about| format!("entry {about}"));
    let parts: Vec<String> = commit.into_iter().chain(digest).collect();
    if parts.is_empty() { about } else { Some(parts.join(" ")) }
}

fn table(lines: &[&AuditLine]) -> String {
    let head = ["NUMBER", "TIME", "WHO", "WHAT", "CHANGE", "WHY", "RUN"].map(str::to_owned);
    text_table(std::iter::once(head).chain(lines.iter().map(|line| line.cells())))
}

/// The in-toto statement: its subject is a deployment, and its predicate all that the ledger has.
fn statement(name: &str, lines: &[AuditLine], ledger: &Value, asked: Option<&str>) -> Result<Value> {
    let mut history = History::default();
    let entries: Vec<&LedgerEntry> = lines
        .iter()
        .filter_map(|line| match line {
            AuditLine::Entry(entry) => Some(entry.as_ref()),
            AuditLine::Unreadable { .. } | AuditLine::Missing { .. } => None,
        })
        .collect();
    for entry in &entries {
        history.add((*entry).clone());
    }
    let deployed = |digest: &str| {
        entries.iter().any(|entry| entry.digest.as_deref().is_some_and(|its| same_hash(its, digest)))
    };
    let digest = match asked {
        Some(asked) if !deployed(asked) => {
            return Err(Error::input(
                format!("the ledger has no change with the digest `{asked}`"),
                "name one that `stackstep audit` shows, whole",
            ));
        }
        Some(asked) => asked.to_owned(),
        None => history.deployed().and_then(|entry| entry.digest.clone()).ok_or_else(|| {
            Error::input(
                "the ledger has no deployment with a digest, so that the statement has no subject",
                "deploy with a preview before it; or name the change with `--digest`",
            )
        })?,
    };
    let Some(hexadecimal) = is_whole_sha256(&digest) else {
        return Err(Error::input(
            format!("the ledger has only a part of the digest: `{digest}…`"),
            "name it whole with `--digest`: it stands in the result file and in the comment of the preview",
        ));
    };
    let wrong = lines.iter().filter(|line| !matches!(line, AuditLine::Entry(_)));
    Ok(json!({
        "_type": STATEMENT,
        "subject": [{ "name": name, "digest": { "sha256": hexadecimal } }],
        "predicateType": PREDICATE,
        "predicate": {
            "v": 1,
            "stack": name,
            "ledger": ledger,
            "entries": entries,
            "unreadable_or_missing": wrong.map(AuditLine::json).collect::<Vec<_>>(),
        },
    }))
}
