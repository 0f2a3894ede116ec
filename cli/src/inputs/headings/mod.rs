//! The values of the inputs, in a struct for each heading.

use std::path::PathBuf;
use std::time::Duration;

use super::config_map::ConfigItem;
use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::pulumi::mirror::Mirror;
use crate::pulumi::stack::StackName;

/// What to run, and on which stack.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct StackInputs {
    pub name: Option<StackName>,
    pub cwd: PathBuf,
    pub upsert: bool,
    pub remove: bool,
}

/// Where the state lies and who may read it.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct BackendInputs {
    pub cloud_url: Option<String>,
    pub access_token: Option<Secret>,
    pub oidc_organization: Option<String>,
    pub oidc_team: Option<String>,
    pub oidc_user: Option<String>,
    pub oidc_scope: Option<String>,
    pub oidc_expiration: Option<Duration>,
    pub oidc_token: Option<Secret>,
    pub mask_config: bool,
    pub secrets_provider: Option<String>,
}

/// Configuration and environment of the program.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct ConfigInputs {
    pub items: Vec<ConfigItem>,
    pub file: Option<PathBuf>,
    pub env_file: Option<PathBuf>,
}

/// Which resources, and how.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct OperationInputs {
    pub message: Option<String>,
    pub refresh: bool,
    pub run_program: Option<bool>,
    pub preview_only: bool,
    pub replace: Vec<String>,
    pub target: Vec<String>,
    pub target_dependents: bool,
    pub exclude: Vec<String>,
    pub exclude_dependents: bool,
    pub exclude_protected: bool,
    pub parallel: Option<u32>,
    pub continue_on_error: Option<bool>,
    pub plan: Option<PathBuf>,
    pub args: Vec<String>,
}

/// What has to hold.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct SafetyInputs {
    pub skip_preview: Option<bool>,
    pub expect_no_changes: bool,
    pub fail_on_changes: bool,
    pub policy_pack: Vec<String>,
    pub policy_pack_config: Vec<String>,
    pub timeout: Option<Duration>,
    pub lock_timeout: Duration,
    pub grace_period: Option<Duration>,
    pub stale: String,
}

/// What is reported, and the files that it is written to.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct ReportInputs {
    pub results: Vec<String>,
    pub event_log: Vec<String>,
    pub result_file: Option<PathBuf>,
    pub secret_outputs: Vec<String>,
    pub detail: Option<String>,
    pub comment_on_summary: bool,
    pub outputs_file: Option<PathBuf>,
    pub outputs_prefix: String,
    pub markdown_file: Option<PathBuf>,
    pub report_file: Option<PathBuf>,
    pub junit_file: Option<PathBuf>,
    pub counts_file: Option<PathBuf>,
}

/// How the report is commented on the change request.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct CommentInputs {
    pub mode: Option<String>,
    pub when: String,
    pub key: Option<String>,
    pub merged: bool,
    pub author: Option<String>,
    pub template: Option<PathBuf>,
    pub on_pr: Option<bool>,
    pub edit_pr_comment: bool,
    pub change_request: Option<u32>,
    pub always_include_summary: bool,
}

/// Where people review, and what is recorded there.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct ForgeInputs {
    pub commit_status: bool,
    pub environment: Option<String>,
    pub environment_url: Option<String>,
    pub kind: Option<String>,
    pub url: Option<String>,
    pub token: Option<Secret>,
    pub github_token: Option<Secret>,
}

/// What the log shows.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct LogInputs {
    pub diff: bool,
    pub color: String,
    pub suppress_outputs: bool,
    pub suppress_progress: bool,
    pub verbosity: Option<u32>,
    pub flow: bool,
    pub debug: bool,
}

/// The Pulumi CLI itself.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field is an input: the table has its words")]
pub struct EngineInputs {
    pub engine: Option<String>,
    pub pulumi_version: Option<String>,
    pub pulumi_version_file: Option<PathBuf>,
    pub pulumi_mirror: Option<Mirror>,
    pub pulumi_sha256: Option<Digest>,
    pub verify_strict: bool,
    pub deps: String,
    pub plugin_token: Option<Secret>,
    pub offline: bool,
    pub cache_folder: Option<PathBuf>,
}
