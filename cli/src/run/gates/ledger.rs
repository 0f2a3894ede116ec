//! The ledger of a run's stack: where it is, what it says, and what it refuses.

use super::facts::GateFacts;
use crate::base::error::{Error, Problem, Result};
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::engine::executor::{EngineQuery, Executor};
use crate::engine::job::Job;
use crate::forge::Place;
use crate::ledger::entry::{ApprovalWay, EntryApprover, EntryKind, EntryRun, LedgerEntry};
use crate::ledger::history::{ApprovalUse, History};
use crate::ledger::state_identity::{self, StateIdentity};
use crate::ledger::{Ledger, LedgerFor, NotAppended};
use crate::process::signals::Signals;
use crate::pulumi::stack::StackIdentity;
use crate::report::Reason;

/// The job's stack and its backend, as the ledger and the locks are found by them. `token` is the one of
/// [`crate::pulumi::backend::Backend::token_for_requests`].
pub fn ledger_for<'a>(
    job: &'a Job<'_>,
    identity: &'a StackIdentity,
    token: Option<&'a Secret>,
    place: Option<&'a Place>,
) -> LedgerFor<'a> {
    LedgerFor {
        url: job.backend.url.as_deref(),
        token,
        identity,
        env: &job.seen_by_engine,
        folder: &job.inputs.stack.cwd,
        forge: place,
        commit: job.context.commit.as_deref(),
    }
}

/// Opens the ledger of the job's stack. Sends nothing.
pub fn open(job: &Job<'_>, place: Option<&Place>) -> Ledger {
    open_for(job, place, None)
}

/// Opens the ledger of the job's stack, or of another stack of the same project and backend.
pub fn open_for(job: &Job<'_>, place: Option<&Place>, other: Option<&str>) -> Ledger {
    let Some(mut identity) = job.identity() else {
        return Ledger::none(Problem::without_hint("the stack is not known"));
    };
    if let Some(other) = other {
        other.rsplit('/').next().unwrap_or(other).clone_into(&mut identity.stack);
    }
    let token = job.backend.token_for_requests();
    Ledger::open(&ledger_for(job, &identity, token.as_ref(), place))
}

/// What is seen of the state of the job's stack: from its backend, else from the engine. None if neither tells.
pub async fn state_seen(
    job: &Job<'_>,
    executor: &dyn Executor,
    console: &Console,
    signals: &Signals,
) -> Option<StateIdentity> {
    let identity = job.identity()?;
    let token = job.backend.token_for_requests();
    if let Ok(seen) = state_identity::read(&ledger_for(job, &identity, token.as_ref(), None)).await {
        return Some(seen.identity);
    }
    let answer = executor.query(EngineQuery::Export, console, signals).await.ok()?;
    state_identity::of_export(&answer.object().ok()?)
}

/// A new entry about the job's stack, with the run that writes it: the job's own, and not one that has started it.
pub fn new_entry(job: &Job<'_>, kind: EntryKind) -> LedgerEntry {
    let identity = job.identity().unwrap_or_default();
    let now = job.env.clock().time();
    let mut entry = LedgerEntry::new(kind, identity.project.as_deref(), &identity.stack, now);
    entry.run = Some(EntryRun {
        system: job.ci.name().to_owned(),
        id: job.ci.origin(job.env).own_run(),
        attempt: job.context.attempt.map(|attempt| attempt.to_string()),
        url: job.context.build_url.clone(),
    });
    entry
}

/// Adds an entry, masked, whatever the ledger says. Returns it as it is there; none without a ledger.
pub async fn append(ledger: &Ledger, entry: LedgerEntry, console: &Console) -> Result<Option<LedgerEntry>> {
    append_by(ledger, |_| entry.clone(), console).await
}

/// Appends the entry that `make` makes of what the ledger says: of two runs at once the later one sees the earlier one's.
pub async fn append_by(
    ledger: &Ledger,
    mut make: impl FnMut(&History) -> LedgerEntry,
    console: &Console,
) -> Result<Option<LedgerEntry>> {
    let masked = |past: &History| Ok::<_, Error>(make(past).masked(&|text| console.masker().mask(text)));
    let appended = Box::pin(ledger.append(masked)).await;
    appended.map_err(not_appended)
}

/// Fails if there is no ledger, which `what` needs.
pub fn needed(ledger: &Ledger, what: &str) -> Result<()> {
    let Some(missing) = ledger.missing() else { return Ok(()) };
    Err(Error::Refused {
        what: format!("{what} needs a ledger, and there is none: {}", missing.what),
        hint: "keep the state where a ledger can lie beside it, see docs/ledger.md".to_owned(),
        reason: Reason::Gate,
    })
}

/// What the ledger says. Fails if it can't be read, or if it is not certain: a hold or a used approval may stand there.
pub async fn read(ledger: &Ledger) -> Result<Option<History>> {
    let history = Box::pin(ledger.history()).await.map_err(|trouble| refused(trouble.problem))?;
    if let Some(history) = &history {
        history.certain().map_err(refused)?;
    }
    Ok(history)
}

/// The refusal of a run whose ledger does not say for certain what it has to say.
pub fn refused(problem: Problem) -> Error {
    Error::Refused {
        what: format!("refused: {}", problem.what),
        hint: problem.hint.unwrap_or_else(|| "let the job read and write it, see docs/ledger.md".to_owned()),
        reason: Reason::Gate,
    }
}

/// The refusal of a stack that is held.
pub fn held(hold: &LedgerEntry, gates: &GateFacts<'_>) -> Error {
    let who = hold.actor.as_deref().unwrap_or("somebody");
    let reason = hold.reason.as_deref().unwrap_or("no reason was given");
    gates.refusal(
        format!("the stack is held since {} by `{who}`: {reason}", hold.time),
        format!(
            "find out whether the reason still holds; then release it (`stackstep release {} --reason …`)",
            gates.stack_on_the_line()
        ),
        Reason::Gate,
    )
}

/// Refuses approvals that an earlier deployment has used up.
pub fn refuse_used_approvals(past: &History, approvers: &[EntryApprover], digest: &str) -> Result<()> {
    for approver in approvers {
        if let ApprovalUse::UsedUp(used) = past.approval_use(approver, digest) {
            let who = approver.name.as_deref().unwrap_or("somebody");
            let what = if approver.by == ApprovalWay::BreakGlass { "glass broken" } else { "approval" };
            return Err(Error::Refused {
                what: format!(
                    "refused: the {what} by `{who}` was used by the deployment of {}, entry {} of the ledger",
                    used.time, used.number
                ),
                hint: "have this change approved by itself: an approval counts once".to_owned(),
                reason: Reason::Approval,
            });
        }
    }
    Ok(())
}

/// The error of an entry that was not appended.
pub fn not_appended(error: NotAppended<Error>) -> Error {
    match error {
        NotAppended::Decided(error) => error,
        NotAppended::Trouble(trouble) => Error::Refused {
            what: format!("refused: {}", trouble.problem.what),
            hint: trouble
                .problem
                .hint
                .unwrap_or_else(|| "let the job write it, see docs/ledger.md".to_owned()),
            reason: Reason::Gate,
        },
    }
}
