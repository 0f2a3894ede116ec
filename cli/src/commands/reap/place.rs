//! Where a sweep stands: the repository with its projects, the forge, the default branch's `stackstep.yaml`, and the sweep's
//! own ledger.

use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::ci::CiSystem;
use crate::ci::console::Console;
use crate::delivery::Definition;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::default_definition;
use crate::delivery::place::{ForgeAccess, repository_identity};
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::forge::Place;
use crate::inputs::Command;
use crate::inputs::file::ConfigFile;
use crate::inputs::headings::{ReportInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::backend_stacks::BackendStacks;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::history::History;
use crate::lifecycle::RepositoryIdentity;
use crate::lifecycle::facts::SweepRules;
use crate::lifecycle::settings::review::{GRACE, MAX_DESTROYS, MAX_SHARE};
use crate::process::signals::Signals;
use crate::pulumi::stack::StackIdentity;
use crate::report::Reason;
use crate::run::gates::ledger;
use crate::run::prepare::{RunRequest, Until, prepare};

use super::super::project_stacks::engine_if_needed;
use super::super::{ledger_verb, one_stack};

/// The stack that a job of the sweep has in place of one, and the project and the beginning of the stack of the sweep's own
/// ledger.
const NOBODY: &str = "reap";
const OWN_PROJECT: &str = "stackstep";

/// The place of a sweep.
pub(super) struct SweepPlace<'a> {
    /// The projects that can be swept. There is one at least.
    pub projects: Vec<SweptProject<'a>>,
    /// The top folder of the repository.
    pub top: &'a Path,
    /// The forge.
    pub forge: ForgeAccess,
    /// The sections of the default branch's file.
    pub definition: Definition,
    /// What could not be read of the repository.
    pub problems: Vec<String>,
    repository: RepositoryIdentity,
    now: u64,
}

/// A project that can be swept.
pub(super) struct SweptProject<'a> {
    /// The project.
    pub found: &'a FoundProject,
    /// A job of it that is signed in to its backend.
    pub job: Job<'a>,
    /// The engine, if only the engine reads the backend.
    pub engine: Option<LocatedEngine>,
}

/// The projects of a repository, each with the flags of a job of it.
pub(super) struct SweepProjects {
    projects: Vec<(FoundProject, Flags)>,
    problems: Vec<String>,
    /// The top folder of the repository.
    top: PathBuf,
    /// The folder that the flags name.
    folder: PathBuf,
}

impl SweepProjects {
    /// Finds those around the folder that the flags name.
    pub fn find(flags: &Flags, env: &Env, console: &mut Console) -> Result<Self> {
        let request = RunRequest::new(Some(Command::Outputs), flags, env);
        let mut judged = prepare(&request, Until::TheInputs, console);
        if let Some(error) = judged.take_error() {
            return Err(error);
        }
        let (folder, top) = (judged.folder().to_owned(), judged.top());
        let file = ConfigFile::in_folder(&top, true)?;
        let wanted = file.as_ref().map(ConfigFile::projects).transpose()?.flatten();
        let found = RepositoryStacks::find(&top, wanted.as_deref());
        let with_flags = |project: FoundProject| {
            let flags = flags_of(flags, &top, &project, NOBODY);
            (project, flags)
        };
        Ok(Self {
            problems: found.problems.iter().map(Problem::in_one_line).collect(),
            projects: found.projects.into_iter().map(with_flags).collect(),
            top,
            folder,
        })
    }

    /// Only the project of the folder that the flags name.
    #[must_use]
    pub fn only_here(self) -> Self {
        let here = std::fs::canonicalize(&self.folder).ok();
        let is_here = |project: &FoundProject| {
            here.is_some() && std::fs::canonicalize(self.top.join(&project.cwd)).ok() == here
        };
        let projects = self.projects.into_iter().filter(|(project, _)| is_here(project)).collect();
        Self { projects, problems: Vec::new(), ..self }
    }
}

fn refused(problem: Problem) -> Error {
    Error::Refused {
        what: format!("`reap` is refused: {}", problem.what),
        hint: problem.hint.unwrap_or_else(|| "let the job read it, see docs/reap.md".to_owned()),
        reason: Reason::Gate,
    }
}

