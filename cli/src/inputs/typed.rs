//! The second pass: raw values become types, and what contradicts itself is refused.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::config_map::{self, ConfigItem};
use super::headings::{
    BackendInputs, CommentInputs, ConfigInputs, EngineInputs, ForgeInputs, LogInputs, OperationInputs,
    ReportInputs, SafetyInputs, StackInputs,
};
use super::official;
use super::official_config;
use super::resolve::{Found, Raw, Resolved, Source, absolute};
use super::table::{Input, Kind};
use super::{Command, suggest};
use crate::base::digest::Digest;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::secret::Secret;
use crate::base::yaml::Mapping;
use crate::inputs::mapping::document_of;
use crate::inputs::mapping::mapping_of;
use crate::pulumi::backend::NamedBackend;
use crate::pulumi::mirror::Mirror;
use crate::pulumi::stack::StackName;

/// What a run was asked to do. A field of a heading is an input; `None` is "not set".
#[derive(Debug)]
pub struct Inputs {
    /// What to run.
    pub command: Command,
    /// Whether `profile: official-action` is on.
    pub official_action: bool,
    /// What to run, and on which stack.
    pub stack: StackInputs,
    /// Where the state lies and who may read it.
    pub backend: BackendInputs,
    /// Configuration and environment of the program.
    pub config: ConfigInputs,
    /// Which resources, and how.
    pub operation: OperationInputs,
    /// What has to hold.
    pub safety: SafetyInputs,
    /// What is reported, and the files that it is written to.
    pub report: ReportInputs,
    /// How the report is commented on the change request.
    pub comment: CommentInputs,
    /// Where people review, and what is recorded there.
    pub forge: ForgeInputs,
    /// What the log shows.
    pub log: LogInputs,
    /// The Pulumi CLI itself.
    pub engine: EngineInputs,
    /// What is taken otherwise than it is written, which a person should know.
    pub warnings: Vec<String>,
}

impl Inputs {
    /// Turns what was found into types. Reads the files that `config` names.
    pub fn from_resolved(resolved: &Resolved, env: &Env) -> Result<Self> {
        let low = Low { resolved, env, warnings: RefCell::default() };
        low.choice("profile")?;
        let mut inputs = low.inputs()?;
        inputs.warnings = low.warnings.take();
        inputs.check()?;
        Ok(inputs)
    }

    /// What these inputs say of the backend.
    pub fn named_backend(&self) -> NamedBackend {
        NamedBackend {
            url: self.backend.cloud_url.clone(),
            token: self.backend.access_token.clone(),
            oidc: self.backend.oidc_organization.clone(),
        }
    }
}

