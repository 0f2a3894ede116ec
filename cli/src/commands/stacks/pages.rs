//! The list of stacks as a table, as JSON for a matrix of jobs, and the explanation of one verdict.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::base::error::{Error, Problem, Result};
use crate::base::git::short_commit;
use crate::commands::page_form::{counted, text_table};
use crate::fleet::RepositoryStacks;
use crate::fleet::affected::{Compared, StackVerdict};

/// The verdicts, with what they are about.
pub(super) struct JudgedStacks<'a> {
    pub found: &'a RepositoryStacks,
    pub compared: &'a Compared,
    pub verdicts: &'a [StackVerdict],
    /// The ESC environments whose stacks are asked for.
    pub esc: &'a [String],
    /// Whether it was asked what has changed.
    pub has_since: bool,
}

impl JudgedStacks<'_> {
    /// The stacks that are affected as the cells of a matrix, and the others.
    pub fn as_json(&self) -> Value {
        let of = |verdict: &StackVerdict| cell(&verdict.project, &verdict.cwd, &verdict.stack);
        let (affected, others): (Vec<_>, Vec<_>) =
            self.verdicts.iter().partition(|verdict| verdict.is_affected());
        let why: serde_json::Map<_, _> =
            affected.iter().map(|verdict| (verdict.name(), json!(verdict.why))).collect();
        let mut page = as_json(self.found);
        page["stacks"] = affected.into_iter().map(of).collect();
        page["unaffected"] = others.into_iter().map(of).collect();
        page["why"] = why.into();
        page["since"] = json!(self.since());
        if let Compared::Apart(apart) = self.compared {
            let deployed = self
                .verdicts
                .iter()
                .map(|verdict| (verdict.name(), json!(apart.commit(&verdict.cwd, &verdict.stack))));
            page["deployed"] = deployed.collect::<serde_json::Map<_, _>>().into();
        }
        let using = self.verdicts.iter().filter(|verdict| !verdict.esc.is_none());
        let esc = using.map(|verdict| {
            let names = (!verdict.esc.is_unclear).then_some(&verdict.esc.names);
            (verdict.name(), json!(names))
        });
        page["esc"] = esc.collect::<serde_json::Map<_, _>>().into();
        page
    }

    /// The one commit with which all are compared.
    fn since(&self) -> Option<&str> {
        match self.compared {
            Compared::Together(changes) => changes.since.as_deref(),
            Compared::Apart(_) => None,
        }
    }

    /// The stacks that are affected, each with the first reason.
    pub fn as_table(&self) -> String {
        let affected: Vec<_> = self.verdicts.iter().filter(|verdict| verdict.is_affected()).collect();
        let head = ["STACK", "CWD", "WHY"].map(str::to_owned);
        let rows = affected.iter().map(|verdict| {
            let first = verdict.why.first().cloned().unwrap_or_default();
            let more = verdict.why.len().saturating_sub(1);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" (and {more} more: `--why {}`)", verdict.name())
            };
            [verdict.name(), verdict.cwd.clone(), first + &more]
        });
        let mut table =
            if affected.is_empty() { String::new() } else { text_table(std::iter::once(head).chain(rows)) };
        let _ = writeln!(
            table,
            "{} of {} can be affected{}",
            affected.len(),
            counted(self.verdicts.len(), "stack"),
            self.by_what()
        );
        table
    }

    /// The end of the sentence that says how many can be affected.
    fn by_what(&self) -> String {
        let since = match (self.compared, self.since()) {
            (Compared::Apart(_), _) => " since what each has last deployed".to_owned(),
            (Compared::Together(_), Some(since)) => format!(" since {}", short_commit(since)),
            (Compared::Together(_), None) => String::new(),
        };
        if self.esc.is_empty() {
            return since;
        }
        let names: Vec<String> = self.esc.iter().map(|name| format!("`{name}`")).collect();
        let or = if self.has_since { ", or" } else { "" };
        format!("{since}{or} by a change of {}", names.join(", "))
    }

    /// Why one stack is affected or not.
    ///
    /// # Errors
    /// There is no such stack, or more than one.
    pub fn explained(&self, stack: &str) -> Result<String> {
        let verdict = named(stack, self.verdicts)?;
        let mut text = if verdict.is_affected() {
            format!("`{}` can be affected:\n", verdict.name())
        } else {
            format!("`{}` is not affected: nothing that it is made from has changed.\n", verdict.name())
        };
        for why in &verdict.why {
            let _ = writeln!(text, "  {why}");
        }
        if let Compared::Apart(apart) = self.compared
            && let Some(commit) = apart.commit(&verdict.cwd, &verdict.stack)
        {
            let _ = writeln!(text, "It last deployed {}.", short_commit(commit));
        }
        let _ = writeln!(text, "It is made from:\n  {}/ (its own folder)", verdict.cwd);
        for line in &verdict.made_from {
            let _ = writeln!(text, "  {line}");
        }
        if !verdict.after.is_empty() {
            let _ = writeln!(text, "It comes after: {}", verdict.after.join(", "));
        }
        for name in &verdict.esc.names {
            let _ =
                writeln!(text, "It uses the ESC environment {name}, whose values are not in the repository.");
        }
        if verdict.esc.is_unclear {
            let _ = writeln!(
                text,
                "It names an ESC environment in a form that can't be read: it may use every environment."
            );
        }
        Ok(text)
    }
}

