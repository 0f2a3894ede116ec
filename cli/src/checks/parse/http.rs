//! Reads a check of kind `http`.

use crate::base::error::Result;
use crate::base::fields::{Fields, is_variable, shown};
use crate::base::http::{HeaderName, HeaderValue, Method};
use crate::base::yaml::Value;
use crate::checks::address::WebAddress;
use crate::checks::settings::{CheckSubject, HeaderText, HttpCheck, StatusRange};
use crate::pulumi::secret_names::says_secret;

/// The methods of a check. None of them has a body.
const METHODS: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];

/// Headers that the request has from its connection.
const OWN_HEADERS: &[&str] =
    &["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

pub(super) fn read(fields: &Fields<'_>) -> Result<(CheckSubject, String)> {
    let text = fields.text("http")?.unwrap_or_default();
    let path = fields.text("path")?.unwrap_or_default();
    let address = WebAddress::parse(text, path).map_err(|problem| {
        let key = if problem.what.starts_with("a path") { "path" } else { "http" };
        fields.problem(key, &problem)
    })?;
    let method = match fields.text("method")? {
        None => Method::GET,
        Some(word) => {
            let known = METHODS.iter().find(|method| method.as_str().eq_ignore_ascii_case(word));
            known.cloned().ok_or_else(|| {
                let names: Vec<&str> = METHODS.iter().map(Method::as_str).collect();
                let hint = format!("it is one of `{}`; `run` can do anything", names.join("`, `"));
                fields.error("method", &format!("is `{}`", shown(word)), hint)
            })?
        }
    };
    let check = HttpCheck {
        headers: headers(fields)?,
        status: fields.get("status").map_or_else(
            || Ok(vec![StatusRange::SUCCESS]),
            |_| fields.texts("status")?.iter().map(|text| status(fields, text)).collect(),
        )?,
        contains: fields.texts("contains")?,
        not_contains: fields.texts("not-contains")?,
        within: fields.time("within")?,
        tls_days: fields.number("tls-days", 0, 3650)?,
        address,
        method,
    };
    if check.method == Method::HEAD && !(check.contains.is_empty() && check.not_contains.is_empty()) {
        return Err(fields.error(
            "method",
            "is `HEAD`, whose answer contains nothing",
            "use `GET`, or leave `contains` out",
        ));
    }
    if let (Some(_), WebAddress::Url(url)) = (check.tls_days, &check.address)
        && url.scheme() == "http"
    {
        return Err(fields.error(
            "tls-days",
            "is set for an address without a certificate",
            "use `https`, or leave `tls-days` out",
        ));
    }
    let name = check.address.name();
    Ok((CheckSubject::Http(Box::new(check)), name))
}

/// `200`, `2xx`.
fn status(fields: &Fields<'_>, text: &str) -> Result<StatusRange> {
    parse_status(text).ok_or_else(|| {
        fields.error(
            "status",
            &format!("is `{}`, which is not a status", shown(text)),
            "write `200`, `2xx`, or a list of such",
        )
    })
}

/// Reads `200` or `2xx`.
pub fn parse_status(text: &str) -> Option<StatusRange> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(hundreds) = text.strip_suffix("xx") {
        let first = hundreds.parse::<u16>().ok().filter(|hundreds| (1..=5).contains(hundreds))? * 100;
        return Some(StatusRange { first, last: first + 99 });
    }
    let status = text.parse().ok().filter(|status| (100..=599).contains(status))?;
    Some(StatusRange { first: status, last: status })
}

fn headers(fields: &Fields<'_>) -> Result<Vec<(String, HeaderText)>> {
    let Some(value) = fields.get("headers") else { return Ok(Vec::new()) };
    let Value::Mapping(mapping) = value else {
        return Err(fields.error(
            "headers",
            "is not a mapping",
            "write it as `headers: {Accept: text/plain, Authorization: {from-env: NAME}}`",
        ));
    };
    mapping.iter().map(|(name, value)| header(fields, name.source().unwrap_or_default(), value)).collect()
}

fn header(fields: &Fields<'_>, name: &str, value: &Value) -> Result<(String, HeaderText)> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::from_bytes(name.as_bytes()).is_err() || OWN_HEADERS.contains(&lower.as_str()) {
        return Err(fields.error(
            "headers",
            &format!("has `{}`, which is not a header to set", shown(name)),
            "leave it out, or write it as `Accept`",
        ));
    }
    let key = format!("headers.{lower}");
    match value {
        Value::Mapping(mapping) => {
            let place = Fields::new(mapping, "", "");
            let variable = place.text("from-env").ok().flatten().filter(|name| is_variable(name));
            let known = mapping.keys().all(|key| matches!(key.as_str(), Some("from-env" | "prefix")));
            let prefix = mapping.get("prefix").map_or(Some(""), |prefix| prefix.source());
            match (variable, prefix.filter(|prefix| HeaderValue::from_str(prefix).is_ok())) {
                (Some(variable), Some(prefix)) if known => {
                    let (prefix, variable) = (prefix.to_owned(), variable.to_owned());
                    Ok((lower, HeaderText::FromEnv { prefix, variable }))
                }
                _ => Err(fields.error(&key, "does not name a variable", FROM_ENV)),
            }
        }
        value => {
            let text = value.source().filter(|text| HeaderValue::from_str(text).is_ok());
            let text = text.ok_or_else(|| fields.error(&key, "is not the value of a header", FROM_ENV))?;
            if is_secret_header(&lower) {
                return Err(fields.error(&key, "would put a secret into the repository", FROM_ENV));
            }
            Ok((lower, HeaderText::Plain(text.to_owned())))
        }
    }
}

const FROM_ENV: &str = "hand it to the job from the CI system's secret store, and name the variable: `{from-env: NAME, prefix: \"Bearer \"}`";

fn is_secret_header(lower: &str) -> bool {
    let name = lower.replace('-', "_").to_ascii_uppercase();
    let words = ["AUTHORIZATION", "COOKIE", "API_KEY", "APIKEY", "AUTH", "KEY", "SIGNATURE"];
    says_secret(&name) || words.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
}
