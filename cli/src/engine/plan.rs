//! The engine processes of a run, planned before any is started: pure functions of inputs, backend and project.

use std::path::Path;

use super::args;
use super::config_args::{Parted, config_set};
use crate::base::env::Env;
use crate::base::secret::Secret;
use crate::ci::CiSystem;
use crate::engine::executor::{Phase, Purpose};
use crate::engine::line::Scope;
use crate::inputs::config_map::ConfigValue;
use crate::inputs::{Command, Effect, Inputs};
use crate::pulumi::backend::Backend;

/// One engine process.
#[derive(Debug, Clone)]
pub struct EngineStep {
    /// The purpose of the process.
    pub purpose: Purpose,
    /// The arguments.
    pub args: Vec<String>,
    /// The text for standard input.
    pub stdin: Option<Secret>,
}

/// The processes of a run, by phase. A phase ends with the first of its processes that fails.
#[derive(Debug, Clone)]
pub struct Plan {
    preview: Vec<EngineStep>,
    operation: Vec<EngineStep>,
}

impl Plan {
    /// The plan for these inputs. Configuration that needs a process of its own is set in the first phase.
    pub fn new(inputs: &Inputs, scope: &Scope<'_>) -> Self {
        let step = |purpose, args, stdin| EngineStep { purpose, args, stdin };
        let config = Parted::from_items(&inputs.config.items);
        let together = [config.set_objects(inputs, scope), config.set_paths(inputs, scope)];
        let together = together.into_iter().flatten().map(|args| step(Purpose::SetConfig, args, None));
        let singly = config.singly.iter().map(|item| {
            step(Purpose::SetConfig, config_set(inputs, scope, item), Some(for_stdin(&item.value)))
        });
        let mut first: Vec<EngineStep> = together.chain(singly).collect();
        let operation = if inputs.command == Command::Outputs {
            step(Purpose::Outputs, args::outputs(inputs, scope, false), None)
        } else {
            step(Purpose::Operation, args::operation(inputs, scope), None)
        };
        if previews_before(inputs, scope) {
            first.push(step(Purpose::PreviewBefore, args::preview_before(inputs, scope), None));
            return Self { preview: first, operation: vec![operation] };
        }
        first.push(operation);
        Self { preview: Vec::new(), operation: first }
    }

    /// The steps of one phase, in order. The preview phase has none if there is no preview.
    pub fn steps(&self, phase: Phase) -> &[EngineStep] {
        match phase {
            Phase::Preview => &self.preview,
            Phase::Operation => &self.operation,
        }
    }

    /// The steps of all phases, in order.
    pub fn all_steps(&self) -> impl Iterator<Item = &EngineStep> {
        self.preview.iter().chain(&self.operation)
    }
}

/// A configuration value for standard input. The engine removes one line end, so that a value with one gets another.
fn for_stdin(value: &ConfigValue) -> Secret {
    let text = match value {
        ConfigValue::Plain(text) | ConfigValue::Object { json: text, .. } => text,
        ConfigValue::Secret(secret) => secret.expose(),
    };
    Secret::new(if text.ends_with('\n') { format!("{text}\n") } else { text.to_owned() })
}

/// Whether a preview comes before the operation: if something has to be checked before anything is changed.
pub(super) fn previews_before(inputs: &Inputs, scope: &Scope<'_>) -> bool {
    let changes = inputs.command.effect() == Effect::Changes;
    // A refresh deploys nothing, so that no rule is about it.
    let judged = scope.judged && inputs.command != Command::Refresh;
    let checks = !inputs.safety.policy_pack.is_empty()
        || inputs.safety.expect_no_changes
        || inputs.review.need_a_preview()
        || scope.cloud
        || judged;
    changes && !inputs.operation.preview_only && !inputs.safety.skip_preview.unwrap_or(!checks)
}

/// The changes to the environment of every engine process.
#[derive(Debug, Clone, Default)]
pub struct EngineEnv {
    /// The variables to set, with their values.
    pub set: Vec<(String, String)>,
    /// The variables to remove.
    pub remove: Vec<String>,
}

impl EngineEnv {
    /// Removes variables, whether they are inherited or set.
    pub fn take_out(&mut self, names: Vec<String>) {
        self.set.retain(|(name, _)| !names.contains(name));
        self.remove.extend(names);
    }

    /// Sets `name`, whatever it was before.
    pub fn put(&mut self, name: &str, value: String) {
        self.set.retain(|(other, _)| other != name);
        self.set.push((name.to_owned(), value));
    }
}

