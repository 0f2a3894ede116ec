//! Pulumi Deployments as an executor: each phase is a deployment of the stack's at Pulumi Cloud, whose log is shown and whose
//! update's events make the report. No Pulumi CLI is needed in the job, and no credentials of a cloud.
//!
//! What the stack's settings say holds; the run adds the commit and a variable by which it knows its deployment again.

use std::time::Duration;

use serde_json::Value;

use super::executor::{
    EngineAnswer, EngineLabel, EngineQuery, Executor, Outcome, Pending, Phase, Purpose, Watch,
};
use super::observed::{Guarding, ObservedEvents};
use super::plan;
use super::remote_stack::{RemoteStack, TokenRenewal};
use super::remote_state;
use super::remote_wait::{RemoteEnd, RemoteWait};
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::base::random;
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::cloud::trouble::CloudTrouble;
use crate::deployments::followed::{DeploymentStatus, DeploymentUpdate, FollowedDeployment};
use crate::deployments::queue::{BegunDeployment, DeploymentNotBegun, NewDeployment, StackDeployments};
use crate::deployments::requests::not_read;
use crate::deployments::source::DeploymentSource;
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::process::signals::Signals;
use crate::pulumi::project::Project;
use crate::report::Ending;
use crate::reviewed::collect::Collector;
use crate::reviewed::wanted::WantedGoals;

/// The pauses before a deployment is looked for whose request had no answer.
const LOOKS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];

/// The commit that is deployed: the one whose files lie here, as it was those that this run has looked at. In a job for a change
/// request they are often those of a merge that the service can't have, and its head stands for them.
fn deployed_commit(job: &Job<'_>) -> Result<String> {
    let context = &job.context;
    let rolled_back = job.rollback.as_ref().map(|rollback| rollback.commit.clone());
    let here = rolled_back.or_else(|| git::commit_around(&job.inputs.stack.cwd));
    let is_merged = here.is_some() && here == context.merge_commit;
    let is_own = !context.base_credentials && context.fork != Some(true);
    let commit = match here {
        Some(here) if !is_merged => Some(here),
        _ => context.commit.clone().filter(|_| is_own),
    };
    commit.ok_or_else(|| {
        Error::input(
            "`run-on: deployments` deploys the commit that is checked out, and it is not known which one that is",
            "run it in a checkout of the commit, and in a job for a fork's change in one of its head",
        )
    })
}

/// Pulumi Deployments, at work on one job.
pub struct RemoteEngine<'a> {
    job: &'a Job<'a>,
    stack: RemoteStack<'a>,
    commit: String,
    goals: WantedGoals,
    notes: Vec<String>,
}

impl<'a> RemoteEngine<'a> {
    /// Pulumi Deployments for the stack of `job`, which is signed in.
    ///
    /// # Errors
    /// The stack is not at Pulumi Cloud, the job has no token for it or no commit, or it is a stack of a change request's own.
    pub fn new(job: &'a Job<'a>, renewal: &'a dyn TokenRenewal) -> Result<Self> {
        if job.review.is_some() {
            return Err(Error::input(
                "`run-on: deployments` does not deploy the stack of a change request",
                "take it away for `stackstep review`; Pulumi Cloud has review stacks of its own (`pullRequestTemplate` of the \
                 deployment settings)",
            ));
        }
        if job.inputs.command == Command::Destroy
            && (!job.rules.is_empty() || job.inputs.review.need_a_preview())
        {
            return Err(Error::input(
                "`destroy` has no preview where Pulumi Deployments runs it, and this run has to be judged by one",
                "run it in this job (`run-on: local`), or take the rules and the review of this `destroy` away",
            ));
        }
        let commit = deployed_commit(job)?;
        let stack = RemoteStack::new(job, renewal)?;
        Ok(Self { job, stack, commit, goals: WantedGoals::default(), notes: Vec::new() })
    }

    /// Carries out one operation as a deployment.
    async fn deploy(
        &self,
        purpose: Purpose,
        patience: Option<Duration>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Outcome> {
        let operation = self.operation(purpose);
        self.refuse_another_source(console, signals).await?;
        if purpose == Purpose::Operation
            && let Some(wanted) = self.job.wanted
        {
            wanted.ask().await?;
        }
        if let Some(signal) = signals.first() {
            return Err(Error::Stopped { signal: signal.number() });
        }
        let mut notes = self.notes.clone();
        let begun = match self.earlier(operation, console, signals).await? {
            Some(there) => {
                let note = format!(
                    "an earlier job of this run has begun deployment #{}: it was not begun once more",
                    there.version
                );
                console.line(&note);
                notes.push(note);
                there
            }
            None => self.begin(operation, console, signals).await?,
        };
        let page = begun.page.clone().unwrap_or_else(|| format!("deployment {}", begun.version));
        console.line(&format!("deployment #{} ({operation}): {page}", begun.version));
        let end = RemoteWait {
            stack: &self.stack,
            begun: &begun,
            patience,
            cancels_what_runs: self.job.inputs.engine.cancel_running,
        }
        .until_over(console, signals)
        .await?;
        self.outcome(purpose, &begun, end, notes, console, signals).await
    }

    /// The service's word for what a process of this purpose does.
    fn operation(&self, purpose: Purpose) -> &'static str {
        if matches!(purpose, Purpose::PreviewBefore | Purpose::PreviewAfter) {
            // Of a refresh or a destroy the service shows nothing before it does it.
            return "preview";
        }
        match self.job.inputs.command {
            Command::Up => "update",
            Command::Refresh if self.job.inputs.operation.preview_only => "detect-drift",
            Command::Refresh => "refresh",
            Command::Destroy => "destroy",
            _ => "preview",
        }
    }