/// The verdict on the stack that a person names.
fn named<'v>(stack: &str, verdicts: &'v [StackVerdict]) -> Result<&'v StackVerdict> {
    let named: Vec<_> =
        verdicts.iter().filter(|verdict| verdict.name() == stack || verdict.stack == stack).collect();
    if let [verdict] = named[..] {
        return Ok(verdict);
    }
    let names = |of: &[&StackVerdict]| {
        let names: Vec<_> = of.iter().map(|verdict| format!("`{}`", verdict.name())).collect();
        names.join(", ")
    };
    Err(if named.is_empty() {
        let all: Vec<_> = verdicts.iter().collect();
        Error::input(format!("the repository has no stack `{stack}`"), format!("it has: {}", names(&all)))
    } else {
        // Two projects of one name are told as a problem of their own.
        let is_whole = named.iter().all(|verdict| verdict.name() == stack);
        let hint = if is_whole {
            "give each project a name of its own".to_owned()
        } else {
            format!("name one with its project: {}", names(&named))
        };
        Error::input(format!("{} stacks are called `{stack}`", named.len()), hint)
    })
}

/// A cell of a matrix, in the words of the inputs.
fn cell(project: &str, cwd: &str, stack: &str) -> Value {
    json!({ "project": project, "cwd": cwd, "stack": stack })
}

/// One line of JSON, so that a shell can assign it: the projects, and the stacks as the cells of a matrix.
pub(super) fn as_json(found: &RepositoryStacks) -> Value {
    let cells = found
        .projects
        .iter()
        .flat_map(|project| project.stacks.iter().map(|stack| cell(&project.project, &project.cwd, stack)));
    json!({
        "projects": found.projects,
        "stacks": cells.collect::<Vec<_>>(),
        "problems": found.problems.iter().map(Problem::in_one_line).collect::<Vec<_>>(),
    })
}

/// The projects, each with its stacks.
pub(super) fn as_table(found: &RepositoryStacks) -> String {
    let head = ["PROJECT", "CWD", "RUNTIME", "STACKS"].map(str::to_owned);
    let rows = found.projects.iter().map(|project| {
        let stacks = if project.stacks.is_empty() { "-".to_owned() } else { project.stacks.join(", ") };
        let runtime = project.runtime.clone().unwrap_or_else(|| "-".to_owned());
        [project.project.clone(), project.cwd.clone(), runtime, stacks]
    });
    let mut table = text_table(std::iter::once(head).chain(rows));
    let stacks: usize = found.projects.iter().map(|project| project.stacks.len()).sum();
    let _ = writeln!(table, "{}, {}", counted(found.projects.len(), "project"), counted(stacks, "stack"));
    table
}
