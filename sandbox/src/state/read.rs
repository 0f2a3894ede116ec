//! Reads a checkpoint: the JSON file of a stack, version 3 or 4 of its schema.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/stack/checkpoint.go>

use std::cell::RefCell;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use super::json::{Unlock, read_properties};
use super::snapshot::{PendingOperation, ResourceState, Schema, Snapshot};
use crate::crypto::{Crypter, INCORRECT, Secrets};
use crate::failure::Failure;
use crate::value::{Properties, SECRET_SIGNATURE, SIGNATURE_KEY};

/// The outermost object: what it holds depends on the version.
#[derive(Deserialize)]
struct Versioned<C> {
    #[serde(default)]
    version: u32,
    #[serde(default)]
    features: Option<Vec<String>>,
    checkpoint: Option<C>,
}

#[derive(Deserialize)]
struct Checkpoint<D> {
    latest: Option<D>,
}

/// A deployment without its resources' contents.
#[derive(Deserialize)]
struct Deployment {
    #[serde(default)]
    manifest: Manifest,
    secrets_providers: Option<SecretsProvider>,
    #[serde(default)]
    resources: Option<Vec<Raw>>,
    #[serde(default)]
    pending_operations: Option<Vec<RawOperation>>,
    #[serde(flatten)]
    extra: Kept,
}

/// The deployment fields that are kept as they are. Their names are given, so that nothing else is buffered.
#[derive(Deserialize, Default)]
struct Kept {
    metadata: Option<Json>,
    snippets: Option<Json>,
    extensions: Option<Json>,
}

#[derive(Deserialize, Default)]
struct Manifest {
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    magic: String,
    #[serde(default)]
    version: String,
}

/// How a checkpoint's secrets are encrypted.
#[derive(Deserialize)]
pub struct SecretsProvider {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    state: Option<Json>,
}

#[derive(Deserialize)]
struct RawOperation {
    resource: Raw,
    #[serde(rename = "type")]
    kind: String,
}

/// A resource whose secrets are still locked.
struct Raw {
    resource: ResourceState,
    inputs: JsonMap<String, Json>,
    outputs: JsonMap<String, Json>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = JsonMap::deserialize(deserializer)?;
        let inputs = take(&mut fields, "inputs")?;
        let outputs = take(&mut fields, "outputs")?;
        let resource = ResourceState {
            urn: take(&mut fields, "urn")?,
            custom: take(&mut fields, "custom")?,
            delete: take(&mut fields, "delete")?,
            id: take(&mut fields, "id")?,
            type_: take(&mut fields, "type")?,
            parent: take(&mut fields, "parent")?,
            protect: take(&mut fields, "protect")?,
            external: take(&mut fields, "external")?,
            dependencies: take(&mut fields, "dependencies")?,
            provider: take(&mut fields, "provider")?,
            property_dependencies: take(&mut fields, "propertyDependencies")?,
            pending_replacement: take(&mut fields, "pendingReplacement")?,
            additional_secret_outputs: take(&mut fields, "additionalSecretOutputs")?,
            retain_on_delete: take(&mut fields, "retainOnDelete")?,
            created: take(&mut fields, "created")?,
            modified: take(&mut fields, "modified")?,
            extra: fields,
            ..ResourceState::default()
        };
        Ok(Self { resource, inputs, outputs })
    }
}

/// Takes a field out of an object. One that is not there, or null, has its zero value, as in Go.
fn take<T: for<'a> Deserialize<'a> + Default, E: serde::de::Error>(
    fields: &mut JsonMap<String, Json>,
    name: &str,
) -> Result<T, E> {
    match fields.shift_remove(name) {
        None | Some(Json::Null) => Ok(T::default()),
        Some(json) => serde_json::from_value(json)
            .map_err(|error| E::custom(format_args!("the resource field `{name}`: {error}"))),
    }
}

/// Reads a checkpoint with its secrets, and whether its manifest is sound. An empty one if there has been no
/// deployment.
pub fn snapshot(bytes: &[u8], secrets: &Secrets) -> Result<(Snapshot, bool), Failure> {
    let Some((schema, deployment)) = latest::<Deployment>(bytes).map_err(not_loaded)? else {
        return Ok((Snapshot::default(), true));
    };
    let sound = deployment.manifest.magic == super::write::magic(&deployment.manifest.version);
    Ok((unlock(schema, deployment, secrets)?, sound))
}

fn not_loaded(failure: Failure) -> Failure {
    Failure::new(format!("failed to load checkpoint: {}", failure.message))
}

