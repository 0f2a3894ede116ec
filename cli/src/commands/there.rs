//! What is there of a stack: its state, its tag and its updates, as the engine tells them by commands that run no program and
//! need no key of the stack's secrets.

use serde_json::{Map, Value};

use crate::base::error::{Error, Result};
use crate::base::json;
use crate::ci::console::Console;
use crate::engine::executor::{EngineAnswer, EngineQuery, Executor as _};
use crate::engine::local::LocalEngine;
use crate::ledger::past_updates::{PastUpdate, UPDATES};
use crate::ledger::state_identity::{StateIdentity, of_export};
use crate::lifecycle::mark::TAG;
use crate::lifecycle::ownership::FoundStack;
use crate::process::signals::Signals;
use crate::report::Reason;

/// A stack that is there.
#[derive(Debug)]
pub(super) struct ThereStack {
    /// What its ownership is judged by.
    pub found: FoundStack,
    /// The identity of its state.
    pub identity: StateIdentity,
    /// The head of its configuration file, by which the engine decrypts its secrets: made of its state.
    pub file: String,
    /// The commit that its last update deployed. None if no update tells.
    pub commit: Option<String>,
}

/// Looks at the stack that the engine is asked about. None if the backend has no such stack.
///
/// # Errors
/// What is there could not be read, so that it is not known.
pub(super) async fn read_stack(
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<Option<ThereStack>> {
    // Another run may remove the stack between two of the commands.
    let is_gone = |answer: &EngineAnswer| answer.0.reason() == Some(Reason::StackNotFound);
    let answer = engine.query(EngineQuery::Export, console, signals).await?;
    if is_gone(&answer) {
        return Ok(None);
    }
    let state = answer.object().map_err(|why| unreadable("state", &why))?;
    let answer = engine.query(EngineQuery::Tags, console, signals).await?;
    if is_gone(&answer) {
        return Ok(None);
    }
    let tags = answer.object().map_err(|why| unreadable("tags", &why))?;
    let answer = engine.query(EngineQuery::History, console, signals).await?;
    if is_gone(&answer) {
        return Ok(None);
    }
    let history = list(&answer).map_err(|why| unreadable("updates", &why))?;
    let text = |update: &Value, pointer: &str| update.pointer(pointer)?.as_str().map(str::to_owned);
    let resources = state.get("deployment").and_then(|deployment| deployment.get("resources"));
    let found = FoundStack {
        tag: tags.get(TAG).and_then(Value::as_str).map(str::to_owned),
        resources: resources.and_then(Value::as_array).map_or(0, Vec::len),
        messages: history.iter().filter_map(|update| text(update, "/message")).collect(),
    };
    let deployed = history.iter().find(|update| text(update, "/kind").as_deref() == Some("update"));
    let commit = deployed.and_then(|update| text(update, "/environment/git.head"));
    let identity =
        of_export(&state).ok_or_else(|| unreadable("state", "the engine printed no deployment"))?;
    let provider = state.get("deployment").and_then(|deployment| deployment.get("secrets_providers"));
    Ok(Some(ThereStack { found, identity, file: file_head(provider), commit }))
}

/// A list of the engine. Fails with the reason why it can't be read.
fn list(answer: &EngineAnswer) -> Result<Vec<Value>, String> {
    let text = answer.text().ok_or_else(|| answer.failure())?;
    let begins = if text.starts_with('[') { 0 } else { text.find("\n[").map_or(text.len(), |at| at + 1) };
    let list = text.get(begins..).unwrap_or_default();
    json::read(list.as_bytes()).map_err(|_| "the engine printed no JSON that can be read".to_owned())
}

/// The latest updates of the stack that the engine is asked about, the newest first.
pub(super) async fn updates(
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<Vec<PastUpdate>> {
    let answer = engine.query(EngineQuery::History, console, signals).await?;
    let updates = list(&answer).map_err(|why| unreadable("updates", &why))?;
    let updates = updates.iter().take(UPDATES).map(PastUpdate::read);
    updates.collect::<Option<_>>().ok_or_else(|| unreadable("updates", "one of them has no kind"))
}

/// The names of the project's stacks in the backend, without organization and project.
pub(super) async fn names(
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<Vec<String>> {
    let answer = engine.query(EngineQuery::Stacks, console, signals).await?;
    let stacks = list(&answer).map_err(|why| unreadable("project's stacks", &why))?;
    let short = |stack: &Value| {
        let name = stack.get("name")?.as_str()?;
        Some(name.rsplit('/').next().unwrap_or(name).to_owned())
    };
    stacks
        .iter()
        .map(|stack| short(stack).ok_or_else(|| unreadable("project's stacks", "a name is missing")))
        .collect()
}

fn unreadable(what: &str, why: &str) -> Error {
    Error::Incomplete {
        what: format!("the {what} can't be read, so that it is not known whose the stack is: {why}"),
        hint:
            "run the job again; see what `pulumi stack export`, `stack tag ls` and `stack history` print here"
                .to_owned(),
    }
}

/// The head of a stack's configuration file by the secrets provider of its state, `secrets_providers` of its deployment.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>
pub(super) fn file_head(provider: Option<&Value>) -> String {
    let text = |pointer: &str| provider?.pointer(pointer)?.as_str().map(str::to_owned);
    let mut head = Map::new();
    match text("/type").as_deref() {
        Some("passphrase") => {
            head.extend(text("/state/salt").map(|salt| ("encryptionsalt".to_owned(), Value::String(salt))));
        }
        Some("cloud") => {
            let url = text("/state/url").map(|url| ("secretsprovider".to_owned(), Value::String(url)));
            let key = text("/state/encryptedkey").map(|key| ("encryptedkey".to_owned(), Value::String(key)));
            head.extend(url.into_iter().chain(key));
        }
        _ => {}
    }
    // JSON is YAML.
    if head.is_empty() { "{}\n".to_owned() } else { format!("{}\n", Value::Object(head)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn head(provider: &Value) -> String {
        file_head(Some(provider)).trim().to_owned()
    }

    #[test]
    fn the_file_of_a_stack_is_made_of_its_state() {
        let passphrase = json!({ "type": "passphrase", "state": { "salt": "v1:s" } });
        assert_eq!(head(&passphrase), r#"{"encryptionsalt":"v1:s"}"#);
        let cloud = json!({ "type": "cloud", "state": { "url": "awskms://x", "encryptedkey": "k" } });
        let read: Value = serde_json::from_str(&head(&cloud)).unwrap();
        assert_eq!(read, json!({ "secretsprovider": "awskms://x", "encryptedkey": "k" }));
        assert_eq!(head(&json!({ "type": "service", "state": { "url": "https://api.pulumi.com" } })), "{}");
        assert_eq!(head(&Value::Null), "{}");
    }
}
