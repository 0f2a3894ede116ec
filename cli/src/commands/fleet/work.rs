//! Carries out a fleet: begins what the schedule lets begin, shows each stack's log when it has ended, and says now and then what
//! is at work.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::choice::FleetMember;
use crate::base::error::Error;
use crate::ci::console::Console;
use crate::commands::early;
use crate::commands::ended::EndedRun;
use crate::commands::run::run_request;
use crate::commands::stack_jobs::name_of_files;
use crate::commands::stack_sets::targets::RowTarget;
use crate::delivery::judging::Judging;
use crate::engine::job::OneOfSeveral;
use crate::fleet::schedule::{FleetSchedule, NotBegun, StackEnd};
use crate::inputs::resolve::Flags;
use crate::process::memory::{Mebibytes, free_memory};
use crate::process::signals::Signals;
use crate::render;
use crate::report::{Report, Status};
use crate::run::prepare::RunRequest;

/// The time between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// The work on the stacks of a fleet.
pub struct FleetWork<'a> {
    /// The stacks.
    pub members: &'a [FleetMember],
    /// The flags of each stack's run.
    pub flags: &'a [Flags],
    /// What is each run's own, if rows make the stacks.
    pub rows: &'a [RowTarget],
    /// What each run has in common.
    pub request: RunRequest<'a>,
    /// The file that judges.
    pub judging: &'a Judging,
    /// The free memory that a further stack needs.
    pub memory: Mebibytes,
}

/// What became of a stack.
pub struct MemberEnd {
    /// Its run.
    pub run: EndedRun,
    /// Why it was not run, if it was not.
    pub not_run: Option<NotRun>,
    /// The time that it took.
    pub took: Duration,
}

/// Why a stack was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRun {
    /// It was deployed at this commit already.
    Done,
    /// It is not there yet, so that nobody can look at it.
    Unseen,
    /// It should have been, for this reason.
    LeftOut(String),
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => formatter.write_str("it was deployed at this commit already"),
            Self::Unseen => formatter.write_str("it is a new stack: its changes are not known"),
            Self::LeftOut(why) => formatter.write_str(why),
        }
    }
}

impl NotRun {
    /// What people can do.
    fn hint(&self) -> &'static str {
        match self {
            Self::Unseen => "the CLI previews only stacks that are there; `fleet up` creates it",
            Self::Done | Self::LeftOut(_) => {
                "run the fleet again with `--resume` when that is settled: what is done is passed over"
            }
        }
    }
}

/// A run that has ended, with its log.
struct LoggedEnd {
    number: usize,
    run: EndedRun,
    log: Console,
    took: Duration,
}

