//! Environments of Pulumi ESC: opened, and read as variables and files.
//!
//! The API is asked and not the CLI's `pulumi env open`, which knows one login at a time: a stack whose state lies in a bucket
//! can have its credentials from an environment all the same, and no value ever passes a terminal.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/environments/>

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::server::CloudServer;
use super::trouble::{CloudTrouble, CloudTroubleKind};
use crate::base::error::Problem;
use crate::base::http::{Method, Request};
use crate::base::secret::Secret;
use crate::pulumi::esc_environment::EscEnvironment;

/// The values of an open environment.
#[derive(Debug, Clone, Default)]
pub struct EscValues {
    /// The variables of `environmentVariables`, by name.
    pub variables: BTreeMap<String, Secret>,
    /// The contents of `files`, by the names of the variables that hold their paths.
    pub files: BTreeMap<String, Secret>,
    /// Every secret text of the environment with its place, those too that no variable holds.
    pub secrets: Vec<(String, Secret)>,
    /// The names below both that hold no text, a number or a truth value: the `esc` program passes them over as well.
    pub no_texts: Vec<String>,
}

/// A value as the service writes it, with what it is made from left out.
/// <https://github.com/pulumi/esc/blob/main/value.go>
#[derive(Deserialize)]
struct WrittenValue {
    #[serde(default)]
    value: Value,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    unknown: bool,
}

/// The property with variables, and that with files: <https://www.pulumi.com/docs/esc/environments/syntax/reserved-properties/>
pub const VARIABLES: &str = "environmentVariables";
const FILES: &str = "files";

/// Opens the environment for so long, and reads its values.
pub async fn open(
    server: &CloudServer,
    environment: &EscEnvironment,
    lifetime: Duration,
) -> Result<EscValues, CloudTrouble> {
    let EscEnvironment { organization, project, name, version } = environment;
    let path = format!("api/esc/environments/{organization}/{project}/{name}");
    let of_version = version.as_ref().map(|version| format!("/versions/{version}")).unwrap_or_default();
    let mut url = server.url(&format!("{path}{of_version}/open"));
    url.query_pairs_mut().append_pair("duration", &format!("{}s", lifetime.as_secs()));
    let do_what = format!("open the environment `{environment}`");
    // Opened twice, it is open twice, and each ends by itself.
    let request = Request { method: Method::POST, repeatable: true, ..Request::get(url) };
    let opened = server.json(&do_what, request).await.map_err(|trouble| way_out(trouble, environment))?;
    let id = opened.get("id").and_then(Value::as_str).filter(|id| {
        !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    });
    let Some(id) = id else { return Err(unreadable(server, &do_what)) };
    let request = Request::get(server.url(&format!("{path}/open/{id}")));
    let read = server.json(&do_what, request).await.map_err(|trouble| way_out(trouble, environment))?;
    values(&read, environment).ok_or_else(|| unreadable(server, &do_what))?
}

fn unreadable(server: &CloudServer, do_what: &str) -> CloudTrouble {
    CloudTrouble::broken(Problem::new(
        format!("could not {do_what}: what {} answers can't be read", server.host()),
        "check that the address is Pulumi Cloud's API, such as `https://api.pulumi.com`",
    ))
}

/// The trouble with the way out for an environment.
fn way_out(trouble: CloudTrouble, environment: &EscEnvironment) -> CloudTrouble {
    let hint = match trouble.kind {
        CloudTroubleKind::Missing => {
            "check its name: `organization/project/environment`; one that the token may not see is not there for it, either"
                .to_owned()
        }
        CloudTroubleKind::Denied => format!(
            "the token needs the permission to open it (Environment Open); where openings have to be approved, ask for it: \
             `pulumi env open-request {environment}`"
        ),
        CloudTroubleKind::NotTaken => "correct the environment's definition, as the message says".to_owned(),
        CloudTroubleKind::NotSignedIn | CloudTroubleKind::Conflict | CloudTroubleKind::Broken => return trouble,
    };
    CloudTrouble { problem: Problem::new(trouble.problem.what, hint), ..trouble }
}

/// The values of an answer. None if it has not got the form of one.
fn values(answer: &Value, environment: &EscEnvironment) -> Option<Result<EscValues, CloudTrouble>> {
    let properties = match answer.as_object()?.get("properties") {
        Some(properties) => written_values(properties)?,
        // It defines nothing.
        None => BTreeMap::new(),
    };
    let mut found = EscValues::default();
    for (name, value) in &properties {
        collect_secrets(name, value, false, &mut found.secrets)?;
    }
    for property in [VARIABLES, FILES] {
        let Some(listed) = properties.get(property) else { continue };
        if listed.unknown {
            return Some(Err(unknown(environment, property)));
        }
        if listed.value.is_null() {
            continue;
        }
        for (name, value) in written_values(&listed.value)? {
            let place = format!("{property}.{name}");
            if value.unknown {
                return Some(Err(unknown(environment, &place)));
            }
            let Some(text) = text_of(&value.value) else {
                found.no_texts.push(place);
                continue;
            };
            let texts = if property == VARIABLES { &mut found.variables } else { &mut found.files };
            texts.insert(name, Secret::new(text));
        }
    }
    Some(Ok(found))
}

