//! Judges whose code a run has, and what it may do with the credentials that it has. Pure: a question and a verdict.
//!
//! Refusals come first: a fork's change never deploys, and a fork's code never runs with the credentials of the
//! repository that it goes to. Then: a preview that can't have credentials is skipped, so that the change of a
//! stranger or a bot is not red for a reason that its author can't fix. A merge queue tests what is not merged
//! yet, so it previews only. Last, a commit that its branch has left behind is not what people expect to be deployed.

use super::credentials::Credentials;
use crate::base::git::{Checkout, short_commit};
use crate::ci::standing::Standing;
use crate::ci::{CiSystem, Context};
use crate::inputs::headings::Stale;
use crate::inputs::{Command, Effect, Inputs};
use crate::report::Reason;

pub use crate::base::error::EXIT_REFUSED;

/// The facts about a run that it is judged by.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The CI system of the run.
    pub ci: &'q dyn CiSystem,
    /// The run's change request, branch, commit and event, as the CI system tells them.
    pub context: &'q Context,
    /// The command to run.
    pub command: Command,
    /// Whether `refresh`, `destroy` or `up` only show what they would do.
    pub preview_only: bool,
    /// Whether a missing stack would be created.
    pub upsert: bool,
    /// The credentials that the run has.
    pub credentials: &'q Credentials,
    /// The checkouts that the work folder lies in, the nearest first.
    pub work_folder: &'q [Checkout],
    /// The commit that the run's branch is at now, if it is known.
    pub branch_head: Option<&'q str>,
    /// Whether an older commit is refused.
    pub refuse_stale: bool,
    /// Whether the run is about the change request's own stack, and no other.
    pub own_stack: bool,
    /// Whether it hands values of environments of Pulumi ESC to later steps: `esc-export`.
    pub hands_values_on: bool,
}

/// The verdict on a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustVerdict {
    /// The run goes on.
    Go,
    /// The run goes on with a warning.
    Warn {
        /// The warning.
        what: String,
        /// A hint: what to do about it.
        hint: String,
    },
    /// The run ends, and is no failure.
    Skip {
        /// The message with the reason.
        why: String,
        /// A way for a maintainer to have the run done, in one sentence.
        maintainer: String,
    },
    /// The run ends as a failure.
    Refuse {
        /// The reason in the result.
        reason: Reason,
        /// The message with the reason.
        what: String,
        /// A hint: the way out.
        hint: String,
    },
}

impl TrustVerdict {
    /// The reason in the result, if the run ends here.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Go | Self::Warn { .. } => None,
            Self::Skip { .. } => Some(Reason::Untrusted),
            Self::Refuse { reason, .. } => Some(*reason),
        }
    }

    /// The exit status, if the run ends here.
    pub fn exit_status(&self) -> Option<u8> {
        match self {
            Self::Go | Self::Warn { .. } => None,
            Self::Skip { .. } => Some(0),
            Self::Refuse { .. } => Some(EXIT_REFUSED),
        }
    }
}

/// Judges a run before its files may be read, by the inputs of the command line, the step and the environment: no
/// change to the repository can forge those.
pub fn judge_before_files(question: &Question<'_>) -> TrustVerdict {
    if is_always_let_in(question) {
        return TrustVerdict::Go;
    }
    refused(question)
        .or_else(|| without_credentials(question))
        .or_else(|| stranger_that_would_get_values(question))
        .unwrap_or(TrustVerdict::Go)
}

/// Judges a run.
pub fn judge(question: &Question<'_>) -> TrustVerdict {
    if is_always_let_in(question) {
        return TrustVerdict::Go;
    }
    refused(question)
        .or_else(|| queue_that_changes(question))
        .or_else(|| without_credentials(question))
        .or_else(|| stranger_that_would_get_values(question))
        .or_else(|| stale(question))
        .or_else(|| unknown_origin(question))
        .or_else(|| fork_with_credentials(question))
        .unwrap_or(TrustVerdict::Go)
}

/// Whether the command is let in without a question: `install` runs nothing of the work folder, and `report` is not
/// about it. One that hands values to later steps is asked as any other.
fn is_always_let_in(question: &Question<'_>) -> bool {
    question.command.effect() == Effect::None && !question.hands_values_on
}

/// The refusals that neither credentials nor an input of a file can change.
fn refused(question: &Question<'_>) -> Option<TrustVerdict> {
    fork_that_changes(question).or_else(|| unproven_code(question))
}

impl<'a> Question<'a> {
    /// The question about a run with these inputs, without the head of its branch.
    pub fn about_run(
        ci: &'a dyn CiSystem,
        context: &'a Context,
        inputs: &Inputs,
        credentials: &'a Credentials,
        work_folder: &'a [Checkout],
        own_stack: bool,
    ) -> Self {
        Self {
            ci,
            context,
            command: inputs.command,
            preview_only: inputs.operation.preview_only,
            upsert: inputs.stack.upsert,
            credentials,
            work_folder,
            branch_head: None,
            refuse_stale: inputs.safety.stale == Stale::Refuse,
            own_stack,
            hands_values_on: !inputs.backend.esc_export.is_empty(),
        }
    }
}

