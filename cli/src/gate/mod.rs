//! What stands between a run and the engine: rules that can refuse it.

pub mod credentials;
pub mod trust;
