//! GitHub Actions. Gitea and Forgejo run the same actions and set the same variables.
//!
//! Variables: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
//! Commands and files: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::{Append, CiSystem, Context, Level, Output};
use crate::env::Env;

/// GitHub Actions.
pub struct GitHubActions;

/// A step's summary may hold 1 MiB.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>
const SUMMARY_BYTES: usize = 1024 * 1024;

impl CiSystem for GitHubActions {
    fn name(&self) -> &'static str {
        "github-actions"
    }

    fn detect(&self, env: &Env) -> bool {
        env.is_true("GITHUB_ACTIONS")
    }

    fn context(&self, env: &Env) -> Context {
        let event = env.event().unwrap_or(&Value::Null);
        let change_request = event.pointer("/pull_request/number").and_then(Value::as_u64);
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        // GITHUB_SHA of a pull request is a merge commit that nobody wrote.
        let commit = text("/pull_request/head/sha").or_else(|| env.get("GITHUB_SHA").map(str::to_owned));
        let branch = env.get("GITHUB_HEAD_REF").or_else(|| {
            env.get("GITHUB_REF_NAME")
                .filter(|_| env.get("GITHUB_REF_TYPE").is_none_or(|kind| kind == "branch"))
        });
        Context {
            repository: env.get("GITHUB_REPOSITORY").map(str::to_owned),
            commit,
            branch: branch.map(str::to_owned),
            change_request,
            build_url: build_url(env),
            event: env.get("GITHUB_EVENT_NAME").map(str::to_owned),
            public: event.pointer("/repository/private").and_then(Value::as_bool).map(|private| !private),
        }
    }

    fn step_input<'e>(&self, env: &'e Env, name: &str) -> Option<(String, &'e str)> {
        // The runner's own rule: upper case, blanks become underscores, hyphens stay.
        let variable = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
        let value = env.get(&variable)?;
        Some((variable, value))
    }

    fn temporary_folder(&self, env: &Env) -> Option<PathBuf> {
        env.get("RUNNER_TEMP").map(PathBuf::from)
    }

    fn grace_period(&self) -> Duration {
        // SIGINT, SIGTERM after 7.5 s, everything is killed 2.5 s later:
        // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
        Duration::from_secs(5)
    }

    fn secret_variables(&self) -> &'static [&'static str] {
        &["ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN"]
    }

    fn group(&self, title: &str) -> String {
        format!("::group::{}\n", data(title))
    }

    fn end_group(&self) -> String {
        "::endgroup::\n".to_owned()
    }

    fn mask(&self, secret: &str) -> String {
        // The runner masks line by line; a mask of a single line needs its `%`, CR and LF encoded.
        secret.lines().filter(|line| !line.trim().is_empty()).fold(String::new(), |mut lines, line| {
            lines.push_str("::add-mask::");
            lines.push_str(&data(line));
            lines.push('\n');
            lines
        })
    }

    fn begin_foreign(&self, token: &str) -> String {
        format!("::stop-commands::{token}\n")
    }

    fn end_foreign(&self, token: &str) -> String {
        format!("::{token}::\n")
    }

    fn annotation(&self, level: Level, title: &str, message: &str) -> String {
        let level = match level {
            Level::Notice => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let message = if message.is_empty() { title } else { message };
        format!("::{level} title={}::{}\n", property(title), data(message))
    }

    fn refuses_output_name(&self, name: &str) -> Option<&'static str> {
        // A delimiter follows the name, and `=` or `<<` end it.
        if name.is_empty() {
            Some("it is empty")
        } else if name.contains(['\n', '\r', '\0']) {
            Some("it has a line break in it")
        } else if name.contains('=') || name.contains("<<") {
            Some("it has `=` or `<<` in it")
        } else if name.trim() != name {
            Some("it begins or ends with a blank")
        } else {
            None
        }
    }

    fn output_names_ignore_case(&self) -> bool {
        true
    }

    fn outputs(&self, env: &Env, outputs: &[Output], random: &mut dyn FnMut() -> String) -> Option<Append> {
        let path = PathBuf::from(env.get("GITHUB_OUTPUT")?);
        let mut text = String::new();
        for Output { name, value } in outputs {
            // A delimiter that stood in the value would end it early, and what follows could set other outputs.
            let delimiter = loop {
                let candidate = format!("stackstep_{}", random());
                if !value.contains(&candidate) {
                    break candidate;
                }
            };
            text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
        }
        Some(Append { path, text })
    }

    fn summary(&self, env: &Env) -> Option<(PathBuf, usize)> {
        env.get("GITHUB_STEP_SUMMARY").map(|path| (PathBuf::from(path), SUMMARY_BYTES))
    }
}

/// The page of this run and attempt.
fn build_url(env: &Env) -> Option<String> {
    let (server, repository, run) =
        (env.get("GITHUB_SERVER_URL")?, env.get("GITHUB_REPOSITORY")?, env.get("GITHUB_RUN_ID")?);
    let attempt = env.get("GITHUB_RUN_ATTEMPT").map(|n| format!("/attempts/{n}")).unwrap_or_default();
    Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
}

/// Escapes the text of a command.
/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        Env::from_pairs("/", pairs.iter().copied())
    }

    #[test]
    fn a_pull_request_is_its_head_commit_and_not_the_merge_commit() {
        let event = serde_json::json!({
            "pull_request": {"number": 7, "head": {"sha": "aaaa"}}, "repository": {"private": true}
        });
        let env =
            env(&[("GITHUB_SHA", "merge"), ("GITHUB_HEAD_REF", "feature"), ("GITHUB_REF_NAME", "7/merge")])
                .with_event(event);
        let context = GitHubActions.context(&env);
        assert_eq!(context.commit.as_deref(), Some("aaaa"));
        assert_eq!(context.branch.as_deref(), Some("feature"));
        assert_eq!(context.change_request, Some(7));
        assert_eq!(context.public, Some(false));
    }

    #[test]
    fn a_push_is_its_branch_and_commit() {
        let env = env(&[("GITHUB_SHA", "abc"), ("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")]);
        let context = GitHubActions.context(&env);
        assert_eq!((context.commit.as_deref(), context.branch.as_deref()), (Some("abc"), Some("main")));
        assert_eq!(context.change_request, None);
    }

    #[test]
    fn a_tag_is_no_branch() {
        let env = env(&[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")]);
        assert_eq!(GitHubActions.context(&env).branch, None);
    }

    #[test]
    fn a_value_that_holds_the_delimiter_gets_another_one() {
        let env = env(&[("GITHUB_OUTPUT", "/out")]);
        let mut words = ["one", "two"].iter().map(ToString::to_string);
        let output = Output { name: "a".into(), value: "x\nstackstep_one\nb=1".into() };
        let append = GitHubActions.outputs(&env, &[output], &mut || words.next().unwrap()).unwrap();
        assert_eq!(append.text, "a<<stackstep_two\nx\nstackstep_one\nb=1\nstackstep_two\n");
    }

    #[test]
    fn commands_in_a_message_are_escaped() {
        assert_eq!(
            GitHubActions.annotation(Level::Error, "a:b", "1\n::set-output name=x::y%"),
            "::error title=a%3Ab::1%0A::set-output name=x::y%25\n"
        );
    }

    #[test]
    fn each_line_of_a_secret_is_masked() {
        assert_eq!(GitHubActions.mask("one\n\ntwo%"), "::add-mask::one\n::add-mask::two%25\n");
    }
}
