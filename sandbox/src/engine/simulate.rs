//! The providers. The built-in types do what the real ones do; any other resource exists in the state only: its
//! inputs become its outputs, and it gets an id that stays.

use sha2::{Digest as _, Sha256};

use crate::program::check::{PROVIDER_PREFIX, STASH};
use crate::program::eval::invented;
use crate::state::ResourceState;
use crate::text::hex;
use crate::value::Properties;

/// Whether the sandbox invents outputs for a type when a program asks for them.
pub fn invents(type_: &str) -> bool {
    type_ != STASH && !type_.starts_with("pulumi:")
}

/// The outputs of a new resource. `wanted` are the outputs that the program asks for; a preview can't know them.
pub fn created(state: &ResourceState, wanted: &[String]) -> Properties {
    let mut outputs = state.inputs.clone();
    if state.type_ == STASH
        && let Some(input) = outputs.get("input").cloned()
    {
        outputs.insert("output".to_owned(), input);
    }
    add_wanted(&mut outputs, state, wanted);
    outputs
}

/// The outputs of a resource after an update.
pub fn updated(old: &ResourceState, new: &ResourceState, wanted: &[String]) -> Properties {
    let mut outputs = new.inputs.clone();
    // Outputs that were no inputs stay: a stash keeps the output of its creation.
    for (name, value) in &old.outputs {
        if !old.inputs.contains_key(name) && !outputs.contains_key(name) {
            outputs.insert(name.clone(), value.clone());
        }
    }
    add_wanted(&mut outputs, new, wanted);
    outputs
}

fn add_wanted(outputs: &mut Properties, state: &ResourceState, wanted: &[String]) {
    if !invents(&state.type_) {
        return;
    }
    if let Some(id) = &state.id {
        for name in wanted.iter().filter(|name| !matches!(name.as_str(), "id" | "urn")) {
            if !outputs.contains_key(name) {
                outputs.insert(name.clone(), crate::value::Value::Text(invented(id, name)));
            }
        }
    }
}

/// The id of a new resource: the same for the same resource in the same stack, another for its replacement.
pub fn id(type_: &str, urn: &str, replaced: Option<&str>) -> String {
    let mut hash = Sha256::new();
    hash.update(urn);
    hash.update([0]);
    hash.update(replaced.unwrap_or_default());
    let hex = hex(&hash.finalize()[..16]);
    if type_.starts_with("pulumi:index:") || type_.starts_with(PROVIDER_PREFIX) {
        return format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
    }
    let name: String = super::step::name_of(urn)
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() || "-_.".contains(char) { char } else { '-' })
        .collect();
    format!("{name}-{}", &hex[..7])
}

/// Hides the outputs that the program wants secret, and those whose input of the same name is.
pub fn hide_secrets(state: &mut ResourceState) {
    for (name, value) in &mut state.outputs {
        let of_input =
            state.inputs.get(name).is_some_and(|input| matches!(input, crate::value::Value::Secret(_)));
        if of_input || state.additional_secret_outputs.contains(name) {
            *value = std::mem::replace(value, crate::value::Value::Null).into_secret();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn stash(input: &str) -> ResourceState {
        let inputs = [("input".to_owned(), Value::Text(input.to_owned()))].into();
        ResourceState { type_: STASH.to_owned(), inputs, ..ResourceState::default() }
    }

    #[test]
    fn a_stash_keeps_the_output_of_its_creation() {
        let mut old = stash("one");
        old.outputs = created(&old, &[]);
        let outputs = updated(&old, &stash("two"), &[]);
        assert_eq!(outputs["input"], Value::Text("two".into()));
        assert_eq!(outputs["output"], Value::Text("one".into()));
    }

    #[test]
    fn an_id_stays_and_a_replacement_gets_another() {
        let first = id("aws:s3/bucket:Bucket", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::web", None);
        assert_eq!(first, id("aws:s3/bucket:Bucket", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::web", None));
        assert!(first.starts_with("web-"));
        assert_ne!(first, id("x", "urn:pulumi:dev::p::aws:s3/bucket:Bucket::web", Some(&first)));
    }

    #[test]
    fn outputs_that_a_program_asks_for_are_invented_once_there_is_an_id() {
        let mut bucket = ResourceState { type_: "aws:s3/bucket:Bucket".into(), ..ResourceState::default() };
        assert!(created(&bucket, &["arn".to_owned()]).is_empty());
        bucket.id = Some("web-1".into());
        assert_eq!(created(&bucket, &["arn".to_owned()])["arn"], Value::Text("web-1.arn".into()));
    }

    #[test]
    fn an_output_of_a_secret_input_is_secret() {
        let mut state = stash("x");
        state.inputs = [("input".to_owned(), Value::Text("x".into()).into_secret())].into();
        state.additional_secret_outputs = vec!["output".to_owned()];
        state.outputs =
            [("input".into(), Value::Text("x".into())), ("output".into(), Value::Text("y".into()))].into();
        hide_secrets(&mut state);
        assert!(state.outputs.values().all(|value| matches!(value, Value::Secret(_))));
    }
}
