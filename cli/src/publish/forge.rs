//! Publishes a report on the forge: the comment, the commit's status, the deployment.
//!
//! An error here is a warning with its reason, because the operation is done. Only `comment: required` makes it an
//! error, and the operation's own outcome stays. A run that is not admitted sends nothing.

mod about;
mod choice;
mod none;
mod sent;
mod status;

use std::time::Duration;

use about::About;
use choice::{Choice, Telling};
use status::Begun;

use super::Publisher;
use super::several::together;
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::{Http, Limits, Url};
use crate::base::origin::Origin;
use crate::ci::console::Console;
use crate::ci::{CiSystem, Context};
use crate::delivery::place::forge_place;
use crate::engine::job::{Job, Reporting};
use crate::forge::client::LIMITS;
use crate::forge::{Client, Deployment, Place, State};
use crate::inputs::{self, Inputs};
use crate::process::signals::Signals;
use crate::publish::comment::{self, Content, Mode, Posted, Stamp, Wanted};
use crate::render::{self, Detail, Options, Template};
use crate::report::{Masked, Operation, Reason, Report, Status};
pub use sent::Sent;
use sent::miss;
use sent::warn;
pub use status::status_name;

/// The time limit for everything that is sent to the forge.
const PATIENCE: Duration = Duration::from_secs(180);

/// The time limit in a job that is about to be killed.
const HURRY: Duration = Duration::from_secs(3);

/// Sends the report of a run to the forge.
pub struct Sender<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The job's change request, branch and commit, as the CI system tells them.
    pub context: &'a Context,
    /// The inputs of the run.
    pub inputs: &'a Inputs,
    /// The start of the run, in Unix seconds.
    pub began: u64,
    /// The time limit and the number of tries of a request.
    pub limits: Limits,
    /// The status that was set at the beginning.
    pub begun: Begun,
    /// Whether it sends nothing: the command does that which runs many stacks.
    is_quiet: bool,
    /// The name of the many stacks that have one comment, one status and one deployment together.
    together: Option<&'a str>,
}

impl<'a> Sender<'a> {
    /// The sender for `job`.
    pub fn for_job(job: &'a Job<'_>) -> Self {
        let began = job.env.clock().began();
        let sender = Self::new(job.env, job.ci, &job.context, &job.inputs, began);
        Self { is_quiet: job.reporting == Reporting::ResultFile, ..sender }
    }

    /// A sender without a job.
    pub fn new(
        env: &'a Env,
        ci: &'static dyn CiSystem,
        context: &'a Context,
        inputs: &'a Inputs,
        began: u64,
    ) -> Self {
        let (limits, begun) = (LIMITS, Begun::default());
        Self { env, ci, context, inputs, began, limits, begun, is_quiet: false, together: None }
    }

    /// The sender for many stacks, which are called `name` together.
    #[must_use]
    pub fn for_all(self, name: &'a str) -> Self {
        Self { together: Some(name), ..self }
    }

    /// Sends what the inputs ask for, with `report`. Writes to the log what was done and what failed.
    pub async fn send(
        &self,
        publisher: &Publisher,
        report: &Masked<Report>,
        console: &Console,
        signals: &Signals,
    ) -> Sent {
        self.send_all(publisher, report.as_slice(), console, signals).await
    }

    /// Sends several reports, in one comment.
    pub async fn send_all(
        &self,
        publisher: &Publisher,
        reports: Masked<&[Report]>,
        console: &Console,
        signals: &Signals,
    ) -> Sent {
        let Some(report) = reports.first().filter(|_| !self.is_quiet) else { return Sent::default() };
        let may_not = self.context.fork == Some(true) && !self.context.base_credentials;
        let later = self.reports_later() && !may_not;
        let choice = Choice::from_inputs(self.inputs);
        let wants_more = self.inputs.forge.commit_status || self.environment().is_some();
        // On a machine without a CI system nobody expects a comment.
        let unasked = matches!(choice, Choice::IfPossible(_))
            && *self.context == Context::default()
            && self.inputs.comment.change_request.is_none();
        let outputs_only = reports.iter().all(|report| report.command == Operation::Outputs);
        if outputs_only || ((choice == Choice::Off || unasked) && !wants_more) {
            return Sent::default();
        }
        // A job with the credentials can comment in this one's place.
        if report.reason == Some(Reason::Untrusted) && !self.reports_later() {
            if choice != Choice::Off {
                console.line("no comment: the run is not trusted with the credentials for it");
            }
            return Sent::default();
        }
        let about = About::from_inputs(self.context, self.inputs, &reports);
        if about == About::Nothing && choice != Choice::Off {
            // After a push nobody expects one.
            if !matches!(choice, Choice::IfPossible(_)) {
                console.line("no comment: this run is not for a change request");
            }
            if !wants_more {
                return Sent::default();
            }
        }
        let sure = matches!(about, About::Number(_)) || self.context.fork == Some(true);
        let telling = Telling { console, choice, sure, later };
        let hurry = (report.status == Status::Cancelled && !later) || signals.first().is_some();
        let work = self.work(publisher, reports, &about, &telling, hurry);
        let within = tokio::time::timeout(if hurry { HURRY } else { PATIENCE }, work);
        let done = tokio::select! {
            done = within => done.ok(),
            _ = signals.cancelled(), if !hurry => None,
        };
        done.unwrap_or_else(|| {
            telling.missed(&Problem::without_hint("there was no time left to report to the forge"))
        })
    }

