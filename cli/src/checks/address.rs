//! Addresses that are checked: written in the settings, or taken from an output of the stack.

use serde_json::{Map, Value};

use crate::base::error::Problem;
use crate::base::http::{Url, host};
use crate::base::suggest::nearest;
use crate::report::{CheckOutcome, Report, SECRET, UNKNOWN};

/// The address of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebAddress {
    /// A URL.
    Url(Url),
    /// A URL in an output of the stack.
    Output {
        /// The output's name.
        name: String,
        /// The path below it, with its query: empty, or with a `/` at its beginning.
        path: String,
    },
}

/// The address of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAddress {
    /// A host, without the brackets of an IPv6 address, and a port.
    Host(String, u16),
    /// An output of the stack that holds `host:port`, a URL with a port, or the host to a port of the settings.
    Output {
        /// The output's name.
        name: String,
        /// The port, if the output does not hold it.
        port: Option<u16>,
    },
}

/// The outputs of a stack, as far as they are known.
#[derive(Debug, Clone, Copy, Default)]
pub struct KnownOutputs<'a> {
    values: Option<&'a Map<String, Value>>,
    secret: &'a [String],
    withheld: &'a [String],
}

/// An address that an output does not give, with what that says about the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAddress {
    /// Failed where the deployment does not have what the settings say; inconclusive where nobody knows.
    pub outcome: CheckOutcome,
    /// The problem, with the way out.
    pub problem: Problem,
}

impl<'a> KnownOutputs<'a> {
    /// The outputs in `report`.
    pub fn from_report(report: &'a Report) -> Self {
        Self {
            values: report.outputs.as_ref(),
            secret: &report.secret_outputs,
            withheld: &report.withheld_outputs,
        }
    }

    /// The outputs as the engine has printed them, with the mark of a secret in place of each.
    pub fn from_printed(values: &'a Map<String, Value>) -> Self {
        Self { values: Some(values), secret: &[], withheld: &[] }
    }

    /// The outputs that hold no secret, which a command gets.
    pub fn plain(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let secret = self.secret;
        let all = self.values.into_iter().flatten().map(|(name, value)| (name.as_str(), value));
        all.filter(move |(name, _)| !secret.iter().any(|other| other == name))
    }

    /// The text of an output.
    fn text(&self, name: &str) -> Result<&'a str, NoAddress> {
        let Some(values) = self.values else {
            return Err(NoAddress::unknown(
                "the stack's outputs could not be read",
                "see in the job's log why, and run the job again",
            ));
        };
        match values.get(name) {
            Some(Value::String(text)) if text == UNKNOWN => Err(NoAddress::unknown(
                format!("the output `{name}` has no value yet"),
                "deploy what the value comes from as well",
            )),
            Some(value) if self.secret.iter().any(|secret| secret == name) || value == SECRET => {
                Err(secret_output(name))
            }
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(NoAddress::wrong(
                format!("the output `{name}` is not a text"),
                "let the check name an output that holds the address as a text",
            )),
            None if self.withheld.iter().any(|withheld| withheld == name) => Err(NoAddress::unknown(
                format!("the value of the output `{name}` is not known"),
                ADDRESS_ITSELF,
            )),
            None => Err(NoAddress::from_problem(no_output(name, values.keys().map(String::as_str)))),
        }
    }
}

const ADDRESS_ITSELF: &str =
    "write the address itself into the check, or add an output that holds it as a plain text";

/// The problem of a check that needs an output which the stack does not have.
pub fn no_output<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let near = nearest(name, names.clone()).map(|near| format!("did you mean `{near}`? "));
    let mut listed: Vec<String> = names.take(10).map(|name| format!("`{}`", name.escape_debug())).collect();
    listed.sort();
    let there = match listed.as_slice() {
        [] => "it has none: add the output to the program, or write the address itself into the check"
            .to_owned(),
        some => format!("its outputs are {}", some.join(", ")),
    };
    let hint = near.unwrap_or_default() + &there;
    Problem::new(format!("the stack has no output `{name}`"), hint)
}

fn secret_output(name: &str) -> NoAddress {
    NoAddress::wrong(
        format!("the output `{name}` is a secret, and an address that is checked is shown"),
        ADDRESS_ITSELF,
    )
}

impl NoAddress {
    fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::from_problem(Problem::new(what, hint))
    }

    fn from_problem(problem: Problem) -> Self {
        Self { outcome: CheckOutcome::Failed, problem }
    }

    fn unknown(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { outcome: CheckOutcome::Inconclusive, problem: Problem::new(what, hint) }
    }
}

impl WebAddress {
    /// Reads a URL, or the name of an output with a path below it: `url`, `url/health`. `path` is added to it.
    pub fn parse(text: &str, path: &str) -> Result<Self, Problem> {
        if !(path.is_empty() || path.starts_with('/')) {
            return Err(Problem::new("a path begins with a `/`", format!("write it as `/{path}`")));
        }
        if path.contains('#') || text.contains('#') {
            return Err(Problem::new(
                "a `#` is no part of what a server is asked",
                "leave it out, with what follows it",
            ));
        }
        if text.contains('?') && !path.is_empty() {
            return Err(Problem::new("a path can't follow a query", "put the query at the end of the path"));
        }
        if text.contains("://") {
            let url = web_url(text)?;
            return below(&url, path).map(Self::Url);
        }
        let (name, rest) = text.find('/').map_or((text, ""), |slash| text.split_at(slash));
        if !is_output_name(name) {
            return Err(Problem::new(
                "it is neither a URL nor the name of an output",
                "write a URL as `https://shop.example.com/health`, or the name of an output that holds one",
            ));
        }
        Ok(Self::Output { name: name.to_owned(), path: format!("{}{path}", rest.trim_end_matches('/')) })
    }

