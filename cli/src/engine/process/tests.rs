//! The supervisor with real child processes: shell scripts that wait for files and words, never for time.
//!
//! A script loops where it waits: a shell that sleeps in `read` or `wait` may miss a signal that came just before.

mod endings;
mod output;
mod signals;
mod support;

use super::*;
