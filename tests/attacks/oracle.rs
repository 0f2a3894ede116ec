//! What has to happen, by `docs/ci-systems.md`: whose run may do what, and whose `stackstep.yaml` counts.

use super::runs::{Folder, Run, Whose};

/// What the engine has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// It works.
    Runs,
    /// It does not.
    Stays,
    /// The command needs none.
    Open,
}

/// What has to happen.
pub struct Verdict {
    /// What the engine does.
    pub engine: Engine,
    /// The exit status, where the documentation names it.
    pub status: Option<i32>,
    /// The whole of `stackstep.yaml` and of the folder's other files counts.
    pub file_counts: bool,
}

/// What has to happen with `command` in `run`, where the folder is at `folder`.
pub fn verdict(run: &Run, folder: Folder, command: &str) -> Verdict {
    let proven = folder == Folder::AtBase;
    let file_counts = match run.whose {
        Whose::Ours | Whose::Queue => true,
        Whose::Fork | Whose::Untold | Whose::OfNobodyKnows => false,
        Whose::WithTheTargetsCredentials { .. } => proven,
    };
    let verdict = |engine, status| Verdict { engine, status, file_counts };
    let refused = verdict(Engine::Stays, Some(73));
    let changes = matches!(command, "up" | "refresh" | "destroy" | "exec");
    if !changes && !matches!(command, "preview" | "outputs") {
        return verdict(Engine::Open, None);
    }
    let fork = matches!(run.whose, Whose::Fork | Whose::WithTheTargetsCredentials { fork: true });
    match run.whose {
        Whose::OfNobodyKnows => refused,
        Whose::WithTheTargetsCredentials { .. } if !proven => refused,
        Whose::Queue if changes => refused,
        _ if fork && changes => refused,
        _ => verdict(Engine::Runs, None),
    }
}