fn unlock(schema: Schema, deployment: Deployment, secrets: &Secrets) -> Result<Snapshot, Failure> {
    let key = LazyKey::new(secrets, deployment.secrets_providers);
    let open = |raw: Raw| -> Result<ResourceState, Failure> {
        if raw.resource.urn.is_empty() {
            return Err(Failure::new("resource missing required 'urn' field"));
        }
        Ok(ResourceState {
            inputs: read_properties(raw.inputs, &key)?,
            outputs: read_properties(raw.outputs, &key)?,
            ..raw.resource
        })
    };
    let resources =
        deployment.resources.unwrap_or_default().into_iter().map(&open).collect::<Result<_, _>>()?;
    let pending_operations = deployment
        .pending_operations
        .unwrap_or_default()
        .into_iter()
        .map(|raw| Ok(PendingOperation { resource: open(raw.resource)?, kind: raw.kind }))
        .collect::<Result<_, Failure>>()?;
    let manifest = deployment.manifest;
    Ok(Snapshot {
        resources,
        pending_operations,
        secrets_salt: key.state,
        time: manifest.time,
        version: Some(manifest.version).filter(|version| !version.is_empty()),
        extra: deployment.extra.into_map(),
        schema,
    })
}

impl Kept {
    fn into_map(self) -> JsonMap<String, Json> {
        [("metadata", self.metadata), ("snippets", self.snippets), ("extensions", self.extensions)]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

/// An export: a deployment with its version beside it.
#[derive(Deserialize)]
struct Exported {
    #[serde(default)]
    version: u32,
    #[serde(default)]
    features: Option<Vec<String>>,
    deployment: Option<Deployment>,
}

/// Reads an export, and whether its manifest is sound.
pub fn export(bytes: &[u8], secrets: &Secrets) -> Result<(Snapshot, bool), Failure> {
    let exported: Exported = serde_json::from_slice(bytes)
        .map_err(|error| Failure::new(if error.is_eof() { "EOF".to_owned() } else { error.to_string() }))?;
    let deployment = match (exported.version, exported.deployment) {
        (3 | 4, Some(deployment)) => deployment,
        (3 | 4, None) => return Err(Failure::new("could not deserialize deployment: it is empty")),
        (version, _) => {
            return Err(Failure::new(format!(
                "could not deserialize deployment: unsupported deployment version {version}"
            )));
        }
    };
    let sound = deployment.manifest.magic == super::write::magic(&deployment.manifest.version);
    let schema = Schema { version: exported.version, features: exported.features.unwrap_or_default() };
    let snapshot = unlock(schema, deployment, secrets)
        .map_err(|failure| Failure::new(format!("could not deserialize deployment: {}", failure.message)))?;
    Ok((snapshot, sound))
}

/// The outputs of the stack itself. Without keys, a secret is the text `[secret]`.
pub fn outputs(bytes: &[u8], secrets: Option<&Secrets>) -> Result<Properties, Failure> {
    let Some((_, deployment)) = latest::<Deployment>(bytes).map_err(not_loaded)? else {
        return Ok(Properties::new());
    };
    let root = deployment.resources.unwrap_or_default().into_iter().find(|raw| raw.resource.is_root());
    let Some(root) = root else { return Ok(Properties::new()) };
    match secrets {
        Some(secrets) => read_properties(root.outputs, &LazyKey::new(secrets, deployment.secrets_providers)),
        None => read_properties(root.outputs, &Blind(deployment.secrets_providers.is_some())),
    }
}

/// Shows no secret. It still misses the secrets manager, if there is none.
struct Blind(bool);

impl Unlock for Blind {
    fn unlock(&self, _: &str) -> Result<String, Failure> {
        if self.0 { Ok("\"[secret]\"".to_owned()) } else { Err(no_manager()) }
    }
}

/// A deployment with its secrets in plain text.
pub fn with_plain_secrets(mut deployment: Json, secrets: &Secrets) -> Result<Json, Failure> {
    let provider = deployment.get("secrets_providers").cloned().unwrap_or_default();
    let key = LazyKey::new(secrets, serde_json::from_value(provider).ok());
    show(&mut deployment, &key)?;
    Ok(deployment)
}

fn show(json: &mut Json, key: &LazyKey) -> Result<(), Failure> {
    match json {
        Json::Array(items) => items.iter_mut().try_for_each(|item| show(item, key)),
        Json::Object(object)
            if object.get(SIGNATURE_KEY).and_then(Json::as_str) == Some(SECRET_SIGNATURE) =>
        {
            if let Some(Json::String(ciphertext)) = object.shift_remove("ciphertext") {
                object.insert("plaintext".to_owned(), key.unlock(&ciphertext)?.into());
            }
            Ok(())
        }
        Json::Object(object) => object.values_mut().try_for_each(|value| show(value, key)),
        _ => Ok(()),
    }
}

/// The deployment as it stands in the file, with the version and features of its schema.
pub fn raw_deployment(bytes: &[u8]) -> Result<Option<(Schema, Json)>, Failure> {
    latest::<Json>(bytes)
}

/// A deployment's outline: enough for a list of stacks.
#[derive(Deserialize, Default)]
pub struct Outline {
    #[serde(default)]
    manifest: Manifest,
    #[serde(default)]
    resources: Option<Vec<OutlinedResource>>,
}

#[derive(Deserialize)]
struct OutlinedResource {
    #[serde(rename = "type", default)]
    type_: String,
}

impl Outline {
    /// Reads it.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, Failure> {
        Ok(latest::<Self>(bytes)?.map(|(_, outline)| outline))
    }

    /// When the deployment was written.
    pub fn time(&self) -> Option<&str> {
        self.manifest.time.as_deref()
    }

    /// The number of resources, providers and the stack itself included.
    pub fn count(&self) -> usize {
        self.resources.as_ref().map_or(0, Vec::len)
    }

    /// Whether there is more than the stack itself.
    pub fn has_resources(&self) -> bool {
        self.count() > 1
            || self.resources.iter().flatten().any(|resource| resource.type_ != super::snapshot::ROOT_TYPE)
    }
}

fn latest<D: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<Option<(Schema, D)>, Failure> {
    let parsed: Versioned<Checkpoint<D>> = match serde_json::from_slice(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return Err(wrong(bytes, &error)),
    };
    match parsed.version {
        // A file from before there were versions, as far as it is empty.
        0 if parsed.checkpoint.is_none() => Ok(None),
        3 | 4 => {
            let schema = Schema { version: parsed.version, features: parsed.features.unwrap_or_default() };
            Ok(parsed.checkpoint.and_then(|checkpoint| checkpoint.latest).map(|latest| (schema, latest)))
        }
        version => Err(Failure::new(format!("unsupported checkpoint version {version}"))),
    }
}

/// What is wrong with a file. A version that nobody knows is the reason before anything else.
fn wrong(bytes: &[u8], error: &serde_json::Error) -> Failure {
    match serde_json::from_slice::<Versioned<Json>>(bytes) {
        Ok(parsed) if !matches!(parsed.version, 3 | 4) => {
            Failure::new(format!("unsupported checkpoint version {}", parsed.version))
        }
        Ok(_) => Failure::new(format!("json: {error}")),
        Err(error) if error.is_eof() => Failure::new("place 1: unexpected end of JSON input"),
        Err(error) => Failure::new(format!("place 1: {error}")),
    }
}

/// The key of a checkpoint, derived when the first secret is met.
pub struct LazyKey<'a> {
    secrets: &'a Secrets<'a>,
    state: Option<String>,
    key: RefCell<Option<Rc<Crypter>>>,
}

