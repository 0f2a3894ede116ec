//! The jobs of many stacks that are looked at one after the other: each prepared as its own run would be, with one sign-in for
//! all stacks of a backend.

use std::path::Path;

use crate::admit::esc::{self, OpenedEnvironments};
use crate::admit::sign_in::{self, WantedToken};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::http::Limits;
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::fleet::FoundProject;
use crate::inputs::Command;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};

/// A stack to look at.
pub(super) struct LookedAt {
    pub project: Option<String>,
    pub cwd: Option<String>,
    pub stack: Option<String>,
    /// The flags of the stack's own run.
    pub flags: Flags,
}

impl LookedAt {
    pub fn new(project: Option<&FoundProject>, folder: &Path, stack: Option<String>, flags: &Flags) -> Self {
        let flags = match &stack {
            Some(stack) => flags_of_stack(flags, folder, stack),
            None => flags_in(flags, folder),
        };
        let names = project.map(|project| (project.project.clone(), project.cwd.clone()));
        let (project, cwd) = names.unzip();
        Self { project, cwd, stack, flags }
    }
}

/// The flags of the run of a stack whose project is in this folder.
pub(super) fn flags_of_stack(flags: &Flags, folder: &Path, stack: &str) -> Flags {
    let mut flags = flags_in(flags, folder);
    flags.insert(StackInputs::name.name(), vec![stack.to_owned()]);
    flags
}

fn flags_in(flags: &Flags, folder: &Path) -> Flags {
    let mut flags = flags.clone();
    flags.insert(StackInputs::cwd.name(), vec![folder.to_string_lossy().into_owned()]);
    flags
}

/// The tokens of the sign-ins so far, so that there is one for all stacks of a backend.
#[derive(Default)]
pub(super) struct SignedIn {
    grants: Vec<(Option<String>, WantedToken, Result<Secret, Problem>)>,
    /// What is open, by the names in `esc`.
    opened: Vec<(Vec<String>, OpenedEnvironments)>,
}

impl SignedIn {
    /// The job of the stack, signed in. It is admitted as one that reads the stack's outputs.
    pub async fn job_of<'a>(
        &mut self,
        flags: &'a Flags,
        env: &'a Env,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<Job<'a>> {
        let mut found =
            prepare(&RunRequest::new(Some(Command::Outputs), flags, env), Until::FirstError, console);
        if let Some(error) = found.take_error() {
            return Err(error);
        }
        let mut job = found.into_job()?;
        self.sign_in(&mut job, console, signals).await?;
        self.open(&mut job, console, signals).await?;
        Ok(job)
    }

    /// Gives the job the values of its environments of Pulumi ESC, which are opened once.
    async fn open(&mut self, job: &mut Job<'_>, console: &mut Console, signals: &Signals) -> Result<()> {
        let names = &job.inputs.backend.esc;
        if let Some((_, opened)) = self.opened.iter().find(|(known, _)| known == names) {
            return opened.give(job, console);
        }
        let Some(opened) = esc::open(job, console, signals).await? else { return Ok(()) };
        opened.give(job, console)?;
        self.opened.push((job.inputs.backend.esc.clone(), opened));
        Ok(())
    }

    async fn sign_in(&mut self, job: &mut Job<'_>, console: &mut Console, signals: &Signals) -> Result<()> {
        let Some(wanted) = WantedToken::from_inputs(&job.inputs) else { return Ok(()) };
        let known = self.grants.iter().find(|(url, one, _)| *url == job.backend.url && *one == wanted);
        match known {
            Some((_, _, Ok(token))) => job.backend.token = Some(token.clone()),
            Some((_, _, Err(problem))) => {
                let hint = problem.hint.clone().unwrap_or_default();
                return Err(Error::auth(problem.what.clone(), hint));
            }
            None => {
                let url = job.backend.url.clone();
                let done = sign_in::by_identity(job, Limits::default(), console, signals).await;
                if let (Ok(()), Some(token)) = (&done, &job.backend.token) {
                    self.grants.push((url, wanted, Ok(token.clone())));
                } else if let Err(error) = &done {
                    self.grants.push((url, wanted, Err(Problem::from(error))));
                }
                done?;
            }
        }
        Ok(())
    }
}

/// What sets the files of one of `count` stacks apart, each of which has a name such as `shop/prod`. Where two names differ in
/// their separators alone, it has its number, too.
pub fn name_of_files(number: usize, count: usize, name: &dyn Fn(usize) -> String) -> String {
    let plain = |number: usize| name(number).replace('/', "-");
    let is_taken = |own: &str| (0..count).any(|other| other != number && plain(other) == own);
    let mut own = plain(number);
    while is_taken(&own) {
        own = format!("{own}-{number}");
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_stacks_have_the_same_files() {
        let names = ["a/b-c", "a-b/c", "a-b-c/1", "shop/prod"];
        let own = |number| name_of_files(number, names.len(), &|number| names[number].to_owned());
        let all: Vec<String> = (0..names.len()).map(own).collect();
        assert_eq!(all, ["a-b-c-0", "a-b-c-1-1", "a-b-c-1", "shop-prod"]);
    }
}
