//! The gates of a deployment, in the order in which a run comes to them.
//!
//! ```text
//! judge (whose stackstep.yaml, which ledger) → enter (place of the commit, holds, promotion, what was reviewed)
//!   → preview → after_preview (rules, reviewed change, approvals, state) → reserve → operation → finish → checks → verified
//! ```
//!
//! A run of a stack without an entry in `stackstep.yaml` passes them all, and none of them costs it anything.

mod approved;
mod entry;
mod facts;
mod judged;
pub mod ledger;
mod merged;
mod place_in_history;
mod promotion;
mod proposed;
mod unreviewed;

use std::cell::RefCell;

use crate::admit::ruling;
use crate::base::error::{Error, Problem, Result};
use crate::base::http::Http;
use crate::base::words::Words as _;
use crate::ci::console::Console;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::delivery::judging::Judging;
use crate::delivery::place::forge_place;
use crate::delivery::stricter::stricter;
use crate::delivery::{Definition, StackSettings, Unreviewed};
use crate::engine::executor::Executor;
use crate::engine::job::Job;
use crate::engine::observed::Guarding;
use crate::forge::Client;
use crate::forge::client::LIMITS;
use crate::inputs::file::NAME;
use crate::inputs::headings::Guard;
use crate::inputs::{Command, Effect};
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, EntryStatus, LedgerEntry};
use crate::ledger::history::History;
use crate::ledger::state_identity::StateIdentity;
use crate::process::signals::Signals;
use crate::publish::stale::{StaleBy, mark_stale};
use crate::report::{CheckOutcome, Reason, Report, RuleVerdict, Status};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::guard::LiveGuard;
use crate::reviewed::proposal::Proposal;
use crate::reviewed::tolerate::Tolerance;
use crate::reviewed::wanted::WantedGoals;
use crate::rules::{Rules, end_by_rules};
pub use facts::JudgedRun;
use facts::{GateFacts, ReviewedNames};
use judged::{JudgedBy, judged_by, top};

/// Finds what the run is judged by, reads the ledger, and hands the job the checks that it has to make. `known` is the
/// judging file, if the map has been read from it.
pub async fn judge(job: &mut Job<'_>, known: Option<&Judging>, console: &Console) -> Result<JudgedRun> {
    let command = job.inputs.command;
    if job.stack.is_none() || !command.is_on_resources() {
        return Ok(JudgedRun::default());
    }
    let changes = command.effect() == Effect::Changes && !job.inputs.operation.preview_only;
    if changes && !job.inputs.review.reviewed.is_empty() {
        job.inputs.safety.skip_preview = Some(false);
    }
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
    let http = Http::new(job.env, LIMITS)?;
    let client = place.as_ref().map(|place| Client::new(&http, place));
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    let (settings, version, is_own) = match judged_by(job, &history, known, changes).await? {
        JudgedBy::Nothing => return Ok(JudgedRun::default()),
        JudgedBy::NotKnown(why) => return Ok(JudgedRun { not_known: Some(why), ..JudgedRun::default() }),
        JudgedBy::Settings { settings, version, is_own } => (*settings, version, is_own),
    };
    let mut judged = JudgedRun { settings: Some(settings), version, ..JudgedRun::default() };
    if changes {
        let ledger = ledger::open(job, place.as_ref());
        console.line(&format!("ledger: {}", ledger.shown()));
        judged.past = ledger::read(&ledger).await?;
        judged.ledger = Some(ledger);
        if is_own {
            judged.tighten_by_last_deployment(job, &history).await?;
        }
    }
    judged.place = place;
    if let Some(settings) = &judged.settings {
        unreviewed::check_tolerances(&settings.tolerate)?;
        for check in &settings.checks.list {
            let _ = job.checks.add(check.clone(), false);
        }
        let own = &settings.checks;
        if !own.is_empty() {
            (job.checks.timeout, job.checks.inconclusive) = (own.timeout, own.inconclusive);
            (job.checks.on_failed, job.checks.folder) = (own.on_failed, Some(top(job)));
        }
        job.rules = job.rules.on_top_of(&settings.rules)?;
        let looks = !settings.rules.is_empty()
            || settings.unreviewed != Unreviewed::Allow
            || settings.approvals.is_some();
        if changes && looks && command != Command::Refresh {
            job.inputs.safety.skip_preview = Some(false);
        }
    }
    Ok(judged)
}