    /// What keeps the comment apart from others on the same subject: the stacks of another fleet of the pipeline have another one.
    fn comment_key(&self) -> Option<String> {
        match (&self.inputs.comment.key, self.together) {
            (Some(key), Some(name)) => Some(format!("{key} / {name}")),
            (key, name) => key.clone().or_else(|| name.map(str::to_owned)),
        }
    }

    fn wanted(&self, mode: Mode) -> Wanted {
        Wanted {
            mode,
            when: self.inputs.comment.when,
            key: self.comment_key(),
            stamp: self.stamp(&self.ci.origin(self.env)),
            official_action: self.inputs.official_action,
            of_all: self.together.is_some(),
            others_write: !self.reports_later(),
        }
    }

    async fn work(
        &self,
        publisher: &Publisher,
        reports: Masked<&[Report]>,
        about: &About,
        telling: &Telling<'_>,
        hurry: bool,
    ) -> Sent {
        let limits = if hurry { Limits { tries: 1, try_time: HURRY, ..self.limits } } else { self.limits };
        let (place, http) = match self.way(limits) {
            Ok(way) => way,
            Err(why) => return telling.missed(&why),
        };
        let client = Client::new(&http, &place);
        let mut sent = Sent::default();
        // However many stacks there are, what is asked of the forge stays the same.
        let as_one = self.together.and_then(|_| reports.merged(together));
        let stated = as_one.as_ref().map_or(reports, Masked::as_slice);
        // The statuses go first, as they would otherwise stay pending.
        for report in stated.each().filter(|_| self.inputs.forge.commit_status) {
            let all = if as_one.is_some() { reports } else { report.as_slice() };
            self.commit_status(&client, publisher, report, all, telling.console).await;
        }
        if let Some(mode) = telling.choice.mode().filter(|_| *about != About::Nothing) {
            sent = self.comment(&client, mode, about, publisher, reports, telling).await;
        }
        for report in stated.each() {
            if let Some(environment) = self.environment() {
                let shown = (*report, publisher.sinks.detail);
                self.deployment(&client, environment, shown, telling.console).await;
            }
        }
        sent
    }

    /// A sentence on the place of the comment and the permission that the token needs; or on why there will be no
    /// comment.
    pub fn outlook(&self) -> String {
        if Choice::from_inputs(self.inputs) == Choice::Off {
            return "none: it is switched off".to_owned();
        }
        match self.place() {
            Ok(place) => {
                let number =
                    self.inputs.comment.change_request.map(u64::from).or(self.context.change_request);
                let forge = place.forge;
                let number = number.map_or_else(
                    || "the change request that the commit or the branch has".to_owned(),
                    |number| forge.request(number),
                );
                format!("{number} of `{}` on {}: {}", place.repository, forge.title(), place.permission())
            }
            Err(why) => format!("none: {}", why.in_one_line()),
        }
    }

    /// Whether anything may go to the forge.
    pub fn has_something_to_send(&self) -> bool {
        Choice::from_inputs(self.inputs) != Choice::Off
            || self.inputs.forge.commit_status
            || self.environment().is_some()
    }

    /// The environment to record a deployment for. None if the CI system does that itself for this job.
    fn environment(&self) -> Option<&str> {
        let environment = self.inputs.forge.environment.as_deref()?;
        (!self.ci.records_deployment(self.env, environment)).then_some(environment)
    }

    /// Whether the command is `report`, which publishes the results of other jobs.
    fn reports_later(&self) -> bool {
        self.inputs.command == inputs::Command::Report
    }

    /// The forge, the repository on it and the token to use.
    pub fn place(&self) -> Result<Place, Problem> {
        forge_place(self.ci, self.env, self.context, self.inputs)
    }

    /// The place on the forge, and what requests to it are sent with.
    fn way(&self, limits: Limits) -> Result<(Place, Http), Problem> {
        let place = self.place()?;
        Ok((place, Http::new(self.env, limits).map_err(|error| Problem::from(&error))?))
    }