    /// Refuses a stack whose settings deploy something else than this job's commit of this job's project.
    async fn refuse_another_source(&self, console: &Console, signals: &Signals) -> Result<()> {
        let settings =
            self.stack.ask(async |it| it.settings().await, console, signals).await.map_err(not_read)?;
        let settings = settings.ok_or_else(|| {
            Error::input(
                format!("the stack {} has no deployment settings, or is not there", self.stack.stack.shown()),
                "write them to `deployment.yaml` and send them: `stackstep deployment settings apply`, see \
                 docs/deployments.md",
            )
        })?;
        let own = DeploymentSource::of_checkout(
            self.job.context.repository.as_deref(),
            self.job.project.as_ref().map(Project::folder),
        );
        own.refuse_unlike(&settings)
    }

    /// Begins a deployment.
    async fn begin(
        &self,
        operation: &'static str,
        console: &Console,
        signals: &Signals,
    ) -> Result<BegunDeployment> {
        let instance = self.job.context.attempt.map_or("-".to_owned(), |attempt| attempt.to_string());
        let run = self.run(operation).unwrap_or_else(|| "-".to_owned());
        let run = format!("{run} {instance} {}", random::word());
        let ask = NewDeployment { operation, commit: self.commit.clone(), run };
        match StackDeployments(&self.stack.stack).begin(&ask).await {
            Ok(begun) => Ok(begun),
            Err(DeploymentNotBegun::Refused(trouble)) => Err(not_read(trouble)),
            Err(DeploymentNotBegun::Unknown(trouble)) => self.lost(&ask, trouble, console, signals).await,
        }
    }

    /// The run, by what stays the same if its job is started once more: the CI system, the run's id, the operation, the commit.
    /// None outside of a CI system.
    fn run(&self, operation: &str) -> Option<String> {
        let run = self.job.ci.origin(self.job.env).own_run()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        let plain = |text: &str| text.chars().filter(|c| is_plain(*c)).collect::<String>();
        Some(format!("{}:{}:{operation}:{}", plain(self.job.ci.name()), plain(&run), plain(&self.commit)))
    }

    /// The deployment that an earlier job of the same run has begun, if it is still to be waited for, or has done the work and
    /// nothing came after it.
    async fn earlier(
        &self,
        operation: &str,
        console: &Console,
        signals: &Signals,
    ) -> Result<Option<BegunDeployment>> {
        let Some(run) = self.run(operation) else { return Ok(None) };
        let attempt = self.job.context.attempt;
        // Before the first attempt there was none that could have ended.
        let is_worth_a_look = |one: &FollowedDeployment| attempt != Some(1) || !one.status.is_final();
        let found = self.stack.ask(async |it| it.of_runs(is_worth_a_look).await, console, signals).await;
        let (found, newest) = found.map_err(not_read)?;
        let attempt = attempt.map(|attempt| attempt.to_string());
        let is_same = |one: &&FollowedDeployment| {
            let mut words = one.run.as_deref().unwrap_or_default().split(' ');
            let (own, instance) = (words.next() == Some(&run), words.next().unwrap_or_default());
            // What an earlier step of this very job has finished is not what this step is for.
            let is_other = attempt.as_deref() != Some(instance);
            own && match one.status {
                DeploymentStatus::Waiting | DeploymentStatus::Running => true,
                DeploymentStatus::Succeeded => is_other && operation != "preview" && one.version == newest,
                DeploymentStatus::Failed | DeploymentStatus::Skipped => false,
            }
        };
        Ok(found.iter().find(is_same).map(begun))
    }

    /// Looks for the deployment whose request had no answer. It is never asked for twice.
    async fn lost(
        &self,
        ask: &NewDeployment,
        trouble: CloudTrouble,
        console: &Console,
        signals: &Signals,
    ) -> Result<BegunDeployment> {
        console.line(&format!("{}: it is looked for", trouble.problem.what));
        for pause in LOOKS {
            if let Some(signal) = signals.wait(pause).await {
                return Err(Error::Stopped { signal: signal.number() });
            }
            let found = self.stack.ask(async |it| it.of_runs(|_| true).await, console, signals).await;
            let own = found
                .into_iter()
                .flat_map(|(found, _)| found)
                .find(|one| one.run.as_deref() == Some(&ask.run));
            if let Some(own) = own {
                return Ok(begun(&own));
            }
        }
        Err(Error::Incomplete {
            what: format!("{}; whether the deployment was begun is not known", trouble.problem.what),
            hint: "look at the stack's deployments at Pulumi Cloud; if there is none, run the job again"
                .to_owned(),
        })
    }

