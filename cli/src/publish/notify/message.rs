//! What a notification says, masked and cut: what happened to which stack, what somebody has to do, who did it, and links.

use super::facts::NotifyFacts;
use crate::base::git::short_commit;
use crate::base::http::Url;
use crate::base::random;
use crate::base::text::visible;
use crate::ci::Context;
use crate::delivery::notify::NotifyEvent;
use crate::delivery::place::forge_repository;
use crate::engine::job::Job;
use crate::pulumi::stack::StackIdentity;

/// The most characters of what happened.
const WHAT: usize = 1200;
/// The most characters of what somebody has to do.
const HINT: usize = 800;
/// The most characters of a name.
const NAME: usize = 200;
/// The most characters of an address that becomes a link.
const ADDRESS: usize = 1000;

/// A notification. Its texts are masked.
#[derive(Debug, Clone)]
pub struct Message {
    /// The event.
    pub event: NotifyEvent,
    /// The ID of the delivery, the same for each try.
    pub id: String,
    /// The time, in Unix seconds.
    pub time: u64,
    /// The stack: `shop/prod`.
    pub stack: String,
    /// Which stack that is.
    pub identity: StackIdentity,
    /// The command that ran.
    pub command: &'static str,
    /// Who started the run.
    pub by: Option<String>,
    /// The repository.
    pub repository: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The branch or tag.
    pub reference: Option<String>,
    /// The number of the change request.
    pub change_request: Option<u64>,
    /// The job's page.
    pub job_page: Option<String>,
    /// The change request's page.
    pub request_page: Option<String>,
    /// The facts of the event.
    pub facts: NotifyFacts,
}

impl Message {
    /// The notification of an event of the job's stack.
    pub fn new(
        job: &Job<'_>,
        event: NotifyEvent,
        facts: &NotifyFacts,
        mask: &dyn Fn(&str) -> String,
    ) -> Self {
        let context = &job.context;
        let identity = job.identity().unwrap_or_default();
        let text = |text: &String, most: usize| cut(visible(&mask(text), true).trim(), most);
        let name = |text: &Option<String>| text.as_ref().map(|text| self::name(&mask(text)));
        let address = |url: &Option<String>| url.clone().filter(|url| mask(url) == *url && is_link(url));
        let request_page = context.change_request.and_then(|number| {
            let place = forge_repository(job.ci, job.env, context, &job.inputs).ok()?;
            place.forge.page_of_request(&place.api, &place.repository, number)
        });
        Self {
            event,
            id: random::word(),
            time: job.env.clock().now(),
            stack: identity.to_string(),
            identity: identity.masked(mask),
            command: job.inputs.command.word(),
            by: name(&context.actor.clone().or_else(|| person_here(job))),
            repository: name(&context.repository),
            commit: context.commit.clone(),
            reference: name(&context.tag.clone().or_else(|| context.branch.clone())),
            change_request: context.change_request,
            job_page: address(&context.build_url),
            request_page: address(&request_page),
            facts: NotifyFacts {
                what: facts.what.as_ref().map(|what| text(what, WHAT)).filter(|what| !what.is_empty()),
                hint: facts.hint.as_ref().map(|hint| text(hint, HINT)).filter(|hint| !hint.is_empty()),
                counts: facts.counts.as_ref().map(|counts| text(counts, NAME)),
                digest: facts.digest.as_ref().map(|digest| text(digest, NAME)),
                link: address(&facts.link),
                ..facts.clone()
            },
        }
    }

    /// The first line: "`shop/prod` waits for an approval".
    pub fn title(&self) -> String {
        format!("`{}` {}", self.stack.replace('`', "'"), self.event.sentence())
    }

    /// The small facts in one line, without the links: who, which commit, how many changes.
    pub fn details(&self) -> Vec<String> {
        let from = match (&self.commit, &self.reference) {
            (Some(commit), Some(reference)) => {
                Some(format!("commit {} of {reference}", short_commit(commit)))
            }
            (Some(commit), None) => Some(format!("commit {}", short_commit(commit))),
            (None, reference) => reference.clone(),
        };
        let by = self.by.as_ref().map(|by| format!("by {by}"));
        [by, self.repository.clone(), from, self.facts.counts.clone()].into_iter().flatten().collect()
    }

    /// The pages with more, each with its label.
    pub fn links(&self) -> Vec<(String, &str)> {
        let request =
            self.change_request.map_or_else(String::new, |number| format!("change request {number}"));
        let pages = [
            ("job".to_owned(), &self.job_page),
            (request, &self.request_page),
            ("more".to_owned(), &self.facts.link),
        ];
        pages.into_iter().filter_map(|(label, page)| Some((label, page.as_deref()?))).collect()
    }
}

/// The user of a machine without a CI system.
fn person_here(job: &Job<'_>) -> Option<String> {
    let mut names = ["USER", "USERNAME"].iter().filter(|_| job.context == Context::default());
    names.find_map(|name| job.env.get(name)).map(str::to_owned)
}

fn name(text: &str) -> String {
    cut(visible(text, false).trim(), NAME)
}

/// The first characters, with a `…` at the end if there were more.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Whether an address may become a link in a message: nothing in it ends the link.
pub fn is_link(url: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"<>|\"'`\\^{}()[]".contains(c);
    url.len() <= ADDRESS
        && url.chars().all(plain)
        && Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}
