//! The integration tests: one file an area, all of them with the real binary.

// `cfg(test)` tells clippy that a panic here is a test that fails.
#[cfg(test)]
#[cfg(unix)]
mod attacks;
#[cfg(test)]
mod azure;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod ci;
#[cfg(unix)]
#[cfg(test)]
mod cli_versions;
#[cfg(unix)]
#[cfg(test)]
mod comment_commands;
#[cfg(test)]
mod comments;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod config_values;
#[cfg(test)]
mod debug_text;
#[cfg(unix)]
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod deployment;
#[cfg(test)]
#[cfg(unix)]
mod deps;
#[cfg(test)]
mod doctor;
#[cfg(unix)]
#[cfg(test)]
mod drift;
#[cfg(test)]
mod engine_options;
#[cfg(test)]
mod esc;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod finish;
#[cfg(test)]
mod fleet;
#[cfg(test)]
mod fleet_plan;
#[cfg(test)]
mod forges;
#[cfg(test)]
mod github;
#[cfg(test)]
mod handed_on;
#[cfg(test)]
mod http;
#[cfg(test)]
mod inputs;
#[cfg(unix)]
#[cfg(test)]
mod install;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod life;
#[cfg(unix)]
#[cfg(test)]
mod login;
#[cfg(test)]
mod mask_config;
#[cfg(test)]
mod oidc;
#[cfg(unix)]
#[cfg(test)]
mod outputs_file;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod project_files;
#[cfg(test)]
mod reap;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod report;
#[cfg(unix)]
#[cfg(test)]
mod review;
#[cfg(test)]
mod rules;
#[cfg(unix)]
#[cfg(test)]
mod signed;
#[cfg(test)]
mod stack_names;
#[cfg(unix)]
#[cfg(test)]
mod stack_sets;
#[cfg(test)]
mod stacks;
#[cfg(test)]
mod status;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod summary;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod verdicts;
#[cfg(unix)]
#[cfg(test)]
mod ways;
