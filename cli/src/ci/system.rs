//! What every CI system is asked, and its facets with what holds where a system has nothing of its own.

use std::time::Duration;

use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::ci::advice::Advice;
use crate::ci::context::Context;
use crate::ci::folders::JobFolders;
use crate::ci::handover::Handover;
use crate::ci::identity::IdentityToken;
use crate::ci::log_format::LogFormat;
use crate::ci::variables::SystemVariables;

/// One CI system: three questions that each has to answer, five that have an answer for most, and five facets.
pub trait CiSystem: Sync {
    /// The system's name, as in the result: `github-actions`.
    fn name(&self) -> &'static str;

    /// Whether `env` is of a job of this system.
    fn detect(&self, env: &Env) -> bool;

    /// What the job is about.
    fn context(&self, env: &Env) -> Context;

    /// What the system tells of the forge that the repository lies on.
    fn origin(&self, _env: &Env) -> Origin {
        Origin::default()
    }

    /// The input `name` of the step, where the system has a way of its own to hand inputs over, with the variable
    /// that it came in.
    fn step_input<'e>(&self, _env: &'e Env, _name: &str) -> Option<(String, &'e str)> {
        None
    }

    /// The beginning of the variables that hold a step's inputs, where all variables that begin so are inputs of this step.
    fn step_inputs_prefix(&self) -> Option<&'static str> {
        None
    }

    /// Where the token comes from that says which job this is, for `audience` where that can be chosen.
    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "this CI system makes no identity tokens; put one into `STACKSTEP_ID_TOKEN`, or use an access token",
        }
    }

    /// How long a cancelled engine may finish what it began, so that the report is out before the job is killed: by what
    /// the agent or runner tells of itself, where it does.
    fn grace_period(&self, _env: &Env) -> Duration {
        share_of(TEN_SECONDS)
    }

    /// Who may see the system's own variables.
    fn variables(&self) -> SystemVariables {
        SystemVariables::NONE
    }

    /// Where the files of a job are.
    fn folders(&self) -> JobFolders {
        JobFolders::UNKNOWN
    }

    /// What the job's log understands.
    fn log(&self) -> LogFormat {
        LogFormat::PLAIN
    }

    /// What later steps and the job's page get, and how.
    fn handover(&self) -> Handover {
        Handover::FILES_ONLY
    }

    /// What people can do when a run may not do what they want.
    fn advice(&self) -> Advice {
        Advice::GENERAL
    }
}

/// The engine's share of the time `total` that a system gives a cancelled job from the first signal on: 2 s are for the
/// engine's second SIGINT, what is left is for its first one and for the report.
pub(crate) fn share_of(total: Duration) -> Duration {
    total.saturating_sub(Duration::from_secs(5))
}

/// What a system gives that kills the job 10 s after the first signal, or that documents no number: 10 s is what
/// container engines wait, <https://docs.docker.com/reference/cli/docker/container/stop/>.
pub(crate) const TEN_SECONDS: Duration = Duration::from_secs(10);
