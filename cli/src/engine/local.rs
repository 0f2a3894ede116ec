//! The Pulumi CLI on this machine as an executor: which processes a phase or a query has. The driver runs them.

use std::cell::OnceCell;
use std::time::Duration;

use super::args;
use super::driver::{Driver, SoFar};
use super::executor::Purpose;
use super::executor::{
    EngineAnswer, EngineLabel, EngineQuery, Executor, Outcome, Pending, Phase, Unwatched, Watch,
};
use super::line::Scope;
use super::locate::LocatedEngine;
use super::observed::Guarding;
use super::plan::{EngineStep, Plan};
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::reviewed::wanted::WantedGoals;

/// The Pulumi CLI on this machine, at work on one job.
pub struct LocalEngine<'a> {
    job: &'a Job<'a>,
    engine: LocatedEngine,
    /// The stack that is asked about, if it is another one than the job's.
    other: Option<String>,
    /// A time limit of each process, in place of the run's own.
    limit: Option<Duration>,
    /// Made when a phase needs it: a query needs none.
    plan: OnceCell<Plan>,
    so_far: SoFar,
    goals: WantedGoals,
    /// The guard of the operation.
    guarding: Option<Guarding>,
}

impl<'a> LocalEngine<'a> {
    /// `engine` at work on `job`.
    pub fn new(job: &'a Job<'a>, engine: LocatedEngine) -> Self {
        Self {
            job,
            engine,
            other: None,
            limit: None,
            plan: OnceCell::new(),
            so_far: SoFar::default(),
            goals: WantedGoals::default(),
            guarding: None,
        }
    }

    /// The same engine, asked about another stack of the job's project.
    #[must_use]
    pub fn about(self, stack: &str) -> Self {
        Self { other: Some(stack.to_owned()), ..self }
    }

    /// The same engine, each process of which is ended after this time.
    #[must_use]
    pub fn limited_to(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// The stack that is asked about.
    fn asked_about(&self) -> Scope<'_> {
        let scope = self.job.scope();
        Scope { stack: self.other.as_deref().unwrap_or(scope.stack), ..scope }
    }

    fn plan(&self) -> &Plan {
        self.plan.get_or_init(|| Plan::new(&self.job.inputs, &self.job.scope()))
    }

    /// Runs one engine command for `stackstep exec`.
    pub async fn exec(
        &self,
        arguments: Vec<String>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Outcome> {
        self.alone(Purpose::Exec, arguments, console, signals).await
    }

    /// Runs one engine command beside a run, without showing its output: one that makes, marks or removes a stack.
    ///
    /// # Errors
    /// The engine could not be started.
    pub async fn manage(
        &self,
        arguments: Vec<String>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Outcome> {
        self.alone(Purpose::Query, arguments, console, signals).await
    }

    /// Runs one process that belongs to no phase, with a time limit of its own.
    async fn alone(
        &self,
        purpose: Purpose,
        args: Vec<String>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Outcome> {
        let mut watch = Unwatched;
        let mut driver = self.driver(SoFar::default(), console, signals, &mut watch);
        driver.step(&EngineStep { purpose, args, stdin: None }).await?;
        Ok(driver.outcome)
    }

    fn driver<'d>(
        &'d self,
        so_far: SoFar,
        console: &'d Console,
        signals: &'d Signals,
        watch: &'d mut dyn Watch,
    ) -> Driver<'d> {
        let outcome =
            Outcome { processes: so_far.processes, notes: so_far.notes.clone(), ..Outcome::default() };
        let within = self.limit;
        let (goals, guarding) = (&self.goals, self.guarding.as_ref());
        Driver {
            job: self.job,
            engine: &self.engine,
            goals,
            guarding,
            console,
            signals,
            watch,
            so_far,
            outcome,
            within,
        }
    }
}

impl Executor for LocalEngine<'_> {
    fn label(&self) -> EngineLabel {
        self.engine.label()
    }

    fn previews_first(&self) -> bool {
        !self.plan().steps(Phase::Preview).is_empty()
    }

    fn look_for(&mut self, goals: WantedGoals) {
        self.goals = goals;
    }

    fn guard(&mut self, guarding: Guarding) {
        self.guarding = Some(guarding);
    }

    fn perform<'f>(
        &'f mut self,
        phase: Phase,
        watch: &'f mut dyn Watch,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome> {
        Box::pin(async move {
            let mut driver = self.driver(self.so_far.clone(), console, signals, watch);
            driver.run_steps(self.plan().steps(phase)).await?;
            let Driver { so_far, outcome, .. } = driver;
            let (processes, notes) = (outcome.processes, outcome.notes.clone());
            self.so_far = SoFar { processes, notes, ..so_far };
            Ok(outcome)
        })
    }

    fn preview_again<'f>(
        &'f mut self,
        within: Duration,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome> {
        Box::pin(async move {
            let args = args::preview_after(&self.job.inputs, &self.job.scope());
            // Whoever completes the report of a killed run has to read the log of the operation, not of this.
            let mut watch = Unwatched;
            let so_far = SoFar { notes: Vec::new(), ..self.so_far.clone() };
            let mut driver = self.driver(so_far, console, signals, &mut watch);
            driver.within = Some(within);
            driver.step(&EngineStep { purpose: Purpose::PreviewAfter, args, stdin: None }).await?;
            let mut outcome = driver.outcome;
            let before = std::mem::replace(&mut self.so_far.processes, outcome.processes);
            outcome.processes -= before;
            Ok(outcome)
        })
    }

    fn query<'f>(
        &'f self,
        query: EngineQuery,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, EngineAnswer> {
        let (inputs, scope) = (&self.job.inputs, self.asked_about());
        let args = match query {
            EngineQuery::Version => args::version(),
            EngineQuery::Configuration => args::config_with_secrets(inputs, &scope),
            EngineQuery::Stacks => args::stacks(),
            EngineQuery::Tags => args::tags(&scope),
            EngineQuery::History => args::history(&scope),
            EngineQuery::Outputs { show_secrets } => args::outputs(inputs, &scope, show_secrets),
            EngineQuery::Export => args::export(&scope),
        };
        Box::pin(async move { self.alone(Purpose::Query, args, console, signals).await.map(EngineAnswer) })
    }
}
