//! `break-glass`: somebody whom the stack's entry names lets one change be deployed without what is needed otherwise, for an
//! hour and for one deployment. It is an entry of the stack's ledger and an issue on the forge, which only a second person
//! closes. A rule that refuses and a hold stay in force.

use std::time::Duration;

use clap::{ArgMatches, Command as Clap};

use super::ledger_verb;
use crate::admit::approvals::signed::{SignedOperation, WhyNotSigned};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::http::Url;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::notify::NotifyEvent;
use crate::delivery::place::ForgeAccess;
use crate::delivery::starter::certain_starter;
use crate::engine::job::Job;
use crate::forge::Issue;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::publish::notify::{NotifyFacts, is_link};
use crate::render::fence;
use crate::report::{Reason, short_digest};
use crate::reviewed::forms::ReviewedForm;
use crate::run::gates::glass::is_one_of;
use crate::run::gates::place_in_history;
use crate::run::gates::signers::{as_signed, refuse_used, signed_breaker};
use crate::run::gates::{JudgedRun, judge, ledger, top};
use crate::run::telling::tell_of_verb;

/// The time for which it counts.
const TIME: Duration = Duration::from_secs(60 * 60);

/// Lets a change be deployed without what is needed otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlassAsk {
    /// The digest of the change.
    pub digest: String,
    /// Why.
    pub reason: String,
    /// A page with more, such as the incident.
    pub link: String,
    /// What somebody has signed who breaks the glass: a file, or the text. None: who has started the job breaks it.
    pub signed: Option<String>,
}

/// Who breaks the glass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlassBreaker {
    /// The person who started the job, who has to be known for certain.
    Starter(String),
    /// Whoever has signed this.
    Signed(String),
}

impl BreakGlassAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let digest = ledger_verb::text(
            "digest",
            "sha256:…",
            "The digest of the change, which a refusal names and the result of a preview has as `review.digest`",
        );
        let link = ledger_verb::text("link", "URL", "A page with more, such as the incident");
        let signed = ledger_verb::text(
            "signed",
            "PATH",
            "What `stackstep approve --break-glass` has written, with its `.sig` beside it, or the text of both: who has signed \
             it breaks the glass, whoever starts the job",
        );
        ledger_verb::subcommand(
            "break-glass",
            "Let one change be deployed without reviews and approvals, for an hour",
        )
        .arg(digest.required(true).display_order(1))
        .arg(link.required(true).display_order(2))
        .arg(signed.display_order(3))
    }

    /// What the command line asks for.
    pub fn given(matches: &ArgMatches) -> Self {
        let text = |name| ledger_verb::given(matches, name);
        let signed = Some(text("signed")).filter(|signed| !signed.is_empty());
        Self { digest: text("digest"), reason: text("reason"), link: text("link"), signed }
    }
}

/// Writes the entry and opens the issue. Returns the exit status.
pub async fn run(
    ask: &BreakGlassAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let (mut job, _) = ledger_verb::with_ledger("break-glass", flags, env, console, signals).await?;
    let judged = Box::pin(judge(&mut job, None, console)).await?;
    let breaker = match &ask.signed {
        Some(signed) => GlassBreaker::Signed(signed.clone()),
        None => {
            GlassBreaker::Starter(certain_starter(job.ci, env, &job.context).await.map_err(nobody_known)?)
        }
    };
    Box::pin(break_glass(ask, &breaker, &job, &judged, console)).await?;
    let facts = NotifyFacts {
        digest: Some(ask.digest.clone()),
        link: Some(ask.link.clone()),
        ..NotifyFacts::saying(&ask.reason)
    };
    Box::pin(tell_of_verb(&job, NotifyEvent::BreakGlass, &facts, console)).await;
    Ok(0)
}

