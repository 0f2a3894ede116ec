//! Where a verb about a change request's own stack stands: the job, the forge with the change request, and what the default
//! branch's `stackstep.yaml` says of such stacks.

use std::cell::OnceCell;
use std::path::Path;
use std::time::Duration;

use crate::admit::{self, sign_in};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::git;
use crate::base::http::Limits;
use crate::ci::console::Console;
use crate::ci::{self, Context};
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::{Judging, JudgingFile, judging_file};
use crate::delivery::place::{ForgeAccess, forge_place, repository_identity};
use crate::delivery::{Definition, DeliveryEvent};
use crate::engine::job::{Job, ReviewRun};
use crate::engine::local::LocalEngine;
use crate::engine::locate::LocatedEngine;
use crate::engine::version;
use crate::forge::{ChangeRequest, Client};
use crate::inputs::Command;
use crate::inputs::file::{ConfigFile, NAME, REVIEW};
use crate::inputs::headings::CommentInputs;
use crate::inputs::outer::OuterInputs;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::lifecycle::ownership::ReviewSubject;
use crate::lifecycle::{RepositoryIdentity, ReviewName, ReviewSettings};
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::report::Reason;
use crate::run::gates::{ledger, top};
use crate::run::prepare::{RunRequest, Until, prepare};

/// The place of such a verb.
pub(super) struct ReviewPlace<'a> {
    /// The job, whose stack is the change request's own.
    pub job: Job<'a>,
    /// The forge.
    pub forge: ForgeAccess,
    /// The project.
    pub project: String,
    /// The identity of the repository.
    pub repository: RepositoryIdentity,
    /// The name of the stack.
    pub name: ReviewName,
    /// The sections of the default branch's file.
    pub definition: Definition,
    /// The version of that file, in words.
    pub version: String,
}

/// What is not known yet of a run.
pub(super) static NOT_YET: ReviewRun = ReviewRun {
    message: String::new(),
    signature: String::new(),
    environment: String::new(),
    config: Vec::new(),
    lock_timeout: Duration::ZERO,
    is_a_strangers: false,
    notes: Vec::new(),
    entry: None,
};

/// The job of a request, by which its command is admitted.
fn job_of<'a>(request: &RunRequest<'a>, console: &mut Console) -> Result<Job<'a>> {
    let mut found = prepare(request, Until::FirstError, console);
    found.tell(console);
    match found.take_error() {
        Some(error) => Err(error),
        None => found.into_job(),
    }
}

impl<'a> ReviewPlace<'a> {
    /// The place of the job of a request. `verb` is the verb, for messages; `name` is the stack if somebody has named it, else it
    /// is that of the change request at hand. `run` holds what the default branch's file has for the job.
    ///
    /// # Errors
    /// The job is not let in, or there is no forge, no project, a repository whose id can't be read, or a file that can't be.
    pub async fn find(
        verb: &str,
        request: &RunRequest<'a>,
        run: &'a OnceCell<ReviewRun>,
        name: Option<ReviewName>,
        console: &mut Console,
    ) -> Result<Self> {
        let first = RunRequest { review: Some(&NOT_YET), ..*request };
        let mut found = prepare(&first, Until::TheVerdict, console);
        if let Some(error) = found.take_error() {
            return Err(error);
        }
        let Some(inputs) = &found.inputs else {
            return Err(job_of(&first, console).err().unwrap_or_else(|| {
                Error::input("the inputs make no run", "`stackstep doctor` tells what is missing")
            }));
        };
        let refused = |problem: Problem| Error::Refused {
            what: format!("`{verb}` is refused: {}", problem.what),
            hint: problem.hint.unwrap_or_else(|| "let the job read it".to_owned()),
            reason: Reason::Gate,
        };
        forge_place(found.ci, found.env, &found.context, inputs).map_err(refused)?;
        let forge = ForgeAccess::find(found.ci, found.env, &found.context, inputs)?
            .ok_or_else(|| refused(Problem::without_hint("the forge is not known")))?;
        let client = forge.client();
        let cwd = &inputs.stack.cwd;
        let top = git::top(cwd).unwrap_or_else(|| cwd.clone());
        let history = RepositoryHistory::new(&top, found.env, &found.context, Some(&client));
        let judging = judging_file(&history, &event(&found.context), None, true).await?;
        let (definition, version) = match judging {
            Judging::By(file) => (file.definition, file.version),
            Judging::Unknown(why) => return Err(refused(why)),
        };
        let definition = definition.unwrap_or_else(Definition::empty);
        let named = inputs.stack.name.as_ref();
        let entry = named.and_then(|stack| entry_of(&definition, stack, &top)).transpose()?;
        let run = run.get_or_init(|| ReviewRun { entry, ..NOT_YET.clone() });
        let mut job = job_of(&RunRequest { review: Some(run), ..*request }, console)?;
        let project = job.project.as_ref().map(|project| project.name.clone()).ok_or_else(|| {
            Error::input("there is no project", "set `cwd` to the folder of the Pulumi program")
        })?;
        let repository = repository_identity(&client).await.map_err(refused)?;
        let name = if let Some(name) = name {
            name
        } else {
            let number = number_of(request.command, request.flags, request.env, &job.context)?;
            ReviewName::for_request(&repository, &project, number).ok_or_else(|| {
                refused(Problem::without_hint(format!(
                    "the number of {} is too long for the name of a stack",
                    forge.place.forge.request(number)
                )))
            })?
        };
        job.stack = Some(StackName::parse(name.as_str())?);
        drop(client);
        Ok(Self { job, forge, project, repository, name, definition, version })
    }