    /// The output that it comes from.
    pub fn output(&self) -> Option<&str> {
        match self {
            Self::Url(_) => None,
            Self::Output { name, .. } => Some(name),
        }
    }

    /// The name of a check of this address, without a query.
    pub fn name(&self) -> String {
        match self {
            Self::Url(url) => format!("{}{}", host(url), url.path()).trim_end_matches('/').to_owned(),
            Self::Output { name, path } => {
                format!("{name}{}", path.split('?').next().unwrap_or_default())
            }
        }
    }

    /// The URL, by the stack's outputs.
    pub fn resolve(&self, outputs: KnownOutputs<'_>) -> Result<Url, NoAddress> {
        match self {
            Self::Url(url) => Ok(url.clone()),
            Self::Output { name, path } => {
                let text = outputs.text(name)?.trim();
                let url = web_url(text).and_then(|url| below(&url, path));
                url.map_err(|problem| {
                    NoAddress::wrong(
                        format!("the output `{name}` holds no address to ask: {}", problem.what),
                        "let the output hold a URL such as `https://shop.example.com`",
                    )
                })
            }
        }
    }
}

impl HostAddress {
    /// Reads `host:port`, or the name of an output; `port` is what the settings say beside it.
    pub fn parse(text: &str, port: Option<u16>) -> Result<Self, Problem> {
        if let Some((host, own)) = host_and_port(text) {
            return if port.is_some() {
                Err(Problem::new("it has a port already", "leave `port` out"))
            } else {
                Ok(Self::Host(host, own))
            };
        }
        match (is_output_name(text), port) {
            (true, port) => Ok(Self::Output { name: text.to_owned(), port }),
            (false, Some(port)) if is_host(text) => {
                Ok(Self::Host(text.trim_matches(['[', ']']).to_owned(), port))
            }
            _ => Err(Problem::new(
                "it is neither a host with a port nor the name of an output",
                "write it as `db.example.com:5432`, with IPv6 as `[2001:db8::1]:5432`, or as the name of an output",
            )),
        }
    }

    /// The output that it comes from.
    pub fn output(&self) -> Option<&str> {
        match self {
            Self::Host(..) => None,
            Self::Output { name, .. } => Some(name),
        }
    }

    /// The name of a check of this address.
    pub fn name(&self) -> String {
        match self {
            Self::Host(host, port) => joined(host, *port),
            Self::Output { name, port: None } => name.clone(),
            Self::Output { name, port: Some(port) } => format!("{name}:{port}"),
        }
    }

    /// The host and the port, by the stack's outputs.
    pub fn resolve(&self, outputs: KnownOutputs<'_>) -> Result<(String, u16), NoAddress> {
        let (name, port) = match self {
            Self::Host(host, port) => return Ok((host.clone(), *port)),
            Self::Output { name, port } => (name, *port),
        };
        let text = outputs.text(name)?.trim();
        let found = match port {
            Some(port) if is_host(text) => Some((text.trim_matches(['[', ']']).to_owned(), port)),
            Some(_) => None,
            None => host_and_port(text).or_else(|| of_url(text)),
        };
        found.ok_or_else(|| {
            let hint = match port {
                Some(_) => "let the output hold a host such as `db.example.com`",
                None => "let the output hold `host:port`, or set `port` beside an output that holds the host",
            };
            NoAddress::wrong(format!("the output `{name}` holds no address to connect to"), hint)
        })
    }
}

/// `host:port`, with brackets around an IPv6 address.
pub fn joined(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Whether a text can be the name of an output here: what could be a host as well is none.
pub fn is_output_name(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn web_url(text: &str) -> Result<Url, Problem> {
    let malformed = || Problem::new("it is not a URL", "write it as `https://shop.example.com/health`");
    let blank = |c: char| c.is_whitespace() || c.is_control();
    let url = Url::parse(text).ok().filter(|_| !text.contains(blank)).ok_or_else(malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem::new(
            "only `http` and `https` are asked",
            "check another protocol with `tcp` or `run`",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem::new(
            "the URL has a user or a password in it",
            "take it out, and hand it over in a header: `headers: {Authorization: {from-env: NAME}}`",
        ));
    }
    url.host_str().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
    Ok(url)
}

/// `path` below the path of `url`.
fn below(url: &Url, path: &str) -> Result<Url, Problem> {
    if path.is_empty() {
        return Ok(url.clone());
    }
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
    web_url(&text)
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').filter(|inner| inner.contains(':'))?,
        None if host.contains(':') => return None,
        None => host,
    };
    is_host(host).then(|| (host.to_owned(), port))
}

fn of_url(text: &str) -> Option<(String, u16)> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    Some((host.to_owned(), url.port_or_known_default()?)).filter(|(host, _)| is_host(host))
}

fn is_host(text: &str) -> bool {
    let text = text.trim_matches(['[', ']']);
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte) || byte >= 0x80;
    !text.is_empty() && text.len() < 256 && text.bytes().all(known)
}

#[cfg(test)]
mod tests;
