//! Writes a checkpoint, resource by resource, in the order of fields that the CLI writes.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>

use std::io::Write;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::bucket::Trouble;
use super::json::{Lock, text, write_properties};
use super::snapshot::{ResourceState, Snapshot};
use super::time::Moment;
use crate::version::NUMBER as VERSION;

/// The manifest's checksum of its version.
pub fn magic(version: &str) -> String {
    if version.is_empty() {
        return String::new();
    }
    super::hex(&Sha256::digest(version))
}

/// Writes the whole file. `salt` is the state of the secrets manager.
pub fn checkpoint(
    out: &mut dyn Write,
    stack: &str,
    snapshot: &Snapshot,
    salt: Option<&str>,
    lock: &Lock,
) -> Result<(), Trouble> {
    let schema = &snapshot.schema;
    write!(out, "{{\"version\":{}", schema.version)?;
    if !schema.features.is_empty() {
        out.write_all(b",\"features\":")?;
        json(out, &schema.features)?;
    }
    out.write_all(b",\"checkpoint\":{\"stack\":")?;
    text(out, stack)?;
    out.write_all(b",\"latest\":")?;
    deployment(out, snapshot, salt, lock)?;
    Ok(out.write_all(b"}}")?)
}

/// Writes the deployment inside it.
fn deployment(
    out: &mut dyn Write,
    snapshot: &Snapshot,
    salt: Option<&str>,
    lock: &Lock,
) -> Result<(), Trouble> {
    write!(
        out,
        "{{\"manifest\":{{\"time\":\"{}\",\"magic\":\"{}\",\"version\":\"{VERSION}\"}}",
        Moment::now().rfc3339(),
        magic(VERSION)
    )?;
    if let Some(salt) = salt {
        out.write_all(b",\"secrets_providers\":{\"type\":\"passphrase\",\"state\":{\"salt\":")?;
        text(out, salt)?;
        out.write_all(b"}}")?;
    }
    list(out, "resources", &snapshot.resources, |out, state| resource(out, state, lock))?;
    list(out, "pending_operations", &snapshot.pending_operations, |out, operation| {
        out.write_all(b"{\"resource\":")?;
        resource(out, &operation.resource, lock)?;
        out.write_all(b",\"type\":")?;
        text(out, &operation.kind)?;
        Ok(out.write_all(b"}")?)
    })?;
    if !snapshot.extra.contains_key("metadata") {
        out.write_all(b",\"metadata\":{}")?;
    }
    for (name, value) in &snapshot.extra {
        out.write_all(b",")?;
        text(out, name)?;
        out.write_all(b":")?;
        json(out, value)?;
    }
    Ok(out.write_all(b"}")?)
}

fn list<T>(
    out: &mut dyn Write,
    name: &str,
    items: &[T],
    mut item: impl FnMut(&mut dyn Write, &T) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    for (index, next) in items.iter().enumerate() {
        if index == 0 {
            write!(out, ",\"{name}\":[")?;
        } else {
            out.write_all(b",")?;
        }
        item(out, next)?;
    }
    if !items.is_empty() {
        out.write_all(b"]")?;
    }
    Ok(())
}

/// The fields of a resource, in the order of the CLI.
const FIELDS: [&str; 36] = [
    "urn",
    "custom",
    "delete",
    "id",
    "type",
    "inputs",
    "outputs",
    "parent",
    "protect",
    "taint",
    "external",
    "dependencies",
    "initErrors",
    "provider",
    "propertyDependencies",
    "pendingReplacement",
    "additionalSecretOutputs",
    "aliases",
    "customTimeouts",
    "importID",
    "retainOnDelete",
    "deletedWith",
    "replaceWith",
    "created",
    "modified",
    "sourcePosition",
    "stackTrace",
    "ignoreChanges",
    "hideDiff",
    "replaceOnChanges",
    "replacementTrigger",
    "refreshBeforeUpdate",
    "viewOf",
    "resourceHooks",
    "extensionRef",
    "snippetID",
];

fn resource(out: &mut dyn Write, state: &ResourceState, lock: &Lock) -> Result<(), Trouble> {
    let mut object = Object { out, begun: false };
    for name in FIELDS {
        field(&mut object, name, state, lock)?;
    }
    for (name, value) in state.extra.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())) {
        object.put(name, value)?;
    }
    Ok(object.out.write_all(b"}")?)
}

fn field(object: &mut Object, name: &str, state: &ResourceState, lock: &Lock) -> Result<(), Trouble> {
    match name {
        "urn" => object.put(name, &state.urn),
        "custom" => object.put(name, &state.custom),
        "delete" => object.put_if(state.delete, name, &true),
        "id" => object.put_some(name, state.id.as_ref()),
        "type" => object.put(name, &state.type_),
        "inputs" if !state.inputs.is_empty() => {
            object.key(name)?;
            write_properties(object.out, &state.inputs, lock)
        }
        "outputs" if !state.outputs.is_empty() => {
            object.key(name)?;
            write_properties(object.out, &state.outputs, lock)
        }
        "inputs" | "outputs" => Ok(()),
        "parent" => object.put_some(name, state.parent.as_ref()),
        "protect" => object.put_if(state.protect, name, &true),
        "external" => object.put_if(state.external, name, &true),
        "dependencies" => object.put_if(!state.dependencies.is_empty(), name, &state.dependencies),
        "provider" => object.put_some(name, state.provider.as_ref()),
        "propertyDependencies" => {
            object.put_if(!state.property_dependencies.is_empty(), name, &state.property_dependencies)
        }
        "pendingReplacement" => object.put_if(state.pending_replacement, name, &true),
        "additionalSecretOutputs" => {
            object.put_if(!state.additional_secret_outputs.is_empty(), name, &state.additional_secret_outputs)
        }
        "retainOnDelete" => object.put_if(state.retain_on_delete, name, &true),
        "created" => object.put_some(name, state.created.as_ref()),
        "modified" => object.put_some(name, state.modified.as_ref()),
        kept => object.put_some(kept, state.extra.get(kept)),
    }
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut dyn Write,
    begun: bool,
}

impl Object<'_> {
    fn key(&mut self, name: &str) -> Result<(), Trouble> {
        self.out.write_all(if self.begun { b"," } else { b"{" })?;
        self.begun = true;
        text(self.out, name)?;
        Ok(self.out.write_all(b":")?)
    }

    fn put(&mut self, name: &str, value: &impl Serialize) -> Result<(), Trouble> {
        self.key(name)?;
        json(self.out, value)
    }

    fn put_if(&mut self, wanted: bool, name: &str, value: &impl Serialize) -> Result<(), Trouble> {
        if wanted { self.put(name, value) } else { Ok(()) }
    }

    fn put_some(&mut self, name: &str, value: Option<&impl Serialize>) -> Result<(), Trouble> {
        value.map_or(Ok(()), |value| self.put(name, value))
    }
}

fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Trouble> {
    serde_json::to_writer(out, value).map_err(|error| Trouble::Io(error.into()))
}
