//! The trait of a CI system: its questions and facets, with a default for systems that have nothing of their own.

use std::time::Duration;

use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::ci::advice::Advice;
use crate::ci::comment::StartedBy;
use crate::ci::context::Context;
use crate::ci::folders::JobFolders;
use crate::ci::handover::Handover;
use crate::ci::identity::IdentityToken;
use crate::ci::label::SetLabel;
use crate::ci::log_format::LogFormat;
use crate::ci::variables::SystemVariables;

/// One CI system: three questions that each has to answer, nine that have an answer for most, and five facets.
pub trait CiSystem: Sync {
    /// The system's name, as in the result: `github-actions`.
    fn name(&self) -> &'static str;

    /// Whether `env` is of a job of this system.
    fn detect(&self, env: &Env) -> bool;

    /// The facts of the job: repository, commit, branch, change request.
    fn context(&self, env: &Env) -> Context;

    /// The facts that the system tells about the forge of the repository.
    fn origin(&self, _env: &Env) -> Origin {
        Origin::default()
    }

    /// A commit of the target branch that the change request can be compared with, where the checkout need not have the branch
    /// itself. None if the system tells none.
    fn target_commit(&self, _env: &Env) -> Option<String> {
        None
    }

    /// The step's input `name` with the variable that it came in, if the system has a way of its own to pass inputs.
    fn step_input<'e>(&self, _env: &'e Env, _name: &str) -> Option<(String, &'e str)> {
        None
    }

    /// The beginning of the variables that hold a step's inputs, where all variables that begin so are inputs of this step.
    fn step_inputs_prefix(&self) -> Option<&'static str> {
        None
    }

    /// The comment on a change request that started the job. None if something else did.
    fn started_by(&self, _env: &Env) -> Option<StartedBy> {
        None
    }

    /// The label that was set on a change request and started the job, where the event tells the change's commit of that
    /// moment. None if something else did.
    fn label_set(&self, _env: &Env) -> Option<SetLabel> {
        None
    }

    /// Where the token comes from that says which job this is, for `audience` where that can be chosen.
    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "this CI system makes no identity tokens; put one into `STACKSTEP_ID_TOKEN`, or use an access token",
        }
    }

    /// The time that a cancelled engine has to finish, so that the report is published before the job is killed. It
    /// depends on what the agent or runner tells of its settings.
    fn grace_period(&self, _env: &Env) -> Duration {
        share_of(TEN_SECONDS)
    }

    /// The rules for the system's own variables.
    fn variables(&self) -> SystemVariables {
        SystemVariables::NONE
    }

    /// The places of a job's files.
    fn folders(&self) -> JobFolders {
        JobFolders::UNKNOWN
    }

    /// The format of the job's log.
    fn log(&self) -> LogFormat {
        LogFormat::PLAIN
    }

    /// The ways to later steps and to the job's page.
    fn handover(&self) -> Handover {
        Handover::FILES_ONLY
    }

    /// Whether the system itself records this job on the forge as a deployment to `environment`.
    fn records_deployment(&self, _env: &Env, _environment: &str) -> bool {
        false
    }

    /// The ways out that people have if a run may not do what they want.
    fn advice(&self) -> Advice {
        Advice::GENERAL
    }
}

/// The engine's share of `total`, the time that a system gives a cancelled job from the first signal on: 2 s are for
/// the engine's second SIGINT, the rest is for its first one and for the report.
pub(crate) fn share_of(total: Duration) -> Duration {
    total.saturating_sub(Duration::from_secs(5))
}

/// The time on a system that kills the job 10 s after the first signal, or that documents no number: container engines
/// wait 10 s, <https://docs.docker.com/reference/cli/docker/container/stop/>.
pub(crate) const TEN_SECONDS: Duration = Duration::from_secs(10);
