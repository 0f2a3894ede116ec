//! The commit's status: a check with the report on it if the forge has checks and the token may set them, else a plain
//! status. It is pending from the engine's start on.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::{Sender, miss};
use crate::base::http::Limits;
use crate::base::secret::MASK;
use crate::ci::console::Console;
use crate::forge::{Client, CommitStatus, State};
use crate::process::signals::Signals;
use crate::publish::Publisher;
use crate::pulumi::backend::PULUMI_CLOUD;
use crate::pulumi::stack::StackIdentity;
use crate::render::{self, Flavor, Options, Size};
use crate::report::{Masked, Report, Status};

/// The most characters of a check's summary:
/// <https://docs.github.com/en/rest/checks/runs#create-a-check-run>.
const CHECK: Size = Size::Chars(65_535);

/// The time limit for the first status, because the run's end waits for it.
const AT_THE_BEGINNING: Duration = Duration::from_secs(5);

/// The status that was set at the run's beginning.
#[derive(Debug, Default)]
pub struct Begun {
    /// The check's name on the forge.
    check: RefCell<Option<String>>,
    /// Whether the forge or the token takes only plain statuses.
    plain: Cell<bool>,
}

impl Sender<'_> {
    /// Sets the status of a run of `stack`, whose backend's address is masked, to pending. Errors are ignored here: if
    /// they last, the final status reports them.
    pub async fn begin(&self, stack: &StackIdentity, signals: &Signals) {
        let Some(status) = self.status(stack, State::Pending, "under way").filter(|_| self.may_begin())
        else {
            return;
        };
        let limits = Limits { tries: 1, try_time: AT_THE_BEGINNING, ..self.limits };
        let Ok((place, http)) = self.way(limits) else { return };
        let client = Client::new(&http, &place);
        let done = tokio::select! {
            done = tokio::time::timeout(AT_THE_BEGINNING, self.set(&client, &status, "")) => done.ok(),
            _ = signals.cancelled() => None,
        };
        if let Some(Ok(check)) = done {
            *self.begun.check.borrow_mut() = check;
        }
    }

    /// Whether a pending status may be set: not for an untrusted change, as its token may be read-only.
    fn may_begin(&self) -> bool {
        self.inputs.forge.commit_status && self.context.trusted != Some(false) && !self.is_quiet
    }

    /// Sets the status of a run that is over. `all` are the reports that its page shows.
    pub(super) async fn commit_status(
        &self,
        client: &Client<'_>,
        publisher: &Publisher,
        report: Masked<&Report>,
        all: Masked<&[Report]>,
        console: &Console,
    ) {
        let good = matches!(report.status, Status::Succeeded | Status::Skipped);
        let state = if good { State::Success } else { State::Failure };
        let headline = if self.together.is_some() {
            render::heading_of_all(&all)
        } else {
            render::headline_in(&report, publisher.sinks.detail, str::to_owned)
        };
        let headline = crate::base::text::log_line(&headline);
        let Some(mut status) = self.status(&report.stack_identity(), state, &headline) else {
            console.line("no commit status: the run's commit is not known");
            return;
        };
        // The result of another job names the commit that it is about.
        if let Some(commit) = &report.commit {
            status.commit.clone_from(commit);
        }
        status.url = report.permalink.clone().or(status.url);
        let options = Options { flavor: Flavor::GITHUB, ..publisher.options() };
        let shown = publisher.shown(all);
        let page = match &**shown {
            [only] => render::fit(only, &options, CHECK),
            several => render::several(several, &options, CHECK),
        };
        match self.set(client, &status, &page).await {
            Ok(_) => console.line(&format!("commit status set: {}", status.name)),
            Err(why) => miss(console, &why),
        }
        // Each of several reports has a check of its own.
        self.begun.check.take();
    }

    /// Sets the status of many stacks that have nothing to do, if one is asked for.
    pub(super) async fn status_of_none(&self, client: &Client<'_>, why: &str, console: &Console) {
        if !self.inputs.forge.commit_status {
            return;
        }
        let stack = StackIdentity::default();
        let Some(status) = self.status(&stack, State::Success, &format!("nothing to do: {why}")) else {
            return console.line("no commit status: the run's commit is not known");
        };
        match self.set(client, &status, &status.description).await {
            Ok(_) => console.line(&format!("commit status set: {}", status.name)),
            Err(why) => miss(console, &why),
        }
    }

    fn status(&self, stack: &StackIdentity, state: State, said: &str) -> Option<CommitStatus> {
        let key = self.inputs.comment.key.as_deref();
        let name = match self.together {
            Some(all) => name_of_all(all, key),
            None => status_name(stack, key),
        };
        Some(CommitStatus {
            commit: self.context.commit.clone()?,
            name,
            state,
            description: said.to_owned(),
            url: self.context.build_url.clone(),
        })
    }

    /// Sets the status. Returns the check's name if it is a check. It takes over the check of the run's beginning if no
    /// other has done so.
    async fn set(
        &self,
        client: &Client<'_>,
        status: &CommitStatus,
        page: &str,
    ) -> Result<Option<String>, String> {
        let there = self.begun.check.take();
        if !self.begun.plain.get() {
            let check =
                client.set_check(status, page, there.as_deref()).await.map_err(|why| why.to_string())?;
            if check.is_some() {
                return Ok(check);
            }
            self.begun.plain.set(true);
        }
        client.set_status(status).await.map_err(|why| why.to_string())?;
        Ok(None)
    }
}

/// The name of the status. It holds the backend, so that two backends never share a status. It has to be the same from
/// the first run on, because rules for branches refer to it.
pub fn status_name(stack: &StackIdentity, key: Option<&str>) -> String {
    let mut name = std::iter::once("stackstep").chain(stack.names()).collect::<Vec<_>>().join(" / ");
    let address = stack.backend_url.as_deref().filter(|url| *url != PULUMI_CLOUD);
    let place =
        address.map(|url| if url.contains(MASK) { stack.backend.as_deref().unwrap_or(url) } else { url });
    if let Some(place) = place {
        name.push_str(&format!(" ({place})"));
    }
    if let Some(key) = key {
        name.push_str(&format!(" / {key}"));
    }
    name
}

/// The name of the status of many stacks, which are called `all` together.
fn name_of_all(all: &str, key: Option<&str>) -> String {
    ["stackstep", all].into_iter().chain(key).collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_backend(url: &str) -> StackIdentity {
        StackIdentity {
            project: Some("shop".to_owned()),
            stack: "prod".to_owned(),
            backend: Some("0123456789ab".to_owned()),
            backend_url: Some(url.to_owned()),
            ..StackIdentity::default()
        }
    }

    #[test]
    fn the_name_says_which_backend_it_is_unless_it_is_pulumi_cloud() {
        let cloud =
            StackIdentity { organization: Some("acme".to_owned()), ..in_backend("https://api.pulumi.com") };
        assert_eq!(status_name(&cloud, None), "stackstep / acme / shop / prod");
        assert_eq!(status_name(&in_backend("s3://acme-eu"), None), "stackstep / shop / prod (s3://acme-eu)");
        assert_eq!(
            status_name(&in_backend("s3://acme-us"), Some("us")),
            "stackstep / shop / prod (s3://acme-us) / us"
        );
        let unknown = StackIdentity { backend: None, backend_url: None, ..in_backend("") };
        assert_eq!(status_name(&unknown, None), "stackstep / shop / prod");
    }

    #[test]
    fn an_address_that_holds_a_secret_is_named_by_its_fingerprint() {
        assert_eq!(status_name(&in_backend("s3://***"), None), "stackstep / shop / prod (0123456789ab)");
    }
}