    /// A client of the forge.
    pub fn client(&self) -> Client<'_> {
        self.forge.client()
    }

    /// What people call the change request, with its number.
    pub fn request_name(&self) -> String {
        self.forge.place.forge.request(self.name.number())
    }

    /// The inputs that the default branch's file has for the stack.
    ///
    /// # Errors
    /// One of them can't be read.
    pub fn entry(&self) -> Result<Option<ConfigFile>> {
        let stack = self.job.stack.as_ref();
        stack.and_then(|stack| entry_of(&self.definition, stack, &top(&self.job))).transpose()
    }

    /// The section `review`.
    ///
    /// # Errors
    /// The file has none.
    pub fn settings(&self) -> Result<&ReviewSettings> {
        self.definition.review.as_deref().ok_or_else(|| {
            Error::input(
                format!("`{NAME}` of {} has no section `{REVIEW}`", self.version),
                "add `review: { from: staging }` to it, and merge that first: docs/review-stacks.md",
            )
        })
    }

    /// The change request, as the forge has it now.
    pub async fn request(&self, verb: &str) -> Result<ChangeRequest> {
        self.client().change_request(self.name.number()).await.map_err(|trouble| Error::Refused {
            what: format!("`{verb}` is refused: {}", trouble.problem.what),
            hint: trouble.problem.hint.unwrap_or_else(|| "let the job's token read it".to_owned()),
            reason: Reason::Gate,
        })
    }

    /// What the stack is for.
    pub fn subject(&self) -> ReviewSubject<'_> {
        ReviewSubject { repository: &self.repository, project: &self.project, name: &self.name }
    }

    /// The stack's ledger.
    ///
    /// # Errors
    /// There is none.
    pub fn ledger(&self, verb: &str) -> Result<Ledger> {
        let ledger = ledger::open(&self.job, Some(&self.forge.place));
        ledger::needed(&ledger, &format!("`{verb}`"))?;
        Ok(ledger)
    }

    /// The folder of the project, from the repository's top; empty for the top itself.
    pub fn folder(&self) -> String {
        let project = self.job.project.as_ref();
        let below =
            project.and_then(|project| git::below_top_of(&self.job.inputs.stack.cwd, project.folder()));
        below.map(|below| below.display().to_string().replace('\\', "/")).unwrap_or_default()
    }

    /// The file that judges the runs of the stack. Nobody reviews what a change shows in a stack of its own, and no other stack
    /// deploys it before: rules and checks hold, and nothing else.
    pub fn judging(&self) -> Judging {
        let mut definition = self.definition.clone();
        for entry in definition
            .stacks
            .iter_mut()
            .filter(|entry| self.job.stack.as_ref().is_some_and(|stack| entry.is_about(stack)))
        {
            entry.unreviewed = crate::delivery::Unreviewed::Allow;
            entry.approvals = None;
            entry.after.clear();
        }
        Judging::By(Box::new(JudgingFile {
            definition: Some(definition),
            version: self.version.clone(),
            is_own: false,
        }))
    }
}

/// The inputs of the definition's entry for a stack. `top` is the top folder of the repository.
fn entry_of(definition: &Definition, stack: &StackName, top: &Path) -> Option<Result<ConfigFile>> {
    let settings = definition.settings(stack).filter(|settings| !settings.inputs.is_empty())?;
    Some(settings.as_file(top.join(NAME)))
}

/// Admits the job, finds its engine and signs it in.
pub(super) async fn ready_engine(
    job: &mut Job<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<LocatedEngine> {
    admit::admit(job, console).await?;
    let engine = version::ready(job, console, signals).await?;
    sign_in::sign_in(job, Limits::default(), console, signals).await?;
    Ok(engine)
}

/// The engine at work on the place's stack.
pub(super) fn engine<'e>(place: &'e ReviewPlace<'_>, engine: &LocatedEngine) -> LocalEngine<'e> {
    LocalEngine::new(&place.job, engine.clone())
}

/// The name of the stack by which the inputs are read before the real one is known: the entries of `stackstep.yaml` that fit the
/// one fit the other.
pub(super) fn placeholder(number: u64) -> String {
    format!("pr-{number}-00000000")
}

/// The number of the change request that a job with this context is for. Where the CI system does not tell, the input
/// `change-request` does, if it is set outside of the repository's files.
pub(super) fn number_of(
    command: Option<Command>,
    flags: &Flags,
    env: &Env,
    context: &Context,
) -> Result<u64> {
    let input = || {
        let name = CommentInputs::change_request.name();
        let found = OuterInputs::find_only(&[name], command, flags, ci::detect(env), env)?;
        found.text(&CommentInputs::change_request.input)?.trim().parse().ok()
    };
    context.change_request.or_else(input).ok_or_else(|| {
        Error::input(
            "this job is for no change request",
            "run it in the job of a pull request or merge request, and set `change-request` to its number where the CI system does \
             not tell it; `stackstep review down --stack …` names a stack",
        )
    })
}

/// The event by which the default branch's file judges, whatever the job is for.
fn event(context: &Context) -> DeliveryEvent {
    match DeliveryEvent::from_context(context) {
        DeliveryEvent::Branch(_) | DeliveryEvent::Unknown => DeliveryEvent::Tag(String::new()),
        other => other,
    }
}
