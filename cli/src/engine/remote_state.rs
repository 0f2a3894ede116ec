//! What the Pulumi CLI would answer about a stack, asked of Pulumi Cloud itself: its state, its outputs, and the stacks beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::executor::EngineQuery;
use super::remote_stack::RemoteStack;
use crate::base::http::{Method, Request};
use crate::ci::console::Console;
use crate::cloud::service::CloudService;
use crate::cloud::trouble::CloudTrouble;
use crate::process::signals::Signals;
use crate::report::{MarkedValue, SECRET, marked};

/// The answer, in the form that the CLI prints. Fails with the reason why there is none.
pub(super) async fn read_as_the_cli(
    stack: &RemoteStack<'_>,
    query: EngineQuery,
    console: &Console,
    signals: &Signals,
) -> Result<Value, String> {
    let export = async || {
        stack.ask(async |it| state_of(it.0).await, console, signals).await.map_err(|it| it.problem.what)
    };
    match query {
        EngineQuery::Export => export().await,
        EngineQuery::Outputs { show_secrets } => {
            let state = export().await?;
            let mut outputs = stack_outputs(&state);
            for value in outputs.values_mut() {
                let mut secrets = Vec::new();
                hide(value, "", &mut secrets);
                if show_secrets {
                    for (place, secret) in secrets {
                        let plain = decrypted(stack, &state, &secret, console, signals).await?;
                        if let Some(value) = value.pointer_mut(&place) {
                            *value = plain;
                        }
                    }
                }
            }
            Ok(Value::Object(outputs))
        }
        EngineQuery::Stacks => stacks(stack, console, signals).await,
        // No run asks for these.
        EngineQuery::Version | EngineQuery::Configuration | EngineQuery::Tags | EngineQuery::History => {
            Err("Pulumi Deployments does not tell it".to_owned())
        }
    }
}

/// The state, in the form of `stack export`.
async fn state_of(service: &CloudService) -> Result<Value, CloudTrouble> {
    let url = service.url(&format!("{}/export", service.path().await?));
    service.json("read the stack's state", Request::get(url)).await
}

/// The outputs of the stack's own resource in its state.
fn stack_outputs(state: &Value) -> Map<String, Value> {
    let resources = state.pointer("/deployment/resources").and_then(Value::as_array);
    let is_stack = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("pulumi:pulumi:Stack");
    let own = resources.and_then(|resources| resources.iter().find(is_stack));
    own.and_then(|own| own.get("outputs")?.as_object().cloned()).unwrap_or_default()
}

/// Puts [`SECRET`] in the place of each secret in `value`, and keeps it with its place, a JSON pointer.
fn hide(value: &mut Value, place: &str, secrets: &mut Vec<(String, Value)>) {
    if marked(value) == MarkedValue::Secret {
        secrets.push((place.to_owned(), std::mem::replace(value, json!(SECRET))));
        return;
    }
    match value {
        Value::Array(items) => {
            items.iter_mut().enumerate().for_each(|(at, item)| hide(item, &format!("{place}/{at}"), secrets));
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let name = name.replace('~', "~0").replace('/', "~1");
                hide(member, &format!("{place}/{name}"), secrets);
            }
        }
        _ => {}
    }
}

/// The plain value of a secret that the service's own key encrypts.
/// <https://www.pulumi.com/docs/reference/cloud-rest-api/stacks/>
async fn decrypted(
    stack: &RemoteStack<'_>,
    state: &Value,
    secret: &Value,
    console: &Console,
    signals: &Signals,
) -> Result<Value, String> {
    let provider = state.pointer("/deployment/secrets_providers/type").and_then(Value::as_str);
    let ciphertext = secret.get("ciphertext").and_then(Value::as_str);
    let Some(ciphertext) = ciphertext.filter(|_| provider == Some("service")) else {
        return Err("its key is not the one of Pulumi Cloud, and this job has no other".to_owned());
    };
    let body = json!({ "ciphertext": ciphertext });
    let answer = stack
        .ask(
            async |it| {
                let url = it.0.url(&format!("{}/decrypt", it.0.path().await?));
                // To decrypt twice does no more than once.
                let request = Request { repeatable: true, ..Request::json(Method::POST, url, &body) };
                it.0.json("decrypt an output", request).await
            },
            console,
            signals,
        )
        .await
        .map_err(|trouble| trouble.problem.what)?;
    let plain = answer.get("plaintext").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
    plain
        .and_then(|plain| serde_json::from_slice(&plain).ok())
        .ok_or_else(|| "what Pulumi Cloud has decrypted can't be read".to_owned())
}

/// The project's stacks, as `stack ls` prints them.
async fn stacks(stack: &RemoteStack<'_>, console: &Console, signals: &Signals) -> Result<Value, String> {
    let names = stack.ask(async |it| it.0.names_in_the_project().await, console, signals).await;
    let names = names.map_err(|trouble| trouble.problem.what)?;
    Ok(names.into_iter().map(|name| json!({ "name": name })).collect())
}
