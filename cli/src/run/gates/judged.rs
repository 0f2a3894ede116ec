//! What a run of a stack is judged by: the settings that the judging `stackstep.yaml` has for it, and where the commit
//! stands.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;

use crate::base::error::{Error, Problem, Result};
use crate::base::git;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::delivery::judging::{Judging, JudgingFile, judging_file};
use crate::delivery::place::ForgeAccess;
use crate::delivery::{Definition, DeliveryEvent, StackSettings};
use crate::engine::job::Job;
use crate::inputs::file::{ConfigFile, NAME};
use crate::report::{Operation, Reason};

/// The time limit for finding out who hears of a job that is not judged.
const SEARCH: Duration = Duration::from_secs(5);

/// What a run is judged by.
#[derive(Debug, Clone)]
pub enum JudgedBy {
    /// The version of `stackstep.yaml` that judges has no entry for the stack.
    Nothing,
    /// These settings.
    Settings {
        /// The settings.
        settings: Box<StackSettings>,
        /// The version of the file, in words.
        version: String,
        /// Whether the version is the commit's own, so that the version which the stack deployed last judges as well.
        is_own: bool,
    },
    /// The file that judges can't be read, so that a preview is not judged.
    NotKnown(Problem),
}

/// The top folder of the repository that holds the program.
pub fn top(job: &Job<'_>) -> PathBuf {
    git::top(&job.inputs.stack.cwd).unwrap_or_else(|| job.inputs.stack.cwd.clone())
}

/// The checkout's own root file, if it may be read.
pub fn own_file(job: &Job<'_>) -> Result<Option<ConfigFile>> {
    let top = top(job);
    match job.standing {
        Standing::Ours => ConfigFile::in_folder(&top, false),
        _ => Ok(None),
    }
}

/// How the judging file of a run is found.
pub enum JudgingWay {
    /// It is this one.
    Known(Judging),
    /// It has to be searched for; this is the checkout's own file.
    Search(ConfigFile),
}

/// How the judging file is found. None if the repository uses no delivery, as far as the checkout tells: then nobody is
/// asked for anything. `known` is the file, if the map has been read from it already.
pub async fn judging_of(job: &Job<'_>, known: Option<&Judging>) -> Result<Option<JudgingWay>> {
    if let Some(known) = known {
        return Ok(Some(JudgingWay::Known(known.clone())));
    }
    let own = own_file(job)?;
    let definition = own.as_ref().map(Definition::from_file).transpose()?.flatten();
    if DeliveryEvent::from_context(&job.context) == DeliveryEvent::Unknown {
        // Without a CI system there is nothing but the commit's own file.
        let file = |definition| JudgingFile {
            definition: Some(definition),
            version: "this commit".to_owned(),
            is_own: true,
        };
        return Ok(definition.map(|definition| JudgingWay::Known(Judging::By(Box::new(file(definition))))));
    }
    if let Some(own) = own.filter(|_| definition.is_some()) {
        return Ok(Some(JudgingWay::Search(own)));
    }
    if job.context.default_branch == Some(true) {
        return Ok(None);
    }
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, None);
    let Some((name, FileAt::Text(text))) = history.file_of_default_at_hand(NAME).await else {
        return Ok(None);
    };
    let version = format!("the default branch `{name}`");
    let file = JudgingFile { definition: Definition::parse(&text)?, version, is_own: false };
    Ok(Some(JudgingWay::Known(Judging::By(Box::new(file)))))
}

/// Finds what the run is judged by. `changes`: whether the run changes something, which it may not if the file can't be read.
pub async fn judged_by(
    job: &Job<'_>,
    way: JudgingWay,
    history: &RepositoryHistory<'_>,
    changes: bool,
) -> Result<JudgedBy> {
    let Some(stack) = &job.stack else { return Ok(JudgedBy::Nothing) };
    let judging = match way {
        JudgingWay::Known(judging) => judging,
        JudgingWay::Search(own) => {
            let event = DeliveryEvent::from_context(&job.context);
            judging_file(history, &event, Some(&own), changes).await?
        }
    };
    match judging {
        Judging::By(file) => {
            keep_sinks(job, &file);
            let settings = file.definition.as_ref().and_then(|definition| definition.settings(stack));
            Ok(settings.map_or(JudgedBy::Nothing, |settings| JudgedBy::Settings {
                settings: Box::new(settings.clone()),
                version: file.version.clone(),
                is_own: file.is_own,
            }))
        }
        Judging::Unknown(why) if changes => Err(Error::Refused {
            what: format!("`{}` is refused: {}", job.inputs.command.word(), why.what),
            hint: why.hint_or(Reason::Gate.way_out(Operation::Up)),
            reason: Reason::Gate,
        }),
        Judging::Unknown(why) => Ok(JudgedBy::NotKnown(why)),
    }
}

/// Hands the job those who hear of it, by the file that judges it.
fn keep_sinks(job: &Job<'_>, file: &JudgingFile) {
    let sinks = file.definition.as_ref().map(|definition| definition.notify.clone());
    // They are the same if it is judged twice.
    let _ = job.notify.set(sinks.unwrap_or_default());
}

/// Finds who hears of a job that is not judged: a verb that only writes into the ledger, or a run that ended before. `known`
/// is the judging file, if the map has been read from it. It takes at most [`SEARCH`]; where it is not known who hears of the
/// job, the log says so.
pub async fn find_sinks(job: &Job<'_>, known: Option<&Judging>, console: &Console) {
    let why = match timeout(SEARCH, search_sinks(job, known)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "there is no answer".to_owned(),
    };
    console.line(&format!("who hears of this is not known: {why}"));
}

async fn search_sinks(job: &Job<'_>, known: Option<&Judging>) -> Result<()> {
    let judging = match judging_of(job, known).await? {
        None => return Ok(()),
        Some(JudgingWay::Known(judging)) => judging,
        Some(JudgingWay::Search(own)) => {
            let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
            let client = forge.as_ref().map(ForgeAccess::client);
            let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
            let event = DeliveryEvent::from_context(&job.context);
            judging_file(&history, &event, Some(&own), false).await?
        }
    };
    match judging {
        Judging::By(file) => keep_sinks(job, &file),
        Judging::Unknown(why) => {
            return Err(Error::Input { what: why.what, hint: why.hint });
        }
    }
    Ok(())
}

/// The sections of `stackstep.yaml` in the commit that the job's stack deployed last. None if it has none of them. Fails if
/// it can't be read.
pub async fn file_of_last_deployment(
    job: &Job<'_>,
    commit: &str,
    history: &RepositoryHistory<'_>,
) -> Result<Option<Definition>> {
    match history.file_of_commit(commit, NAME).await {
        FileAt::Text(text) => Definition::parse(&text),
        FileAt::Missing => Ok(None),
        FileAt::Unknown(why) => {
            let stack = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
            Err(Error::Refused {
                what: format!(
                    "`{}` is refused: `{NAME}` of commit `{commit}`, which `{stack}` deployed last, can't be read: {why}",
                    job.inputs.command.word()
                ),
                hint: "give the job a token that can read the repository, or check out the whole history; where the commit is \
                       gone for good, as after a rewritten history, `stackstep accept <stack> --as-deployed --reason …`"
                    .to_owned(),
                reason: Reason::Gate,
            })
        }
    }
}
