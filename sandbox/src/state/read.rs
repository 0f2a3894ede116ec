//! Reads a checkpoint: the JSON file of a stack, version 3 or 4 of its schema.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/stack/checkpoint.go>

use serde::Deserialize;
use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use super::json::{Unlock, read_properties};
use super::snapshot::{PendingOperation, ResourceState, Schema, Snapshot};
use super::unlock::{LazyKey, SecretsProvider};
use crate::crypto::Secrets;
use crate::failure::Failure;
use crate::value::{SECRET_SIGNATURE, SIGNATURE_KEY};

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

/// Who wrote a deployment, and when.
#[derive(Deserialize, Default)]
pub struct Manifest {
    /// When.
    #[serde(default)]
    pub time: Option<String>,
    #[serde(default)]
    magic: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct RawOperation {
    resource: Raw,
    #[serde(rename = "type")]
    kind: String,
}

/// A resource whose secrets are still locked.
pub struct Raw {
    /// All but the properties.
    pub resource: ResourceState,
    inputs: JsonMap<String, Json>,
    /// The outputs.
    pub outputs: JsonMap<String, Json>,
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
    let Some((schema, deployment)) = latest::<Deployment>(bytes).map_err(|failure| not_loaded(&failure))?
    else {
        return Ok((Snapshot::default(), true));
    };
    let sound = deployment.manifest.magic == super::write::magic(&deployment.manifest.version);
    Ok((opened(schema, deployment, secrets)?, sound))
}

/// Says that it was the checkpoint.
pub fn not_loaded(failure: &Failure) -> Failure {
    Failure::new(format!("failed to load checkpoint: {}", failure.message))
}

fn opened(schema: Schema, deployment: Deployment, secrets: &Secrets) -> Result<Snapshot, Failure> {
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
        secrets_salt: key.into_state(),
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
pub fn export(bytes: &[u8], stack: &str, secrets: &Secrets) -> Result<(Snapshot, bool), Failure> {
    let exported: Exported = serde_json::from_slice(bytes)
        .map_err(|error| Failure::new(if error.is_eof() { "EOF".to_owned() } else { error.to_string() }))?;
    let deployment = match (exported.version, exported.deployment) {
        (3 | 4, Some(deployment)) => deployment,
        (3 | 4, None) => {
            return Err(Failure::new("could not deserialize deployment: unexpected end of JSON input"));
        }
        (0..3, _) => {
            return Err(Failure::new(format!(
                "the stack '{stack}' is too old to be used by this version of the Pulumi CLI"
            )));
        }
        _ => {
            return Err(Failure::new(format!(
                "the stack '{stack}' is newer than what this version of the Pulumi CLI understands. Please update \
                 your version of the Pulumi CLI"
            )));
        }
    };
    let sound = deployment.manifest.magic == super::write::magic(&deployment.manifest.version);
    let schema = Schema { version: exported.version, features: exported.features.unwrap_or_default() };
    let snapshot = opened(schema, deployment, secrets)
        .map_err(|failure| Failure::new(format!("could not deserialize deployment: {}", failure.message)))?;
    Ok((snapshot, sound))
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
    // Whatever is wrong with it is found here too, not only by who imports it.
    latest::<Deployment>(bytes)?;
    latest::<Json>(bytes)
}

/// The deployment of a checkpoint, as much of it as is wanted.
pub fn latest<D: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<Option<(Schema, D)>, Failure> {
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
    if matches!(serde_json::from_slice(bytes), Ok(Json::Array(_))) {
        return Failure::new(
            "place 1: json: cannot unmarshal array into Go value of type apitype.VersionedCheckpoint",
        );
    }
    match serde_json::from_slice::<Versioned<Json>>(bytes) {
        Ok(parsed) if !matches!(parsed.version, 3 | 4) => {
            Failure::new(format!("unsupported checkpoint version {}", parsed.version))
        }
        Ok(_) => Failure::new(format!("json: {error}")),
        Err(error) if error.is_eof() => Failure::new("place 1: unexpected end of JSON input"),
        Err(error) => Failure::new(format!("place 1: {error}")),
    }
}

#[cfg(test)]
mod tests;
