//! The stack of a job at Pulumi Cloud: the requests about it, sent once more with another token if the one before has come to its
//! end.

use super::executor::Pending;
use crate::base::error::{Error, Problem, Result};
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::cloud::service::{CloudNames, CloudService};
use crate::cloud::trouble::{CloudTrouble, CloudTroubleKind};
use crate::deployments::queue::StackDeployments;
use crate::engine::job::Job;
use crate::process::signals::Signals;

/// Gets another access token, where the one before has come to its end.
pub trait TokenRenewal {
    /// The token. None if the job does not sign in by itself.
    fn renew<'f>(&'f self, console: &'f Console, signals: &'f Signals) -> Pending<'f, Option<Secret>>;
}

/// The stack of a job at Pulumi Cloud.
pub struct RemoteStack<'a> {
    /// The stack.
    pub stack: CloudService,
    renewal: &'a dyn TokenRenewal,
}

impl<'a> RemoteStack<'a> {
    /// The stack of `job`, which is signed in.
    ///
    /// # Errors
    /// The stack is not at Pulumi Cloud, or there is no token for it.
    pub fn new(job: &Job<'_>, renewal: &'a dyn TokenRenewal) -> Result<Self> {
        Ok(Self { stack: service_of(job)?, renewal })
    }

    /// Sends a request, once more with another token if the one before has come to its end.
    pub async fn ask<T>(
        &self,
        request: impl AsyncFn(&StackDeployments<'_>) -> Result<T, CloudTrouble>,
        console: &Console,
        signals: &Signals,
    ) -> Result<T, CloudTrouble> {
        let deployments = StackDeployments(&self.stack);
        let answer = request(&deployments).await;
        let is_over = matches!(&answer, Err(trouble) if trouble.kind == CloudTroubleKind::NotSignedIn);
        if is_over && let Ok(Some(token)) = self.renewal.renew(console, signals).await {
            self.stack.renew(token);
            return request(&deployments).await;
        }
        answer
    }
}

/// The service for the stack of the job.
///
/// # Errors
/// The stack is not at Pulumi Cloud, or there is no token for it.
pub fn service_of(job: &Job<'_>) -> Result<CloudService> {
    let url = job.backend.url.as_deref().filter(|_| job.backend.is_cloud()).ok_or_else(|| {
        Error::input(
            format!(
                "Pulumi Deployments is a part of Pulumi Cloud, and the state of the stack is elsewhere: {}",
                job.backend
            ),
            "name Pulumi Cloud as `cloud-url`, if the stack is there",
        )
    })?;
    let token = job.backend.token_for_requests().ok_or_else(|| {
        Error::auth(
            "there is no access token of Pulumi Cloud beside the engine's own login",
            "give the job the token (`access-token` or `PULUMI_ACCESS_TOKEN`), or `oidc-organization`",
        )
    })?;
    let identity = job.identity().unwrap_or_default();
    let project = identity.project.as_deref().ok_or_else(|| {
        Error::input(
            format!("the project of the stack `{}` is not known", identity.stack),
            "name it: `acme/shop/prod`, or set `cwd` to the project's folder",
        )
    })?;
    let names =
        CloudNames { organization: identity.organization.as_deref(), project, stack: &identity.stack };
    CloudService::new(url, token, &names, &job.seen_by_engine)
        .map_err(|Problem { what, hint }| Error::Input { what, hint })
}
