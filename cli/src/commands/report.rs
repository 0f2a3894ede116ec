//! `stackstep report`: publishes the results of other jobs or machines, from their result files or event logs.
//!
//! A change from a fork is previewed by a job without permissions, which can only write a file; a job with permissions
//! publishes it. So nothing in a file is trusted: it is read within limits, has to be of this repository and this
//! commit, decides neither where nor with which permissions it is published, and no `stackstep.yaml` and no template
//! that comes with it is read.

mod find;
mod read;
mod vet;

use std::path::{Path, PathBuf};

use crate::admit;
use crate::base::error::{EXIT_PUBLISH, Error, Problem, Result};
use crate::base::http::Http;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::forge::{ChangeRequest, Client};
use crate::process::signals::Signals;
use crate::publish::forge::Sender;
use crate::publish::{self, Publisher};
use crate::report::{Masked, Report};

use vet::OwnEvent;

/// The results in the files that `patterns` name from `folder`, each with its path. Whoever wrote them is not asked.
pub(super) fn read_result_files(folder: &Path, patterns: &[String]) -> Result<Vec<(PathBuf, Report)>> {
    let paths = find::files(folder, patterns)?;
    paths.into_iter().map(|path| Ok((path.clone(), read::result(&path)?))).collect()
}

/// Publishes the results that `job` names. Returns the exit status: a failure to publish fails the command, because
/// publishing is all that it does; a result of a failed deployment does not.
pub async fn publish(job: &Job<'_>, console: &mut Console, signals: &Signals) -> Result<u8> {
    admit::refuse_open_log(job.ci, job.env)?;
    let mut found = read::read_results(&job.inputs)?;
    let backend = job.backend.place(&job.seen_by_engine, &job.inputs.stack.cwd);
    for one in found.iter_mut().filter(|one| one.from_log) {
        one.add_backend(backend.as_ref());
    }
    let sender = Sender::for_job(job);
    let mut event = OwnEvent::from_context(&job.context);
    match change_request(job, &sender, signals).await {
        Ok(Some(request)) => event.is_about(&request),
        Ok(None) => {}
        Err(why) => {
            let why = why
                .retold(|why| format!("nothing is published, as nobody can say whose change it is: {why}"));
            console.annotate(Level::Error, "stackstep", &why.to_string());
            return Ok(EXIT_PUBLISH);
        }
    }
    let mut reports = vet::vetted(found, &event, job.context.build_url.as_deref())?;
    let mask = |text: &str| console.masker().mask(text);
    Report::tell_backends_apart(&mut reports);
    let reports = Masked::mask_all(reports, &mask);
    if event.fork {
        refuse_for_forks(job, console)?;
    }
    let publisher = Publisher::new(job);
    let file = publisher.files_of(reports.as_slice(), console);
    let file_missed = console.has_missed();
    let sent = sender.send_all(&publisher, reports.as_slice(), console, signals).await;
    // A fork's own job can't comment, and its author can't change that.
    let may_not = event.fork && !job.context.base_credentials;
    let missed = sent.has_missed() || if may_not { file_missed } else { console.has_missed() };
    publish::several::publish_rest(job, &publisher, reports.as_slice(), file, event.fork, console);
    Ok(if missed { EXIT_PUBLISH } else { 0 })
}

/// The change request from the forge, if the CI system does not tell its origin and its commit: it was named by hand,
/// or the event has its number only.
async fn change_request(
    job: &Job<'_>,
    sender: &Sender<'_>,
    signals: &Signals,
) -> std::result::Result<Option<ChangeRequest>, Problem> {
    let context = &job.context;
    let named = job
        .inputs
        .comment
        .change_request
        .map(u64::from)
        .filter(|named| context.change_request != Some(*named));
    let half_told = context.change_request.filter(|_| context.base_credentials && context.fork.is_none());
    let Some(number) = named.or(half_told).filter(|_| sender.has_something_to_send()) else {
        return Ok(None);
    };
    let place = sender.place()?;
    let http = Http::new(job.env, sender.limits).map_err(|error| Problem::from(&error))?;
    let client = Client::new(&http, &place);
    tokio::select! {
        asked = client.change_request(number) => asked.map(Some).map_err(|trouble| trouble.problem),
        _ = signals.cancelled() => Err(Problem::without_hint("the job was stopped")),
    }
}

/// Refuses the inputs that would give a stranger's result more weight than a comment has.
fn refuse_for_forks(job: &Job<'_>, console: &Console) -> Result<()> {
    for (name, is_set) in [
        ("commit-status", job.inputs.forge.commit_status),
        ("environment", job.inputs.forge.environment.is_some()),
    ] {
        if is_set {
            return Err(Error::Refused {
                what: format!(
                    "`{name}` is refused: the result comes from a fork's own run, which can say anything"
                ),
                hint: format!("leave `{name}` out where results of forks are published"),
                reason: crate::report::Reason::Untrusted,
            });
        }
    }
    console.line("the result comes from a fork's own run: its links and stack outputs are left out");
    Ok(())
}
