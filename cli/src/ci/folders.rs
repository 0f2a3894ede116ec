//! The facet "folders": where the files of a job are.

use std::path::PathBuf;

use crate::base::env::Env;

/// The folders of a job.
#[derive(Clone, Copy)]
pub struct JobFolders {
    /// Those that the system checks out into, or whose content it keeps between the steps of a job.
    pub workspaces: fn(&Env) -> Vec<PathBuf>,
    /// The one for files that later steps may read and that go with the job.
    pub temporary: fn(&Env) -> Option<PathBuf>,
    /// The one for what a later part of the wrapper has to find, where that sees another temporary folder.
    pub shared: fn(&Env) -> Option<PathBuf>,
    /// Whether the files that a run leaves are still there when somebody reads its report.
    pub outlive_the_job: bool,
}

impl JobFolders {
    /// No folders that the system tells.
    pub const UNKNOWN: Self =
        Self { workspaces: |_| Vec::new(), temporary: |_| None, shared: |_| None, outlive_the_job: false };
}
