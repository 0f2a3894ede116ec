//! What the root's `stackstep.yaml` says of stacks that are not there for good: one file a section.

pub mod drift;
pub mod review;

pub use review::{Reapable, ReviewSettings};
