//! The comments, on a real Gitea: what stands there afterwards is read from the forge itself, and from the page that it
//! shows to people.

mod behaviours;
mod commands;
mod delivery;
mod drift;
mod elsewhere;
mod jobs;
mod page;
mod posted;
mod real;
mod repository;
mod server;
mod troubles;

/// The real part, as the table of scenarios has it.
const GITEA: &str = "Gitea 1.26.0";

/// Notes that the test that runs now has shown what its name says.
fn shown() {
    crate::real_parts::shown_with(GITEA);
}