impl<'a> LazyKey<'a> {
    /// Takes what the checkpoint says about its secrets.
    pub fn new(secrets: &'a Secrets<'a>, provider: Option<SecretsProvider>) -> Self {
        let state = provider
            .filter(|provider| provider.kind == "passphrase")
            .and_then(|provider| Some(provider.state?.get("salt")?.as_str()?.to_owned()));
        Self { secrets, state, key: RefCell::default() }
    }

    fn key(&self) -> Result<Rc<Crypter>, Failure> {
        if let Some(key) = &*self.key.borrow() {
            return Ok(Rc::clone(key));
        }
        let Some(state) = &self.state else {
            return Err(no_manager());
        };
        let key = self.secrets.open(state).map_err(cannot_decrypt)?;
        *self.key.borrow_mut() = Some(Rc::clone(&key));
        Ok(key)
    }
}

fn no_manager() -> Failure {
    Failure::new(
        "decrypting secret value: failed to decrypt: snapshot contains encrypted secrets but no secrets manager \
         could be found",
    )
}

fn cannot_decrypt(failure: Failure) -> Failure {
    if failure.message == INCORRECT {
        return Failure::new(
            "failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase \
             or set PULUMI_CONFIG_PASSPHRASE_FILE to a file containing the passphrase",
        );
    }
    Failure::new(format!(
        "constructing secrets manager of type \"passphrase\": constructing secrets manager: {}",
        failure.message
    ))
}

impl Unlock for LazyKey<'_> {
    fn unlock(&self, ciphertext: &str) -> Result<String, Failure> {
        self.key()?.decrypt(ciphertext)
    }

    fn met(&self, plaintext: String, ciphertext: &str) {
        if let Some(key) = &*self.key.borrow() {
            key.remember(plaintext, ciphertext);
        }
    }
}

#[cfg(test)]
mod tests;
