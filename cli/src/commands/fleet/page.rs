//! The page of a fleet: each stack with its order, its wave, and what became of it. It is the plan of `--dry-run`, the result file
//! of a fleet, and the answer of `fleet status`.

use std::fmt::Write as _;

use serde::Serialize;

use super::arranged::{ArrangedFleet, arrange};
use super::ask::{FleetAsk, FleetChoice, FleetVerb};
use super::choice::{ChosenStacks, FleetMember, choose};
use super::members::{flags_of_members, waves_of};
use crate::base::env::Env;
use crate::base::error::{EXIT_INCOMPLETE, Error, Result};
use crate::base::git::short_commit;
use crate::base::words::Words as _;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::judging::own_definition;
use crate::commands::page_form::{PageForm, PrintedPage, text_table};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::instant_of;
use crate::process::signals::Signals;
use crate::report::{Reason, Status};
use crate::run::prepare::{RunRequest, Until, prepare};

/// The version of the form.
pub const FORM: u32 = 1;

/// A fleet.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetPage {
    /// The version of the form: 1.
    pub v: u32,
    /// The command: `preview`, `up`, `refresh`, `destroy`, `drift`, `status`.
    pub command: String,
    /// The commit that is checked out, if it is known.
    pub commit: Option<String>,
    /// The stacks, in the order of the repository.
    pub stacks: Vec<FleetLine>,
    /// What a preview of stacks that `--since` leaves out has shown. None for any other fleet.
    pub self_check: Option<SelfCheck>,
}

/// What a preview of stacks that `--since` leaves out has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelfCheck {
    /// The number of stacks that are left out.
    pub left_out: usize,
    /// The number of those that were previewed, and of which it is known whether they would change.
    pub checked: usize,
    /// Those that would change after all, as `project/stack`.
    pub missed: Vec<String>,
}

/// A stack of a fleet.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetLine {
    /// The project's name.
    pub project: String,
    /// The project's folder, from the top of the repository.
    pub cwd: String,
    /// The stack's name.
    pub stack: String,
    /// The environment that its entry in `stackstep.yaml` names.
    pub environment: Option<String>,
    /// Its place in the order, from 1: it comes after stacks of lower places. None in a circle, behind one, and for a row
    /// of a set that is stopped.
    pub order: Option<usize>,
    /// Its wave, from 1.
    pub wave: usize,
    /// The stacks of the fleet that it comes after.
    pub after: Vec<FleetLink>,
    /// What its state tells of its last update, from before the fleet. None if it has none, or that is not known.
    pub last: Option<LastLine>,
    /// Why its state could not be read. None if it could.
    pub unread: Option<String>,
    /// What became of it. None in a plan.
    pub end: Option<FleetLineEnd>,
}

/// A stack that comes before another one.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetLink {
    /// `project/stack`.
    pub stack: String,
    /// Who says so: `state`, `code`, `declared`.
    pub by: Vec<String>,
}

/// A stack's last update, as its backend tells it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LastLine {
    /// The kind: `update`, `refresh`, `destroy`.
    pub kind: String,
    /// Whether it ended well.
    pub succeeded: bool,
    /// The commit of the checkout that it ran in.
    pub commit: Option<String>,
    /// When it ended, as RFC 3339 in UTC.
    pub ended: Option<String>,
    /// The time that it took, in seconds.
    pub seconds: Option<u64>,
}

/// What became of a stack.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetLineEnd {
    /// How it ended. `skipped` if it was not run.
    pub status: Status,
    /// The reason, if it did not succeed.
    pub reason: Option<Reason>,
    /// Why it was not run. None if it was.
    pub not_run: Option<String>,
    /// The exit status of its run.
    pub exit_status: u8,
    /// Whether something changes, or has changed. None if that is not known.
    pub has_changes: Option<bool>,
    /// The number of resources for each operation. None if it is not known.
    pub changes: Option<std::collections::BTreeMap<String, u64>>,
    /// The time that it took, in seconds.
    pub seconds: u64,
    /// The path of its result file.
    pub result: Option<String>,
}

/// The page of a fleet before its work.
pub(super) fn fleet_page(
    command: &str,
    commit: Option<&str>,
    members: &[FleetMember],
    arranged: &ArrangedFleet,
    waves: &[usize],
) -> FleetPage {
    let places = arranged.order.places();
    let name = |number: usize| members.get(number).map(FleetMember::name).unwrap_or_default();
    let line = |(number, member): (usize, &FleetMember)| {
        let after = arranged.order.after(number).iter().map(|(other, sources)| FleetLink {
            stack: name(*other),
            by: sources.iter().map(|source| source.word().to_owned()).collect(),
        });
        let last = arranged.last.get(number).and_then(Option::as_ref).map(|last| LastLine {
            kind: last.kind.clone(),
            succeeded: last.succeeded,
            commit: last.commit.clone(),
            ended: last.ended.map(instant_of),
            seconds: last.took.map(|took| took.as_secs()),
        });
        let unread = arranged.unread.iter().find(|(other, _)| *other == number);
        FleetLine {
            project: member.project.clone(),
            cwd: member.cwd.clone(),
            stack: member.place.stack.clone(),
            environment: member.environment.clone(),
            order: places.get(number).copied().flatten(),
            wave: waves.get(number).copied().unwrap_or(1),
            after: after.collect(),
            last,
            unread: unread.map(|(_, why)| why.clone()),
            end: None,
        }
    };
    FleetPage {
        v: FORM,
        command: command.to_owned(),
        commit: commit.map(str::to_owned),
        stacks: members.iter().enumerate().map(line).collect(),
        self_check: None,
    }
}

