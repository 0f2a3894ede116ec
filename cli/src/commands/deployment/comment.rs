//! The comparison as a comment on the change request: one for each stack, which is written anew. It has the paths and no
//! values, as the values of a service are not everybody's to read.

use super::page::CheckPage;
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::delivery::place::ForgeAccess;
use crate::engine::job::Job;
use crate::forge::{Client, Comment};
use crate::publish::comment::marker::{encoded, hidden};
use crate::publish::comment::ours_among;
use crate::render;

/// The most lines of a comment.
const LINES: usize = 100;

/// Writes the comment, if the job is for a change request. Where nothing differs, there is one only if there was one. Returns
/// what was done, in a sentence.
///
/// # Errors
/// It could not be written.
pub(super) async fn write(page: &CheckPage, job: &Job<'_>, console: &Console) -> Result<String> {
    let change_request = job.inputs.comment.change_request.map(u64::from).or(job.context.change_request);
    let Some(number) = change_request else {
        return Ok("no comment: this job is not for a change request".to_owned());
    };
    let access = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?.ok_or_else(|| {
        Error::input(
            "no comment: the repository on its forge is not known, or there is no token for it",
            "give the step `github-token` (or the token of your forge)",
        )
    })?;
    let client = access.client();
    let flavor = client.place().forge.flavor();
    let marker = hidden(&format!("stackstep-deployment-settings stack={}", encoded(&page.stack)), flavor);
    let text = console.masker().mask(&text(page, flavor.html));
    let body = format!("{}\n\n{text}", marker.trim_end());
    let done = post(&client, number, &marker, &body, page.equal).await;
    done.map_err(|Problem { what, hint }| Error::Input { what: format!("no comment: {what}"), hint })
}

async fn post(
    client: &Client<'_>,
    number: u64,
    marker: &str,
    body: &str,
    equal: bool,
) -> Result<String, Problem> {
    let comments = client.comments(number).await.map_err(|trouble| trouble.problem)?;
    let marked = |comment: &&Comment| comment.body.trim_start().starts_with(marker.trim_end());
    // A marker can be copied.
    let own = ours_among(client, comments.iter().filter(marked).collect(), |comment| comment, None).await;
    match own.last() {
        None if equal => Ok("no comment: nothing differs".to_owned()),
        None => {
            client.create_comment(number, body).await.map_err(|trouble| trouble.problem)?;
            Ok("wrote a comment".to_owned())
        }
        Some(there) if there.body.trim() == body.trim() => Ok("the comment is there already".to_owned()),
        Some(there) => {
            client.update_comment(number, there, body).await.map_err(|trouble| trouble.problem)?;
            Ok("updated the comment".to_owned())
        }
    }
}

fn text(page: &CheckPage, html: bool) -> String {
    let stack = render::code(&page.stack, html);
    let files: Vec<String> = page.files.iter().map(|file| render::code(file, html)).collect();
    let mut lines = vec![format!("## Deployment settings of {stack}"), String::new()];
    if page.equal {
        lines.push(format!("The service has what {} says.", files.join(" with ")));
    } else {
        lines.push(format!(
            "The service differs from {}. Once it is merged, `apply` changes:",
            files.join(" with ")
        ));
        lines.push(String::new());
    }
    let settings = page.differences.iter().map(|difference| {
        let path = render::code(&difference.path, html);
        match (difference.file.is_null(), difference.service.is_null()) {
            (false, true) => format!("- {path}: new"),
            (true, _) => format!("- {path}: removed"),
            (false, false) => format!("- {path}: changed"),
        }
    });
    let schedules = page.schedules.iter().map(|schedule| format!("- {}", render::prose(schedule, html)));
    let changes: Vec<String> = settings.chain(schedules).collect();
    let more = changes.len().saturating_sub(LINES);
    lines.extend(changes.into_iter().take(LINES));
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    let secrets = page.not_compared.len();
    if secrets > 0 {
        lines.push(String::new());
        lines.push(format!("Not compared: {secrets} of the secrets, as the service never tells them."));
    }
    lines.join("\n") + "\n"
}
