//! What Pulumi calls things and where it keeps them: stacks, projects, backends, the home folder, variables. Nothing here
//! starts a process or asks a server.

pub mod backend;
pub mod home;
pub mod mirror;
pub mod options;
pub mod project;
pub mod secret_names;
pub mod stack;