impl<'a> SweepPlace<'a> {
    /// The place of a sweep over these projects.
    pub async fn of_projects(
        found: &'a SweepProjects,
        env: &'a Env,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<Self> {
        let mut jobs = Vec::new();
        let mut problems = found.problems.clone();
        for (project, flags) in &found.projects {
            match Box::pin(one_stack::job(Command::Refresh, flags, env, console, signals)).await {
                Ok(job) => jobs.push((project, job)),
                Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
                Err(error) => {
                    problems.push(format!("{}: {}", project.cwd, Problem::from(&error).in_one_line()));
                }
            }
        }
        let Some((_, first)) = jobs.first() else {
            return Err(Error::input(
                match problems.first() {
                    Some(problem) => format!("no project of the repository can be swept: {problem}"),
                    None => "the repository has no project".to_owned(),
                },
                "run it in a checkout of the repository, with the backend of its stacks",
            ));
        };
        ledger_verb::refuse_a_change("reap", first).await?;
        let mut projects = Vec::new();
        for (found, mut job) in jobs {
            match engine_if_needed(&mut job, console, signals).await {
                Ok(engine) => projects.push(SweptProject { found, job, engine }),
                Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
                Err(error) => {
                    problems.push(format!("{}: {}", found.cwd, Problem::from(&error).in_one_line()));
                }
            }
        }
        let Some(SweptProject { job, .. }) = projects.first() else {
            return Err(refused(Problem::new(
                problems.join("; "),
                "let the job have the Pulumi CLI: it lists the stacks of a database, and runs no program for that",
            )));
        };
        let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?.ok_or_else(|| {
            refused(Problem::new(
                "the forge is not known, or there is no token for it",
                "set `forge-token`: it has to read change requests, and to comment on them",
            ))
        })?;
        let client = forge.client();
        let repository = repository_identity(&client).await.map_err(refused)?;
        let history = RepositoryHistory::new(&found.top, env, &job.context, Some(&client));
        let definition = default_definition(&history).await?;
        let now = env.clock().now();
        let top = &found.top;
        Ok(Self { projects, top, forge, definition, problems, repository, now })
    }

    /// The rules of the sweep, by the default branch's file.
    pub fn rules(&self) -> SweepRules {
        let review = self.definition.review.as_ref();
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        SweepRules {
            repository: self.repository.clone(),
            now: self.now,
            grace: review.map_or(GRACE, |review| review.grace).as_secs(),
            max_destroys: number(review.map_or(MAX_DESTROYS, |review| review.max_destroys)),
            max_share: number(review.map_or(MAX_SHARE, |review| review.max_share)),
        }
    }

    /// The CI system.
    pub fn ci(&self) -> &'static dyn CiSystem {
        self.projects[0].job.ci
    }

    /// The inputs for what is handed on.
    pub fn report_inputs(&self) -> &ReportInputs {
        &self.projects[0].job.inputs.report
    }

    /// The forge's place.
    pub fn forge_place(&self) -> &Place {
        &self.forge.place
    }

    /// The stack of the sweep's own ledger, which no other repository has that keeps its stacks in the same backend.
    fn own_stack(&self) -> String {
        format!("{NOBODY}-{}", self.repository.digits())
    }

    /// The identity of that stack.
    pub fn own_identity(&self) -> StackIdentity {
        let mut identity = self.projects[0].job.identity().unwrap_or_default();
        identity.project = Some(OWN_PROJECT.to_owned());
        identity.stack = self.own_stack();
        identity
    }

    /// The sweep's own ledger, beside those of the stacks: whether there was a sweep, and the issue about its brake.
    pub fn own_ledger(&self) -> Ledger {
        let (job, identity) = (&self.projects[0].job, self.own_identity());
        let token = job.backend.token_for_requests();
        Ledger::open(&ledger::ledger_for(job, &identity, token.as_ref(), Some(self.forge_place())))
    }

    /// What the sweep's own ledger says.
    pub async fn own_history(&self) -> Result<History> {
        let book = self.own_ledger();
        ledger::needed(&book, "`reap`")?;
        Ok(ledger::read(&book).await?.unwrap_or_default())
    }

    /// Whether no sweep of this repository in this backend has said yet what it would do.
    pub async fn is_first_sweep(&self) -> Result<bool> {
        Ok(self.own_history().await?.last() == 0)
    }

    /// Writes down that a sweep has said what it would do.
    pub async fn note_sweep(&self, console: &Console) -> Result<()> {
        let job = &self.projects[0].job;
        if job.backend.is_cloud() {
            let (identity, token) = (self.own_identity(), job.backend.token_for_requests());
            let stacks = BackendStacks::open(&ledger::ledger_for(job, &identity, token.as_ref(), None));
            let made = match stacks {
                Ok(stacks) => stacks.make_room_for_the_ledger(&identity.stack).await,
                Err(problem) => Err(problem),
            };
            made.map_err(|problem| {
                refused(problem.retold(|why| format!("the sweep's own ledger can't be made: {why}")))
            })?;
        }
        let entry = self.own_entry(EntryKind::Swept);
        ledger::append(&self.own_ledger(), entry, console).await.map(drop)
    }

    /// A new entry of a ledger.
    pub fn entry(&self, project: &str, stack: &str, kind: EntryKind) -> LedgerEntry {
        let mut entry = ledger::new_entry(&self.projects[0].job, kind);
        (entry.project, entry.stack) = (Some(project.to_owned()), stack.to_owned());
        entry.link.clone_from(&self.projects[0].job.context.build_url);
        entry
    }

    /// A new entry of the sweep's own ledger.
    pub fn own_entry(&self, kind: EntryKind) -> LedgerEntry {
        self.entry(OWN_PROJECT, &self.own_stack(), kind)
    }
}

/// The flags of a run of a project's stack.
pub(in crate::commands) fn flags_of(flags: &Flags, top: &Path, project: &FoundProject, stack: &str) -> Flags {
    let mut flags = flags.clone();
    flags.insert(StackInputs::cwd.name(), vec![top.join(&project.cwd).to_string_lossy().into_owned()]);
    flags.insert(StackInputs::name.name(), vec![stack.to_owned()]);
    flags
}
