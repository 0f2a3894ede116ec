//! The integration tests: one file an area, all of them with the real binary.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

mod bad_input;
mod github;
mod inputs;
mod life;
mod report;
mod stopping;
mod support;