/// Breaks the glass, by the settings and the ledger that judge the job's stack.
pub async fn break_glass(
    ask: &BreakGlassAsk,
    breaker: &GlassBreaker,
    job: &Job<'_>,
    judged: &JudgedRun,
    console: &Console,
) -> Result<()> {
    let Ok(ReviewedForm::Digest(digest)) = ReviewedForm::parse(&ask.digest) else {
        return Err(Error::input(
            format!("`{}` is not a digest", ask.digest),
            "write `sha256:` and all 64 hexadecimal digits, as the refusal's way out does",
        ));
    };
    let link = link(&ask.link)?;
    let client = judged.forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    place_in_history::refuse_a_change("break-glass", job, &history).await?;
    let identity = job.identity().unwrap_or_default();
    let Some(settings) = &judged.settings else {
        return Err(refused(
            format!("`{identity}` has no entry in `stackstep.yaml`, so that nothing holds it up"),
            "see the message of the run that was refused",
        ));
    };
    if settings.break_glass.is_empty() {
        return Err(refused(
            format!("nobody may for `{identity}`: `stacks.{}` has no `break-glass`", settings.pattern),
            "`break-glass: { from: [ann, \"@acme/oncall\"] }` names those who may; it counts from the next deployment on",
        ));
    }
    let (who, signer) = match breaker {
        GlassBreaker::Starter(who) => {
            is_one_of(&settings.break_glass, who, client.as_ref()).await.map_err(|why| {
                let what = why.what.clone();
                refused(what, why.hint_or("`break-glass.from` of the stack's entry names those who may"))
            })?;
            (who.clone(), None)
        }
        GlassBreaker::Signed(text) => {
            refuse_without_a_branch(job)?;
            let signer = signed_breaker(text, &digest, job, judged, client.as_ref())
                .await
                .map_err(|why| not_signed(&why))?;
            (signer.names.first().cloned().unwrap_or_default(), Some(signer))
        }
    };
    let Some(ledger) = &judged.ledger else {
        return Err(refused("there is no ledger".to_owned(), "see docs/ledger.md"));
    };
    let now = job.env.clock().time();
    let mut entry =
        ledger_verb::entry(job, EntryKind::BrokeGlass, &ask.reason, console).counting_for(TIME, now);
    entry.actor = Some(who.clone());
    entry.approvers = signer.iter().map(as_signed).collect();
    entry.digest = Some(digest);
    entry.link = Some(console.masker().mask(&link));
    let opened = open_issue(&entry, &identity.to_string(), judged).await;
    let issue = opened.as_ref().ok();
    entry.issue = issue.map(|issue| issue.number);
    let decide = |past: &History| {
        signer
            .iter()
            .try_for_each(|signer| refuse_used(Some(past), signer))
            .map_err(|why| not_signed(&why))?;
        Ok::<_, Error>(entry.clone())
    };
    let written = ledger.append(decide).await;
    let number = written.map_err(ledger::not_appended)?.map_or(0, |entry| entry.number);
    let followed = match &opened {
        Ok(issue) => format!("; issue #{} has to be closed by somebody else than `{who}`", issue.number),
        Err(why) => {
            let warning = format!("no issue follows it up: {why}; let somebody else than `{who}` look at it");
            console.annotate(Level::Warning, "stackstep", &warning);
            String::new()
        }
    };
    console.line(&format!(
        "`{identity}`: the glass is broken for the change `{}` (entry {number} of the ledger): until {} one deployment of \
         exactly it passes without what is needed otherwise{followed}",
        short_digest(entry.digest.as_deref().unwrap_or_default()),
        entry.expires.as_deref().unwrap_or_default(),
    ));
    if !judged.past.as_ref().is_none_or(|past| past.holds().is_empty()) {
        console.line(&format!("`{identity}` is held: a broken glass deploys nothing until it is released"));
    }
    Ok(())
}

/// Opens the issue by which a second person looks at it. Fails with the reason why there is none.
async fn open_issue(entry: &LedgerEntry, stack: &str, judged: &JudgedRun) -> Result<Issue, String> {
    let forge = judged.forge.as_ref().ok_or("the forge is not known, or there is no token for it")?;
    let who = entry.actor.as_deref().unwrap_or_default();
    let cell = |text: &Option<String>| {
        text.as_deref().unwrap_or_default().replace(['`', '\n', '\r'], " ").replace('|', "\\|")
    };
    let body = format!(
        "`{who}` lets one change be deployed to `{stack}` without the reviews and approvals that it needs otherwise.\n\n\
         {}\n| | |\n| --- | --- |\n| more | {} |\n| change | `{}` |\n| until | {} |\n| run | {} |\n\n\
         Somebody else than `{who}` has to look at what was deployed, and then close this issue. If `{who}` closes it, the \
         next deployment opens it again.\n",
        fence(entry.reason.as_deref().unwrap_or_default(), "text"),
        cell(&entry.link),
        cell(&entry.digest),
        cell(&entry.expires),
        cell(&entry.run.as_ref().and_then(|run| run.url.clone()).filter(|url| is_link(url))),
    );
    let title = format!("Broken glass: `{stack}` is deployed without what it needs otherwise");
    match forge.client().open_issue(&title, &body).await {
        Ok(Some(issue)) => Ok(issue),
        Ok(None) => Err(format!("{} has no issues that a job can open", forge.place.forge.title())),
        Err(trouble) => Err(trouble.problem.in_one_line()),
    }
}

/// The address of a page, as it may stand in an issue and in messages.
fn link(given: &str) -> Result<String> {
    let url = Url::parse(given).ok().filter(|_| is_link(given)).map(String::from).filter(|url| is_link(url));
    url.ok_or_else(|| {
        Error::input(
            format!("`{given}` is not the address of a page, or has characters that end a link"),
            "name the incident's page: `--link https://…`; a space and brackets are written as `%20`, `%28` and `%29`",
        )
    })
}

fn refused(what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
    Error::Refused {
        what: format!("`break-glass` is refused: {what}"),
        hint: hint.into(),
        reason: Reason::Gate,
    }
}

/// Refuses a signature where it is not known which branch the job is for: its own files may be anybody's, and they say whose
/// signature counts.
fn refuse_without_a_branch(job: &Job<'_>) -> Result<()> {
    if DeliveryEvent::from_context(&job.context) == DeliveryEvent::Unknown {
        return Err(refused(
            "this is no job for a branch that is known, and whose signature counts stands in the default branch",
            "run it in a job of the default branch, which anybody may start",
        ));
    }
    Ok(())
}

/// The refusal of a signature.
fn not_signed(why: &WhyNotSigned) -> Error {
    refused(
        format!("what was signed does not count: {}", why.in_words()),
        why.way_out(SignedOperation::BreakGlass),
    )
}

/// The refusal where it is not certain who asks.
fn nobody_known(why: Problem) -> Error {
    refused(format!("who asks is not known for certain: {}", why.what), why.hint.unwrap_or_default())
}
