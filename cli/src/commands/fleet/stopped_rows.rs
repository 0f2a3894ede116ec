//! The rows of a set for which nothing is run though they are in it: those that are stopped, and those that a brake holds. Each is a
//! line of the end with its reason, and a failure.

use std::time::Duration;

use super::choice::{FleetMember, environment_of_all};
use super::job::FleetJob;
use super::page::FleetLine;
use super::set_choice::RowChoice;
use super::work::{MemberEnd, NotRun};
use crate::base::error::{EXIT_PARTIAL, Error};
use crate::ci::console::Console;
use crate::commands::early;
use crate::commands::stack_jobs::{flags_of_stack, name_of_files};
use crate::commands::stack_sets::ComparedSet;
use crate::engine::job::OneOfSeveral;
use crate::pulumi::stack::StackName;
use crate::run::prepare::RunRequest;

/// What a row is called of which nothing is known that can be a stack's name.
const NAMELESS: &str = "row";

/// The rows for which nothing is run.
#[derive(Default)]
pub(super) struct StoppedRows {
    /// What they are called, as stacks.
    pub members: Vec<FleetMember>,
    /// Why, each.
    whys: Vec<String>,
}

impl StoppedRows {
    /// Those of a set, beside the stacks that are run.
    pub fn find(
        compared: &ComparedSet,
        choice: &RowChoice<'_>,
        environment: Option<&str>,
        run: &[FleetMember],
    ) -> Self {
        let environment = environment_of_all(run).or(environment.filter(|_| run.is_empty()));
        let mut found = Self::default();
        for (name, why) in compared.left_alone() {
            let name = StackName::parse(&as_name(&name)).or_else(|_| StackName::parse(NAMELESS));
            let Ok(name) = name else { continue };
            let mut member = choice.member(&compared.project, &name);
            if environment.is_some() || !run.is_empty() {
                member.environment = environment.map(str::to_owned);
            }
            found.members.push(member);
            found.whys.push(why);
        }
        found
    }

    /// Their lines of the fleet's page.
    pub fn lines(&self) -> impl Iterator<Item = FleetLine> {
        self.members.iter().map(FleetLine::outside_of_the_order)
    }

    /// Their ends. `before` has the stacks that are run.
    pub fn ends(&self, before: &[FleetMember], job: &FleetJob<'_>, console: &Console) -> Vec<MemberEnd> {
        let all: Vec<&FleetMember> = before.iter().chain(&self.members).collect();
        let name = |number: usize| all.get(number).map(|member| member.name()).unwrap_or_default();
        let own_name = |at: usize| name_of_files(before.len() + at, all.len(), &name);
        let rows = self.members.iter().zip(&self.whys).enumerate();
        rows.map(|(at, (member, why))| end(member, why, &own_name(at), job, console)).collect()
    }
}

/// The end of a row for which nothing is run.
fn end(member: &FleetMember, why: &str, own_name: &str, job: &FleetJob<'_>, console: &Console) -> MemberEnd {
    let FleetJob { found, request, .. } = *job;
    let flags = flags_of_stack(request.flags, &found.top().join(&member.cwd), &member.place.stack);
    let env = request.env.begun_now();
    let request = RunRequest {
        env: &env,
        flags: &flags,
        one_of_several: Some(OneOfSeveral { name: own_name, in_a_fleet: true }),
        ..*request
    };
    let error = Error::input(
        format!("not run: {why}"),
        "its stack is left as it is; correct the row, or look at all of them with `--dry-run`",
    );
    let run = early::end_aside(&request, &error, EXIT_PARTIAL, console);
    MemberEnd {
        run: run.ended_as(&error, EXIT_PARTIAL, console),
        not_run: Some(NotRun::LeftOut(why.to_owned())),
        took: Duration::ZERO,
    }
}

/// A text with what the name of a stack can have alone: nobody has checked the cells of a row that is stopped.
fn as_name(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    text.chars().take(100).map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_nobody_has_checked_is_shown_without_what_a_page_could_take_for_its_own() {
        assert_eq!(as_name("a|b`<x>\nc"), "a-b--x--c");
        assert_eq!(as_name(&"x".repeat(500)).len(), 100);
    }
}
