//! The integration tests: one file an area, all of them with the real binary.

mod bad_input;
mod github;
mod inputs;
mod life;
mod report;
mod stopping;
mod support;