fn written_values(value: &Value) -> Option<BTreeMap<String, WrittenValue>> {
    BTreeMap::deserialize(value).ok()
}

fn unknown(environment: &EscEnvironment, place: &str) -> CloudTrouble {
    CloudTrouble::broken(Problem::new(
        format!("could not open the environment `{environment}`: the value of `{place}` is not known"),
        "see why by `pulumi env open`: a provider of the environment has not answered",
    ))
}

/// As variables have it. None for a list or a map.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Collects the secret texts of a value. None if it has not got the form of one.
fn collect_secrets(
    place: &str,
    written: &WrittenValue,
    is_inside: bool,
    secrets: &mut Vec<(String, Secret)>,
) -> Option<()> {
    let is_secret = written.secret || is_inside;
    match &written.value {
        Value::Array(_) => {
            let items: Vec<WrittenValue> = Vec::deserialize(&written.value).ok()?;
            for (number, item) in items.iter().enumerate() {
                collect_secrets(&format!("{place}[{number}]"), item, is_secret, secrets)?;
            }
        }
        Value::Object(_) => {
            for (name, item) in &written_values(&written.value)? {
                collect_secrets(&format!("{place}.{name}"), item, is_secret, secrets)?;
            }
        }
        scalar => {
            if let Some(text) = text_of(scalar).filter(|text| is_secret && !text.is_empty()) {
                secrets.push((place.to_owned(), Secret::new(text)));
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(properties: &Value) -> Option<Result<EscValues, CloudTrouble>> {
        let environment = EscEnvironment::parse("acme/shop/prod").unwrap();
        values(&json!({ "properties": properties }), &environment)
    }

    /// The texts of a property, and whether each is among the secrets.
    fn shown<'f>(found: &'f EscValues, property: &str) -> Vec<(&'f str, &'f str, bool)> {
        let texts = if property == VARIABLES { &found.variables } else { &found.files };
        let is_secret =
            |name: &str| found.secrets.iter().any(|(place, _)| *place == format!("{property}.{name}"));
        texts.iter().map(|(name, text)| (name.as_str(), text.expose(), is_secret(name))).collect()
    }

    #[test]
    fn variables_and_files_are_read_as_texts_with_their_secrets() {
        let found = read(&json!({
            "aws": { "value": { "login": { "value": { "secretAccessKey": { "value": "aws-secret", "secret": true } } } } },
            "environmentVariables": { "value": {
                "AWS_SECRET_ACCESS_KEY": { "value": "aws-secret", "secret": true, "trace": {} },
                "REGION": { "value": "eu-central-1" }, "COUNT": { "value": 3 }, "ON": { "value": true }, "NONE": {},
                "LIST": { "value": [{ "value": "x" }] },
            } },
            "files": { "value": { "KUBECONFIG": { "value": "a: b\n", "secret": true } } },
        }))
        .unwrap()
        .unwrap();
        assert_eq!(
            shown(&found, VARIABLES),
            [
                ("AWS_SECRET_ACCESS_KEY", "aws-secret", true),
                ("COUNT", "3", false),
                ("NONE", "", false),
                ("ON", "true", false),
                ("REGION", "eu-central-1", false),
            ]
        );
        assert_eq!(shown(&found, FILES), [("KUBECONFIG", "a: b\n", true)]);
        assert_eq!(found.no_texts, ["environmentVariables.LIST"]);
        let places: Vec<&str> = found.secrets.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(
            places,
            ["aws.login.secretAccessKey", "environmentVariables.AWS_SECRET_ACCESS_KEY", "files.KUBECONFIG"]
        );
    }

    #[test]
    fn what_is_not_known_is_no_empty_value() {
        for properties in [
            json!({ "environmentVariables": { "value": { "A": { "unknown": true } } } }),
            json!({ "files": { "unknown": true } }),
        ] {
            let trouble = read(&properties).unwrap().unwrap_err();
            assert!(trouble.problem.what.contains("is not known"), "{trouble:?}");
        }
    }

    #[test]
    fn an_answer_of_another_form_is_none() {
        for properties in
            [json!([]), json!({ "environmentVariables": "x" }), json!({ "a": { "value": [1] } })]
        {
            assert!(read(&properties).is_none(), "{properties}");
        }
        let environment = EscEnvironment::parse("acme/shop/prod").unwrap();
        assert!(values(&json!({}), &environment).unwrap().unwrap().variables.is_empty());
    }
}
