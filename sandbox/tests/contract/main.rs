//! Holds `pulumi-sandbox` to the real Pulumi CLI, from outside: to recordings of it, to what was worked out by
//! hand from its documentation, and, when there is one on the `PATH` (or in the folders of
//! `REAL_ENGINE`), to the CLI itself. The results are a table,
//! see [`table::path`].
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::needless_for_each,
    reason = "all of this is a test; the CLI writes its files' names in lower case"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests start the engines and look for a real one on the PATH"
)]

mod agreed;
mod compare;
mod disk;
mod engine;
mod expect;
mod honesty;
mod interchange;
mod memory;
mod mutations;
mod normalise;
mod random;
mod recording;
mod scenario;
mod scenarios;
mod shapes;
mod signals;
mod table;
mod twin;
