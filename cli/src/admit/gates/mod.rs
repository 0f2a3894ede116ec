//! The gates of a deployment.

pub mod judged;
pub mod place_in_history;
