//! The facet "folders": the places of a job's files.

use std::path::PathBuf;

use crate::base::env::Env;

/// The folders of a job.
#[derive(Clone, Copy)]
pub struct JobFolders {
    /// The folders that the system checks out into, or whose content it keeps between the steps of a job.
    pub workspaces: fn(&Env) -> Vec<PathBuf>,
    /// The folder for files that later steps may read and that are removed with the job.
    pub temporary: fn(&Env) -> Option<PathBuf>,
    /// The folder for files of a later part of the wrapper, if that part has another temporary folder.
    pub shared: fn(&Env) -> Option<PathBuf>,
    /// Whether the files of a run still exist when somebody reads its report.
    pub outlive_the_job: bool,
}

impl JobFolders {
    /// The folders of a system that tells none.
    pub const UNKNOWN: Self =
        Self { workspaces: |_| Vec::new(), temporary: |_| None, shared: |_| None, outlive_the_job: false };
}
