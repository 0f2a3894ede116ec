//! The integration tests: one file an area, all of them with the real binary.

mod bad_input;
mod github;
mod life;
mod report;
mod support;
