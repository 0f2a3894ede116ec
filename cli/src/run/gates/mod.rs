//! The gates of a deployment, in the order in which a run comes to them.
//!
//! ```text
//! judge (whose stackstep.yaml, which ledger) → enter (place of the commit, holds, promotion, what was reviewed)
//!   → preview → after_preview (rules, reviewed change, approvals, state) → reserve → operation → finish → checks → verified
//! ```
//!
//! A run of a stack without an entry in `stackstep.yaml` passes them all, if nobody holds the stack, and costs one look at
//! the ledger.

mod approved;
mod commented;
mod entry;
mod facts;
mod found_approvals;
pub mod glass;
mod judge;
mod judged;
pub mod ledger;
mod merged;
mod merged_changes;
pub mod place_in_history;
mod promotion;
mod proposed;
mod queued;
mod record;
mod refused;
mod rest;
pub mod rollback;
mod signed;
mod signed_people;
pub mod signers;
mod taken_away;
mod unreviewed;
mod whole_change;
mod without_entry;

use std::cell::{Cell, RefCell};

use crate::admit::ruling;
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::ForgeAccess;
use crate::delivery::{StackSettings, Unreviewed};
use crate::engine::executor::Executor;
use crate::engine::job::Job;
use crate::engine::observed::Guarding;
use crate::inputs::Command;
use crate::inputs::headings::Guard;
use crate::ledger::entry::LedgerEntry;
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::publish::stale::{StaleBy, mark_stale};
use crate::report::{Report, ReviewRecord, RuleVerdict, Status};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::guard::LiveGuard;
use crate::reviewed::proposal::Proposal;
use crate::reviewed::tolerate::Tolerance;
use crate::reviewed::wanted::WantedGoals;
use crate::rules::end_by_rules;
use facts::{GateFacts, ReviewedNames};
pub use facts::{JudgedRun, stack_on_the_line};
pub use judge::judge;
pub use judged::{find_sinks, own_file, top};
use merged_changes::MergedChanges;

/// The gates of one run.
pub struct Gates<'a> {
    facts: GateFacts<'a>,
    /// The entry with which the deployment was reserved.
    reserved: RefCell<Option<LedgerEntry>>,
    /// Notes for the report.
    notes: Vec<String>,
    /// The digest of what the preview proposes.
    digest: Option<String>,
    /// The refusals of gates before the preview, for which a broken glass may stand in.
    put_off: Vec<Error>,
    /// Why the change is not what is left of a deployment that broke off.
    not_the_rest: Option<String>,
    /// Whether an earlier run was refused the same change by the same gate.
    is_known_refusal: Cell<bool>,
}

impl<'a> Gates<'a> {
    /// The gates of the job's run. `previews`: whether it previews, so that what a change is made from is needed.
    pub fn new(job: &'a Job<'a>, judged: JudgedRun, previews: bool) -> Self {
        let is_needed = previews || judged.settings.is_some();
        let made_from = is_needed.then(|| proposed::made_from(job)).flatten();
        let source = made_from.as_ref().map(|made_from| made_from.source.digest.clone());
        let facts = GateFacts {
            job,
            judged,
            source: source.filter(|source| !source.is_empty()),
            made_from,
            proposed: None,
            reviewed: ReviewedNames::default(),
            approved: ReviewedNames::default(),
            merged: None,
            approvers: Vec::new(),
            change_requests: Vec::new(),
            whole: None,
            rest: None,
            state: None,
            takes_ways_out: false,
        };
        Self {
            facts,
            reserved: RefCell::new(None),
            notes: Vec::new(),
            digest: None,
            put_off: Vec::new(),
            not_the_rest: None,
            is_known_refusal: Cell::new(false),
        }
    }

