//! The rows of a set that a fleet is about: those whose stacks are named, and those of the step's environment.

use std::collections::BTreeSet;

use super::ask::FleetAsk;
use super::choice::{FleetMember, by_environment, fits, is_about, names};
use crate::base::error::{Error, Result};
use crate::delivery::Definition;
use crate::fleet::FoundProject;
use crate::fleet::code_order::ProjectStack;
use crate::fleet::sets::rows::{CheckedRows, StoppedRow};
use crate::pulumi::stack::StackName;

/// The choice of a set's rows.
pub(super) struct RowChoice<'a> {
    /// What is asked.
    pub ask: &'a FleetAsk,
    /// The environment that the step names.
    pub environment: Option<&'a str>,
    /// The file that judges: it says which environment a stack belongs to.
    pub definition: Option<&'a Definition>,
}

impl RowChoice<'_> {
    /// The stack of a row, as one of a fleet.
    pub fn member(&self, project: &FoundProject, stack: &StackName) -> FleetMember {
        FleetMember {
            place: ProjectStack { project: 0, stack: stack.as_str().to_owned() },
            project: project.project.clone(),
            cwd: project.cwd.clone(),
            environment: self.environment_of(stack).map(str::to_owned),
        }
    }

    /// Leaves the rows that are meant. A row of which neither its stack nor its key is known may be meant, and stays.
    ///
    /// # Errors
    /// No row is called so, or none belongs to the environment.
    pub fn keep(&self, project: &FoundProject, checked: &mut CheckedRows) -> Result<()> {
        let patterns = &self.ask.choice.patterns;
        let mut members: Vec<FleetMember> =
            checked.rows.iter().map(|row| self.member(project, &row.stack)).collect();
        let has_any = members.iter().any(|member| member.environment.is_some());
        if !patterns.is_empty() {
            let fits_one = |pattern: &String| {
                let mut stopped = checked.stopped.iter().filter_map(name_of_stopped);
                members.iter().any(|member| is_about(pattern, member))
                    || stopped.any(|name| fits(pattern, &project.project, name))
            };
            if let Some(idle) = patterns.iter().find(|pattern| !fits_one(pattern)) {
                return Err(Error::input(
                    format!("the set has no row for a stack `{idle}`"),
                    format!("it has rows for: {}", names(members.iter())),
                ));
            }
            members.retain(|member| patterns.iter().any(|pattern| is_about(pattern, member)));
            checked
                .stopped
                .retain(|row| name_of_stopped(row).is_none_or(|name| self.is_named(project, name)));
        }
        if let Some(environment) = self.environment.filter(|_| !members.is_empty()) {
            by_environment(&mut members, has_any, environment)?;
        }
        let kept: BTreeSet<&str> = members.iter().map(|member| member.place.stack.as_str()).collect();
        checked.rows.retain(|row| kept.contains(row.stack.as_str()));
        Ok(())
    }

    /// Whether a stack that no row names is meant.
    pub fn is_named(&self, project: &FoundProject, stack: &str) -> bool {
        let patterns = &self.ask.choice.patterns;
        patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, &project.project, stack))
    }

    fn environment_of(&self, stack: &StackName) -> Option<&str> {
        self.definition?.settings(stack)?.environment()
    }
}

/// What a row that can't be used is called: its stack, or else its key.
fn name_of_stopped(row: &StoppedRow) -> Option<&str> {
    row.stack.as_deref().or(row.key.as_deref())
}
