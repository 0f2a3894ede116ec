//! The life of a stack that is not there for good: the name and the mark of a change request's own stack, and what
//! `stackstep.yaml` says of such stacks. Values and pure decisions, without I/O.

pub mod copied_config;
pub mod decide;
pub mod drift;
pub mod facts;
pub mod issue;
pub mod issue_marker;
pub mod mark;
pub mod owners;
pub mod ownership;
pub mod review_name;
pub mod settings;
pub mod time_to_live;

pub use mark::Mark;
pub use review_name::{RepositoryIdentity, ReviewName};
pub use settings::{Reapable, ReviewSettings};