impl FleetWork<'_> {
    /// Carries out the fleet. Returns what became of each stack, in their order. `done` has whether a stack needs no run.
    pub async fn carry_out(
        &self,
        schedule: &mut FleetSchedule,
        done: &[bool],
        console: &mut Console,
        signals: &Signals,
    ) -> Vec<MemberEnd> {
        let mut ends: Vec<Option<MemberEnd>> = self.members.iter().map(|_| None).collect();
        let mut at_work: Vec<(usize, Instant)> = Vec::new();
        let mut runs = FuturesUnordered::new();
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
        let mut count = 0;
        let mut changed: BTreeSet<usize> = BTreeSet::new();
        loop {
            if signals.first().is_some() {
                schedule.stop();
            }
            while runs.is_empty() || self.has_room() {
                let Some(number) = schedule.begin() else { break };
                // What has changed before it may be what it reads.
                let stands = !schedule.comes_after(number).any(|other| changed.contains(&other));
                let is_done = stands && done.get(number) == Some(&true);
                let needless = is_done.then_some(NotRun::Done).or_else(|| self.unseen(number));
                if let Some(why) = needless {
                    schedule.ended(number, StackEnd::default());
                    put(&mut ends, number, self.passed_over(number, why, console));
                    count += 1;
                    continue;
                }
                match console.aside() {
                    Ok(log) => {
                        at_work.push((number, Instant::now()));
                        runs.push(self.run(number, log, signals));
                    }
                    Err(error) => {
                        console.error(&error);
                        schedule.ended(number, StackEnd { failed: true, ..StackEnd::default() });
                        let run = EndedRun::without_report(error.exit_status());
                        put(&mut ends, number, MemberEnd { run, not_run: None, took: Duration::ZERO });
                    }
                }
            }
            let ended = tokio::select! {
                ended = runs.next() => ended,
                _ = beat.tick() => {
                    console.line(&self.at_work(&at_work));
                    continue;
                }
            };
            let Some(LoggedEnd { number, run, log, took }) = ended else { break };
            count += 1;
            at_work.retain(|(other, _)| *other != number);
            let title = format!(
                "{}: {} ({} of {})",
                self.name(number),
                outcome_line(&run, took),
                count,
                self.members.len()
            );
            console.take_back(&log, &title);
            let end = end_of(&run);
            if end.changes != Some(0) {
                changed.insert(number);
            }
            schedule.ended(number, end);
            put(&mut ends, number, MemberEnd { run, not_run: None, took });
        }
        let end = |(number, end): (usize, Option<MemberEnd>)| {
            end.unwrap_or_else(|| {
                let why = NotRun::LeftOut(self.why_not(schedule.not_begun(number)));
                self.passed_over(number, why, console)
            })
        };
        ends.into_iter().enumerate().map(end).collect()
    }

    fn unseen(&self, number: usize) -> Option<NotRun> {
        self.rows.get(number)?.is_unseen.then_some(NotRun::Unseen)
    }

    /// Whether the machine has memory for a further stack. Where that is not known, it has.
    fn has_room(&self) -> bool {
        free_memory().is_none_or(|free| free >= self.memory)
    }

    async fn run(&self, number: usize, mut log: Console, signals: &Signals) -> LoggedEnd {
        let begun = Instant::now();
        let empty = Flags::new();
        let own_name = self.own_name(number);
        let env = self.request.env.begun_now();
        let request = RunRequest { env: &env, ..self.request_of(number, &empty, &own_name) };
        let run = Box::pin(run_request(&request, Some(self.judging), &mut log, signals)).await;
        let run = run.unwrap_or_else(|error| {
            log.error(&error);
            EndedRun::without_report(error.exit_status())
        });
        LoggedEnd { number, run, log, took: begun.elapsed() }
    }

    /// The request of a stack's run.
    fn request_of<'r>(&'r self, number: usize, empty: &'r Flags, own_name: &'r str) -> RunRequest<'r> {
        let row = self.rows.get(number);
        RunRequest {
            flags: self.flags.get(number).unwrap_or(empty),
            one_of_several: Some(OneOfSeveral { name: own_name, in_a_fleet: true }),
            row: row.map(|row| &row.run),
            command: row.map_or(self.request.command, |row| Some(row.command)),
            ..self.request
        }
    }

    /// The result of a stack that is not run.
    fn passed_over(&self, number: usize, why: NotRun, console: &Console) -> MemberEnd {
        let empty = Flags::new();
        let own_name = self.own_name(number);
        let env = self.request.env.begun_now();
        let request = RunRequest { env: &env, ..self.request_of(number, &empty, &own_name) };
        console.line(&format!("{}: not run: {why}", self.name(number)));
        let what = format!("not run: {why}");
        let skipped = Error::Skipped { what, hint: why.hint().to_owned(), reason: None };
        let run = early::end_aside(&request, &skipped, 0, console);
        MemberEnd { run, not_run: Some(why), took: Duration::ZERO }
    }

    fn why_not(&self, why: Option<&NotBegun>) -> String {
        match why {
            Some(NotBegun::After(other)) => {
                format!("it comes after `{}`, which did not end well", self.name(*other))
            }
            Some(NotBegun::TooManyFailed { failed, most }) => {
                format!("{failed} stacks have failed, and `fleet.max-failures` allows {most}")
            }
            Some(NotBegun::Brake(why)) => why.clone(),
            Some(NotBegun::Stopped) | None => "the fleet was stopped".to_owned(),
        }
    }

    fn name(&self, number: usize) -> String {
        self.members.get(number).map(FleetMember::name).unwrap_or_default()
    }

    fn own_name(&self, number: usize) -> String {
        name_of_files(number, self.members.len(), &|number| self.name(number))
    }

    fn at_work(&self, at_work: &[(usize, Instant)]) -> String {
        let each: Vec<String> = at_work
            .iter()
            .map(|(number, since)| format!("{} ({} s)", self.name(*number), since.elapsed().as_secs()))
            .collect();
        format!("at work: {}", each.join(", "))
    }
}

fn put(ends: &mut [Option<MemberEnd>], number: usize, end: MemberEnd) {
    if let Some(place) = ends.get_mut(number) {
        *place = Some(end);
    }
}

/// The outcome of a run in a few words, with its time.
fn outcome_line(run: &EndedRun, took: Duration) -> String {
    let outcome = run.report.as_deref().map_or_else(|| "failed".to_owned(), render::short_outcome);
    let counts = run.report.as_deref().map(render::counts).unwrap_or_default();
    let counts = if counts.is_empty() { String::new() } else { format!(", {counts}") };
    format!("{outcome}{counts}, {} s", took.as_secs())
}

/// The numbers of resources that a run has changed, or would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedCounts {
    /// Those that are not the same.
    pub changes: u64,
    /// Those that are deleted or replaced.
    pub deletes: u64,
}

/// What a report counts. None if that is not known.
pub fn changed(report: &Report) -> Option<ChangedCounts> {
    let changes = report.changes.as_ref()?;
    let sum = |counts: fn(&str) -> bool| {
        changes.iter().filter(|(operation, _)| counts(operation)).map(|(_, count)| count).sum()
    };
    Some(ChangedCounts {
        changes: sum(|operation| !matches!(operation, "same" | "read")),
        deletes: sum(|operation| matches!(operation, "delete" | "replace" | "delete-replaced")),
    })
}

/// How a run ended, as far as the others are concerned.
fn end_of(run: &EndedRun) -> StackEnd {
    let Some(report) = run.report.as_deref() else {
        return StackEnd { failed: run.status != 0, ..StackEnd::default() };
    };
    let is_done = matches!(report.status, Status::Succeeded | Status::Skipped);
    let counts = changed(report).filter(|_| !report.command.only_looks(report.preview_only));
    StackEnd {
        failed: !is_done || run.status != 0,
        changes: counts.map(|counts| counts.changes),
        deletes: counts.map(|counts| counts.deletes),
    }
}
