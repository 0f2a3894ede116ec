//! What is displayed.

use crate::engine::Kind;
use crate::state::StackRef;

/// What is shown, and how.
#[derive(Debug, Clone)]
pub struct Shown {
    pub kind: Kind,
    pub preview: bool,
    pub stack: StackRef,
    pub debug: bool,
    pub hide_outputs: bool,
    pub sames: bool,
    pub secrets: bool,
    pub urns: bool,
    pub quiet: bool,
    pub color: bool,
}