impl JudgedRun {
    /// Takes the stricter of the settings and those of the commit that the stack deployed last.
    async fn tighten_by_last_deployment(
        &mut self,
        job: &Job<'_>,
        history: &RepositoryHistory<'_>,
    ) -> Result<()> {
        let deployed = self.past.as_ref().and_then(|past| past.deployed()?.commit.clone());
        let (Some(commit), Some(stack), Some(now)) = (deployed, &job.stack, self.settings.clone()) else {
            return Ok(());
        };
        if job.context.commit.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&commit)) {
            return Ok(());
        }
        let before = match history.file_of_commit(&commit, NAME).await {
            FileAt::Text(text) => Definition::parse(&text)?,
            FileAt::Missing => None,
            FileAt::Unknown(why) => {
                return Err(Error::Refused {
                    what: format!(
                        "`{}` is refused: `{NAME}` of commit `{commit}`, which `{stack}` deployed last, can't be read: {why}",
                        job.inputs.command.word()
                    ),
                    hint: "give the job a token that can read the repository, or check out the whole history"
                        .to_owned(),
                    reason: Reason::Gate,
                });
            }
        };
        let before = before.as_ref().and_then(|before| before.settings(stack));
        let (both, loosened) = match before {
            Some(before) => stricter(before, &now),
            None => (now, Vec::new()),
        };
        (self.settings, self.loosened) = (Some(both), loosened);
        self.version = format!(
            "this commit and commit `{}`, which was deployed last",
            &commit.get(..8).unwrap_or(&commit)
        );
        Ok(())
    }
}

/// The gates of one run.
pub struct Gates<'a> {
    facts: GateFacts<'a>,
    /// The entry with which the deployment was reserved.
    reserved: RefCell<Option<LedgerEntry>>,
    /// Notes for the report.
    notes: Vec<String>,
}

impl<'a> Gates<'a> {
    /// The gates of the job's run.
    pub fn new(job: &'a Job<'a>, judged: JudgedRun) -> Self {
        let made_from = proposed::made_from(job);
        let source = made_from.as_ref().map(|made_from| made_from.source.digest.clone());
        let facts = GateFacts {
            job,
            judged,
            source: source.filter(|source| !source.is_empty()),
            made_from,
            proposed: None,
            reviewed: ReviewedNames::default(),
            approvers: Vec::new(),
            change_requests: Vec::new(),
            state: None,
        };
        Self { facts, reserved: RefCell::new(None), notes: Vec::new() }
    }

