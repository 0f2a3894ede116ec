//! `accept`: a person takes a change that was refused, as it is not the reviewed one, for a reviewed one; or takes what is
//! deployed for what the ledger can't tell any more; or lives with drift for a time. All are entries of the stack's ledger,
//! with who did it and why. All other gates hold as ever.

mod drift;

use clap::{ArgAction, ArgMatches, Command as Clap};

use super::ledger_verb;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::delivery::place::ForgeAccess;
use crate::engine::job::Job;
use crate::inputs::file::NAME;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::report::{Reason, short_digest};
use crate::reviewed::forms::ReviewedForm;
use crate::run::gates::{ledger, place_in_history, top};

/// What is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The change with this digest, which was refused last.
    Change(String),
    /// The deployed state: the ledger's open questions are closed.
    AsDeployed,
    /// The drift that was found last, until the end of this day or until this time.
    Drift(String),
}

/// Accepts a change, or what is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptAsk {
    /// What is accepted.
    pub what: Accepted,
    /// Why.
    pub reason: String,
}

impl AcceptAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let digest = ledger_verb::text("digest", "sha256:…", "The digest that the refusal names")
            .required_unless_present_any([AS_DEPLOYED, DRIFT])
            .conflicts_with_all([AS_DEPLOYED, DRIFT])
            .display_order(1);
        let as_deployed = clap::Arg::new(AS_DEPLOYED)
            .long(AS_DEPLOYED)
            .help("Take this commit for what is deployed: closes what the ledger can't tell any more")
            .action(ArgAction::SetTrue)
            .display_order(2);
        let drift = clap::Arg::new(DRIFT)
            .long(DRIFT)
            .help("Live for a time with the drift that was found last: it fails nothing, and its issue is closed")
            .action(ArgAction::SetTrue)
            .requires(UNTIL)
            .conflicts_with(AS_DEPLOYED)
            .display_order(3);
        let until =
            ledger_verb::text(UNTIL, "DAY", "With `--drift`: the last day of that, or a time in RFC 3339");
        ledger_verb::subcommand("accept", "Take a change that was refused for a reviewed one")
            .arg(digest)
            .arg(as_deployed)
            .arg(drift)
            .arg(until.requires(DRIFT).display_order(4))
    }

    /// What the command line asks for.
    pub fn given(matches: &ArgMatches) -> Self {
        let what = if matches.get_flag(AS_DEPLOYED) {
            Accepted::AsDeployed
        } else if matches.get_flag(DRIFT) {
            Accepted::Drift(ledger_verb::given(matches, UNTIL))
        } else {
            Accepted::Change(ledger_verb::given(matches, "digest"))
        };
        Self { what, reason: ledger_verb::given(matches, "reason") }
    }
}

const AS_DEPLOYED: &str = "as-deployed";
const DRIFT: &str = "drift";
const UNTIL: &str = "until";

/// Writes the entry. Returns the exit status.
pub async fn run(
    ask: &AcceptAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let (job, ledger) = ledger_verb::with_ledger("accept", flags, env, console, signals).await?;
    let done = Box::pin(accept(ask, &job, &ledger, console)).await?;
    console.line(&done);
    Ok(0)
}

/// Writes the entry of what the job's stack accepts. Returns what was done, in a sentence.
pub async fn accept(ask: &AcceptAsk, job: &Job<'_>, ledger: &Ledger, console: &Console) -> Result<String> {
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    place_in_history::refuse_a_change("accept", job, &history).await?;
    let identity = job.identity().unwrap_or_default();
    let mut entry = ledger_verb::entry(job, EntryKind::Accepted, &ask.reason, console);
    match &ask.what {
        Accepted::Change(digest) => {
            let digest = match ReviewedForm::parse(digest) {
                Ok(ReviewedForm::Digest(digest)) => digest,
                Ok(_) => return Err(Error::input(format!("`{digest}` is not a digest"), WHOLE_DIGEST)),
                Err(problem) => {
                    return Err(Error::input(problem.what.clone(), problem.hint_or(WHOLE_DIGEST)));
                }
            };
            entry.digest = Some(digest.clone());
            let decide = |past: &History| {
                let about = refusal_to_accept(past, &digest)?;
                let mut entry = entry.clone();
                entry.about = Some(about);
                Ok::<_, Error>(entry)
            };
            let written = ledger.append(decide).await.map_err(ledger::not_appended)?;
            let number = written.map_or(0, |entry| entry.number);
            Ok(format!(
                "`{identity}`: the change `{}` is accepted (entry {number} of the ledger): the next deployment of exactly it \
                 passes as reviewed, if all other gates let it pass",
                short_digest(&digest)
            ))
        }
        Accepted::Drift(until) => drift::accept(until, &entry, job, ledger).await,
        Accepted::AsDeployed => {
            let commit = head_of_default(job, &history).await?;
            entry.commit = Some(commit.clone());
            let is_gone = is_last_commit_gone(ledger, &history).await?;
            let decide = |past: &History| {
                if past.certain().is_ok() && past.unfinished().is_empty() && !is_gone {
                    return Err(nothing_is_open());
                }
                Ok::<_, Error>(entry.clone())
            };
            let written = ledger.append(decide).await;
            let number = written.map_err(ledger::not_appended)?.map_or(0, |entry| entry.number);
            Ok(format!(
                "`{identity}`: commit `{}` counts as deployed, and what the ledger could not tell is closed (entry {number} \
                 of the ledger)",
                short_commit(&commit)
            ))
        }
    }
}