impl Low<'_> {
    /// Each input as its type.
    fn inputs(&self) -> Result<Inputs> {
        let (low, resolved, env) = (self, self.resolved, self.env);
        Ok(Inputs {
            command: resolved.command,
            official_action: resolved.official_action,
            stack: StackInputs {
                name: low.text("stack")?.map(|name| StackName::parse(&name)).transpose()?,
                cwd: low.path("cwd")?.unwrap_or_else(|| env.cwd().to_owned()),
                upsert: low.flag("upsert")?,
                remove: low.flag("remove")?,
            },
            backend: BackendInputs {
                cloud_url: low.text("cloud-url")?,
                access_token: low.secret("access-token")?,
                oidc_organization: low.trimmed("oidc-organization")?,
                oidc_team: low.trimmed("oidc-team")?,
                oidc_user: low.trimmed("oidc-user")?,
                oidc_scope: low.trimmed("oidc-scope")?,
                oidc_expiration: low.duration("oidc-expiration")?,
                oidc_token: low.secret("oidc-token")?,
                mask_config: low.flag("mask-config")?,
                secrets_provider: low.text("secrets-provider")?,
            },
            config: ConfigInputs {
                items: low.config()?,
                file: low.program_path("config-file")?,
                env_file: low.path("env-file")?,
            },
            operation: OperationInputs {
                message: low.text("message")?,
                refresh: low.flag("refresh")?,
                run_program: low.maybe_flag("run-program")?,
                preview_only: low.flag("preview-only")?,
                replace: low.list("replace")?,
                target: low.list("target")?,
                target_dependents: low.flag("target-dependents")?,
                exclude: low.list("exclude")?,
                exclude_dependents: low.flag("exclude-dependents")?,
                exclude_protected: low.flag("exclude-protected")?,
                parallel: low.number("parallel")?,
                continue_on_error: low.maybe_flag("continue-on-error")?,
                plan: low.program_path("plan")?,
                args: low.args(resolved.official_action)?,
            },
            safety: SafetyInputs {
                skip_preview: low.maybe_flag("skip-preview")?,
                expect_no_changes: low.flag("expect-no-changes")?,
                fail_on_changes: low.flag("fail-on-changes")?,
                policy_pack: low.list("policy-pack")?,
                policy_pack_config: low.list("policy-pack-config")?,
                timeout: low.duration("timeout")?,
                lock_timeout: low.duration("lock-timeout")?.unwrap_or_default(),
                grace_period: low.duration("grace-period")?,
                stale: low.choice("stale")?.unwrap_or_default(),
            },
            report: ReportInputs {
                results: low.list("results")?,
                event_log: low.list("event-log")?,
                result_file: low.path("result-file")?,
                secret_outputs: low.list("secret-outputs")?,
                detail: low.choice("detail")?,
                comment_on_summary: low.flag("comment-on-summary")?,
                outputs_file: low.path("outputs-file")?,
                outputs_prefix: low.trimmed("outputs-prefix")?.unwrap_or_default(),
                markdown_file: low.path("markdown-file")?,
                report_file: low.path("report-file")?,
                junit_file: low.path("junit-file")?,
                counts_file: low.path("counts-file")?,
            },
            comment: CommentInputs {
                mode: low.choice("comment")?,
                when: low.choice("comment-when")?.unwrap_or_default(),
                key: low.trimmed("comment-key")?,
                merged: low.flag("comment-merged")?,
                author: low.trimmed("comment-author")?,
                template: low.path("comment-template")?,
                on_pr: low.maybe_flag("comment-on-pr")?,
                edit_pr_comment: low.flag("edit-pr-comment")?,
                change_request: low.number("change-request")?,
                always_include_summary: low.flag("always-include-summary")?,
            },
            forge: ForgeInputs {
                commit_status: low.flag("commit-status")?,
                environment: low.trimmed("environment")?,
                environment_url: low.trimmed("environment-url")?,
                kind: low.choice("forge")?,
                url: low.trimmed("forge-url")?,
                token: low.secret("forge-token")?,
                github_token: low.secret("github-token")?,
            },
            log: LogInputs {
                diff: low.flag("diff")?,
                color: low.choice("color")?.unwrap_or_default(),
                suppress_outputs: low.flag("suppress-outputs")?,
                suppress_progress: low.flag("suppress-progress")?,
                verbosity: low.number("log-verbosity")?,
                flow: low.flag("log-flow")?,
                debug: low.flag("debug")?,
            },
            engine: EngineInputs {
                engine: low.text("engine")?,
                pulumi_version: low.text("pulumi-version")?,
                pulumi_version_file: low.path("pulumi-version-file")?,
                pulumi_mirror: low.trimmed("pulumi-mirror")?.map(|url| Mirror::parse(&url)).transpose()?,
                pulumi_sha256: low.trimmed("pulumi-sha256")?.map(|text| digest(&text)).transpose()?,
                verify_strict: low.choice("verify")?.is_some_and(|word| word == "strict"),
                deps: low.choice("deps")?.unwrap_or_default(),
                plugin_token: low.secret("plugin-token")?,
                offline: low.flag("offline")?,
                cache_folder: low.path("cache-folder")?,
            },
            warnings: Vec::new(),
        })
    }
}

/// Reads one raw value at a time.
struct Low<'a> {
    resolved: &'a Resolved,
    env: &'a Env,
    warnings: RefCell<Vec<String>>,
}

