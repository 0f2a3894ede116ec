//! The wrappers in the real runners, and under the validators that vendors and others wrote for them.
//!
//! `cargo xtask test` installs the runners at the versions of `tools.toml` and runs these tests; plain `cargo test`
//! ignores them. A module is named after the tool that it needs.

#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests start runners, and fail by a panic"
)]

#[cfg(unix)]
mod act;
#[cfg(unix)]
mod azure;
#[cfg(unix)]
mod azure_devops;
#[cfg(unix)]
mod azure_language_service;
#[cfg(unix)]
mod azurite;
#[cfg(unix)]
mod cfn_lint;
mod checks;
#[cfg(unix)]
mod chromium;
#[cfg(unix)]
mod circleci;
#[cfg(unix)]
mod cloud_build;
#[cfg(unix)]
mod codebuild;
#[cfg(unix)]
mod codefresh;
#[cfg(unix)]
mod conformance;
#[cfg(unix)]
mod dependencies;
#[cfg(unix)]
mod gitea;
#[cfg(unix)]
mod gitlab;
#[cfg(unix)]
mod gitlab_ci_local;
#[cfg(unix)]
mod gitlab_delivery;
#[cfg(unix)]
mod google_cloud_build;
#[cfg(unix)]
mod harness;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod injection;
#[cfg(unix)]
mod jenkins;
#[cfg(unix)]
mod keeper;
#[cfg(unix)]
mod launcher;
#[cfg(unix)]
mod lifecycle;
#[cfg(unix)]
mod posts;
#[cfg(unix)]
mod prism;
#[cfg(unix)]
mod pulumi_cloud_sdk;
#[cfg(unix)]
mod python_gitlab;
#[cfg(unix)]
mod real;
#[cfg(unix)]
mod real_parts;
#[cfg(unix)]
mod stages;
#[cfg(unix)]
mod story;
#[cfg(unix)]
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod support;
#[cfg(unix)]
mod tfx_cli;
mod tools;
#[cfg(unix)]
mod travis;
#[cfg(unix)]
mod xmllint;
