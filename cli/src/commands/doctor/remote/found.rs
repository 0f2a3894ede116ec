//! What `doctor --remote` has found out.

use serde::Serialize;

/// What the forge lets through.
#[derive(Debug, Default, Serialize)]
pub struct RemoteFound {
    /// The forge, as people write it.
    pub forge: &'static str,
    /// The repository's name there.
    pub repository: String,
    /// The default branch.
    pub default_branch: Option<String>,
    /// What is open, closed and not known.
    pub lines: Vec<RemoteLine>,
}

/// One fact of what the forge lets through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteLine {
    /// Whether it is open.
    pub state: RemoteState,
    /// What it is about: `branch main`, `tags v*`, `environment production`.
    pub about: String,
    /// The sentence.
    pub what: String,
    /// The way to close it, or to find it out, with a link.
    pub hint: Option<String>,
}

/// Whether something is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemoteState {
    /// Something gets through that nobody reviewed.
    Open,
    /// It is closed.
    Closed,
    /// The token may not read it.
    NotKnown,
    /// Neither: worth knowing.
    Note,
}
