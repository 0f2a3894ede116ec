//! What the history keeps about the circumstances of an update.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/metadata/metadata.go>

use std::collections::BTreeMap;

use crate::args::Args;
use crate::env::Env;
use crate::version::NUMBER;

/// The variables whose value is kept; of any other one only that it is set.
/// <https://www.pulumi.com/docs/iac/cli/environment-variables/>
const SWITCHES: [&str; 24] = [
    "PULUMI_CONTINUE_ON_ERROR",
    "PULUMI_DEBUG_COMMANDS",
    "PULUMI_DEV",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "PULUMI_DISABLE_JOURNALING",
    "PULUMI_DISABLE_PROVIDER_PREVIEW",
    "PULUMI_DISABLE_RESOURCE_REFERENCES",
    "PULUMI_DISABLE_SECRET_CACHE",
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS",
    "PULUMI_DIY_BACKEND_GZIP",
    "PULUMI_DIY_BACKEND_LEGACY_LAYOUT",
    "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING",
    "PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS",
    "PULUMI_ENABLE_LEGACY_DIFF",
    "PULUMI_ENABLE_LEGACY_REFRESH_DIFF",
    "PULUMI_ERROR_ON_DEPENDENCY_CYCLES",
    "PULUMI_EXPERIMENTAL",
    "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER",
    "PULUMI_IGNORE_AMBIENT_PLUGINS",
    "PULUMI_PARALLEL_DIFF",
    "PULUMI_RUN_PROGRAM",
    "PULUMI_SKIP_CHECKPOINTS",
    "PULUMI_SKIP_CONFIRMATIONS",
    "PULUMI_SKIP_UPDATE_CHECK",
];

/// The circumstances of an update. The language is named when it `runs` the program.
pub fn environment(args: &Args, env: &Env, runs: bool) -> BTreeMap<String, String> {
    let mut all = BTreeMap::from([
        ("exec.kind".to_owned(), args.value("exec-kind").unwrap_or("cli").to_owned()),
        ("pulumi.arch".to_owned(), arch().to_owned()),
        ("pulumi.os".to_owned(), os().to_owned()),
        ("pulumi.version".to_owned(), NUMBER.to_owned()),
        ("stack.environments".to_owned(), "[]".to_owned()),
        ("updatePlan".to_owned(), args.is_given("plan").to_string()),
    ]);
    if runs {
        all.insert("runtime.name".to_owned(), "yaml".to_owned());
    }
    for name in env.vars.keys().filter(|name| name.starts_with("PULUMI_")) {
        let is_switch = SWITCHES.contains(&name.as_str());
        let value = if is_switch { env.is_true(name).to_string() } else { "set".to_owned() };
        all.insert(format!("pulumi.env.{name}"), value);
    }
    for (name, value) in args.given() {
        all.insert(format!("pulumi.flag.{name}"), value.unwrap_or("set").to_owned());
    }
    all
}

/// The processor by its name in Go.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The operating system by its name in Go.
fn os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}
