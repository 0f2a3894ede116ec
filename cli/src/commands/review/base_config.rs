//! The configuration that a change request's own stack gets from its base stack: the named keys of the default branch's file.
//!
//! A named secret is decrypted under the base stack's passphrase by an engine that runs no program, in a folder that has
//! that secret and nothing else; it is encrypted anew under the key of the change request's own stack. The change's program
//! has the environment of its deployment: what could decrypt the base stack's secrets may not be there.

use std::path::Path;

use serde_json::Value;

use super::opening::refused;
use super::place::ReviewPlace;
use crate::base::error::{Error, Problem, Result};
use crate::base::json;
use crate::base::own_folder::OwnFolder;
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::engine::locate::LocatedEngine;
use crate::inputs::config_map::{ConfigItem, ConfigValue};
use crate::lifecycle::ReviewSettings;
use crate::lifecycle::copied_config::{CopiedConfig, SecretsKey};
use crate::process::helper::{self, VariableChange};
use crate::process::signals::Signals;
use crate::run::gates::top;

/// The variables by which the engine finds a passphrase.
const PASSPHRASES: [&str; 2] = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];

/// What the engine says of a passphrase that is not the one of a stack.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/secrets/passphrase/manager.go>
const ANOTHER_PASSPHRASE: &str = "incorrect passphrase";

/// The values that are copied.
#[derive(Default)]
pub(super) struct BaseConfig {
    pub items: Vec<ConfigItem>,
    /// The keys of named secrets that are not copied.
    pub left_out: Vec<String>,
}

/// The values to copy; with `secrets` also those that are secret.
///
/// # Errors
/// A key is not there, a secret can't be decrypted, or the job has the base stack's own key.
pub(super) async fn copied(
    place: &ReviewPlace<'_>,
    settings: &ReviewSettings,
    secrets: bool,
    engine: &LocatedEngine,
    console: &mut Console,
    signals: &Signals,
) -> Result<BaseConfig> {
    let Some((file, text)) = base_file(place, settings).await? else { return Ok(BaseConfig::default()) };
    let mut copied = CopiedConfig::read(&text, &place.project, &settings.config, &file)
        .map_err(|Problem { what, hint }| refused(what, hint.unwrap_or_default()))?;
    let left_out = if secrets { Vec::new() } else { std::mem::take(&mut copied.secrets) };
    let base = BaseStack { place, settings, engine, copied: &copied };
    base.refuse_its_own_key(console, signals).await?;
    let item = |key: &String, value| ConfigItem { key: key.clone(), path: false, value, stored_as: None };
    let plain = copied.plain.iter().map(|(key, text)| item(key, ConfigValue::Plain(text.clone())));
    let objects = copied
        .objects
        .iter()
        .map(|(key, value)| item(key, ConfigValue::Object { json: value.to_string(), paths: None }));
    let mut items: Vec<ConfigItem> = plain.chain(objects).collect();
    if !copied.secrets.is_empty() {
        let opened = base.decrypted(console, signals).await?;
        items.extend(opened.into_iter().map(|(key, secret)| item(&key, ConfigValue::Secret(secret))));
    }
    Ok(BaseConfig { items, left_out: left_out.into_iter().map(|(key, _)| key).collect() })
}

/// The base stack's file in the default branch, with its name. None if it has none and no key is copied.
async fn base_file(place: &ReviewPlace<'_>, settings: &ReviewSettings) -> Result<Option<(String, String)>> {
    let client = place.client();
    let history = RepositoryHistory::new(&top(&place.job), place.job.env, &place.job.context, Some(&client));
    let default = history.default_branch().await.ok_or_else(|| {
        refused(
            "the name of the default branch is not known",
            "give the job a token that can read the repository",
        )
    })?;
    let name = format!("Pulumi.{}.yaml", settings.from);
    let folder = place.folder();
    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
    match history.file_of_branch(&default, &path, true).await {
        FileAt::Text(text) => Ok(Some((path, text))),
        FileAt::Missing if settings.config.is_empty() => Ok(None),
        FileAt::Missing => Err(refused(
            format!(
                "the default branch `{default}` has no `{path}`, of which `review.config` is to be copied"
            ),
            "commit it there, or leave the project out of `review.projects`",
        )),
        FileAt::Unknown(why) => Err(refused(
            format!("`{path}` of the default branch `{default}` can't be read: {why}"),
            "give the job a token that can read the repository",
        )),
    }
}

/// The base stack, with what is copied of its configuration.
struct BaseStack<'b> {
    place: &'b ReviewPlace<'b>,
    settings: &'b ReviewSettings,
    engine: &'b LocatedEngine,
    copied: &'b CopiedConfig,
}

