//! What can be read of a checkpoint without its secrets or most of its content: its size, and the stack's outputs.

use serde::Deserialize;
use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use super::json::read_properties;
use super::read::{Manifest, Raw, latest, not_loaded};
use super::snapshot::ROOT_TYPE;
use super::unlock::{Blind, LazyKey, SecretsProvider};
use crate::crypto::Secrets;
use crate::failure::Failure;
use crate::value::Properties;

/// A deployment's outline: enough for a list of stacks.
#[derive(Deserialize, Default)]
pub struct Outline {
    #[serde(default)]
    manifest: Manifest,
    secrets_providers: Option<SecretsProvider>,
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

    /// The state of the secrets manager.
    pub fn into_salt(self) -> Option<String> {
        self.secrets_providers.and_then(SecretsProvider::into_salt)
    }

    /// The number of resources, providers and the stack itself included.
    pub fn count(&self) -> usize {
        self.resources.as_ref().map_or(0, Vec::len)
    }

    /// Whether there is more than the stack itself.
    pub fn has_resources(&self) -> bool {
        self.count() > 1 || self.resources.iter().flatten().any(|resource| resource.type_ != ROOT_TYPE)
    }
}

/// A deployment of which only the stack's own outputs are kept: the rest may be large.
#[derive(Deserialize)]
struct Rooted {
    secrets_providers: Option<SecretsProvider>,
    #[serde(default)]
    resources: Root,
}

#[derive(Default)]
struct Root(JsonMap<String, Json>);

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RootVisitor)
    }
}

struct RootVisitor;

impl<'de> serde::de::Visitor<'de> for RootVisitor {
    type Value = Root;

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a list of resources")
    }

    fn visit_unit<E>(self) -> Result<Root, E> {
        Ok(Root::default())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut resources: A) -> Result<Root, A::Error> {
        let mut root = None;
        while let Some(raw) = resources.next_element::<Raw>()? {
            if root.is_none() && raw.resource.is_root() {
                root = Some(Root(raw.outputs));
            }
        }
        Ok(root.unwrap_or_default())
    }
}

/// The outputs of the stack itself. Without keys, a secret is the text `[secret]`.
pub fn outputs(bytes: &[u8], secrets: Option<&Secrets>) -> Result<Properties, Failure> {
    let Some((_, deployment)) = latest::<Rooted>(bytes).map_err(|failure| not_loaded(&failure))? else {
        return Ok(Properties::new());
    };
    let Root(outputs) = deployment.resources;
    match secrets {
        Some(secrets) => read_properties(outputs, &LazyKey::new(secrets, deployment.secrets_providers)),
        None => read_properties(outputs, &Blind(deployment.secrets_providers.is_some())),
    }
}
