//! `login`, `logout` and `whoami`, for state in a folder: nobody is asked, only the place is remembered.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/creds.go>

use serde_json::{Map, Value as Json, json};

use super::print;
use crate::args::Args;
use crate::env::Env;
use crate::failure::Failure;
use crate::program::project::Project;
use crate::state::Backend;
use crate::state::Location;
use crate::state::credentials_file;
use crate::state::hostname;
use crate::state::username;
use crate::text::reason;
use crate::version::BANNER;

/// `pulumi login`.
pub fn login(args: &Args, env: &Env) -> Result<(), Failure> {
    let given = args.arguments.first().map(String::as_str).or_else(|| args.value("cloud-url"));
    let url = match (given, args.is_on("local")) {
        (Some(_), true) => {
            return Err(Failure::new("a URL may not be specified when --local mode is enabled"));
        }
        (None, true) => Some("file://~"),
        (given, false) => given,
    };
    let mut env = env.clone();
    if let Some(url) = url {
        env.vars.insert("PULUMI_BACKEND_URL".to_owned(), url.to_owned());
    }
    let backend = open(&env)?;
    let mut credentials = read(&env)?;
    let url = backend.url().to_owned();
    credentials.insert("current".to_owned(), json!(url));
    for (name, value) in [("accessTokens", json!("")), ("accounts", json!({"lastValidatedAt": NEVER}))] {
        let entries = credentials.entry(name).or_insert_with(|| json!({}));
        entries[&url] = value;
    }
    write(&env, &credentials)?;
    print::out(&format!("{BANNER}\nLogged in to {} as {} ({url})\n", hostname(&env), username(&env)))
}

/// `pulumi logout`.
pub fn logout(args: &Args, env: &Env) -> Result<(), Failure> {
    let mut credentials = read(env)?;
    if args.is_on("all") {
        write(env, &Map::new())?;
        return print::out("Logged out of everything\n");
    }
    let given = args.arguments.first().map(String::as_str).or_else(|| args.value("cloud-url"));
    let current = credentials.get("current").and_then(Json::as_str).map(str::to_owned);
    let url = match (given, args.is_on("local")) {
        (_, true) => "file://~".to_owned(),
        (Some(url), false) => url.to_owned(),
        (None, false) => env.get("PULUMI_BACKEND_URL").map(str::to_owned).or(current).unwrap_or_default(),
    };
    for name in ["accessTokens", "accounts"] {
        if let Some(entries) = credentials.get_mut(name).and_then(Json::as_object_mut) {
            entries.shift_remove(&url);
        }
    }
    if credentials.get("current").and_then(Json::as_str) == Some(url.as_str()) {
        credentials.shift_remove("current");
    }
    write(env, &credentials)?;
    print::out(&format!("Logged out of {url}\n"))
}

/// `pulumi whoami`.
pub fn whoami(args: &Args, env: &Env) -> Result<(), Failure> {
    let backend = open(env)?;
    let (user, url) = (username(env), backend.url());
    if args.is_on("json") || args.value("output") == Some("json") {
        return print::json(&json!({"user": user, "url": url}));
    }
    if args.is_on("verbose") {
        return print::out(&format!(
            "User: {user}\nOrganizations: \nBackend URL: {url}\nToken type: personal\n"
        ));
    }
    print::out(&format!("{user}\n"))
}

/// What Go writes for a moment that never was.
const NEVER: &str = "0001-01-01T00:00:00Z";

fn open(env: &Env) -> Result<Backend, Failure> {
    let project = Project::find_if_any(env)?;
    let of_project = project.as_ref().and_then(|project| project.backend.as_deref());
    Location::find(env, of_project)?;
    Backend::open(env, of_project)
}

fn read(env: &Env) -> Result<Map<String, Json>, Failure> {
    let path = credentials_file(env);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(Failure::new(format!("open {}: {}", path.display(), reason(&error)))),
    };
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("failed to read Pulumi credentials file {}: {error}", path.display()))
    })
}

fn write(env: &Env, credentials: &Map<String, Json>) -> Result<(), Failure> {
    let path = credentials_file(env);
    let text = print::pretty(credentials, b"    ")?;
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| Failure::new(format!("open {}: {}", path.display(), reason(&error))))
}
