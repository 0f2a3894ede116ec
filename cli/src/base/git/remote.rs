//! The commands that ask a remote for the head of a branch and for its default branch, and the readers of its answers.
//! They ask by the remote's address, from an empty folder of our own: git reads no configuration of the checkout, which could name programs to
//! start (`core.sshCommand`, `credential.helper`, `remote.<name>.vcs`, `url.<base>.insteadOf`, a bare repository in a
//! subfolder …), and it gets an environment without the job's secrets. Only two plain values come from the checkout's
//! configuration: the address of `origin`, and the header by which the checkout signs in there.
//! <https://git-scm.com/docs/git-config>

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::config::{self, Setting};
use super::{commit, common_folder, git_folder, is_within, text};
use crate::base::env::Env;
use crate::base::program::on_path;
use crate::base::secret::Secret;

/// The protocols that git may use; `ext::` and the like would start programs.
/// <https://git-scm.com/docs/git#Documentation/git.txt-GITALLOWPROTOCOL>
const PROTOCOLS: &str = "https:http:ssh:git:file";

/// The variables that git needs to reach a remote and to sign in there as the job is set up to.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "USERNAME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "XDG_CONFIG_HOME",
    "SYSTEMROOT",
    "WINDIR",
    "TEMP",
    "TMP",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// The command that asks git for a branch's head, or for the default branch.
pub struct HeadQuestion {
    /// The program's file.
    pub program: PathBuf,
    /// The command line.
    pub args: Vec<String>,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
    /// The folder to run it in, which is empty.
    pub folder: TempDir,
}

impl HeadQuestion {
    /// The command that asks `origin` of the repository around `folder` for the commit that `branch` is at now. None
    /// without git or without a remote.
    pub fn about(folder: &Path, branch: &str, env: &Env) -> Option<Self> {
        Self::new(folder, "--exit-code", &format!("refs/heads/{branch}"), env)
    }

    /// The command that asks `origin` of the repository around `folder` for the name of its default branch. None without
    /// git or without a remote. <https://git-scm.com/docs/git-ls-remote#Documentation/git-ls-remote.txt---symref>
    pub fn about_default(folder: &Path, env: &Env) -> Option<Self> {
        Self::new(folder, "--symref", "HEAD", env)
    }

    fn new(folder: &Path, how: &str, reference: &str, env: &Env) -> Option<Self> {
        let remote = Remote::in_folder(folder, env)?;
        let empty = tempfile::tempdir().ok()?;
        let program = program(folder, env)?;
        let environment = remote.environment(folder, empty.path(), env);
        let args = ["ls-remote", how, "--", &remote.address, reference].map(str::to_owned);
        Some(Self { program, args: args.to_vec(), environment, folder: empty })
    }
}

/// The commit in git's answer.
pub fn head_in(answer: &str) -> Option<String> {
    commit(answer.split_whitespace().next()?)
}

/// The name of the default branch in git's answer.
pub fn default_in(answer: &str) -> Option<String> {
    let first = answer.lines().find_map(|line| line.strip_prefix("ref: refs/heads/"))?;
    Some(first.split_whitespace().next()?.to_owned())
}

/// The path of git: from the PATH, but not from the checkout.
pub(super) fn program(folder: &Path, env: &Env) -> Option<PathBuf> {
    let git = on_path("git", env)?;
    (!is_within(&git, folder)).then_some(git)
}

/// The remote to ask, and the headers to sign in with.
pub(super) struct Remote {
    pub(super) address: String,
    headers: Vec<Setting>,
}

impl Remote {
    pub(super) fn in_folder(folder: &Path, env: &Env) -> Option<Self> {
        let settings = config::settings(&text(&common_folder(&git_folder(folder)?).join("config"))?);
        let address = config::first(&settings, "remote", Some("origin"), "url")?;
        // A relative path starts at the checkout, but git runs elsewhere.
        if !address.contains(':') && !Path::new(&address).is_absolute() {
            return None;
        }
        let mut headers = settings.clone();
        // git ignores an included file that does not exist.
        for include in credentials_of_the_checkout(&settings, env).iter().filter_map(|path| text(path)) {
            headers.extend(config::settings(&include));
        }
        headers.retain(|setting| setting.section == "http" && setting.key == "extraheader");
        Some(Self { address, headers })
    }

    /// The remote, and how the checkout signs in there, as the settings of another git folder.
    pub(super) fn as_settings(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let is_one_line = |text: &str| !text.contains(['\n', '\r', '\0']);
        let mut text = String::new();
        if is_one_line(&self.address) {
            text.push_str(&format!("[remote \"origin\"]\n\turl = {}\n", quoted(&self.address)));
        }
        for header in self.headers.iter().filter(|header| is_one_line(&header.value)) {
            let of = header.subsection.as_deref().map(|of| format!(" {}", quoted(of))).unwrap_or_default();
            text.push_str(&format!("[http{of}]\n\textraheader = {}\n", quoted(&header.value)));
        }
        text
    }

    /// Signs in with this header if the checkout has kept none, and only at this server: `https://github.com`.
    pub(super) fn sign_in(&mut self, server: &str, header: &Secret) {
        let server = format!("{}/", server.trim_end_matches('/'));
        if self.headers.is_empty() && server.starts_with("https://") && self.address.starts_with(&server) {
            self.headers.push(Setting {
                section: "http".to_owned(),
                subsection: Some(server),
                key: "extraheader".to_owned(),
                value: header.expose().to_owned(),
            });
        }
    }

