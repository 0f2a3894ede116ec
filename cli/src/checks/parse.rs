//! Reads the checks of a stack from `stackstep.yaml`. What can be known before a deployment is refused before it.

pub mod http;

use std::time::Duration;

use super::address::HostAddress;
use super::settings::{
    Check, CheckLine, CheckSubject, Checks, CommandCheck, EVERY, Pace, READY_WITHIN, TcpCheck,
};
use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, is_variable, shown};
use crate::base::yaml::{Mapping, Value};

/// The most checks of a stack, and the most tries of one.
const MOST: u32 = 100;

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

/// The keys that say what a check looks at, each with the keys that go with it; a check has one of them.
const KINDS: [(&str, &[&str]); 4] = [("http", HTTP), ("tcp", TCP), ("run", RUN), ("preview", PREVIEW)];

impl Checks {
    /// The keys of a stack that are about its checks.
    pub const KEYS: [&str; 4] = ["checks", "checks-timeout", "inconclusive", "on-failed-check"];

    /// The keys of a check of each kind, by the key that says its kind.
    pub fn keys_of_kinds() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        KINDS.iter().map(|(kind, keys)| (*kind, [keys, pace_of(kind)].concat()))
    }

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
            let free = (2..=MOST + 1).map(numbered).find(|name| !taken(&self.list, name));
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
    fields.only(&[keys, pace_of(kind)].concat(), &format!("a check with `{kind}`"))?;
    let (subject, name) = match kind {
        "http" => http::read(fields)?,
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

/// The keys of a kind that say how often it is tried.
fn pace_of(kind: &str) -> &'static [&'static str] {
    if kind == "preview" { &[] } else { PACE }
}

const KIND_HINT: &str =
    "name one of `http: URL`, `tcp: \"host:port\"`, `run: [./smoke.sh]` and `preview: no-changes`";

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

#[cfg(test)]
mod tests;