impl Question<'_> {
    /// Whether the command could change something; `run` can, with any engine command.
    fn changes(&self) -> bool {
        match self.command.effect() {
            Effect::Changes => !self.preview_only,
            Effect::Anything => true,
            Effect::Reads | Effect::None => false,
        }
    }

    /// Whether a missing stack would be created; reading outputs creates none.
    fn creates(&self) -> bool {
        self.upsert && self.command.is_on_resources()
    }

    fn is_fork(&self) -> bool {
        self.context.fork == Some(true)
    }

    /// Whether a fork's change may be deployed to its own stack, as somebody has let this commit be, or have it destroyed by a
    /// run that has the repository's credentials. Whose code lies in the work folder is judged apart from it.
    fn may_change_its_own_stack(&self) -> bool {
        let is_let = match self.command {
            Command::Up => self.context.allowed_commit.is_some() && self.context.may_have_stack,
            Command::Destroy => true,
            _ => false,
        };
        self.own_stack && self.context.base_credentials && is_let
    }

    /// A text such as "change request 7 comes from a fork (`bob/shop`)".
    fn origin(&self) -> String {
        let number = self.context.change_request.map_or_else(String::new, |number| format!(" {number}"));
        let fork =
            self.context.source_repository.as_ref().map_or_else(String::new, |name| format!(" (`{name}`)"));
        format!("change request{number} comes from a fork{fork}")
    }
}

/// Refuses `up`, `refresh`, `destroy`, any engine command and the creation of a stack for a fork's change, but for a stack of its
/// own.
fn fork_that_changes(question: &Question<'_>) -> Option<TrustVerdict> {
    let changes = question.changes() || question.creates();
    if !question.is_fork() || !changes || question.may_change_its_own_stack() {
        return None;
    }
    let (word, way) = if question.changes() {
        (question.command.word(), "deploy after the merge, from the target branch")
    } else {
        ("upsert", "leave `upsert` out for change requests, and create the stack beforehand")
    };
    Some(TrustVerdict::Refuse {
        reason: Reason::Untrusted,
        what: format!("`{word}` is refused: {}", question.origin()),
        hint: format!("{way}; {}", (question.ci.advice().maintainers_way)(question.context)),
    })
}

/// Refuses code that is not proven to be the repository's own. An event such as `pull_request_target` gives the
/// target's credentials to whatever the job checks out.
fn unproven_code(question: &Question<'_>) -> Option<TrustVerdict> {
    let context = question.context;
    if Standing::from_checkouts(context, question.work_folder) != Standing::Unproven {
        return None;
    }
    let origin = match (question.is_fork(), context.change_request) {
        (true, _) => format!("{}, ", question.origin()),
        (false, Some(number)) if context.fork.is_none() => {
            format!("where change request {number} comes from can't be told, ")
        }
        _ => String::new(),
    };
    let place = place(context, question.work_folder);
    let word = question.command.word();
    let Some(event) = context.event.as_deref() else {
        return Some(TrustVerdict::Refuse {
            reason: Reason::Untrusted,
            what: format!(
                "`{word}` is refused: {origin}the run does not tell which event started it, and whose code would have its \
                 credentials is not proven: {place}"
            ),
            hint: question.ci.advice().how_to_tell_the_event.to_owned(),
        });
    };
    let hint = match &context.base_commit {
        Some(_) => {
            "run it on `pull_request`, where a fork gets no credentials, or leave the checkout at the commit that the \
             event itself has (`GITHUB_SHA`)"
        }
        // Without a base commit, the event's commit can be anybody's.
        None => {
            "run it on an event whose commit is the repository's own, such as `push`, `release` or `workflow_dispatch`"
        }
    };
    Some(TrustVerdict::Refuse {
        reason: Reason::Untrusted,
        what: format!(
            "`{word}` is refused: {origin}`{event}` gives the run this repository's credentials, and whose code would \
             have them is not proven: {place}"
        ),
        hint: hint.to_owned(),
    })
}

/// A description of the checkout whose commit is not proven to be the repository's own.
fn place(context: &Context, around: &[Checkout]) -> String {
    let one = std::slice::from_ref::<Checkout>;
    let unproven =
        around.iter().find(|checkout| Standing::from_checkouts(context, one(checkout)) == Standing::Unproven);
    let first = unproven.is_some_and(|checkout| around.first() == Some(checkout));
    let folder = match unproven {
        Some(checkout) if !first => {
            format!("the checkout `{}` around the work folder", checkout.top.display())
        }
        _ => "the work folder".to_owned(),
    };
    match (unproven.and_then(|checkout| checkout.commit.as_deref()), &context.base_commit) {
        (Some(at), Some(base)) => {
            format!(
                "{folder} is at commit `{}`, not at the repository's own `{}`",
                short_commit(at),
                short_commit(base)
            )
        }
        (Some(at), None) => {
            format!("nothing says that commit `{}` of {folder} is the repository's own", short_commit(at))
        }
        (None, _) => format!("no commit of {folder} can be read from a `.git`"),
    }
}

