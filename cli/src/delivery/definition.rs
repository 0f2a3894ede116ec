//! The definition of a repository's deployments: the sections `deploy`, `stacks`, `notify`, `comment-commands`, `review`,
//! `reapable`, `drift`, `fleet` and `sets` of the root's `stackstep.yaml`.

use std::path::PathBuf;

use super::comment_commands::CommentCommands;
use super::map::DeployMap;
use super::notify::NotifySink;
use super::settings::{StackSettings, hidden_entries};
use crate::base::error::{Problem, Result};
use crate::fleet::sets::settings::StackSet;
use crate::fleet::settings::FleetSettings;
use crate::inputs::file::{
    COMMENT_COMMANDS, ConfigFile, DEPLOY, DRIFT, FLEET, NOTIFY, REAPABLE, REVIEW, SETS, STACKS,
};
use crate::lifecycle::settings::drift::DriftSettings;
use crate::lifecycle::{Reapable, ReviewSettings};
use crate::pulumi::stack::StackName;

/// The sections of one version of the file.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The section `deploy`.
    pub deploy: Option<DeployMap>,
    /// The entries of the section `stacks`, in the order of the file.
    pub stacks: Vec<StackSettings>,
    /// The entries of the section `notify`, in the order of the file.
    pub notify: Vec<NotifySink>,
    /// The section `comment-commands`.
    pub comment_commands: Option<CommentCommands>,
    /// The section `review`.
    pub review: Option<Box<ReviewSettings>>,
    /// The section `reapable`, or what holds without it.
    pub reapable: Reapable,
    /// The section `drift`.
    pub drift: Option<Box<DriftSettings>>,
    /// The section `fleet`.
    pub fleet: Option<Box<FleetSettings>>,
    /// The entries of the section `sets`.
    pub sets: Vec<StackSet>,
    /// The folders of the repository's projects, as patterns.
    pub projects: Option<Vec<String>>,
}

impl Definition {
    /// One without any section.
    pub fn empty() -> Self {
        Self {
            deploy: None,
            stacks: Vec::new(),
            notify: Vec::new(),
            comment_commands: None,
            review: None,
            reapable: Reapable::default(),
            drift: None,
            fleet: None,
            sets: Vec::new(),
            projects: None,
        }
    }

    /// Reads the sections of a file. None if it has none of them.
    pub fn from_file(file: &ConfigFile) -> Result<Option<Self>> {
        let path = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let deploy = file.section(DEPLOY).map(|section| DeployMap::parse(section, &path)).transpose()?;
        let stacks = file.section(STACKS).map(|section| StackSettings::parse_all(section, &path));
        let stacks = stacks.transpose()?.unwrap_or_default();
        let notify = file.section(NOTIFY).map(|section| NotifySink::parse_all(section, &path));
        let notify = notify.transpose()?.unwrap_or_default();
        let commands = file.section(COMMENT_COMMANDS);
        let comment_commands = commands.map(|section| CommentCommands::parse(section, &path)).transpose()?;
        let review = file.section(REVIEW).map(|section| ReviewSettings::parse(section, &path)).transpose()?;
        let review = review.map(Box::new);
        let reapable = file.section(REAPABLE).map(|section| Reapable::parse(section, &path)).transpose()?;
        let reapable = reapable.unwrap_or_default();
        let drift = file.section(DRIFT).map(|section| DriftSettings::parse(section, &path)).transpose()?;
        let drift = drift.map(Box::new);
        let fleet = file.section(FLEET).map(|section| FleetSettings::parse(section, &path)).transpose()?;
        let fleet = fleet.map(Box::new);
        let sets = file.section(SETS).map(|section| StackSet::parse_all(section, &path));
        let sets = sets.transpose()?.unwrap_or_default();
        let sections = [DEPLOY, STACKS, NOTIFY, COMMENT_COMMANDS, REVIEW, REAPABLE, DRIFT, FLEET, SETS];
        let is_empty = sections.iter().all(|name| file.section(name).is_none());
        let projects = file.projects()?;
        Ok((!is_empty).then_some(Self {
            deploy,
            stacks,
            notify,
            comment_commands,
            review,
            reapable,
            drift,
            fleet,
            sets,
            projects,
        }))
    }

    /// Reads the sections of the text of a file. None if it has none of them.
    pub fn parse(text: &str) -> Result<Option<Self>> {
        Self::from_file(&ConfigFile::parse(PathBuf::from(crate::inputs::file::NAME), text)?)
    }

    /// What has to hold for a stack: the first entry that fits.
    pub fn settings(&self, stack: &StackName) -> Option<&StackSettings> {
        self.stacks.iter().find(|entry| entry.is_about(stack))
    }

    /// Warnings of what can be meant as it is, and people should know.
    pub fn warnings(&self) -> Vec<Problem> {
        let map = self.deploy.iter().flat_map(DeployMap::warnings);
        map.chain(hidden_entries(&self.stacks)).collect()
    }
}