    pub(super) fn environment(&self, folder: &Path, empty: &Path, env: &Env) -> Vec<(String, String)> {
        let is_kept = |name: &str| {
            KEPT.contains(&name)
                || name.starts_with("GIT_CONFIG_KEY_")
                || name.starts_with("GIT_CONFIG_VALUE_")
        };
        let mut variables: Vec<(String, String)> = env
            .iter()
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut set = |name: &str, value: String| {
            variables.retain(|(other, _)| other != name);
            variables.push((name.to_owned(), value));
        };
        // git starts `ssh` and helpers of its own from the PATH.
        let folders = std::env::split_paths(env.get("PATH").unwrap_or_default());
        if let Ok(path) = std::env::join_paths(folders.filter(|path| !is_within(path, folder))) {
            set("PATH", path.to_string_lossy().into_owned());
        }
        set("GIT_TERMINAL_PROMPT", "0".to_owned());
        set("GIT_ALLOW_PROTOCOL", PROTOCOLS.to_owned());
        // git must not search for a repository above our own folder.
        let above = empty.parent().unwrap_or(empty).display().to_string();
        set("GIT_CEILING_DIRECTORIES", above);
        let global = env.get("GIT_CONFIG_GLOBAL").map(PathBuf::from);
        let homes = ["HOME", "XDG_CONFIG_HOME"].iter().filter_map(|name| env.get(name).map(PathBuf::from));
        if global.into_iter().chain(homes).any(|path| is_within(&path, folder)) {
            set("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" }.to_owned());
        }
        // The headers are given in variables, as everybody on the machine can read a command line.
        let given: usize = env.get("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
        for (at, header) in self.headers.iter().enumerate() {
            let key = match &header.subsection {
                Some(address) => format!("http.{address}.extraheader"),
                None => "http.extraheader".to_owned(),
            };
            set(&format!("GIT_CONFIG_KEY_{}", given + at), key);
            set(&format!("GIT_CONFIG_VALUE_{}", given + at), header.value.clone());
        }
        set("GIT_CONFIG_COUNT", (given + self.headers.len()).to_string());
        variables
    }
}

/// The environment for a command that reaches no remote: nothing of the job's but the search path, and no configuration.
pub(super) fn apart(folder: &Path, own: &Path, env: &Env) -> Vec<(String, String)> {
    let folders = std::env::split_paths(env.get("PATH").unwrap_or_default());
    let path = std::env::join_paths(folders.filter(|path| !is_within(path, folder))).unwrap_or_default();
    let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let home = own.display().to_string();
    let system = env.get("SYSTEMROOT").map(|root| ("SYSTEMROOT", root.to_owned()));
    [
        ("PATH", path.to_string_lossy().into_owned()),
        ("HOME", home),
        ("GIT_CONFIG_GLOBAL", nothing.to_owned()),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ("GIT_TERMINAL_PROMPT", "0".to_owned()),
        ("GIT_NO_LAZY_FETCH", "1".to_owned()),
        ("GIT_NO_REPLACE_OBJECTS", "1".to_owned()),
        ("GIT_OPTIONAL_LOCKS", "0".to_owned()),
    ]
    .into_iter()
    .chain(system)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The files in the runner's temporary folder in which `actions/checkout` keeps its header since version 6.
/// <https://github.com/actions/checkout#whats-new>
fn credentials_of_the_checkout(settings: &[Setting], env: &Env) -> Vec<PathBuf> {
    let Some(folder) = env.get("RUNNER_TEMP") else { return Vec::new() };
    settings
        .iter()
        .filter(|setting| setting.section == "includeif" && setting.key == "path")
        .map(|setting| PathBuf::from(&setting.value))
        .filter(|path| path.parent() == Some(Path::new(folder)))
        .collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_default_branch_is_that_of_the_remotes_head() {
        let answer = "ref: refs/heads/release/1\tHEAD\n8d08154cabb1c4f71a535de986600303936780f8\tHEAD\n";
        assert_eq!(default_in(answer).as_deref(), Some("release/1"));
        // A remote whose head is detached names no branch.
        assert_eq!(default_in("8d08154cabb1c4f71a535de986600303936780f8\tHEAD\n"), None);
    }

    #[test]
    fn an_included_file_that_is_gone_is_passed_over() {
        let (checkout, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [there, gone] = ["there", "gone"].map(|name| temporary.path().join(name));
        std::fs::write(&there, "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: x\n").unwrap();
        std::fs::create_dir(checkout.path().join(".git")).unwrap();
        let config = format!(
            "[remote \"origin\"]\nurl = https://github.com/acme/shop\n[includeIf \"gitdir:/a\"]\npath = {}\n\
             [includeIf \"gitdir:/b\"]\npath = {}\n",
            gone.display(),
            there.display()
        );
        std::fs::write(checkout.path().join(".git/config"), config).unwrap();
        let env = Env::from_pairs("/", [("RUNNER_TEMP", temporary.path().to_str().unwrap())]);
        let remote = Remote::in_folder(checkout.path(), &env).unwrap();
        assert_eq!(remote.address, "https://github.com/acme/shop");
        assert_eq!(remote.headers.len(), 1);
    }
}