    /// The gates before the engine starts: where the commit stands, holds, and what the stack before has verified.
    pub async fn enter(
        &mut self,
        executor: &mut dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<()> {
        if self.facts.changes() {
            self.facts.reviewed = unreviewed::named_as_reviewed(&self.facts)?;
            let key = unreviewed::review_key(&self.facts);
            executor.look_for(WantedGoals::by_records(&self.facts.reviewed.records, key.as_ref()));
        }
        if let Some(why) = &self.facts.judged.not_known {
            self.notes.push(format!("not judged: {}", why.in_one_line()));
        }
        let Some(settings) = self.facts.settings().cloned() else { return Ok(()) };
        console.line(&format!("judged by: `stacks.{}` of {}", settings.pattern, self.facts.judged.version));
        if !self.facts.changes() {
            return Ok(());
        }
        for loosened in &self.facts.judged.loosened {
            self.notes.push(format!(
                "this commit loosens what has to hold, from the next deployment on: {loosened}"
            ));
        }
        if let Some(past) = &self.facts.judged.past
            && let Some(hold) = past.holds().first()
        {
            return Err(ledger::held(hold, &self.facts));
        }
        if self.facts.job.inputs.command == Command::Refresh {
            return Ok(());
        }
        let http = Http::new(self.facts.job.env, LIMITS)?;
        let client = self.facts.judged.place.as_ref().map(|place| Client::new(&http, place));
        let history = RepositoryHistory::new(
            &top(self.facts.job),
            self.facts.job.env,
            &self.facts.job.context,
            client.as_ref(),
        );
        place_in_history::refuse_a_commit_out_of_place(self.facts.job, &history).await?;
        promotion::refuse_what_was_not_verified(&self.facts, &settings).await?;
        if self.facts.job.inputs.safety.skip_preview == Some(false) {
            self.facts.state = ledger::state_seen(self.facts.job, executor, console, signals).await;
        }
        Ok(())
    }

    /// Puts the record of what a preview proposes into its report. A preview that failed, or whose events are not whole, has
    /// none.
    pub fn record(&mut self, report: &mut Report, proposal: Option<Proposal>) {
        let (Some(proposal), Some(made_from)) = (proposal, self.facts.made_from.clone()) else { return };
        let (Some(operation), Some(identity)) =
            (proposed::operation(self.facts.job), self.facts.job.identity())
        else {
            return;
        };
        let engine = report.engine.as_ref().and_then(|engine| engine.version.clone()).unwrap_or_default();
        let change = ProposedChange { operation, identity, made_from, engine, proposal };
        report.review = Some(Box::new(change.seal(&proposed::key(self.facts.job))));
        self.facts.proposed = Some(change);
    }

    /// The guard of the operation, which expects what the preview proposes. None if nobody wants one, or without a preview.
    pub fn guarding(&self) -> Option<Guarding> {
        let proposal = &self.facts.proposed.as_ref()?.proposal;
        let review = &self.facts.job.inputs.review;
        let settings = self.facts.settings();
        let is_bound = !review.reviewed.is_empty()
            || settings.is_some_and(|settings| settings.unreviewed != Unreviewed::Allow);
        let mode = review.guard.unwrap_or(if is_bound { Guard::Report } else { Guard::Off });
        let patterns = settings.iter().flat_map(|settings| &settings.tolerate);
        let tolerances = patterns.filter_map(|pattern| Tolerance::parse(pattern).ok()).collect();
        (mode != Guard::Off)
            .then(|| Guarding { guard: LiveGuard::new(proposal, tolerances), stops: mode == Guard::Stop })
    }

    /// The gates between the preview and the operation. Returns whether the operation may follow; if not, `report` says
    /// why.
    pub async fn after_preview(&mut self, report: &mut Report) -> Result<bool> {
        let verdict = ruling::judge_preview(self.facts.job, report);
        if !self.facts.changes() {
            ruling::fail_preview(self.facts.job, report);
            return Ok(true);
        }
        let settings = self.facts.settings().cloned();
        // Who may approve stands in the settings, as does each rule that asks for it.
        if verdict == RuleVerdict::Refused || (verdict == RuleVerdict::Approval && settings.is_none()) {
            end_by_rules(report);
            return Ok(false);
        }
        if report.has_changes == Some(false) {
            return Ok(true);
        }
        if let Err(error) = self.is_reviewed_and_approved(settings.as_ref(), report).await {
            end_by(report, &error);
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether the change is the reviewed one, and approved by those who have to.
    async fn is_reviewed_and_approved(
        &mut self,
        settings: Option<&StackSettings>,
        report: &mut Report,
    ) -> Result<()> {
        let wanted = settings.and_then(|settings| approved::wanted(settings, report));
        let named = !self.facts.job.inputs.review.reviewed.is_empty();
        let allowed = settings.map_or(Unreviewed::Allow, |settings| settings.unreviewed);
        // What the step names as reviewed tightens, and never loosens.
        let answer = if named && allowed == Unreviewed::Allow { Unreviewed::Refuse } else { allowed };
        let looks = answer != Unreviewed::Allow;
        if wanted.is_none() && !looks {
            return Ok(());
        }
        let http = Http::new(self.facts.job.env, LIMITS)?;
        let client = self.facts.judged.place.as_ref().map(|place| Client::new(&http, place));
        let history = RepositoryHistory::new(
            &top(self.facts.job),
            self.facts.job.env,
            &self.facts.job.context,
            client.as_ref(),
        );
        let merged = match &client {
            Some(client) => merged::merged_changes(&self.facts, client, &history).await,
            None => Err(Problem::new(
                "the change requests can't be read: the forge is not known, or there is no token for it",
                "give the step `github-token` (or the token of your forge)",
            )),
        };
        if let Ok(merged) = &merged {
            self.facts.change_requests = merged.changes.iter().map(|change| change.request.number).collect();
        }
        if looks {
            let note = unreviewed::reviewed(&self.facts, answer, report, &merged)?;
            self.notes.extend(note);
        }
        if let Some(wanted) = wanted {
            let found = approved::approvals(&self.facts, &wanted, &merged, client.as_ref()).await?;
            self.facts.approvers = found.approvers;
            self.notes.extend(found.notes);
        }
        Ok(())
    }

    /// Writes into the ledger that the deployment begins. Fails if the ledger can't be written: then nothing is deployed.
    pub async fn reserve(
        &mut self,
        report: Option<&Report>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<()> {
        // A stack that was not there has been created by the preview.
        if let Some(before) = self.facts.state.as_ref().filter(|before| **before != StateIdentity::NoStack)
            && let Some(now) = ledger::state_seen(self.facts.job, executor, console, signals).await
            && now != *before
        {
            return Err(self.facts.refusal(
                format!("the stack has moved since the preview: its state was {before} and is {now}"),
                "somebody else has deployed it; run the job again, so that the change is compared with what is there",
                Reason::Reviewed,
            ));
        }
        let Some(ledger) = &self.facts.judged.ledger else { return Ok(()) };
        if let Some(missing) = ledger.missing() {
            let cant = ledger.not_promised().join("; ");
            self.notes.push(format!("there is no ledger ({}), so that {cant}", missing.what));
            return Ok(());
        }
        let entry = entry::reserved(&self.facts, report).masked(&|text| console.masker().mask(text));
        let approvers = self.facts.approvers.clone();
        let digest = entry.digest.clone().unwrap_or_default();
        let appended = ledger.append(|past: &History| {
            ledger::refuse_used_approvals(past, &approvers, &digest)?;
            Ok::<_, Error>(entry.clone())
        });
        let entry = appended.await.map_err(ledger::not_appended)?;
        self.notes.extend(
            ledger.not_promised().into_iter().map(|cant| format!("the ledger can't promise all: {cant}")),
        );
        *self.reserved.borrow_mut() = entry;
        Ok(())
    }

    /// Adds the notes of the gates to the report.
    pub fn annotate(&self, report: &mut Report) {
        report.notes.extend(self.notes.iter().cloned());
    }

    /// Writes into the ledger how the deployment ended. Trouble is a note: what is done is done.
    pub async fn finish(&self, report: &mut Report, console: &Console) {
        let (Some(ledger), Some(reserved)) = (&self.facts.judged.ledger, self.reserved.borrow().clone())
        else {
            return;
        };
        let status = match report.status {
            Status::Succeeded => EntryStatus::Succeeded,
            Status::Cancelled => EntryStatus::Cancelled,
            Status::Failed | Status::Skipped => EntryStatus::Failed,
        };
        let mut entry = entry::about(&self.facts, EntryKind::Finished, &reserved);
        entry.status = Some(status.clone());
        entry.counts = report.changes.clone().unwrap_or_default();
        self.write(ledger, entry, report, console).await;
        let whole = status == EntryStatus::Succeeded && self.facts.job.inputs.command == Command::Destroy;
        if whole && self.facts.job.inputs.operation.target.is_empty() {
            let entry = entry::about(&self.facts, EntryKind::Destroyed, &reserved);
            self.write(ledger, entry, report, console).await;
        }
    }

    /// Writes into the ledger what the checks after the deployment found, and holds the stack if a failed check does.
    pub async fn verified(&self, report: &mut Report, console: &Console) {
        let (Some(ledger), Some(reserved)) = (&self.facts.judged.ledger, self.reserved.borrow().clone())
        else {
            return;
        };
        let deployed =
            matches!(report.status, Status::Succeeded) || report.reason == Some(Reason::Verification);
        if !deployed || self.facts.job.inputs.command != Command::Up {
            return;
        }
        let worst = report.checks.iter().map(|check| check.outcome).max_by_key(|outcome| match outcome {
            CheckOutcome::Passed => 0,
            CheckOutcome::Inconclusive => 1,
            CheckOutcome::Failed => 2,
        });
        let failed = worst == Some(CheckOutcome::Failed);
        let mut entry = entry::about(&self.facts, EntryKind::Verified, &reserved);
        entry.status = Some(match (worst, report.status) {
            (Some(CheckOutcome::Failed), _) => EntryStatus::Failed,
            (Some(CheckOutcome::Inconclusive), Status::Failed) => EntryStatus::Inconclusive,
            _ => EntryStatus::Succeeded,
        });
        entry.checks = entry::checks(report);
        self.write(ledger, entry, report, console).await;
        let holds = self.facts.job.checks.on_failed == crate::checks::settings::OnFailedCheck::Hold;
        if failed && holds {
            let mut hold = entry::about(&self.facts, EntryKind::Held, &reserved);
            hold.about = None;
            hold.reason = Some("a check after the deployment failed".to_owned());
            hold.link.clone_from(&self.facts.job.context.build_url);
            self.write(ledger, hold, report, console).await;
            report.notes.push(format!(
                "the stack is held: nothing is deployed until somebody releases it (`on-failed-check: {}`)",
                self.facts.job.checks.on_failed.word()
            ));
        }
    }

    /// Marks what other open change requests have previewed of the stack as stale, where commits have statuses: the stack is
    /// another one now.
    pub async fn mark_stale_previews(&self, report: &Report, console: &Console) {
        let job = self.facts.job;
        let looks = self.facts.settings().is_some_and(|settings| settings.unreviewed != Unreviewed::Allow);
        let deployed = report.status == Status::Succeeded && report.has_changes != Some(false);
        let (true, Some(place)) = (
            looks && deployed && job.inputs.forge.commit_status && self.facts.changes(),
            &self.facts.judged.place,
        ) else {
            return;
        };
        let Ok(http) = Http::new(job.env, LIMITS) else { return };
        let client = Client::new(&http, place);
        let identity = job.identity().unwrap_or_default().masked(&|text| console.masker().mask(text));
        let by = StaleBy {
            stack: &identity,
            key: job.inputs.comment.key.as_deref(),
            target: job.context.branch.as_deref(),
            except: &self.facts.change_requests,
            url: job.context.build_url.as_deref(),
        };
        let request = |number: u64| place.forge.request(number);
        match mark_stale(&client, &by).await {
            Ok(marks) => {
                let lines = marks.in_words(&request).into_iter();
                for line in lines.chain(marks.problem(&request).map(|problem| problem.in_one_line())) {
                    console.line(&line);
                }
            }
            Err(trouble) => {
                console.line(&format!("no preview was marked as stale: {}", trouble.problem.in_one_line()));
            }
        }
    }

    async fn write(&self, ledger: &Ledger, entry: LedgerEntry, report: &mut Report, console: &Console) {
        let entry = entry.masked(&|text| console.masker().mask(text));
        let kind = entry.kind.clone();
        let appended = ledger.append(|_: &History| Ok::<_, Error>(entry.clone())).await;
        if let Err(error) = appended.map_err(ledger::not_appended) {
            report.notes.push(format!(
                "the ledger has no `{kind}` of this run: {error}; a later run will take the deployment for unfinished"
            ));
        }
    }

    /// The rules that the stack's settings have.
    pub fn rules(&self) -> Option<&Rules> {
        self.facts.settings().map(|settings| &settings.rules)
    }
}

/// Turns the report of a preview into that of a run that a gate has ended.
fn end_by(report: &mut Report, error: &Error) {
    report.status = Status::Failed;
    report.reason = error.reason();
    report.message = Some(error.to_string());
    report.hint = error.hint().map(str::to_owned);
    report.exit_code = i32::from(error.exit_status());
}
