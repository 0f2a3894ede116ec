//! Reads the stack's configuration to hide its secrets: one engine process, whose output is not shown.
//!
//! The engine prints a whole object as secret if any value in it is. The stack's file tells which values are: they are
//! encrypted there.

use serde_json::Value;

use super::executor::{EngineQuery, Executor, Outcome};
use crate::base::error::{Error, Result};
use crate::base::json::leaves;
use crate::base::secret::{SHORTEST, is_long_enough};
use crate::base::text_file::{self, read_text};
use crate::base::yaml::Value as Yaml;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::inputs::Inputs;
use crate::process::signals::Signals;
use crate::pulumi::project;
use crate::report::Reason;

/// From this verbosity on the engine can write decrypted configuration to its log.
/// <https://www.pulumi.com/docs/support/debugging/logging/>
const LOUD: u32 = 9;

/// The outcome of hiding the configuration's secrets.
#[derive(Debug)]
pub enum HiddenConfig {
    /// All secrets are hidden.
    Done {
        /// The number of engine processes that it took.
        processes: u32,
    },
    /// The engine could not read the configuration, so its secrets are not known and can't be hidden.
    Failed(Box<Outcome>),
}

/// Whether the run has to read the configuration before its operation.
pub fn wanted(inputs: &Inputs) -> bool {
    inputs.backend.mask_config
        || inputs.log.debug
        || inputs.log.flow
        || inputs.log.verbosity.is_some_and(|level| level >= LOUD)
}

/// Hides the configuration's secrets, if that is wanted and there is a stack.
pub async fn hide(
    job: &Job<'_>,
    executor: &dyn Executor,
    console: &mut Console,
    signals: &Signals,
) -> Result<HiddenConfig> {
    if !wanted(&job.inputs) || job.stack.is_none() {
        return Ok(HiddenConfig::Done { processes: 0 });
    }
    let answer = executor.query(EngineQuery::Configuration, console, signals).await?;
    let processes = answer.0.processes;
    if !answer.0.ended_well() {
        // A stack that is still to be created has no configuration.
        return Ok(match answer.0.reason() {
            Some(Reason::StackNotFound) => HiddenConfig::Done { processes },
            _ => HiddenConfig::Failed(Box::new(answer.0)),
        });
    }
    let Some(printed) = answer.object().ok().map(Value::Object).filter(is_configuration) else {
        return Err(Error::Incomplete {
            what: "the engine printed a configuration that can't be read, so its secrets are not known and can't be \
                   hidden"
                .to_owned(),
            hint: "see what `pulumi config --json` prints here; it has to be one JSON object, with nothing \
                   behind it and none before it".to_owned(),
        });
    };
    let file = stack_file(job);
    for (name, secret) in secrets(&printed, &file) {
        if !is_long_enough(secret.trim()) {
            console.line(&format!(
                "the secret `{name}` of the configuration is shorter than {SHORTEST} characters: it can't be hidden \
                 in the log"
            ));
        }
        console.hide(&name, &secret);
    }
    Ok(HiddenConfig::Done { processes })
}

/// Whether the engine's answer is a configuration: each entry says whether it is secret.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/config/config.go>
fn is_configuration(printed: &Value) -> bool {
    let mut entries = printed.as_object().into_iter().flat_map(|entries| entries.values());
    entries.all(|entry| entry.get("secret").is_some_and(Value::is_boolean))
}

/// The `config` part of the stack's file; empty if it can't be read.
fn stack_file(job: &Job<'_>) -> Yaml {
    let named = job.inputs.config.file.clone();
    let beside = || Some(job.project.as_ref()?.stack_file(job.stack.as_ref()?));
    let path = named.or_else(beside);
    let file =
        path.and_then(|path| project::values(&path, &read_text(&path, text_file::CONFIGURATION).ok()?).ok());
    let file = file.unwrap_or_default();
    file.get("config").cloned().unwrap_or_default()
}

