//! Reads the checks of a stack from `stackstep.yaml`. What can be known before a deployment is refused before it.

use std::time::Duration;

use super::address::{HostAddress, WebAddress};
use super::fields::{Fields, shown};
use super::settings::{
    Check, CheckLine, CheckSubject, Checks, CommandCheck, EVERY, HeaderText, HttpCheck, Pace, READY_WITHIN,
    StatusRange, TcpCheck,
};
use crate::base::error::{Error, Result};
use crate::base::http::{HeaderName, HeaderValue, Method};
use crate::base::yaml::{Mapping, Value};
use crate::pulumi::secret_names::says_secret;

/// The most checks of a stack, and the most tries of one.
const MOST: u32 = 100;

/// The methods of a check. None of them has a body.
const METHODS: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];

/// Headers that the request has from its connection.
const OWN_HEADERS: &[&str] =
    &["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

const PACE: &[&str] = &["name", "every", "passes", "ready-within"];
const HTTP: &[&str] = &[
    "http",
    "path",
    "method",
    "headers",
    "status",
    "contains",
    "not-contains",
    "within",
    "tls-days",
    "baseline",
];
const TCP: &[&str] = &["tcp", "port", "within", "baseline"];
const RUN: &[&str] = &["run", "shell", "cwd", "within", "env", "secret-outputs"];
const PREVIEW: &[&str] = &["preview", "name"];

/// The keys that say what a check looks at; a check has one of them.
const KINDS: [(&str, &[&str]); 4] = [("http", HTTP), ("tcp", TCP), ("run", RUN), ("preview", PREVIEW)];

impl Checks {
    /// The keys of a stack that are about its checks.
    pub const KEYS: [&str; 4] = ["checks", "checks-timeout", "inconclusive", "on-failed-check"];

    /// Reads [`Checks::KEYS`] of a stack's mapping; its other keys are left alone. `place` is where the mapping stands,
    /// for messages: "`stacks.prod` in `stackstep.yaml`".
    pub fn read(stack: &Mapping, place: &str) -> Result<Self> {
        let fields = Fields::new(stack, "", place);
        let mut checks =
            fields.get("checks").map_or_else(|| Ok(Self::default()), |list| Self::list(list, place))?;
        checks.timeout = fields.time("checks-timeout")?.unwrap_or(checks.timeout);
        checks.inconclusive = fields.choice("inconclusive")?.unwrap_or(checks.inconclusive);
        checks.on_failed = fields.choice("on-failed-check")?.unwrap_or(checks.on_failed);
        checks.fit(place)?;
        Ok(checks)
    }

    /// Reads the value of the key `checks` alone, with the defaults of the others.
    pub fn parse(list: &Value, place: &str) -> Result<Self> {
        let checks = Self::list(list, place)?;
        checks.fit(place)?;
        Ok(checks)
    }

    fn list(list: &Value, place: &str) -> Result<Self> {
        let Value::List(items) = list else {
            return Err(Error::input(
                format!("`checks` of {place} is not a list"),
                "write it as `checks: [{http: https://shop.example.com/health}]`",
            ));
        };
        if items.len() > MOST as usize {
            return Err(Error::input(
                format!("`checks` of {place} has {} checks, and at most {MOST} are made", items.len()),
                "put some of them into one command",
            ));
        }
        let mut checks = Self::default();
        for (at, item) in items.iter().enumerate() {
            let path = format!("checks[{at}]");
            let Value::Mapping(mapping) = item else {
                return Err(Error::input(
                    format!("`{path}` of {place} is not a mapping"),
                    "write a check as `{http: url, path: /health}`",
                ));
            };
            let check = check(&Fields::new(mapping, path.as_str(), place))?;
            checks.add(check, mapping.get("name").is_some()).map_err(|name| {
                Error::input(
                    format!("`{path}.name` of {place} is `{name}`, as another check's"),
                    "give each check a name of its own",
                )
            })?;
        }
        Ok(checks)
    }

    /// Adds a check. One that has its name by default gets a number where there is one of that name; for one that was
    /// named, that is an error, which is the name.
    pub fn add(&mut self, mut check: Check, is_named: bool) -> Result<(), String> {
        let taken = |list: &[Check], name: &str| list.iter().any(|other| other.name == name);
        if taken(&self.list, &check.name) {
            if is_named {
                return Err(check.name);
            }
            let numbered = |number: u32| format!("{} ({number})", check.name);
            let free = (2..).map(numbered).find(|name| !taken(&self.list, name));
            check.name = free.unwrap_or_default();
        }
        self.list.push(check);
        Ok(())
    }

    /// Refuses checks that can't pass within the time that there is for all of them.
    pub fn fit(&self, place: &str) -> Result<()> {
        let Some(check) = self.list.iter().find(|check| check.pace.shortest() >= self.timeout) else {
            return Ok(());
        };
        Err(Error::input(
            format!(
                "the check `{}` of {place} takes {} at least, and all checks have {} together",
                check.name,
                humantime::format_duration(check.pace.shortest()),
                humantime::format_duration(self.timeout)
            ),
            "try it more often (`every`), want fewer tries (`passes`), or set a longer `checks-timeout`",
        ))
    }
}

fn check(fields: &Fields<'_>) -> Result<Check> {
    let named: Vec<_> = KINDS.iter().filter(|(kind, _)| fields.get(kind).is_some()).collect();
    let (kind, keys) = match named.as_slice() {
        [only] => **only,
        [] => {
            let all: Vec<&str> = KINDS.iter().flat_map(|(_, keys)| *keys).chain(PACE).copied().collect();
            fields.only(&all, "a check")?;
            return Err(fields.error("", "does not say what to check", KIND_HINT));
        }
        [(one, _), (other, _), ..] => {
            let wrong = format!("has both `{one}` and `{other}`");
            return Err(fields.error("", &wrong, "make two checks of it"));
        }
    };
    let pace: &[&str] = if kind == "preview" { &[] } else { PACE };
    fields.only(&[keys, pace].concat(), &format!("a check with `{kind}`"))?;
    let (subject, name) = match kind {
        "http" => http(fields)?,
        "tcp" => tcp(fields)?,
        "run" => run(fields)?,
        _ => preview(fields)?,
    };
    let pace = match subject {
        CheckSubject::Http(_) | CheckSubject::Tcp(_) => read_pace(fields, READY_WITHIN)?,
        CheckSubject::Run(_) => read_pace(fields, Duration::ZERO)?,
        CheckSubject::Preview => Pace::ONCE,
    };
    let is_probe = matches!(subject, CheckSubject::Http(_) | CheckSubject::Tcp(_));
    let baseline = fields.flag("baseline")?.unwrap_or(is_probe);
    let name = match fields.text("name")? {
        Some(name) if name.chars().count() > 60 || name.chars().any(char::is_control) => {
            return Err(fields.error("name", "is too long for a list", "use at most 60 characters"));
        }
        Some(name) => name.to_owned(),
        None => name,
    };
    Ok(Check { name, subject, pace, baseline })
}

const KIND_HINT: &str =
    "name one of `http: URL`, `tcp: \"host:port\"`, `run: [./smoke.sh]` and `preview: no-changes`";

fn http(fields: &Fields<'_>) -> Result<(CheckSubject, String)> {
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

fn is_variable(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn tcp(fields: &Fields<'_>) -> Result<(CheckSubject, String)> {
    let text = fields.text("tcp")?.unwrap_or_default();
    let port = fields.number("port", 1, u32::from(u16::MAX))?.and_then(|port| u16::try_from(port).ok());
    let address = HostAddress::parse(text, port).map_err(|problem| fields.problem("tcp", &problem))?;
    let name = address.name();
    Ok((CheckSubject::Tcp(TcpCheck { address, within: fields.time("within")? }), name))
}

fn run(fields: &Fields<'_>) -> Result<(CheckSubject, String)> {
    let shell = fields.flag("shell")?.unwrap_or_default();
    let list = matches!(fields.get("run"), Some(Value::List(_)));
    let line = match (list, shell) {
        (true, true) => {
            return Err(fields.error(
                "shell",
                "is `true`, and `run` is a list",
                "write `run` as one text, or leave `shell` out",
            ));
        }
        (true, false) => {
            let mut words = fields.texts("run")?.into_iter();
            let program = words.next();
            let program =
                program.ok_or_else(|| fields.error("run", "is empty", "name a program: `[./smoke.sh]`"))?;
            CheckLine::Words(program, words.collect())
        }
        (false, true) => CheckLine::Shell(fields.text("run")?.unwrap_or_default().to_owned()),
        (false, false) => {
            return Err(fields.error(
                "run",
                "is a text, and no shell reads it",
                "write a list of words, as `run: [./smoke.sh, --fast]`, or set `shell: true` beside it",
            ));
        }
    };
    let name = match &line {
        CheckLine::Words(program, _) => program.rsplit(['/', '\\']).next().unwrap_or(program).to_owned(),
        CheckLine::Shell(_) => "command".to_owned(),
    };
    let env = fields.texts("env")?;
    if let Some(wrong) = env.iter().find(|name| !is_variable(name)) {
        return Err(fields.error(
            "env",
            &format!("has `{}`, which is not the name of a variable", shown(wrong)),
            "list names of the job's variables: `[SMOKE_TOKEN]`",
        ));
    }
    let check = CommandCheck {
        line,
        cwd: fields.text("cwd")?.map(str::to_owned),
        within: fields.time("within")?,
        env,
        secret_outputs: fields.texts("secret-outputs")?,
    };
    Ok((CheckSubject::Run(check), name))
}

fn preview(fields: &Fields<'_>) -> Result<(CheckSubject, String)> {
    match fields.text("preview")? {
        Some("no-changes") => Ok((CheckSubject::Preview, "preview".to_owned())),
        _ => Err(fields.error(
            "preview",
            "is not `no-changes`",
            "write `preview: no-changes`: nothing else is checked by one",
        )),
    }
}

/// `passes: 5 of 6`, `every`, `ready-within`.
fn read_pace(fields: &Fields<'_>, ready_within: Duration) -> Result<Pace> {
    let (needed, of) = match fields.text("passes")? {
        None => (1, 1),
        Some(text) => passes(text).map_err(|why| {
            fields.error(
                "passes",
                &format!("is `{}`{why}", shown(text)),
                "write it as `5 of 6`, or as `3` for three of three",
            )
        })?,
    };
    let ready_within = fields.duration("ready-within")?.unwrap_or(ready_within);
    Ok(Pace { needed, of, every: fields.time("every")?.unwrap_or(EVERY), ready_within })
}

/// Reads `5 of 6` or `3`. The error says what is wrong with it, if it has the form.
fn passes(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| String::new());
    let (needed, of) = match text.split_once(" of ") {
        Some((needed, of)) => (number(needed)?, number(of)?),
        None => (number(text)?, number(text)?),
    };
    match (needed, of) {
        (0, _) => Err(", and a check of which no try has to pass says nothing".to_owned()),
        (_, of) if of > MOST => Err(format!(", and at most {MOST} tries are made")),
        (needed, of) if needed > of => Err(", which is more than there are".to_owned()),
        pair => Ok(pair),
    }
}
