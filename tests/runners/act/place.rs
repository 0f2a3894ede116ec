//! Where a job runs: a repository of its own with a program, this suite under its published name, and what stands for
//! the actions of others. Nothing is fetched.

use crate::tools;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands for an action of somebody else: it notes that it was called, with what, and which files lie at its
/// `path`. Artifacts are kept for the other jobs of the run; a `cache` that finds nothing says which key it looked for.
const STAND_IN: &str = "
const fs = require('node:fs')
const folder = process.env.INPUT_PATH ?? ''
const is = fs.statSync(folder, { throwIfNoEntry: false })
const files = is?.isDirectory() ? fs.readdirSync(folder) : is ? [folder] : []
const inputs = Object.entries(process.env).filter(([name, value]) => name.startsWith('INPUT_') && value)
fs.appendFileSync(process.env.CALLS, JSON.stringify({ action, files, inputs: Object.fromEntries(inputs) }) + '\\n')
const { INPUT_NAME: name, INPUT_PATTERN: pattern, ARTIFACTS: kept } = process.env
if (action === 'actions/upload-artifact' && is) fs.cpSync(folder, `${kept}/${name}`, { recursive: true })
if (action === 'actions/download-artifact' && fs.existsSync(kept)) {
  const wanted = fs.readdirSync(kept).filter(one => one === name || (pattern && one.startsWith(pattern.replace('*', ''))))
  for (const one of wanted) fs.cpSync(`${kept}/${one}`, name ? folder : `${folder}/${one}`, { recursive: true })
}
if (process.env.INPUT_KEY) fs.appendFileSync(process.env.GITHUB_OUTPUT, `cache-primary-key=${process.env.INPUT_KEY}\\n`)
";

/// The folders of one job.
pub struct Place {
    folder: tempfile::TempDir,
    /// The folders of the repository that hold the program, beside its root.
    programs: Vec<PathBuf>,
    /// `owner/name@ref` of each action that is not fetched, and its folder.
    actions: Vec<(String, PathBuf)>,
}

impl Place {
    /// A repository with these workflows (name and text) and the files of `program`.
    pub fn new(program: &Path, workflows: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "state", "repository/.github/workflows"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let suite = folder.path().join("suite");
        for name in ["actions", ".github/workflows"] {
            tools::copy(&tools::root().join(name), &suite.join(name));
        }
        let mut texts = Vec::new();
        for name in ["preview.yml", "deploy.yml", "delivery.yml"] {
            let path = suite.join(".github/workflows").join(name);
            let text = for_act(&read(&path));
            std::fs::write(&path, &text).unwrap();
            texts.push(text);
        }
        let repository = folder.path().join("repository");
        tools::copy(program, &repository);
        for (name, text) in workflows {
            std::fs::write(repository.join(".github/workflows").join(name), text).unwrap();
            texts.push((*text).to_owned());
        }
        commit(&repository);
        let mut actions = vec![("stackstep/stackstep@v1".to_owned(), suite)];
        actions.extend(stand_ins(folder.path(), &texts));
        Self { folder, programs: Vec::new(), actions }
    }

