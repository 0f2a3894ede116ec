//! The wrappers in the real runners, and under the validators that vendors and others wrote for them.
//!
//! `cargo xtask test` installs the runners at the versions of `tools.toml` and runs these tests; plain `cargo test`
//! ignores them. A module is named after the tool that it needs.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start runners, and fail by a panic"
)]

#[cfg(unix)]
mod act;
mod checks;
#[cfg(unix)]
#[allow(dead_code, reason = "the wrappers come one by one")]
mod harness;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod jenkins;
#[cfg(unix)]
mod launcher;
mod tools;