    async fn comment(
        &self,
        client: &Client<'_>,
        mode: Mode,
        about: &About,
        publisher: &Publisher,
        reports: Masked<&[Report]>,
        telling: &Telling<'_>,
    ) -> Sent {
        let number = match about.number(client).await {
            Ok(Some(number)) => number,
            Ok(None) => {
                telling.console.line(&format!("no comment: {}", about.not_found()));
                return Sent::default();
            }
            Err(trouble) => return telling.missed(&trouble.problem),
        };
        let wanted = self.wanted(mode);
        let options = Options {
            detail: publisher.sinks.detail,
            change_request: !matches!(about, About::Merged(_)),
            ..Options::default()
        };
        let template = self.template(telling.console);
        let shown = publisher.shown(reports);
        let content = Content {
            reports: shown.as_slice(),
            options: &options,
            template: template.as_ref(),
            warn: &|why| warn(telling.console, why),
        };
        match comment::post(client, number, &wanted, &content).await {
            Ok(posted) => {
                telling.console.line(&posted_line(client, number, posted));
                Sent::default()
            }
            Err(trouble) => telling.missed(&trouble.problem),
        }
    }

    /// The template of the comment, if there is one that may be used. One that comes with a stranger's change may not.
    fn template(&self, console: &Console) -> Option<Template> {
        let path = self.inputs.comment.template.as_ref()?;
        if self.context.may_be_a_strangers() {
            console.line("`comment-template` is not used: it would come with a change that is not trusted");
            return None;
        }
        super::template::read(Some(path), console)
    }

    fn stamp(&self, origin: &Origin) -> Stamp {
        Stamp {
            system: match &origin.counted {
                Some(job) => format!("{}/{job}", self.ci.name()),
                None => self.ci.name().to_owned(),
            },
            run: origin.run,
            attempt: origin.attempt.unwrap_or(0),
            at: self.began,
        }
    }

    async fn deployment(
        &self,
        client: &Client<'_>,
        environment: &str,
        (report, detail): (&Report, Detail),
        console: &Console,
    ) {
        let begun = report.engine.is_some() && report.status != Status::Skipped;
        let own = self.context.commit.as_ref().or(self.context.merge_commit.as_ref());
        let commit = report.commit.as_ref().or(own);
        let (Some(commit), true) = (commit, begun && !report.command.only_looks(report.preview_only)) else {
            return;
        };
        let tag = self.context.tag.is_some();
        let reference = self.context.tag.as_ref().or(self.context.branch.as_ref()).unwrap_or(commit);
        let deployment = Deployment {
            environment: environment.to_owned(),
            url: self.environment_url(report, console),
            commit: commit.clone(),
            reference: reference.clone(),
            tag,
            state: if report.status == Status::Succeeded { State::Success } else { State::Failure },
            removed: report.command == Operation::Destroy,
            log: self.context.build_url.clone(),
            description: described(report, detail),
        };
        match client.record_deployment(&deployment).await {
            Ok(true) => console.line(&format!("deployment recorded: {environment}")),
            Ok(false) => console.line(&format!(
                "`environment` is not used: {} takes no deployments from outside of its own pipelines",
                client.place().forge.title()
            )),
            Err(trouble) => miss(console, &trouble.to_string()),
        }
    }

    /// The environment's address: the input itself, or the stack output that it names.
    fn environment_url(&self, report: &Report, console: &Console) -> Option<String> {
        let given = self.inputs.forge.environment_url.as_deref()?;
        let output = || report.outputs.as_ref()?.get(given).and_then(serde_json::Value::as_str);
        let secret = report.secret_outputs.iter().any(|name| name == given);
        let url = if is_address(given) { Some(given) } else { output().filter(|_| !secret) };
        let url = url.filter(|url| is_address(url)).map(str::to_owned);
        if url.is_none() && report.status == Status::Succeeded && report.command != Operation::Destroy {
            warn(
                console,
                &format!(
                    "`environment-url` is `{given}`, which is neither an address nor a stack output that holds one"
                ),
            );
        }
        url
    }
}

/// What a deployment's record says beside its state: the outcome, with the counts and the worst resource where something
/// was changed.
fn described(report: &Report, detail: Detail) -> String {
    let outcome = render::short_outcome(report);
    if render::counts(report).is_empty() {
        return outcome;
    }
    format!("{outcome}: {}", render::summary(report, detail))
}

fn is_address(text: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    !text.contains(blank) && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

/// "comment updated on #7 (GitHub)".
fn posted_line(client: &Client<'_>, number: u64, posted: Posted) -> String {
    let forge = client.place().forge;
    format!("{} on {} ({})", in_words(posted), forge.request(number), forge.title())
}

fn in_words(posted: Posted) -> &'static str {
    match posted {
        Posted::Created => "commented",
        Posted::Updated => "comment updated",
        Posted::Unchanged => "the comment is the same as before",
        Posted::TakenAway => "earlier comments taken away",
        Posted::Nothing => "nothing to comment",
        Posted::Outdated => "no comment: a later run has commented",
    }
}