    /// The folder that all of it is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file or folder of the place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a person has set up: the backend, the passphrase.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("STACKSTEP_BIN", env!("CARGO_BIN_EXE_stackstep").to_owned()),
            ("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display())),
            ("PULUMI_CONFIG_PASSPHRASE", "a passphrase".to_owned()),
            ("PULUMI_HOME", self.path("home/pulumi").display().to_string()),
            ("CALLS", self.path("calls").display().to_string()),
            ("ARTIFACTS", self.path("artifacts").display().to_string()),
        ]
    }

    /// Puts this workflow in place of the one called `job.yml`.
    pub fn workflow(&mut self, text: &str) {
        std::fs::write(self.path("repository/.github/workflows/job.yml"), text).unwrap();
        let more = stand_ins(self.folder.path(), &[text.to_owned()]);
        self.actions.extend(more);
        self.actions.sort();
        self.actions.dedup();
    }

    /// Deploys the stack of the repository's program, as a run before has done.
    pub fn deploy(&self, stack: &str) {
        let mut up = Command::new(env!("CARGO_BIN_EXE_stackstep"));
        up.args(["up", "--engine", "sandbox", "--upsert", "--stack", stack])
            .env_clear()
            .envs(self.environment());
        up.env("HOME", self.path("home")).current_dir(self.path("repository"));
        let output = up.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for folder in &self.programs {
            let name = format!("Pulumi.{stack}.yaml");
            std::fs::copy(self.path("repository").join(&name), folder.join(&name)).unwrap();
        }
    }

    /// Pushes the repository's commit to a remote on the disk, which stands where the address of `origin` points to.
    pub fn push(&self) {
        let remote = format!("file://{}", self.path("remote.git").display());
        let config = format!(
            "[url \"{remote}\"]\n\tinsteadOf = https://github.com/acme/hello\n[protocol \"file\"]\n\tallow = always\n"
        );
        std::fs::write(self.path("home/.gitconfig"), config).unwrap();
        let bare = self.path("remote.git").display().to_string();
        for arguments in [
            &["init", "--quiet", "--bare", "--initial-branch", "main", &bare][..],
            &["push", "--quiet", &remote, "main"],
        ] {
            let mut git = Command::new("git");
            git.args(["-c", "protocol.file.allow=always"]).args(arguments);
            assert!(git.current_dir(self.path("repository")).status().unwrap().success());
        }
    }

    /// Commits a change of this file on a branch of its own, which is checked out.
    pub fn change(&self, name: &str, text: &str) {
        let repository = self.path("repository");
        std::fs::write(repository.join(name), text).unwrap();
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        for arguments in [
            &["checkout", "--quiet", "-b", "change"][..],
            &["add", "."],
            &["commit", "--quiet", "--message", "a change request"],
        ] {
            let mut git = Command::new("git");
            assert!(git.args(who).args(arguments).current_dir(&repository).status().unwrap().success());
        }
    }

    /// Lays the program into a folder of the repository too, where most people have it.
    pub fn program_in(&mut self, name: &str) {
        let (root, folder) = (self.path("repository"), self.path("repository").join(name));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(root.join("Pulumi.yaml"), folder.join("Pulumi.yaml")).unwrap();
        self.programs.push(folder);
    }

    /// What `act` has to be told so that it fetches nothing.
    pub fn local_repositories(&self) -> impl Iterator<Item = String> {
        self.actions
            .iter()
            .flat_map(|(name, path)| ["--local-repository".to_owned(), format!("{name}={}", path.display())])
    }

    /// The path of every file below `name`, sorted.
    pub fn files(&self, name: &str) -> Vec<PathBuf> {
        files(&self.path(name))
    }
}

/// A workflow of the suite without what GitHub has learnt since this `act`: `$/`, which means this repository at this
/// commit, `deployment` and `queue`, without which `act` does the same.
pub fn for_act(text: &str) -> String {
    let lines = text.lines().filter(|line| !["deployment: false", "queue: \"max\""].contains(&line.trim()));
    let lines = lines.map(|line| match line.split_once("\"$/actions/") {
        Some((before, action)) => {
            format!("{before}\"stackstep/stackstep/actions/{}@v1\"\n", action.trim_end_matches('"'))
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// A stand-in for each action that the workflows use and that is neither ours nor a checkout, which `act` replaces.
fn stand_ins(folder: &Path, texts: &[String]) -> Vec<(String, PathBuf)> {
    let mut repositories = BTreeSet::new();
    for text in texts {
        for line in text.lines() {
            let Some((_, uses)) = line.split_once("uses: ") else { continue };
            let uses = uses.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            let Some((name, reference)) = uses.split_once('@') else { continue };
            let mut parts = name.splitn(3, '/');
            let (Some(owner), Some(repository)) = (parts.next(), parts.next()) else { continue };
            if owner == "stackstep" || (owner, repository) == ("actions", "checkout") {
                continue;
            }
            let home = folder.join("stand-ins").join(owner).join(repository);
            let home_of_action = home.join(parts.next().unwrap_or_default());
            std::fs::create_dir_all(&home_of_action).unwrap();
            let script = format!("const action = '{name}'{STAND_IN}");
            std::fs::write(home_of_action.join("main.cjs"), script).unwrap();
            let action =
                "name: stand-in\ndescription: does nothing\nruns:\n  using: node24\n  main: main.cjs\n";
            std::fs::write(home_of_action.join("action.yml"), action).unwrap();
            repositories.insert((format!("{owner}/{repository}@{reference}"), home));
        }
    }
    repositories.into_iter().collect()
}

fn commit(repository: &Path) {
    for arguments in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "commit",
            "--quiet",
            "--message",
            "a change",
        ],
        &["remote", "add", "origin", "https://github.com/acme/hello"],
    ] {
        let mut git = Command::new("git");
        assert!(git.args(arguments).current_dir(repository).status().unwrap().success());
    }
}

/// The text of a file.
pub fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
