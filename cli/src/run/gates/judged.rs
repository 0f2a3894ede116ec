//! What a run of a stack is judged by: the settings that the judging `stackstep.yaml` has for it, and where the commit
//! stands.

use std::path::PathBuf;

use crate::base::error::{Error, Problem, Result};
use crate::base::git;
use crate::ci::standing::Standing;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::delivery::judging::{Judging, JudgingFile, judging_file};
use crate::delivery::{Definition, DeliveryEvent, StackSettings};
use crate::engine::job::Job;
use crate::inputs::file::{ConfigFile, NAME};
use crate::report::Reason;

/// What a run is judged by.
#[derive(Debug, Clone)]
pub enum JudgedBy {
    /// No version of `stackstep.yaml` has an entry for the stack.
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
fn own_file(job: &Job<'_>) -> Result<Option<ConfigFile>> {
    let top = top(job);
    match job.standing {
        Standing::Ours => ConfigFile::in_folder(&top, false),
        _ => Ok(None),
    }
}

/// Finds what the run is judged by. `known` is the judging file, if the map has been read from it already. `changes`:
/// whether the run changes something, which it may not if the file can't be read.
pub async fn judged_by(
    job: &Job<'_>,
    history: &RepositoryHistory<'_>,
    known: Option<&Judging>,
    changes: bool,
) -> Result<JudgedBy> {
    let Some(stack) = &job.stack else { return Ok(JudgedBy::Nothing) };
    let event = DeliveryEvent::from_context(&job.context);
    let own = own_file(job)?;
    let own_definition = own.as_ref().map(Definition::from_file).transpose()?.flatten();
    let judging = match known {
        Some(known) => known.clone(),
        // Without a CI system, or in a repository without deliveries, there is nothing but the commit's own file.
        None if event == DeliveryEvent::Unknown => Judging::By(JudgingFile {
            definition: own_definition.clone(),
            version: "this commit".to_owned(),
            is_own: true,
        }),
        // Whoever uses no delivery is asked for nothing, and waits for nothing: only what the checkout has counts.
        None if own_definition.is_none() => match history.file_of_default_at_hand(NAME).await {
            Some((name, FileAt::Text(text))) if job.context.default_branch != Some(true) => {
                Judging::By(JudgingFile {
                    definition: Definition::parse(&text)?,
                    version: format!("the default branch `{name}`"),
                    is_own: false,
                })
            }
            _ => return Ok(JudgedBy::Nothing),
        },
        None => judging_file(history, &event, own.as_ref(), changes).await?,
    };
    match judging {
        Judging::By(file) => {
            let settings = file.definition.as_ref().and_then(|definition| definition.settings(stack));
            Ok(settings.map_or(JudgedBy::Nothing, |settings| JudgedBy::Settings {
                settings: Box::new(settings.clone()),
                version: file.version.clone(),
                is_own: file.is_own,
            }))
        }
        Judging::Unknown(why) if changes => Err(Error::Refused {
            what: format!("`{}` is refused: {}", job.inputs.command.word(), why.what),
            hint: why.hint.unwrap_or_default(),
            reason: Reason::Gate,
        }),
        Judging::Unknown(why) => Ok(JudgedBy::NotKnown(why)),
    }
}