impl BaseStack<'_> {
    /// Refuses a job whose own key is that of the base stack: the change's program could decrypt all of its secrets.
    async fn refuse_its_own_key(&self, console: &Console, signals: &Signals) -> Result<()> {
        let hint = "give the job another passphrase, or another `secrets-provider`: a key that belongs to review stacks alone";
        let from = &self.settings.from;
        match &self.copied.key {
            SecretsKey::Provider(url)
                if self.place.job.inputs.backend.secrets_provider.as_ref() == Some(url) =>
            {
                Err(refused(format!("`secrets-provider` is the key of the base stack `{from}`"), hint))
            }
            SecretsKey::Passphrase(_) if self.has_passphrase() => {
                match self.open(None, console, signals).await? {
                    Ok(_) => Err(refused(
                        format!(
                            "the job's passphrase is that of the base stack `{from}`, which the change's program could use"
                        ),
                        hint,
                    )),
                    Err(why) if why.contains(ANOTHER_PASSPHRASE) => Ok(()),
                    Err(why) => Err(refused(
                        format!(
                            "whether the job's passphrase is that of the base stack `{from}` is not known: {why}"
                        ),
                        "look at the job's `PULUMI_CONFIG_PASSPHRASE` or `PULUMI_CONFIG_PASSPHRASE_FILE`, and run it again",
                    )),
                }
            }
            _ => Ok(()),
        }
    }

    fn has_passphrase(&self) -> bool {
        PASSPHRASES.iter().any(|name| self.place.job.seen_by_engine.get_raw(name).is_some())
    }

    /// The secrets that are copied, decrypted and hidden.
    async fn decrypted(&self, console: &mut Console, signals: &Signals) -> Result<Vec<(String, Secret)>> {
        let names: Vec<&str> = self.copied.secrets.iter().map(|(key, _)| key.as_str()).collect();
        let named = names.join("`, `");
        let from = &self.settings.from;
        let SecretsKey::Passphrase(_) = &self.copied.key else {
            return Err(refused(
                format!(
                    "the secret `{named}` of `{from}` is not encrypted by a passphrase: the job would need the base stack's own key, and the change's program could use it"
                ),
                "hand the value to review stacks in the input `config`, from a variable of the job, and leave the key out of `review.config`",
            ));
        };
        let Some(passphrase) = &self.place.job.inputs.backend.base_passphrase else {
            return Err(refused(
                format!(
                    "the secret `{named}` of `{from}` can't be copied without the passphrase of that stack"
                ),
                "set the input `base-passphrase` (`STACKSTEP_BASE_PASSPHRASE`) from the CI system's own secret store: the change's program never gets it",
            ));
        };
        let printed = self.open(Some(passphrase), console, signals).await?.map_err(|why| {
            refused(
                format!("the secret `{named}` of `{from}` could not be decrypted: {why}"),
                "look at `base-passphrase`: it has to be that of the base stack",
            )
        })?;
        let Some(printed) = json::answer(printed.expose()) else {
            return Err(refused(
                format!("the engine printed no configuration of `{from}`"),
                "run the job again",
            ));
        };
        let mut secrets = Vec::new();
        for name in names {
            let value = printed.get(name).and_then(|entry| entry.get("value")).and_then(Value::as_str);
            let value = value.ok_or_else(|| {
                refused(format!("the engine did not decrypt `{name}` of `{from}`"), "run the job again")
            })?;
            console.hide(name, value);
            secrets.push((name.to_owned(), Secret::new(value)));
        }
        Ok(secrets)
    }

    /// The configuration that the engine prints of the file to decrypt, in a folder of its own, under this passphrase or the
    /// job's. The inner error is what the engine said.
    async fn open(
        &self,
        passphrase: Option<&Secret>,
        console: &Console,
        signals: &Signals,
    ) -> Result<Result<Secret, String>> {
        let folder = OwnFolder::new()?;
        let (program, state) = (folder.path().join("program"), folder.path().join("state"));
        for path in [&program, &state] {
            std::fs::create_dir(path).map_err(Error::io("make", path))?;
        }
        let write = |name: &str, text: &str| {
            let path = program.join(name);
            std::fs::write(&path, text).map_err(Error::io("write", &path))
        };
        write(
            "Pulumi.yaml",
            &format!("{}\n", serde_json::json!({ "name": self.place.project, "runtime": "yaml" })),
        )?;
        write("Pulumi.base.yaml", &self.copied.to_decrypt())?;
        // The engine of the run starts in the program's folder, and this one somewhere else.
        let job = &self.place.job;
        let file = job.seen_by_engine.get(PASSPHRASES[1]).filter(|file| !file.is_empty());
        let file = file.map(|file| job.inputs.stack.cwd.join(file).display().to_string());
        let change = || {
            let own = &self.place.job.engine_env;
            let mut change = VariableChange { set: own.set.clone(), remove: own.remove.clone() };
            let mut put = |name: &str, value: String| {
                change.set.retain(|(other, _)| other != name);
                change.set.push((name.to_owned(), value));
            };
            put("PULUMI_BACKEND_URL", format!("file://{}", slashed(&state)));
            if let Some(passphrase) = passphrase {
                put(PASSPHRASES[0], passphrase.expose().to_owned());
                change.set.retain(|(name, _)| name != PASSPHRASES[1]);
                change.remove.push(PASSPHRASES[1].to_owned());
            } else if let Some(file) = &file {
                put(PASSPHRASES[1], file.clone());
            }
            change
        };
        let run = async |line: &[&str]| {
            let line: Vec<String> = line.iter().map(|&word| word.to_owned()).collect();
            let engine = self.engine.path.clone();
            helper::read(engine, &line, &program, change(), console.masker(), signals).await
        };
        let made = run(&["stack", "init", "--stack=base", "--no-select", "--non-interactive"]).await?;
        if passphrase.is_none() || made.is_err() {
            return Ok(made);
        }
        run(&["config", "--stack=base", "--non-interactive", "--json", "--show-secrets"]).await
    }
}

fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
