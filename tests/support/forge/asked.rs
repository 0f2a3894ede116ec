//! A request to the forge in parts.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::server::Received;

/// A request in parts.
pub struct Asked {
    pub method: String,
    /// The path's parts, decoded.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    /// The values of `refs[]`, which is there twice.
    pub refs: Vec<String>,
    pub body: Value,
    pub base: String,
}

impl Asked {
    pub fn of(request: &Received, base: &str) -> Option<Self> {
        let url = stackstep::base::http::Url::parse(&format!("{base}{}", request.target)).ok()?;
        let path = url.path().trim_matches('/').split('/').map(decoded).collect();
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let refs =
            url.query_pairs().filter(|(name, _)| name == "refs[]").map(|(_, value)| value.into_owned());
        let refs = refs.collect();
        let body =
            if request.body.is_empty() { Value::Null } else { serde_json::from_str(&request.body).ok()? };
        if !body.is_null() {
            assert_eq!(request.header("content-type"), Some("application/json"));
        }
        Some(Self { method: request.method.clone(), path, query, refs, body, base: base.to_owned() })
    }

    /// The path's parts, to be matched.
    pub fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub fn number(&self, name: &str, default: usize) -> usize {
        self.query.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    pub fn text(&self, pointer: &str) -> Option<String> {
        self.body.pointer(pointer)?.as_str().map(str::to_owned)
    }
}

fn decoded(text: &str) -> String {
    let url =
        stackstep::base::http::Url::parse(&format!("http://x/?a={}", text.replace('+', "%2B"))).unwrap();
    url.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The address of another page of the same list.
pub fn next_page(asked: &Asked, name: &str, page: usize) -> String {
    let path: Vec<String> = asked.path.iter().map(|part| part.replace('/', "%2F")).collect();
    let mut url = stackstep::base::http::Url::parse(&format!("{}/{}", asked.base, path.join("/"))).unwrap();
    let others = asked.query.iter().filter(|(own, _)| *own != name);
    url.query_pairs_mut().extend_pairs(others).append_pair(name, &page.to_string());
    url.to_string()
}
