//! A new comment that names people: an edit of one that is there notifies nobody. It goes to the job's change request, else to
//! the one that the commit was merged with, else to the commit itself, where the forge has such comments.

use super::message::Message;
use crate::base::http::Http;
use crate::delivery::place::forge_place;
use crate::engine::job::Job;
use crate::forge::{ChangeRequest, Client, Place, Trouble};
use crate::render::{link, prose};

/// Comments. Fails with the reason in words.
pub async fn comment(job: &Job<'_>, http: &Http, people: &[String], message: &Message) -> Result<(), String> {
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).map_err(|why| why.in_one_line())?;
    let client = Client::new(http, &place);
    let body = body(&place, people, message);
    send(job, &client, &body).await.map_err(|trouble| trouble.problem.in_one_line())?.map_err(str::to_owned)
}

/// Why there is no place for a comment.
type NoPlace = &'static str;

async fn send(job: &Job<'_>, client: &Client<'_>, body: &str) -> Result<Result<(), NoPlace>, Trouble> {
    let context = &job.context;
    let named = job.inputs.comment.change_request.map(u64::from).or(context.change_request);
    let commit = context.merge_commit.as_ref().or(context.commit.as_ref());
    let number = match (named, commit) {
        (Some(number), _) => Some(number),
        (None, Some(commit)) => latest(&client.change_requests_of_commit(commit).await?),
        (None, None) => None,
    };
    if let Some(number) = number {
        client.create_comment(number, body).await?;
        return Ok(Ok(()));
    }
    let Some(commit) = commit else { return Ok(Err("the run is for no change request and no commit")) };
    let done = client.comment_on_commit(commit, body).await?;
    Ok(if done {
        Ok(())
    } else {
        Err("no change request has this commit, and there are no comments on commits")
    })
}

/// The change request that people look at: one that was merged before one that is open, the latest.
fn latest(found: &[ChangeRequest]) -> Option<u64> {
    let alive = found.iter().filter(|one| one.merged || one.open);
    alive.max_by_key(|one| (one.merged, one.number)).map(|one| one.number)
}

/// The comment. It has no marker, so that no later run takes it for the report's.
fn body(place: &Place, people: &[String], message: &Message) -> String {
    let html = place.forge.flavor().html;
    let named: Vec<String> = people.iter().map(|name| place.forge.mention(name)).collect();
    let mut parts = vec![format!("**{}**", prose(&message.title(), html)), named.join(" ")];
    parts.extend(message.facts.what.as_ref().map(|what| prose(what, html)));
    parts.extend(message.facts.hint.as_ref().map(|hint| format!("What to do: {}", prose(hint, html))));
    let details = message.details().into_iter().map(|detail| prose(&detail, html));
    let links = message.links().into_iter().map(|(label, url)| link(&label, url, html));
    let small: Vec<String> = details.chain(links).collect();
    if !small.is_empty() {
        parts.push(small.join(" · "));
    }
    parts.join("\n\n") + "\n"
}