/// Warns of a change whose origin the CI system does not tell.
fn unknown_origin(question: &Question<'_>) -> Option<TrustVerdict> {
    let context = question.context;
    let is_change = context.change_request.is_some() || context.proposed;
    let unknown = context.fork.is_none() && is_change;
    let number = context.change_request.map_or_else(String::new, |number| format!(" {number}"));
    (unknown && (question.changes() || question.creates())).then(|| TrustVerdict::Warn {
        what: format!(
            "whether change request{number} comes from a fork can't be told on {}",
            question.ci.name()
        ),
        hint: "make sure that change requests from forks start no deployment".to_owned(),
    })
}

fn queue_that_changes(question: &Question<'_>) -> Option<TrustVerdict> {
    if !question.context.merge_queue || !question.changes() {
        return None;
    }
    let target = question.context.target_branch.as_deref().unwrap_or("the target branch");
    Some(TrustVerdict::Refuse {
        reason: Reason::Gate,
        what: format!("`{}` is refused: a merge queue tests what is not merged yet", question.command.word()),
        hint: format!("use `preview` here, and `{}` on the push to `{target}`", question.command.word()),
    })
}

/// Skips the preview of a stranger's or a bot's change: its author can't give it credentials.
fn without_credentials(question: &Question<'_>) -> Option<TrustVerdict> {
    let context = question.context;
    // On the default branch, or with an operation, missing credentials are a mistake that has to show.
    let bot = context.bot == Some(true)
        && !question.changes()
        && (context.change_request.is_some() || context.default_branch == Some(false));
    if question.credentials.backend || !(question.is_fork() || bot) {
        return None;
    }
    let who = if question.is_fork() {
        question.origin()
    } else {
        format!("`{}` is a bot", context.actor.as_deref().unwrap_or("the run's actor"))
    };
    Some(TrustVerdict::Skip {
        why: format!("{who}, and this run has no credentials for the backend"),
        maintainer: (question.ci.advice().maintainers_way)(context),
    })
}

/// Refuses to hand values of an environment to later steps where the change may be a stranger's, whatever the command: a later
/// step may run its code.
fn stranger_that_would_get_values(question: &Question<'_>) -> Option<TrustVerdict> {
    let context = question.context;
    if !question.hands_values_on || !(question.is_fork() || context.may_be_a_strangers()) {
        return None;
    }
    let whose = if question.is_fork() {
        question.origin()
    } else if context.bot == Some(true) {
        format!("the change is that of `{}`, a bot", context.actor.as_deref().unwrap_or("the run's actor"))
    } else {
        format!("whether the change comes from a fork can't be told on {}", question.ci.name())
    };
    Some(TrustVerdict::Refuse {
        reason: Reason::Untrusted,
        what: format!("`esc-export` is refused: {whose}, and later steps of its job can run its code"),
        hint: "leave `esc-export` out for such change requests, and hand values on in the jobs of your own branches".to_owned(),
    })
}

fn stale(question: &Question<'_>) -> Option<TrustVerdict> {
    if question.command != Command::Up || question.preview_only {
        return None;
    }
    let (commit, head) = (question.context.commit.as_deref()?, question.branch_head?);
    if same_commit(Some(commit), Some(head)) {
        return None;
    }
    let branch = question.context.branch.as_deref().unwrap_or("its branch");
    let what = format!(
        "commit `{}` is no longer the head of `{branch}`, which is at `{}`",
        short_commit(commit),
        short_commit(head)
    );
    Some(if question.refuse_stale {
        TrustVerdict::Refuse {
            reason: Reason::Gate,
            what: format!("`up` is refused: {what}"),
            hint: "start the newest run of the branch instead of an old one".to_owned(),
        }
    } else {
        TrustVerdict::Warn {
            what: format!("{what}: this deploys an older state of the code"),
            hint: "`stale: refuse` refuses such runs".to_owned(),
        }
    })
}

/// Warns that a fork's program can read the run's credentials. It is allowed: somebody decided so, in the CI system's
/// settings or by starting the run.
fn fork_with_credentials(question: &Question<'_>) -> Option<TrustVerdict> {
    let context = question.context;
    let its_code = question.is_fork() && (!context.base_credentials || context.allowed_commit.is_some());
    let hint = if question.own_stack {
        "give review stacks an identity that reaches nothing else"
    } else {
        "give change requests an identity that can only read"
    };
    (its_code && question.credentials.backend).then(|| TrustVerdict::Warn {
        what: format!("{}, and its program can read this run's credentials", question.origin()),
        hint: hint.to_owned(),
    })
}

/// Whether two hashes are of the same commit; one of them can be short. False for a text that is no hash.
pub fn same_commit(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let is_hash =
        |text: &str| (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    // A whole hash of SHA-1 is no beginning of one of SHA-256.
    let fits = short.len() == long.len() || short.len() < 40;
    fits && is_hash(one)
        && is_hash(other)
        && long.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests;