    /// The gates before the engine starts: where the commit stands, holds, and what the stack before has verified.
    pub async fn enter(
        &mut self,
        executor: &mut dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<()> {
        if self.facts.changes() {
            let review = &self.facts.job.inputs.review;
            self.facts.reviewed = unreviewed::named_as_reviewed(&self.facts, &review.reviewed)?;
            self.facts.approved = unreviewed::named_as_approved(&self.facts, &review.approved_change)?;
            self.facts.whole = rest::find_whole(&self.facts);
            let named = [&self.facts.reviewed, &self.facts.approved];
            let records: Vec<ReviewRecord> =
                named.into_iter().flat_map(|names| names.records.iter().cloned()).collect();
            self.look_for(executor, &records);
        }
        if let Some(why) = &self.facts.judged.not_known {
            self.notes.push(format!("not judged: {}", why.in_one_line()));
        }
        self.notes.extend(self.facts.judged.told.iter().cloned());
        self.notes.extend(self.facts.job.review.iter().flat_map(|review| review.notes.iter().cloned()));
        let settings = self.facts.settings().cloned();
        if let Some(settings) = &settings {
            console
                .line(&format!("judged by: `stacks.{}` of {}", settings.pattern, self.facts.judged.version));
        }
        if self.facts.compares_for_the_queue() {
            let queued = self.merged().await;
            self.look_for_shown(executor, queued);
        }
        if !self.facts.changes() {
            return Ok(());
        }
        for loosened in &self.facts.judged.loosened {
            self.notes.push(format!(
                "this commit loosens what has to hold, from the next deployment on: {loosened}"
            ));
        }
        rollback::refuse_what_is_held(&self.facts).await?;
        let Some(settings) = settings else {
            if self.facts.job.inputs.review.names_a_change() {
                self.look_at_state(executor, console, signals).await;
            }
            return Ok(());
        };
        if self.facts.job.inputs.command == Command::Refresh {
            return Ok(());
        }
        let client = self.facts.judged.forge.as_ref().map(ForgeAccess::client);
        let history = RepositoryHistory::new(
            &top(self.facts.job),
            self.facts.job.env,
            &self.facts.job.context,
            client.as_ref(),
        );
        let previews = executor.previews_first();
        self.facts.takes_ways_out = self.takes_ways_out(&history).await;
        // The default branch contains the commit of a rollback: that was made certain before it was checked out.
        let placed = match self.facts.job.rollback {
            Some(_) => Ok(()),
            None => place_in_history::refuse_a_commit_out_of_place(self.facts.job, &history).await,
        };
        let promoted = promotion::refuse_what_was_not_verified(&self.facts, &settings).await;
        drop(client);
        self.put_off(placed, previews)?;
        self.put_off(promoted, previews)?;
        self.follow_up().await;
        if settings.is_compared() && self.facts.reviewed.is_by_comments() {
            let merged = self.merged().await;
            self.look_for_shown(executor, merged);
        }
        self.look_at_state(executor, console, signals).await;
        Ok(())
    }

    /// Whether what people have written into the ledger as ways out counts for this job. Nobody is asked for anything if
    /// there is nothing of that.
    async fn takes_ways_out(&self, history: &RepositoryHistory<'_>) -> bool {
        let has_any = |past: &History| past.broke_glass().is_some() || !past.accepted_changes().is_empty();
        if !self.facts.judged.past.as_ref().is_some_and(has_any) {
            return false;
        }
        place_in_history::refuse_a_change("a way out", self.facts.job, history).await.is_ok()
    }

    /// Takes the identity of the state before the preview of an operation that follows one.
    async fn look_at_state(&mut self, executor: &dyn Executor, console: &Console, signals: &Signals) {
        if self.facts.changes() && self.facts.job.inputs.safety.skip_preview == Some(false) {
            self.facts.state = ledger::state_seen(self.facts.job, executor, console, signals).await;
        }
    }

    /// Lets the preview keep what the program wants of the resources of these records, and of those of the deployment that
    /// broke off.
    fn look_for(&self, executor: &mut dyn Executor, records: &[ReviewRecord]) {
        let key = unreviewed::review_key(&self.facts);
        let whole = self.facts.whole.iter().map(|whole| &whole.record);
        let records: Vec<ReviewRecord> = records.iter().chain(whole).cloned().collect();
        executor.look_for(WantedGoals::by_records(&records, key.as_ref()));
    }

    /// The same for what comments show; keeps the change requests for the comparison.
    fn look_for_shown(&mut self, executor: &mut dyn Executor, merged: Result<MergedChanges, Problem>) {
        let records: Vec<ReviewRecord> = merged.iter().flat_map(MergedChanges::records).cloned().collect();
        self.look_for(executor, &records);
        self.facts.merged = Some(merged);
    }

    /// The change requests that the run deploys, or that the merge queue would.
    async fn merged(&self) -> Result<MergedChanges, Problem> {
        if let Some(none) = rollback::no_changes(&self.facts) {
            return none;
        }
        let client =
            self.facts.judged.forge.as_ref().map(ForgeAccess::client).ok_or_else(|| self.facts.no_forge())?;
        let job = self.facts.job;
        let history = RepositoryHistory::new(&top(job), job.env, &job.context, Some(&client));
        if self.facts.compares_for_the_queue() {
            return queued::queued_changes(&self.facts, &client, &history).await;
        }
        merged::merged_changes(&self.facts, &client, &history).await
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
        let mut record = change.seal(&proposed::key(self.facts.job));
        record.is_compared = self.facts.is_compared();
        self.digest = Some(record.digest.clone());
        report.review = Some(Box::new(record));
        self.facts.proposed = Some(change);
    }

    /// The digest of what the run's preview proposes. None without a preview, or if it is not known whole.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The guard of the operation, which expects what the preview proposes. None if nobody wants one, or without a preview.
    pub fn guarding(&self) -> Option<Guarding> {
        let proposal = &self.facts.proposed.as_ref()?.proposal;
        let review = &self.facts.job.inputs.review;
        let settings = self.facts.settings();
        let is_bound = review.names_a_change() || self.facts.is_compared();
        let mode = review.guard.unwrap_or(if is_bound { Guard::Report } else { Guard::Off });
        let patterns = settings.iter().flat_map(|settings| &settings.tolerate);
        let tolerances = patterns.filter_map(|pattern| Tolerance::parse(pattern).ok()).collect();
        (mode != Guard::Off)
            .then(|| Guarding { guard: LiveGuard::new(proposal, tolerances), stops: mode == Guard::Stop })
    }

    /// The gates between the preview and the operation. Returns whether the operation may follow; if not, `report` says
    /// why.
    pub async fn after_preview(&mut self, report: &mut Report, console: &Console) -> bool {
        let passed = self.judge_preview(report).await;
        if !passed {
            self.refuse(report, console).await;
        }
        passed
    }

    async fn judge_preview(&mut self, report: &mut Report) -> bool {
        if self.facts.job.rollback.is_some() {
            self.notes.extend(rollback::cant_come_back(report));
        }
        let verdict = ruling::judge_preview(self.facts.job, report);
        if !self.facts.changes() {
            ruling::fail_preview(self.facts.job, report);
            self.compare_for_the_queue(report).await;
            return true;
        }
        let settings = self.facts.settings().cloned();
        // Who may approve stands in the settings, as does each rule that asks for it.
        if verdict == RuleVerdict::Refused || (verdict == RuleVerdict::Approval && settings.is_none()) {
            end_by_rules(report);
            return false;
        }
        self.look_for_the_rest(report);
        let mut refusals = std::mem::take(&mut self.put_off);
        if report.has_changes != Some(false)
            && let Err(error) = self.is_reviewed_and_approved(settings.as_ref(), report).await
        {
            refusals.push(error);
        }
        if let Err(error) = self.stand_in_for(refusals, report).await {
            end_by(report, &error);
            return false;
        }
        true
    }

    /// Fails the preview of a merge queue that proposes something else than what was reviewed.
    async fn compare_for_the_queue(&mut self, report: &mut Report) {
        let wanted = report.status == Status::Succeeded && report.has_changes != Some(false);
        let (Some(queued), Some(settings)) = (self.facts.merged.take(), self.facts.settings()) else {
            return;
        };
        if !wanted {
            return;
        }
        if let Err(why) = &queued {
            self.notes.push(format!("not compared with what was reviewed: {}", why.in_one_line()));
            return;
        }
        match unreviewed::reviewed(&self.facts, settings.unreviewed, report, &queued).await {
            Ok(note) => self.notes.extend(note),
            Err(error) => end_by(report, &error),
        }
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
        self.notes.extend(unreviewed::as_approved(&self.facts, report)?);
        if wanted.is_none() && !looks {
            return Ok(());
        }
        let merged = match self.facts.merged.take() {
            Some(merged) => merged,
            None => self.merged().await,
        };
        if let Ok(merged) = &merged {
            self.facts.change_requests = merged.changes.iter().map(|change| change.request.number).collect();
        }
        if looks {
            let note = unreviewed::reviewed(&self.facts, answer, report, &merged).await?;
            self.notes.extend(note);
        }
        if let Some(wanted) = wanted {
            let client = self.facts.judged.forge.as_ref().map(ForgeAccess::client);
            let accepted = self.facts.accepted(report);
            let past = self.facts.judged.past.as_ref();
            let since = accepted.zip(past).map(|(accepted, past)| past.refusal_time(accepted));
            let found =
                approved::approvals(&self.facts, &wanted, &merged, client.as_ref(), since, report).await?;
            self.facts.approvers = found.approvers;
            self.notes.extend(found.notes);
        }
        Ok(())
    }

    /// Adds the notes of the gates to the report.
    pub fn annotate(&self, report: &mut Report) {
        report.notes.extend(self.notes.iter().cloned());
    }

    /// Marks what other open change requests have previewed of the stack as stale, where commits have statuses: the stack is
    /// another one now.
    pub async fn mark_stale_previews(&self, report: &Report, console: &Console) {
        let job = self.facts.job;
        let looks = self.facts.is_compared();
        let deployed = report.status == Status::Succeeded && report.has_changes != Some(false);
        let wanted = looks && deployed && job.inputs.forge.commit_status && self.facts.changes();
        let Some(forge) = self.facts.judged.forge.as_ref().filter(|_| wanted) else { return };
        let identity = job.identity().unwrap_or_default().masked(&|text| console.masker().mask(text));
        let by = StaleBy {
            stack: &identity,
            key: job.inputs.comment.key.as_deref(),
            target: job.context.branch.as_deref(),
            except: &self.facts.change_requests,
            url: job.context.build_url.as_deref(),
        };
        let request = |number: u64| forge.place.forge.request(number);
        match mark_stale(&forge.client(), &by).await {
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
}

/// Turns the report of a preview into that of a run that a gate has ended.
fn end_by(report: &mut Report, error: &Error) {
    report.status = Status::Failed;
    report.reason = error.reason();
    report.message = Some(error.to_string());
    report.hint = error.hint().map(str::to_owned);
    report.exit_code = i32::from(error.exit_status());
}
