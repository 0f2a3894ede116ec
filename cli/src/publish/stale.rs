//! Marks previews as stale: after a deployment, what other open change requests have previewed of the same stack is no
//! longer what merging them would do. Their status becomes pending again, with the reason, until they preview again.
//!
//! Only a good status of the same name is touched, so a change request that never previewed the stack gets none.

use crate::base::error::Problem;
use crate::forge::{ChangeRequest, Client, CommitStatus, State, Trouble};
use crate::publish::forge::status_name;
use crate::pulumi::stack::StackIdentity;

/// The most open change requests that are looked at, the latest ones: each costs one request, two on GitHub.
pub const MOST: usize = 30;

/// The deployment that makes previews stale.
#[derive(Debug, Clone, Copy)]
pub struct StaleBy<'a> {
    /// The stack that was deployed, with its backend's address masked.
    pub stack: &'a StackIdentity,
    /// The input `comment-key` of the previews.
    pub key: Option<&'a str>,
    /// The branch that was deployed from: change requests for others are left alone. None: whichever branch.
    pub target: Option<&'a str>,
    /// The change requests whose own preview was deployed.
    pub except: &'a [u64],
    /// The job's page.
    pub url: Option<&'a str>,
}

/// What was marked.
#[derive(Debug, Default)]
pub struct StaleMarks {
    /// The change requests whose status is pending now.
    pub marked: Vec<u64>,
    /// The change requests of which that failed, each with the reason.
    pub failed: Vec<(u64, Trouble)>,
    /// Whether there are more open change requests than were looked at.
    pub more: bool,
}

impl StaleMarks {
    /// What was done, on one line. None if nothing was to be done.
    pub fn in_words(&self, request: &dyn Fn(u64) -> String) -> Option<String> {
        let named: Vec<String> = self.marked.iter().map(|number| request(*number)).collect();
        let marked =
            (!named.is_empty()).then(|| format!("marked as stale: the preview of {}", named.join(", ")));
        let more = self.more.then(|| {
            format!(
                "more than {MOST} change requests are open: previews of the older ones were not looked at"
            )
        });
        let words: Vec<String> = marked.into_iter().chain(more).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The message of what failed. None if nothing did.
    pub fn problem(&self, request: &dyn Fn(u64) -> String) -> Option<Problem> {
        let (_, trouble) = self.failed.first()?;
        let names: Vec<String> = self.failed.iter().map(|(number, _)| request(*number)).collect();
        Some(Problem {
            what: format!(
                "the preview of {} was not marked as stale: {}",
                names.join(", "),
                trouble.problem.what
            ),
            hint: trouble.problem.hint.clone(),
        })
    }
}

/// Marks the previews of other open change requests. An error is one of the list of change requests; one of a single
/// change request is in the result, and the others go on.
pub async fn mark_stale(client: &Client<'_>, by: &StaleBy<'_>) -> Result<StaleMarks, Trouble> {
    let (open, more) = client.open_change_requests(MOST).await?;
    let mut marks = StaleMarks { more, ..StaleMarks::default() };
    let name = status_name(by.stack, by.key);
    let concerned = |one: &&ChangeRequest| {
        let of_branch = by.target.zip(one.target.as_deref()).is_none_or(|(target, own)| target == own);
        of_branch && !by.except.contains(&one.number)
    };
    for one in open.iter().filter(concerned) {
        match mark(client, by, one, &name).await {
            Ok(true) => marks.marked.push(one.number),
            Ok(false) => {}
            Err(trouble) => marks.failed.push((one.number, trouble)),
        }
    }
    Ok(marks)
}

/// Marks the preview of one change request. Returns whether it had a good one.
async fn mark(
    client: &Client<'_>,
    by: &StaleBy<'_>,
    request: &ChangeRequest,
    name: &str,
) -> Result<bool, Trouble> {
    let Some(head) = &request.head else { return Ok(false) };
    let there = client.statuses_there(head, name).await?;
    let good: Vec<_> = there.iter().filter(|one| one.state == State::Success).collect();
    if good.is_empty() {
        return Ok(false);
    }
    let status = CommitStatus {
        commit: head.clone(),
        name: name.to_owned(),
        state: State::Pending,
        description: format!("stale: `{}` has been deployed since, preview again", by.stack.stack),
        url: by.url.map(str::to_owned),
    };
    // A check is followed by another check, and a plain status by another one: of a check and a status with one name a rule
    // for branches wants both.
    if good.iter().any(|one| one.check.is_some())
        && client.set_check(&status, &status.description, None).await?.is_none()
    {
        return Err(client.no_checks(&status.commit));
    }
    if good.iter().any(|one| one.check.is_none()) {
        client.set_status(&status).await?;
    }
    Ok(true)
}
