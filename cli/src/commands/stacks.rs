//! `stackstep stacks`: the projects and stacks of the repository, as a table or as JSON for a matrix of jobs.

use std::fmt::Write as _;

use serde_json::json;

use crate::base::env::Env;
use crate::base::error::{EXIT_INPUT, Error, Problem, Result};
use crate::base::git;
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::page_form::text_table;
use crate::fleet::RepositoryStacks;
use crate::inputs::Command;
use crate::inputs::file::ConfigFile;
use crate::inputs::resolve::Flags;
use crate::report::Reason;
use crate::run::prepare::{RunRequest, Until, prepare};

/// Prints the projects and stacks. The answer is the exit status: bad input, where something of the repository can't be
/// taken as it is.
pub fn list(json: bool, flags: &Flags, env: &Env) -> Result<u8> {
    // Not the CI system's, so that the list stays alone on standard output: it shows nothing that would have to be masked.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let request = RunRequest::new(Some(Command::Preview), flags, env);
    let mut judged = prepare(&request, Until::TheInputs, console);
    if let Some(error) = judged.take_error() {
        return Err(error);
    }
    if judged.is_closed() {
        return Err(Error::Refused {
            what: "`stacks` is refused: nothing proves that the work folder holds the repository's own code"
                .to_owned(),
            hint: "check out the commit that the run is about".to_owned(),
            reason: Reason::Untrusted,
        });
    }
    judged.tell(console);
    let folder = judged.outer.map_or_else(|| env.cwd().to_owned(), |outer| outer.folder);
    let top = git::top(&folder).unwrap_or(folder);
    let file = ConfigFile::in_folder(&top, true)?;
    let wanted = file.as_ref().map(ConfigFile::projects).transpose()?.flatten();
    let found = RepositoryStacks::find(&top, wanted.as_deref());
    for warning in &found.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    if json {
        console.print_json(&format!("{}\n", as_json(&found)));
    } else {
        console.print(&as_table(&found));
    }
    for problem in &found.problems {
        console.annotate(Level::Error, "stackstep", &problem.to_string());
    }
    Ok(if found.problems.is_empty() { 0 } else { EXIT_INPUT })
}

/// One line of JSON, so that a shell can assign it: the projects, and the stacks as the cells of a matrix.
fn as_json(found: &RepositoryStacks) -> serde_json::Value {
    let cells = found.projects.iter().flat_map(|project| {
        project
            .stacks
            .iter()
            .map(move |stack| json!({ "project": project.project, "cwd": project.cwd, "stack": stack }))
    });
    json!({
        "projects": found.projects,
        "stacks": cells.collect::<Vec<_>>(),
        "problems": found.problems.iter().map(Problem::in_one_line).collect::<Vec<_>>(),
    })
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn as_table(found: &RepositoryStacks) -> String {
    let head = ["PROJECT", "CWD", "RUNTIME", "STACKS"].map(str::to_owned);
    let rows = found.projects.iter().map(|project| {
        let stacks = if project.stacks.is_empty() { "-".to_owned() } else { project.stacks.join(", ") };
        let runtime = project.runtime.clone().unwrap_or_else(|| "-".to_owned());
        [project.project.clone(), project.cwd.clone(), runtime, stacks]
    });
    let mut table = text_table(std::iter::once(head).chain(rows));
    let stacks: usize = found.projects.iter().map(|project| project.stacks.len()).sum();
    let _ = writeln!(table, "{}, {}", count(found.projects.len(), "project"), count(stacks, "stack"));
    table
}