impl Low<'_> {
    /// The value of `name`, if the command reads that input.
    fn found(&self, name: &str) -> Result<Option<&Found>> {
        let input = row(name)?;
        Ok(self.resolved.values.get(input.name).filter(|_| input.applies_to(self.resolved.command)))
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        match self.found(name)?.map(|found| &found.raw) {
            None => Ok(None),
            Some(Raw::Text(text)) => Ok(Some(text.clone())),
            Some(Raw::List(_) | Raw::Mapping(_)) => Err(wrong(name, "takes a single value")),
        }
    }

    fn trimmed(&self, name: &str) -> Result<Option<String>> {
        Ok(self.text(name)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    fn secret(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.trimmed(name)?.map(Secret::new))
    }

    fn path(&self, name: &str) -> Result<Option<PathBuf>> {
        Ok(self.text(name)?.map(|path| absolute(self.env.cwd(), &path)))
    }

    /// A path as the engine takes it, which runs in `cwd`.
    fn program_path(&self, name: &str) -> Result<Option<PathBuf>> {
        let Some(path) = self.text(name)? else { return Ok(None) };
        let cwd = self.path("cwd")?.unwrap_or_else(|| self.env.cwd().to_owned());
        Ok(Some(absolute(&cwd, &path)))
    }

    fn maybe_flag(&self, name: &str) -> Result<Option<bool>> {
        self.trimmed(name)?
            .map(|text| match text.as_str() {
                // What YAML 1.2 and GitHub's own toolkit take.
                "true" | "True" | "TRUE" => Ok(true),
                "false" | "False" | "FALSE" => Ok(false),
                other => Err(Error::input(
                    format!("`{name}` is `{other}`, which is not a boolean"),
                    "write `true` or `false`",
                )),
            })
            .transpose()
    }

    fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.maybe_flag(name)?.unwrap_or_default())
    }

    fn number(&self, name: &str) -> Result<Option<u32>> {
        let Some(text) = self.trimmed(name)? else { return Ok(None) };
        let Kind::Number { min, max } = row(name)?.kind else { return Err(wrong(name, "takes no number")) };
        let number = if self.resolved.official_action {
            match official::number(name, &text, max) {
                official::Number::NotSet => return Ok(None),
                official::Number::Is(number) => Some(number),
                official::Number::TooLarge => {
                    self.warnings.borrow_mut().push(format!(
                        "`{name}` is `{text}`, which is taken as {max}: there is no more to say beyond it"
                    ));
                    Some(max)
                }
                official::Number::Fails => None,
            }
        } else {
            text.parse().ok()
        };
        match number {
            Some(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => Err(Error::input(
                format!("`{name}` is `{text}`"),
                format!("it takes a whole number from {min} to {max}"),
            )),
        }
    }

    fn duration(&self, name: &str) -> Result<Option<Duration>> {
        let Some(text) = self.trimmed(name)? else { return Ok(None) };
        let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
        match seconds.or_else(|| humantime::parse_duration(&text).ok()) {
            Some(duration) => Ok(Some(duration)),
            None => Err(Error::input(
                format!("`{name}` is `{text}`, which is not a length of time"),
                "write it as `90s`, `15m` or `1h30m`",
            )),
        }
    }

    fn choice(&self, name: &str) -> Result<Option<String>> {
        let Some(text) = self.trimmed(name)? else { return Ok(None) };
        let Kind::Choice(words) = row(name)?.kind else { return Err(wrong(name, "takes no word")) };
        if words.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let hint = match suggest::nearest(&text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of `{}`", words.join("`, `")),
        };
        Err(Error::input(format!("`{name}` is `{text}`"), hint))
    }

    fn list(&self, name: &str) -> Result<Vec<String>> {
        let split = |text: &str| -> Vec<String> {
            text.split(['\n', ','])
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Ok(match self.found(name)? {
            None => Vec::new(),
            Some(Found { raw: Raw::Text(text), .. }) => split(text),
            // A list in a file is a list: what stands in an item is not split.
            Some(Found { raw: Raw::List(items), source: Source::File(_) }) => items.clone(),
            Some(Found { raw: Raw::List(items), .. }) => items.iter().flat_map(|item| split(item)).collect(),
            Some(Found { raw: Raw::Mapping(_), .. }) => return Err(wrong(name, "takes a list")),
        })
    }

    fn words(&self, name: &str) -> Result<Vec<String>> {
        let Some(text) = self.text(name)? else { return Ok(Vec::new()) };
        shlex::split(&text).ok_or_else(|| {
            Error::input(
                format!("`{name}` has a quote that is not closed"),
                "close it, or put a backslash before it",
            )
        })
    }

    /// The official action has no such input, so that workflows say `--yes` in it to no effect: it is what happens
    /// anyway, and must not end a run that has moved.
    fn args(&self, official_action: bool) -> Result<Vec<String>> {
        let mut words = self.words("args")?;
        words.retain(|word| !(official_action && ["--yes", "-y"].contains(&word.as_str())));
        Ok(words)
    }

    fn config(&self) -> Result<Vec<ConfigItem>> {
        let Some(found) = self.found("config")? else { return Ok(Vec::new()) };
        let parsed: Mapping;
        let (mapping, folder) = match (&found.raw, &found.source) {
            (Raw::Mapping(mapping), Source::File(file)) => (mapping, file.parent().unwrap_or(Path::new("."))),
            (Raw::Mapping(mapping), _) => (mapping, self.env.cwd()),
            (Raw::Text(text), Source::Step(_)) if self.resolved.official_action => {
                let taken = official_config::take(&document_of(text)?);
                self.warnings.borrow_mut().extend(taken.warnings);
                parsed = taken.mapping;
                (&parsed, self.env.cwd())
            }
            (Raw::Text(text), _) => {
                parsed = mapping_of(text)?;
                (&parsed, self.env.cwd())
            }
            (Raw::List(_), _) => return Err(wrong("config", "takes a mapping")),
        };
        if let (Source::Flag, Some(key)) = (&found.source, config_map::secret_in_the_open(mapping)) {
            return Err(Error::input(
                format!(
                    "the secret `{key}` of `--config` stands on the command line, where everyone can read it"
                ),
                "take it `from-env` or `from-file`, or set `STACKSTEP_CONFIG`",
            ));
        }
        config_map::parse(mapping, self.env, folder)
    }
}

/// The row of the table. A name that is not there is a mistake of ours, which no run may pass over.
fn row(name: &str) -> Result<&'static Input> {
    Input::find(name).ok_or_else(|| wrong(name, "is not an input"))
}

fn digest(text: &str) -> Result<Digest> {
    Digest::parse(text).ok_or_else(|| {
        Error::input(
            "`pulumi-sha256` is not a SHA-256",
            "write the 64 hexadecimal digits that `sha256sum` prints",
        )
    })
}

fn wrong(name: &str, takes: &str) -> Error {
    Error::input(format!("`{name}` {takes}"), "`stackstep inputs` shows each input and its kind")
}

#[cfg(test)]
mod tests;
