//! A fleet in many jobs of the CI system's own engine: one neutral plan, and the form that each system takes it in.
//!
//! A system is a file here and a line in [`FANOUT_SYSTEMS`].

mod azure;
mod circleci;
mod cloud_build;
mod codebuild;
mod codefresh;
pub mod cut;
mod github;
mod gitlab;
mod jenkins;
pub mod plan;
pub mod system;
mod travis;
mod woodpecker;

use system::{FanoutSystem, FanoutWay};

/// The systems, those first that have a form.
pub static FANOUT_SYSTEMS: &[&FanoutSystem] = &[
    &github::GITHUB,
    &gitlab::GITLAB,
    &circleci::CIRCLECI,
    &azure::AZURE,
    &jenkins::JENKINS,
    &codebuild::CODEBUILD,
    &cloud_build::CLOUD_BUILD,
    &codefresh::CODEFRESH,
    &travis::TRAVIS,
    &woodpecker::WOODPECKER,
];

/// The words of the systems that have a form.
pub fn forms() -> impl Iterator<Item = &'static str> {
    let has_form = |system: &&&FanoutSystem| matches!(system.way, FanoutWay::Form(_));
    FANOUT_SYSTEMS.iter().filter(has_form).map(|system| system.word)
}
