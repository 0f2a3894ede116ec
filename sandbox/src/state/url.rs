//! Which backend: `PULUMI_BACKEND_URL`, then the project file's `backend.url`, then the login. Only a folder will do.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/workspace/creds.go>

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::failure::Failure;

/// <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/cmd/exit_codes.go>
const AUTHENTICATION: u8 = 3;

/// A backend's URL as it was given, and the folder behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// As it was given: the current stack is remembered under it.
    pub url: String,
    /// The folder.
    pub folder: PathBuf,
}

impl Location {
    /// Finds the backend.
    pub fn find(env: &Env, of_project: Option<&str>) -> Result<Self, Failure> {
        let url = match (env.get("PULUMI_BACKEND_URL"), of_project.filter(|url| !url.is_empty())) {
            (Some(url), _) | (None, Some(url)) => url.to_owned(),
            (None, None) => login(env)?.ok_or_else(not_logged_in)?,
        };
        let folder = folder(&url, env)?;
        Ok(Self { url, folder })
    }

    /// The URL of an object, as the CLI shows it.
    pub fn of(&self, key: &str) -> String {
        let query = match self.url.split_once('?') {
            Some((_, query)) if query.contains("no_tmp_dir=false") => String::new(),
            Some((_, query)) if query.contains("no_tmp_dir") => format!("?{query}"),
            Some((_, query)) if !query.is_empty() => format!("?{query}&no_tmp_dir=true"),
            _ => "?no_tmp_dir=true".to_owned(),
        };
        format!("file://{}{query}", escape(&self.folder.join(key).to_string_lossy().replace('\\', "/")))
    }
}

fn not_logged_in() -> Failure {
    Failure::with_status(
        "PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
        AUTHENTICATION,
    )
}

/// The folder with credentials and workspaces.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/workspace/paths.go>
pub fn pulumi_home(env: &Env) -> PathBuf {
    match env.get("PULUMI_HOME") {
        Some(home) => env.path(home),
        None => home(env).join(".pulumi"),
    }
}

fn home(env: &Env) -> PathBuf {
    let home = env.get("HOME").or_else(|| env.get("USERPROFILE")).unwrap_or("/");
    env.path(home)
}

/// Where logins are kept.
pub fn credentials_file(env: &Env) -> PathBuf {
    match env.get("PULUMI_CREDENTIALS_PATH") {
        Some(folder) => env.path(folder).join("credentials.json"),
        None => pulumi_home(env).join("credentials.json"),
    }
}

fn login(env: &Env) -> Result<Option<String>, Failure> {
    let path = credentials_file(env);
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let credentials: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("failed to read Pulumi credentials file {}: {error}", path.display()))
    })?;
    Ok(credentials["current"].as_str().filter(|url| !url.is_empty()).map(str::to_owned))
}

fn folder(url: &str, env: &Env) -> Result<PathBuf, Failure> {
    let Some(path) = url.strip_prefix("file://") else {
        let scheme =
            url.split_once("://").map_or_else(|| url.to_owned(), |(scheme, _)| format!("{scheme}://"));
        return Err(Failure::unsupported(format_args!("the backend `{scheme}`, only `file://`")));
    };
    let path = path.split('?').next().unwrap_or_default();
    let folder = match path.strip_prefix('~') {
        Some(rest) => home(env).join(rest.trim_start_matches(['/', '\\'])),
        None => env.path(path),
    };
    let folder = clean(&folder);
    match std::fs::metadata(&folder) {
        Ok(metadata) if metadata.is_dir() => Ok(folder),
        Ok(_) => Err(unusable(url, &format!("{} is not a directory", folder.display()))),
        Err(error) => {
            Err(unusable(url, &format!("stat {}: {}", folder.display(), crate::text::reason(&error))))
        }
    }
}

fn unusable(url: &str, why: &str) -> Failure {
    Failure::new(format!("unable to open state directory {url:?}: {why}"))
}

/// A path without `.` and `..`, as Go's `filepath.Abs` gives it.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                cleaned.pop();
            }
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// Percent-encodes what can't stand in a URL's path.
fn escape(path: &str) -> String {
    path.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~/$&+,:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)], cwd: &Path) -> Env {
        Env { vars: vars.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(), cwd: cwd.to_owned() }
    }

    #[test]
    fn the_variable_beats_the_project_which_beats_the_login() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["by-variable", "by-project", "by-login"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let login = r#"{"current": "file://by-login"}"#;
        std::fs::write(folder.path().join("credentials.json"), login).unwrap();
        let vars = [("PULUMI_BACKEND_URL", "file://by-variable"), ("PULUMI_HOME", ".")];
        let url =
            |vars: &[(&str, &str)], project| Location::find(&env(vars, folder.path()), project).unwrap().url;
        assert_eq!(url(&vars, Some("file://by-project")), "file://by-variable");
        assert_eq!(url(&vars[1..], Some("file://by-project")), "file://by-project");
        assert_eq!(url(&vars[1..], None), "file://by-login");
    }

    #[test]
    fn without_a_login_it_ends_with_the_status_of_authentication() {
        let folder = tempfile::tempdir().unwrap();
        let failure = Location::find(&env(&[("PULUMI_HOME", ".")], folder.path()), None).unwrap_err();
        assert_eq!(failure.status, 3);
        assert!(failure.message.starts_with("PULUMI_ACCESS_TOKEN must be set"));
    }

    #[test]
    fn another_backend_is_refused_by_name() {
        let env = env(&[("PULUMI_BACKEND_URL", "s3://bucket")], Path::new("/"));
        assert!(Location::find(&env, None).unwrap_err().message.contains("the backend `s3://`"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let env = env(&[("PULUMI_BACKEND_URL", "file:///nowhere/at/all")], Path::new("/"));
        let message = Location::find(&env, None).unwrap_err().message;
        assert!(message.contains("file:///nowhere/at/all") && message.contains("no such file or directory"));
    }

    #[test]
    fn the_home_folder_and_relative_paths_are_resolved() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("state")).unwrap();
        let home = folder.path().to_str().unwrap();
        for url in ["file://~/state", "file://./state", "file://x/../state?no_tmp_dir=true"] {
            let env = env(&[("PULUMI_BACKEND_URL", url), ("HOME", home)], folder.path());
            assert_eq!(Location::find(&env, None).unwrap().folder, folder.path().join("state"), "{url}");
        }
    }

    #[test]
    fn an_object_has_the_url_that_the_cli_shows() {
        let of = |url: &str| Location { url: url.into(), folder: "/a b".into() }.of("x.json");
        assert_eq!(of("file:///a b"), "file:///a%20b/x.json?no_tmp_dir=true");
        assert_eq!(of("file:///a b?no_tmp_dir=false"), "file:///a%20b/x.json");
    }
}
