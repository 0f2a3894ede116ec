//! The supervisor with real child processes: shell scripts that wait for files and words, never for time.
//!
//! A script loops over short sleeps where it waits: a shell that sleeps in `read` or `wait` may miss a signal that came
//! just before, and one that only loops takes a whole core.

mod endings;
#[path = "../../../../tests/support/limit.rs"]
mod limit;
mod output;
mod signals;
mod support;

use super::*;
