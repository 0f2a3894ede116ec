//! Pulumi's names and places: stacks, projects, backends, the home folder, variables. Nothing here starts a process or
//! sends a request.

pub mod backend;
pub mod esc_environment;
pub mod home;
pub mod mirror;
pub mod options;
pub mod project;
pub mod secret_names;
pub mod stack;
