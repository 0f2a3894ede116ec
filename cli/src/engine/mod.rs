//! The one place that runs the engine: what to run ([`plan`], pure), where the engine is ([`locate`]).

pub mod args;
pub mod env_file;
pub mod locate;
pub mod plan;
