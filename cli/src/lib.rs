//! stackstep runs Pulumi in CI: one flow from the environment to an exit status.
//!
//! ```text
//! Env → ci::detect → inputs::resolve → install → engine::plan → engine::run → report::fold → render → publish → exit status
//! ```
//!
//! [`app::run`] shows the flow on one screen. `plan`, `fold` and `render` are pure functions of values;
//! only `engine::run` and the sinks touch the outside.

pub mod app;
pub mod args;
pub mod backend;
pub mod ci;
pub mod comment;
pub mod console;
pub mod deps;
pub mod doctor;
pub mod dots;
pub mod early;
pub mod engine;
pub mod env;
pub mod error;
pub mod finish;
pub mod forge;
pub mod gate;
pub mod git;
pub mod http;
pub mod inputs;
pub mod install;
pub mod job;
pub mod json;
pub mod login;
pub mod oidc;
pub mod own_folder;
pub mod prepare;
pub mod private;
pub mod project;
pub mod publish;
pub mod pulumi_home;
pub mod random;
pub mod relay;
pub mod render;
pub mod report;
pub mod result;
pub mod secret;
pub mod secret_names;
pub mod stack;
pub mod text_file;
pub mod unfinished;
pub mod wildcard;
pub mod yaml;