/// The secrets in the output of `pulumi config --json --show-secrets`, each with its key.
fn secrets(printed: &Value, file: &Yaml) -> Vec<(String, String)> {
    let Value::Object(entries) = printed else { return Vec::new() };
    let mut all = Vec::new();
    for (key, entry) in entries.iter().filter(|(_, entry)| entry.get("secret") == Some(&Value::Bool(true))) {
        let plain = entry.get("objectValue").or_else(|| entry.get("value")).unwrap_or(&Value::Null);
        let mut found = Vec::new();
        let written = file.get(key).or_else(|| file.get(key.split_once(':')?.1));
        encrypted(written.unwrap_or(&Yaml::default()), plain, &mut found);
        if found.is_empty() {
            // The value is not in the file: it comes from an environment, or has an unknown form.
            found.extend(texts(plain));
        }
        all.extend(found.into_iter().map(|secret| (key.clone(), secret)));
    }
    all
}

/// Collects the values of `plain` that are encrypted at the same place in the file.
fn encrypted(written: &Yaml, plain: &Value, found: &mut Vec<String>) {
    match (written, plain) {
        (Yaml::Mapping(fields), plain)
            if fields.len() == 1 && written.get("secure").and_then(Yaml::source).is_some() =>
        {
            found.extend(texts(plain));
        }
        (Yaml::Mapping(_), Value::Object(plain)) => {
            for (name, plain) in plain {
                encrypted(written.get(name).unwrap_or(&Yaml::default()), plain, found);
            }
        }
        (Yaml::List(written), Value::Array(plain)) => {
            for (written, plain) in written.iter().zip(plain) {
                encrypted(written, plain, found);
            }
        }
        _ => {}
    }
}

/// Every text, number and boolean in the value, as text.
fn texts(value: &Value) -> impl Iterator<Item = String> {
    leaves(value)
        .filter(|leaf| !leaf.is_null())
        .map(|leaf| leaf.as_str().map_or(leaf.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(printed: &Value, file: &str) -> Vec<(String, String)> {
        secrets(printed, &crate::base::yaml::parse(file).unwrap())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_secret_is_a_secret_and_a_plain_value_is_not() {
        let printed = serde_json::json!({
            "shop:tok": {"value": "s3cret-value", "secret": true},
            "shop:greeting": {"value": "hi", "secret": false},
        });
        let file = "shop:tok: {secure: 'v1:x'}\nshop:greeting: hi";
        assert_eq!(of(&printed, file), pairs(&[("shop:tok", "s3cret-value")]));
    }

    #[test]
    fn of_an_object_only_what_is_encrypted_is_a_secret() {
        let printed = serde_json::json!({"shop:db": {
            "value": "…", "secret": true,
            "objectValue": {"list": ["plain", "hidden-one"], "pw": "hidden-two", "size": 3},
        }});
        let file = "shop:db:\n  pw: {secure: 'v1:x'}\n  size: 3\n  list: [plain, {secure: 'v1:y'}]";
        assert_eq!(of(&printed, file), pairs(&[("shop:db", "hidden-one"), ("shop:db", "hidden-two")]));
    }

    #[test]
    fn of_an_object_that_is_not_in_the_file_everything_is() {
        let printed = serde_json::json!({"shop:db": {
            "value": "…", "secret": true, "objectValue": {"pw": "hidden", "size": 3, "nothing": null},
        }});
        assert_eq!(of(&printed, "{}"), pairs(&[("shop:db", "hidden"), ("shop:db", "3")]));
    }

    #[test]
    fn a_configuration_says_of_each_entry_whether_it_is_secret() {
        for printed in [
            serde_json::json!({}),
            serde_json::json!({"a:b": {"secret": true}}),
            serde_json::json!({"a:b": {"value": "x", "secret": false}, "a:c": {"objectValue": [1], "secret": true}}),
        ] {
            assert!(is_configuration(&printed), "{printed}");
        }
        for printed in [
            serde_json::json!({"level": "info"}),
            serde_json::json!({"a:b": {"value": "x"}}),
            serde_json::json!({"a:b": {"value": "x", "secret": true}, "msg": "done"}),
        ] {
            assert!(!is_configuration(&printed), "{printed}");
        }
    }

    #[test]
    fn what_is_no_configuration_has_no_secrets() {
        for printed in [Value::Null, serde_json::json!([1]), serde_json::json!({"a": 1})] {
            assert_eq!(of(&printed, "{}"), []);
        }
    }
}
