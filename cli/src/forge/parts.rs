//! Parts of addresses and of JSON that the requests and answers of all forges share.

use serde_json::{Value, json};

use crate::base::http::Url;

/// The text for a part of a path or of a query: everything but letters, digits and `-._~` is encoded.
pub(super) fn encoded(text: &str) -> String {
    crate::base::text::percent_encoded(text)
}

/// `owner/name` with each part encoded.
pub(super) fn encoded_path(text: &str) -> String {
    text.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// The string at `pointer`.
pub(super) fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// The number at `pointer` as text, for use as an id.
pub(super) fn number_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_u64).map(|number| number.to_string())
}

/// The items of a list, without those that can't be read; none if it is no list.
pub(super) fn read_list<T>(list: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    Some(list?.as_array()?.iter().filter_map(read).collect())
}

/// The items of a list; none if it is no list, or one item can't be read: where each item counts.
pub(super) fn read_each<T>(list: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    list?.as_array()?.iter().map(read).collect()
}

/// Whether the field is there and true.
pub(super) fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer) == Some(&Value::Bool(true))
}

/// The first `limit` characters, with a `…` at the end if there were more.
pub(super) fn cut_to(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// Whether `name` is the first part of a host's name, as in companies' own hosts: `gitlab.example.com`.
pub(super) fn begins_with_name(host: &str, name: &str) -> bool {
    host.split('.').next() == Some(name) && host.contains('.')
}

/// The page at `path` of the server whose API lies at `api` of it. None if the API lies elsewhere.
pub(super) fn page_below(server: &Url, api: &str, path: &str) -> Option<String> {
    let before = server.path().strip_suffix(api)?;
    let mut page = server.clone();
    page.set_path(&format!("{before}{path}"));
    Some(page.into())
}

/// A body with one field.
pub(super) fn one_field(name: &str, value: &str) -> Value {
    json!({ name: value })
}
