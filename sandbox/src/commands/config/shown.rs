//! Configuration values as the CLI shows them.

use serde_json::{Map, Value as Json};

use crate::commands::print;
use crate::crypto::Crypter;
use crate::failure::Failure;
use crate::stack_file;
use crate::value::{Properties, Value};

/// A value in one string: text as it is, anything else as JSON.
pub fn text(value: &Value) -> String {
    print::on_one_line(&plain(value))
}

fn plain(value: &Value) -> Json {
    let name = String::new();
    let json = print::plain(Properties::from([(name.clone(), value.clone())]));
    json.get(&name).cloned().unwrap_or_default()
}

/// A value with what is known about it: `{"value": …, "objectValue": …, "secret": …}`. A secret that is not to be
/// shown has no value.
pub fn json(value: &Value, show_secrets: bool) -> Json {
    let (_, is_secret) = value.clone().without_secrets();
    let mut json = Map::new();
    if show_secrets || !is_secret {
        json.insert("value".to_owned(), text(value).into());
        let object = plain(value);
        if object.is_object() || object.is_array() {
            json.insert("objectValue".to_owned(), object);
        }
    }
    json.insert("secret".to_owned(), is_secret.into());
    Json::Object(json)
}

/// The same for a value as a file holds it. Without a key secrets are not shown.
pub fn as_json(stored: &Json, key: Option<&Crypter>) -> Result<Json, Failure> {
    let value = stack_file::open(stack_file::stored(stored.clone()), &mut |ciphertext| match key {
        Some(key) => key.decrypt(ciphertext),
        None => Ok(String::new()),
    })?;
    Ok(json(&value, key.is_some()))
}
