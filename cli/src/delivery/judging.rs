//! The version of `stackstep.yaml` that judges a run.
//!
//! A change never judges itself alone. For a change request, a merge queue, a tag and every branch but the default one
//! the default branch's file counts. A push to the default branch is judged by its own file and by that of the commit
//! that the stack deployed last: the stricter of both wins, so that a loosening holds from the next deployment on.

use super::definition::Definition;
use super::event::DeliveryEvent;
use super::history::{FileAt, RepositoryHistory};
use crate::base::error::{Error, Problem, Result};
use crate::base::reason::Reason;
use crate::inputs::file::{ConfigFile, NAME};

/// A version of the file.
#[derive(Debug, Clone)]
pub struct JudgingFile {
    /// The sections. None if that version has none of them.
    pub definition: Option<Definition>,
    /// Which version it is, such as "the default branch `main`".
    pub version: String,
    /// Whether it is the commit's own, which may not judge alone.
    pub is_own: bool,
}

/// The answer to which file judges.
#[derive(Debug, Clone)]
pub enum Judging {
    /// This one.
    By(Box<JudgingFile>),
    /// It can't be read, for this reason.
    Unknown(Problem),
}

/// Finds the file that judges a run with this event. `own` is the checkout's root file, if there is one and it may be
/// read. With `fresh` the remote is asked where the default branch is now.
pub async fn judging_file(
    history: &RepositoryHistory<'_>,
    event: &DeliveryEvent,
    own: Option<&ConfigFile>,
    fresh: bool,
) -> Result<Judging> {
    let default = history.default_branch().await;
    let Some(default) = default else {
        return Ok(Judging::Unknown(Problem::new(
            "the name of the default branch is not known",
            "give the job a token that can read the repository, or fetch it in the checkout step (`git remote set-head \
             origin -a`)",
        )));
    };
    if matches!(event, DeliveryEvent::Branch(branch) if *branch == default) {
        return Ok(Judging::By(Box::new(JudgingFile {
            definition: own.map(Definition::from_file).transpose()?.flatten(),
            version: "this commit".to_owned(),
            is_own: true,
        })));
    }
    Ok(match history.file_of_branch(&default, NAME, fresh).await {
        FileAt::Text(text) => Judging::By(Box::new(JudgingFile {
            definition: Definition::parse(&text)?,
            version: format!("the default branch `{default}`"),
            is_own: false,
        })),
        FileAt::Missing => Judging::By(Box::new(JudgingFile {
            definition: None,
            version: format!("the default branch `{default}`"),
            is_own: false,
        })),
        FileAt::Unknown(why) => Judging::Unknown(Problem::new(
            format!("`{NAME}` of the default branch `{default}` can't be read: {why}"),
            "let the job read it: a token that can read the repository, or a checkout with the whole history \
             (`fetch-depth: 0` on GitHub, `GIT_DEPTH: 0` on GitLab)",
        )),
    })
}

/// The sections of the default branch's file, as it is now, whatever the job is for.
///
/// # Errors
/// It can't be read.
pub async fn default_definition(history: &RepositoryHistory<'_>) -> Result<Definition> {
    let unread = |what: String| Error::Refused {
        what: format!("refused: {what}"),
        hint: "give the job a token that can read the repository".to_owned(),
        reason: Reason::Gate,
    };
    let Some(default) = history.default_branch().await else {
        return Err(unread("the name of the default branch is not known".to_owned()));
    };
    match history.file_of_branch(&default, NAME, true).await {
        FileAt::Text(text) => Ok(Definition::parse(&text)?.unwrap_or_else(Definition::empty)),
        FileAt::Missing => Ok(Definition::empty()),
        FileAt::Unknown(why) => {
            Err(unread(format!("`{NAME}` of the default branch `{default}` can't be read: {why}")))
        }
    }
}
