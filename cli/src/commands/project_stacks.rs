//! The stacks of a project in its backend, whatever it is: read without the engine where that can be, else as the engine tells
//! them, by commands that run no program.

use std::time::Duration;

use super::there::{self, ThereStack};
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::engine::local::LocalEngine;
use crate::engine::locate::LocatedEngine;
use crate::engine::version;
use crate::forge::Place;
use crate::ledger::backend_stacks::BackendStacks;
use crate::ledger::past_updates::PastUpdate;
use crate::ledger::state_identity::StateIdentity;
use crate::lifecycle::facts::HeldFacts;
use crate::lifecycle::mark::TAG;
use crate::lifecycle::ownership::FoundStack;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::gates::ledger;

/// The time limit of each question to the engine, without the input `timeout`.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The engine of a job, if only the engine reads the job's backend.
///
/// # Errors
/// There is none, and none can be installed.
pub(super) async fn engine_if_needed(
    job: &mut Job<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<Option<LocatedEngine>> {
    if !job.backend.url.as_deref().is_some_and(BackendStacks::needs_the_engine) {
        return Ok(None);
    }
    version::ready(job, console, signals).await.map(Some)
}

/// The stacks of a project.
pub(super) enum ProjectStacks<'a> {
    /// Those that are read from the backend.
    Read(Box<BackendStacks>),
    /// Those of a backend that only the engine reads.
    Told(ToldStacks<'a>),
}

/// The stacks as the engine tells them.
pub(super) struct ToldStacks<'a> {
    job: &'a Job<'a>,
    engine: &'a LocatedEngine,
    console: &'a Console,
    signals: &'a Signals,
}

impl<'a> ProjectStacks<'a> {
    /// The stacks of the job's project. `engine` is the one of [`engine_if_needed`].
    ///
    /// # Errors
    /// The backend is not known, or the way to read it.
    pub fn open(
        job: &'a Job<'a>,
        engine: Option<&'a LocatedEngine>,
        place: Option<&Place>,
        console: &'a Console,
        signals: &'a Signals,
    ) -> Result<Self, Problem> {
        if let Some(engine) = engine {
            return Ok(Self::Told(ToldStacks { job, engine, console, signals }));
        }
        let identity = job.identity().unwrap_or_default();
        let token = job.backend.token_for_requests();
        BackendStacks::open(&ledger::ledger_for(job, &identity, token.as_ref(), place))
            .map(|stacks| Self::Read(Box::new(stacks)))
    }

    /// The names of the stacks, without organisation and project, in order.
    ///
    /// # Errors
    /// They can't be read: then it is not known which stacks there are.
    pub async fn names(&self) -> Result<Vec<String>, Problem> {
        match self {
            Self::Read(stacks) => stacks.names().await,
            Self::Told(told) => {
                let names = there::names(&told.engine(), told.console, told.signals).await;
                let mut names = names.map_err(|error| told.unread(&error))?;
                names.sort();
                Ok(names)
            }
        }
    }

    /// The latest updates of a stack, the newest first.
    ///
    /// # Errors
    /// They can't be read: then it is not known what it was deployed with.
    pub async fn updates(&self, stack: &str) -> Result<Vec<PastUpdate>, Problem> {
        match self {
            Self::Read(stacks) => stacks.updates(stack).await,
            Self::Told(told) => {
                let engine = told.engine().about(stack);
                let updates = there::updates(&engine, told.console, told.signals).await;
                updates.map_err(|error| Problem::from(&error))
            }
        }
    }

    /// The head of a stack's configuration file, by which the engine decrypts its secrets.
    ///
    /// # Errors
    /// The stack's state can't be read.
    pub async fn file_head(&self, stack: &str) -> Result<String, Problem> {
        match self {
            Self::Read(stacks) => Ok(there::file_head(stacks.secrets_provider(stack).await?.as_ref())),
            Self::Told(told) => Ok(told.there(stack).await?.map(|there| there.file).unwrap_or_default()),
        }
    }

    /// The identity of a stack's state.
    async fn state(&self, stack: &str) -> Result<StateIdentity, Problem> {
        match self {
            Self::Read(stacks) => stacks.state(stack).await,
            Self::Told(told) => {
                Ok(told.there(stack).await?.map_or(StateIdentity::NoStack, |there| there.identity))
            }
        }
    }

    /// Looks at a stack. Of a backend that only the engine reads, nobody knows the locks: the engine respects them.
    ///
    /// # Errors
    /// Something of it can't be read: then nothing is known of it.
    pub async fn held(&self, stack: &str) -> Result<HeldFacts, Problem> {
        match self {
            Self::Read(stacks) => {
                let held = stacks.stack(stack).await?;
                Ok(HeldFacts {
                    locked_by: held.locks.first().map(ToString::to_string),
                    state: held.identity.to_string(),
                    found: FoundStack {
                        tag: held.tags.get(TAG).cloned(),
                        resources: held.resources,
                        messages: held.messages,
                    },
                })
            }
            Self::Told(told) => {
                let (found, identity) = told.there(stack).await?.map_or_else(
                    || (FoundStack::default(), StateIdentity::NoStack),
                    |there| (there.found, there.identity),
                );
                Ok(HeldFacts { found, state: identity.to_string(), locked_by: None })
            }
        }
    }
}

impl ToldStacks<'_> {
    /// The engine, with a limit for each question: a database that is slow, or that waits for somebody, holds it up for ever.
    fn engine(&self) -> LocalEngine<'_> {
        let limit = self.job.inputs.safety.timeout.unwrap_or(PATIENCE);
        LocalEngine::new(self.job, self.engine.clone()).limited_to(limit)
    }

    /// What could not be read, with the backend that was asked.
    fn unread(&self, error: &Error) -> Problem {
        let problem = Problem::from(error);
        Problem { what: format!("{} (the backend is {})", problem.what, self.job.backend), ..problem }
    }

    async fn there(&self, stack: &str) -> Result<Option<ThereStack>, Problem> {
        let engine = self.engine().about(stack);
        let there = there::read_stack(&engine, self.console, self.signals).await;
        there.map_err(|error| self.unread(&error))
    }
}

/// The identity of the state of the job's stack.
///
/// # Errors
/// The stack is not in its backend, with or without resources, or this can't be read.
pub(super) async fn needs_stack(job: &mut Job<'_>, console: &Console, signals: &Signals) -> Result<String> {
    let engine = engine_if_needed(job, console, signals).await?;
    let job: &Job<'_> = job;
    let identity = job.identity().unwrap_or_default();
    let unread = |problem: Problem| Error::Refused {
        what: format!("whether there is a stack `{identity}` is not known: {}", problem.what),
        hint: problem.hint.unwrap_or_else(|| "let the job read the backend".to_owned()),
        reason: Reason::Gate,
    };
    let stacks = ProjectStacks::open(job, engine.as_ref(), None, console, signals).map_err(unread)?;
    if !stacks.names().await.map_err(unread)?.contains(&identity.stack) {
        return Err(no_stack(job, &identity.stack));
    }
    Ok(stacks.state(&identity.stack).await.map_err(unread)?.to_string())
}

/// The error of a stack that is not in its backend.
pub(super) fn no_stack(job: &Job<'_>, stack: &str) -> Error {
    let project = job.identity().and_then(|identity| identity.project).unwrap_or_default();
    Error::Refused {
        what: format!("there is no stack `{project}/{stack}` in the backend"),
        hint: "`pulumi stack ls` names those that there are".to_owned(),
        reason: Reason::StackNotFound,
    }
}