    /// What became of the deployment, with the events of its update.
    async fn outcome(
        &self,
        purpose: Purpose,
        begun: &BegunDeployment,
        end: RemoteEnd,
        mut notes: Vec<String>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Outcome> {
        let mut observed = match purpose {
            Purpose::Operation if self.job.inputs.command != Command::Preview => ObservedEvents::plain(),
            _ => ObservedEvents::of_preview(Collector::new(self.goals.clone(), false)),
        };
        let update = match self.update(&begun.id, console, signals).await {
            Ok(Some(update)) => {
                let events = self.stack.ask(async |it| it.events(&update).await, console, signals).await;
                match events {
                    Ok(lines) => lines.iter().for_each(|line| {
                        let _ = observed.line(line.as_bytes());
                    }),
                    Err(trouble) => {
                        notes.push(format!("{}: what it changed is not known", trouble.problem.what));
                    }
                }
                true
            }
            Ok(None) => false,
            Err(trouble) => {
                notes.push(format!("{}: what it changed is not known", trouble.problem.what));
                true
            }
        };
        let (events, proposal, _) = observed.finish(0);
        let mut stderr = String::new();
        if let Some(failure) = &end.failure {
            // A deployment that failed before its update has nothing but its log.
            stderr = if update {
                format!("error: {failure}\n")
            } else {
                format!("{}error: {failure}\n", end.errors())
            };
        }
        if let Some(page) = &begun.page {
            notes.push(format!("run by Pulumi Deployments: {page}"));
        }
        notes.extend(end.notes.iter().cloned());
        Ok(Outcome {
            events,
            ending: Some(end.ending),
            purpose: Some(purpose),
            log: console.masker().mask(&end.log()),
            stderr: console.masker().mask(&stderr),
            notes,
            proposal,
            ..Outcome::default()
        })
    }

    /// The update that the deployment made: its last one. None if it made none.
    async fn update(
        &self,
        id: &str,
        console: &Console,
        signals: &Signals,
    ) -> Result<Option<DeploymentUpdate>, CloudTrouble> {
        Ok(self.stack.ask(async |it| it.updates(id).await, console, signals).await?.pop())
    }
}

fn begun(there: &FollowedDeployment) -> BegunDeployment {
    BegunDeployment { id: there.id.clone(), version: there.version, page: None }
}

impl Executor for RemoteEngine<'_> {
    fn label(&self) -> EngineLabel {
        EngineLabel {
            name: "pulumi",
            place: format!("Pulumi Deployments at {}", self.stack.stack.host()),
            version: None,
        }
    }

    fn previews_first(&self) -> bool {
        // The service previews an update and nothing else.
        self.job.inputs.command == Command::Up && plan::previews_before(&self.job.inputs, &self.job.scope())
    }

    fn look_for(&mut self, goals: WantedGoals) {
        self.goals = goals;
    }

    fn guard(&mut self, _guarding: Guarding) {
        self.notes.push(
            "`guard` does not see each step of a deployment that Pulumi Deployments runs: it was compared with what was \
             reviewed when it was queued"
                .to_owned(),
        );
    }

    fn perform<'f>(
        &'f mut self,
        phase: Phase,
        _watch: &'f mut dyn Watch,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome> {
        let purpose = if phase == Phase::Preview { Purpose::PreviewBefore } else { Purpose::Operation };
        let patience = self.job.inputs.engine.wait_timeout;
        Box::pin(async move { self.deploy(purpose, patience, console, signals).await })
    }

    fn preview_again<'f>(
        &'f mut self,
        within: Duration,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome> {
        Box::pin(async move { self.deploy(Purpose::PreviewAfter, Some(within), console, signals).await })
    }

    fn query<'f>(
        &'f self,
        query: EngineQuery,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, EngineAnswer> {
        Box::pin(async move {
            let answer: Result<Value, String> =
                remote_state::read_as_the_cli(&self.stack, query, console, signals).await;
            Ok(EngineAnswer(match answer {
                Ok(value) => Outcome {
                    ending: Some(Ending::Exited(0)),
                    purpose: Some(Purpose::Query),
                    raw: Some(Secret::new(value.to_string())),
                    ..Outcome::default()
                },
                Err(why) => Outcome {
                    ending: Some(Ending::Exited(1)),
                    purpose: Some(Purpose::Query),
                    stderr: console.masker().mask(&why),
                    ..Outcome::default()
                },
            }))
        })
    }
}