/// The beginnings of variables that the engine does not get: the step's inputs can hold tokens.
const NOT_FOR_THE_ENGINE: [&str; 2] = ["INPUT_", "STACKSTEP_"];

/// The variable that names the program in which the CLI keeps access tokens.
/// <https://www.pulumi.com/docs/iac/cli/environment-variables/>
const CREDENTIAL_HELPER: &str = "PULUMI_CREDENTIAL_HELPER";

/// The variable with the number of stacks that the CLI reads at once. In a database each of them takes a second connection
/// while it holds one, and there are twice as many as processors: with more stacks than that, `stack ls` waits for ever.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/postgres/bucket.go>, `ListPaged`
const BACKEND_PARALLEL: &str = "PULUMI_DIY_BACKEND_PARALLEL";

/// The engine's environment. `file` holds the variables of `env-file`, which never override.
pub fn engine_env(
    env: &Env,
    ci: &dyn CiSystem,
    backend: &Backend,
    credentials: Option<&Path>,
    file: &[(String, String)],
) -> EngineEnv {
    let variables = ci.variables();
    let remove = env
        .iter()
        .map(|(name, _)| name)
        .filter(|name| {
            NOT_FOR_THE_ENGINE.iter().chain(variables.kept_from_engine).any(|start| name.starts_with(start))
        })
        .map(str::to_owned)
        .collect();
    let set = file.iter().filter(|(name, _)| env.get_raw(name).is_none()).cloned().collect();
    let mut engine_env = EngineEnv { set, remove };
    let mut put = |name: &str, value: String| engine_env.put(name, value);
    // Without this variable the engine does not know `--event-log`.
    put("PULUMI_DEBUG_COMMANDS", "true".into());
    put("PULUMI_SKIP_UPDATE_CHECK", "true".into());
    // Since 3.276 the CLI otherwise runs a `pulumi-credential-helper` beside it or on the PATH.
    if env.get_raw(CREDENTIAL_HELPER).is_none() {
        put(CREDENTIAL_HELPER, "none".into());
    }
    if let Some(url) = &backend.url {
        put("PULUMI_BACKEND_URL", url.clone());
        if url.starts_with("postgres:") && env.get_raw(BACKEND_PARALLEL).is_none() {
            put(BACKEND_PARALLEL, "1".into());
        }
    }
    if let Some(token) = &backend.token {
        put("PULUMI_ACCESS_TOKEN", token.expose().to_owned());
    }
    for (name, value) in (variables.told_to_engine)(env) {
        put(name, value);
    }
    if let Some(folder) = credentials {
        put("PULUMI_CREDENTIALS_PATH", folder.to_string_lossy().into_owned());
    }
    engine_env
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::detect;
    use crate::pulumi::backend::BackendSource;

    #[test]
    fn the_stacks_of_a_database_are_read_one_by_one_unless_the_job_says_otherwise() {
        let read_at_once = |url: &str, pairs: &[(&str, &str)]| {
            let env = Env::from_pairs("/", pairs.iter().copied());
            let backend =
                Backend { url: Some(url.to_owned()), source: BackendSource::Input, token: None, oidc: None };
            let set = engine_env(&env, detect(&env), &backend, None, &[]).set;
            set.into_iter().find(|(name, _)| name == BACKEND_PARALLEL).map(|(_, value)| value)
        };
        assert_eq!(read_at_once("postgres://db/state", &[("A", "b")]).as_deref(), Some("1"));
        assert_eq!(read_at_once("postgres://db/state", &[(BACKEND_PARALLEL, "8")]), None);
        assert_eq!(read_at_once("s3://acme", &[("A", "b")]), None);
    }

    /// The value of the engine's variable `name` in a job with these variables.
    fn given(pairs: &[(&str, &str)], name: &str) -> Option<String> {
        let env = Env::from_pairs("/", pairs.iter().copied());
        let backend = Backend { url: None, source: BackendSource::Nobody, token: None, oidc: None };
        let made =
            engine_env(&env, detect(&env), &backend, None, &[(CREDENTIAL_HELPER.into(), "./evil".into())]);
        made.set.into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    #[test]
    fn the_cli_looks_for_no_credential_helper_unless_the_job_names_one() {
        assert_eq!(given(&[], CREDENTIAL_HELPER).as_deref(), Some("none"));
        assert_eq!(
            given(&[(CREDENTIAL_HELPER, "vault-helper")], CREDENTIAL_HELPER),
            None,
            "the job's own stays"
        );
    }
}