/// Whether `stackstep.yaml` of the commit that was deployed last can't be read any more, as after a rewritten history.
async fn is_last_commit_gone(ledger: &Ledger, history: &RepositoryHistory<'_>) -> Result<bool> {
    let past = ledger.history().await.map_err(|trouble| ledger::refused(trouble.problem))?;
    let judged_last = past.as_ref().and_then(History::deployed).and_then(LedgerEntry::judging_commit);
    match judged_last {
        Some(commit) => Ok(matches!(history.file_of_commit(commit, NAME).await, FileAt::Unknown(_))),
        None => Ok(false),
    }
}

/// The refusal to close what is not open: the file of the last deployment judges the next one, and nobody accepts that away.
fn nothing_is_open() -> Error {
    Error::Refused {
        what: "`accept` is refused: the ledger is whole, and nothing in it is open".to_owned(),
        hint: "run the deployment: what it is refused for names its own way out".to_owned(),
        reason: Reason::Gate,
    }
}

const WHOLE_DIGEST: &str = "write `sha256:` and all 64 hexadecimal digits, as the refusal's way out does";

/// The number of the refusal of the change with this digest. Fails if it is not what was refused last, as another one than
/// the reviewed.
fn refusal_to_accept(past: &History, digest: &str) -> Result<u64> {
    past.certain().map_err(ledger::refused)?;
    let refuse = |what: String, hint: &str| {
        Err(Error::Refused {
            what: format!("`accept` is refused: {what}"),
            hint: hint.to_owned(),
            reason: Reason::Gate,
        })
    };
    let again = "run the deployment again: its refusal names the digest, if there is something to accept";
    let Some(refusal) = past.refused() else {
        return refuse(
            "nothing that was refused is open for this stack: nothing was refused, or a deployment has begun since".to_owned(),
            again,
        );
    };
    if !refusal.is_about_change(digest) {
        let last = refusal.digest.as_deref().map(short_digest).unwrap_or_default();
        return refuse(
            format!(
                "`{}` is not the change that was refused last: that is `{last}`, on {}",
                short_digest(digest),
                refusal.time
            ),
            again,
        );
    }
    match refusal.gate.as_deref() {
        Some(gate) if gate == Reason::Reviewed.name() => Ok(refusal.number),
        Some(gate) if gate == Reason::Approval.name() => refuse(
            format!(
                "`{}` was refused as an approval is missing, and not as another change",
                short_digest(digest)
            ),
            "have it approved by those whom the refusal names, then run the deployment again",
        ),
        _ => refuse(
            format!("`{}` was refused by a rule, which nobody accepts away", short_digest(digest)),
            "change what the rule names, or have the rule changed in a change of its own",
        ),
    }
}

/// The commit of the job, which has to be the head of the default branch.
async fn head_of_default(job: &Job<'_>, history: &RepositoryHistory<'_>) -> Result<String> {
    let refuse = |what: String| Error::Refused {
        what: format!("`accept` is refused: {what}"),
        hint: "run it in a job for the newest commit of the default branch".to_owned(),
        reason: Reason::Gate,
    };
    let own =
        crate::base::git::checkouts_around(&job.inputs.stack.cwd).first().and_then(|one| one.commit.clone());
    let Some(commit) = job.context.commit.clone().or(own) else {
        return Err(refuse("the commit of this job is not known".to_owned()));
    };
    let Some(default) = history.default_branch().await else {
        return Err(refuse("the name of the default branch is not known".to_owned()));
    };
    match history.head(&default).await {
        Some(head) if head.eq_ignore_ascii_case(&commit) => Ok(commit),
        Some(head) => Err(refuse(format!(
            "commit `{}` is not the head of `{default}`, which is `{}`",
            short_commit(&commit),
            short_commit(&head)
        ))),
        None => Err(refuse(format!("the head of `{default}` could not be read"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn digest(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    fn refused(gate: Reason) -> History {
        let mut past = History::default();
        let mut entry = LedgerEntry::new(EntryKind::Refused, None, "prod", UNIX_EPOCH);
        (entry.number, entry.digest, entry.gate) = (1, Some(digest("a")), Some(gate.name().to_owned()));
        past.add(entry);
        past
    }

    #[test]
    fn only_what_was_refused_last_as_another_change_is_accepted() {
        assert_eq!(refusal_to_accept(&refused(Reason::Reviewed), &digest("a")).unwrap(), 1);
        for (past, of, why) in [
            (None, "a", "nothing that was refused is open"),
            (Some(Reason::Reviewed), "b", "is not the change that was refused last"),
            (Some(Reason::Approval), "a", "as an approval is missing"),
            (Some(Reason::Rules), "a", "by a rule"),
        ] {
            let past = past.map(refused).unwrap_or_default();
            let error = refusal_to_accept(&past, &digest(of)).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
        }
    }

    #[test]
    fn nothing_is_accepted_by_a_ledger_that_is_not_certain() {
        let mut past = refused(Reason::Reviewed);
        past.add_unreadable(2, "it is empty");
        let error = refusal_to_accept(&past, &digest("a")).unwrap_err();
        assert!(error.to_string().contains("entry 2 can't be read"), "{error}");
        assert!(error.hint().unwrap().contains("accept <stack> --as-deployed --reason"));
    }
}