impl FleetLine {
    /// The line of a stack that nothing is run for: it has no place in the order.
    pub(super) fn outside_of_the_order(member: &FleetMember) -> Self {
        Self {
            project: member.project.clone(),
            cwd: member.cwd.clone(),
            stack: member.place.stack.clone(),
            environment: member.environment.clone(),
            order: None,
            wave: 1,
            after: Vec::new(),
            last: None,
            unread: None,
            end: None,
        }
    }

    /// `project/stack`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.project, self.stack)
    }

    fn order_text(&self) -> String {
        self.order.map_or_else(|| "in a circle".to_owned(), |order| order.to_string())
    }

    fn after_text(&self) -> String {
        if self.after.is_empty() {
            return "-".to_owned();
        }
        let one = |link: &FleetLink| format!("{} ({})", link.stack, link.by.join(", "));
        self.after.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn last_text(&self) -> [String; 3] {
        let none = || "-".to_owned();
        let Some(last) = &self.last else {
            let what = if self.unread.is_some() { "not known" } else { "never" };
            return [what.to_owned(), none(), none()];
        };
        let end = if last.succeeded { "succeeded" } else { "failed" };
        let commit = last.commit.as_deref().map_or_else(none, |commit| short_commit(commit).to_owned());
        [format!("{} {end}", last.kind), commit, last.ended.clone().unwrap_or_else(none)]
    }

    fn cells(&self) -> [String; 7] {
        let [update, commit, ended] = self.last_text();
        [self.name(), self.order_text(), self.wave.to_string(), self.after_text(), update, commit, ended]
    }
}

const HEAD: [&str; 7] = ["STACK", "ORDER", "WAVE", "AFTER", "LAST UPDATE", "COMMIT", "ENDED"];

impl PrintedPage for FleetPage {
    fn as_text(&self) -> String {
        let rows = self.in_order().into_iter().map(FleetLine::cells);
        text_table(std::iter::once(HEAD.map(str::to_owned)).chain(rows))
    }

    fn as_markdown(&self) -> String {
        let mut page = format!("| {} |\n| {} |\n", HEAD.join(" | "), ["---"; 7].join(" | "));
        for line in self.in_order() {
            let cells = line.cells().map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(page, "| {} |", cells.join(" | "));
        }
        page
    }
}

impl FleetPage {
    /// The lines, wave by wave, each stack after those that it comes after.
    fn in_order(&self) -> Vec<&FleetLine> {
        let mut lines: Vec<&FleetLine> = self.stacks.iter().collect();
        lines.sort_by_key(|line| (line.wave, line.order.unwrap_or(usize::MAX)));
        lines
    }
}

/// Prints how a fleet stands: each stack's order, wave, and last update. Returns the exit status: 79 if something of it is not
/// known.
pub(super) async fn status(
    choice: &FleetChoice,
    form: PageForm,
    flags: &Flags,
    env: &Env,
    signals: &Signals,
) -> Result<u8> {
    // Not the CI system's, so that the page stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let request = RunRequest::new(Some(Command::Outputs), flags, env);
    let mut found = prepare(&request, Until::TheVerdict, console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let definition = own_definition(&found)?;
    let ask = FleetAsk::of_status(choice.clone());
    let chosen: ChosenStacks = choose(&found, &ask, definition.as_ref(), flags, console, signals).await?;
    if chosen.members.is_empty() {
        return Err(Error::input("no stack is chosen", "`stackstep stacks` lists those that are there"));
    }
    let flags = flags_of_members(flags, &chosen.members, &found.top());
    let arranged = arrange(&found, &chosen, &flags, false, console, signals).await?;
    let waves = waves_of(&chosen, &arranged.order);
    let word = match ask.verb {
        FleetVerb::Run(command) => command.word(),
        FleetVerb::Status(_) => "status",
    };
    let page = fleet_page(word, found.context.commit.as_deref(), &chosen.members, &arranged, &waves);
    form.print(&page, console)?;
    Ok(if arranged.unread.is_empty() { 0 } else { EXIT_INCOMPLETE })
}
