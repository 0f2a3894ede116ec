//! Templates: what all of them know, and how a value becomes text of the language that it lands in.

use super::{Suite, read, reference};
use crate::release::table::Release;
use crate::release::table::VERSION;
use crate::release::target::Target;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;

/// Templates that others include, such as the part of a launcher that fetches the binary.
const SHARED: &str = "bootstrap/templates";

/// Renders templates.
pub struct Renderer {
    environment: Environment<'static>,
    /// The suite, and the release that wrappers fetch.
    common: Value,
}

impl Renderer {
    /// For wrappers that fetch `release`. An undefined name is an error, nothing is escaped by itself.
    pub fn new(root: &Path, suite: &Suite, release: &Release) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_keep_trailing_newline(true);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        // A quoted scalar, which JSON, JavaScript and both versions of YAML read alike.
        environment.add_filter("quote", |text: String| serde_json::Value::String(text).to_string());
        environment.add_filter("shell", |text: String| format!("'{}'", text.replace('\'', "'\\''")));
        environment.add_filter("powershell", |text: String| format!("'{}'", text.replace('\'', "''")));
        environment.add_filter("cell", |text: String| reference::cell(&text));
        environment.add_filter("code", |text: String| code(&text));
        // The text of a file, by its path from the root, as it is.
        let from = root.to_owned();
        environment.add_function("file", move |name: String| {
            fs::read_to_string(from.join(&name)).map_err(|error| {
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, format!("no `{name}`"))
                    .with_source(error)
            })
        });
        // A template that others include: a shared one by its name, any other by its path from the root.
        let folders = [root.join(SHARED), root.to_owned()];
        environment.set_loader(move |name| {
            let path = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
            let text = path.map(|path| fs::read_to_string(&path)).transpose();
            text.map_err(|error| {
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "could not be read")
                    .with_source(error)
            })
        });
        let common = context! { suite, version => version(), release => release_values(suite, release) };
        Self { environment, common }
    }

    /// The template at `path` with these values and the common ones.
    pub fn render(&self, path: &Path, values: Value) -> Result<String> {
        let common = &self.common;
        self.environment
            .render_str(&read(path)?, context! { ..values, ..common.clone() })
            .map_err(|error| broken(path, &error))
    }
}

/// A shell script without what only a person reads in it: for scripts that are part of a larger file.
fn code(script: &str) -> String {
    let lines = script.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.fold(String::new(), |code, line| code + line + "\n")
}

/// The suite's version, for systems that want its numbers one by one.
fn version() -> Value {
    let plain = VERSION.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = plain.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    context! { plain, major => next(), minor => next(), patch => next() }
}

/// The release as a template sees it.
fn release_values(suite: &Suite, release: &Release) -> Value {
    let archives = release.archive.iter().map(|archive| {
        let platform = Target::named(&archive.target).and_then(|target| target.platform);
        context! { platform, ..Value::from_serialize(archive) }
    });
    let source = format!("https://github.com/{}/releases/download/v{}", suite.address, release.version);
    let source = if release.version.is_empty() { String::new() } else { source };
    context! { version => release.version, source, archive => archives.collect::<Vec<_>>() }
}

fn broken(path: &Path, error: &minijinja::Error) -> Error {
    Error::input(format!("`{}` does not render: {error:#}", path.display()), "fix the template")
}
