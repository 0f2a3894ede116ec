use std::process::Command;

use super::*;

/// A repository with a remote: `main` has two commits, `wip` one more.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        std::fs::create_dir(repository.path("remote")).unwrap();
        repository.git("remote", &["init", "-q", "-b", "main"]);
        for (file, text) in [("stackstep.yaml", "stack: old\n"), ("stackstep.yaml", "stack: new\n")] {
            std::fs::write(repository.path("remote").join(file), text).unwrap();
            repository.git("remote", &["add", "."]);
            repository.git("remote", &["commit", "-q", "-m", text.trim()]);
        }
        repository.git("remote", &["checkout", "-q", "-b", "wip"]);
        std::fs::write(repository.path("remote").join("stackstep.yaml"), "stack: wip\n").unwrap();
        repository.git("remote", &["commit", "-q", "-a", "-m", "wip"]);
        repository.git("remote", &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        repository.git("remote", &["config", "uploadpack.allowFilter", "true"]);
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, name: &str, args: &[&str]) -> String {
        let folder = self.path(name);
        #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
        let mut git = Command::new("git");
        let output = git
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A clone called `name` of the branch `wip`.
    fn cloned(&self, name: &str, more: &[&str]) -> PathBuf {
        let url = format!("file://{}", self.path("remote").display());
        std::fs::create_dir(self.path(name)).unwrap();
        let args: Vec<&str> = ["clone", "-q", "-b", "wip"].into_iter().chain(more.iter().copied()).collect();
        self.git(name, &args.iter().copied().chain([url.as_str(), "."]).collect::<Vec<_>>());
        self.path(name)
    }

    fn commit(&self, name: &str) -> String {
        self.git("remote", &["rev-parse", name])
    }
}

fn env() -> Env {
    Env::from_pairs("/", [("PATH", "/usr/local/bin:/usr/bin:/bin")])
}

fn text(text: &str) -> FileAt {
    FileAt::Text(text.to_owned())
}

#[tokio::test]
async fn a_whole_checkout_answers_from_its_own_objects() {
    let repository = Repository::new();
    let folder = repository.cloned("whole", &[]);
    // Nothing can be fetched any more.
    std::fs::rename(repository.path("remote"), repository.path("gone")).unwrap();
    let (env, context) = (env(), Context::default());
    let history = RepositoryHistory::new(&folder, &env, &context, None);
    assert_eq!(history.default_branch().await.as_deref(), Some("wip"));
    assert_eq!(history.file_of_branch("main", "stackstep.yaml", false).await, text("stack: new\n"));
    assert_eq!(history.file_of_branch("main", "other.yaml", false).await, FileAt::Missing);
    assert!(matches!(history.file_of_branch("main", "stackstep.yaml", true).await, FileAt::Unknown(_)));
}

#[tokio::test]
async fn a_shallow_checkout_gets_the_file_by_a_fetch_of_its_own() {
    let repository = Repository::new();
    let folder = repository.cloned("shallow", &["--depth=1"]);
    let before = repository.git("shallow", &["for-each-ref"]);
    let (env, context) = (env(), Context::default());
    let history = RepositoryHistory::new(&folder, &env, &context, None);
    assert_eq!(history.file_of_branch("main", "stackstep.yaml", true).await, text("stack: new\n"));
    assert_eq!(history.file_of_branch("main", "stackstep.yaml", false).await, text("stack: new\n"));
    let old = repository.commit("main~1");
    assert_eq!(history.file_of_commit(&old, "stackstep.yaml").await, text("stack: old\n"));
    assert_eq!(repository.git("shallow", &["for-each-ref"]), before, "the checkout stays as it is");
}

#[tokio::test]
async fn a_branch_contains_its_commits_and_no_others() {
    let repository = Repository::new();
    let (old, wip) = (repository.commit("main~1"), repository.commit("wip"));
    let (env, context) = (env(), Context::default());
    for (name, depth) in [("whole", &[][..]), ("shallow", &["--depth=1"][..])] {
        let folder = repository.cloned(name, depth);
        let history = RepositoryHistory::new(&folder, &env, &context, None);
        assert_eq!(history.contains("main", &old).await, Ok(true), "{name}");
        assert_eq!(history.contains("main", &wip).await, Ok(false), "{name}");
        assert!(history.contains("gone", &old).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn nothing_of_the_checkouts_configuration_is_obeyed() {
    let repository = Repository::new();
    let folder = repository.cloned("shallow", &["--depth=1"]);
    let trap = repository.path("trap");
    let command = format!("touch {}", trap.display());
    for key in
        ["core.fsmonitor", "core.sshCommand", "credential.helper", "remote.origin.uploadpack", "core.pager"]
    {
        repository.git("shallow", &["config", key, &command]);
    }
    repository.git("shallow", &["config", "alias.cat-file", &format!("!{command}")]);
    let (env, context) = (env(), Context::default());
    let history = RepositoryHistory::new(&folder, &env, &context, None);
    assert_eq!(history.file_of_branch("main", "stackstep.yaml", true).await, text("stack: new\n"));
    assert!(!trap.exists());
}

#[tokio::test]
async fn a_checkout_that_has_not_seen_the_default_branch_asks_the_remote() {
    let repository = Repository::new();
    let folder = repository.cloned("narrow", &["--depth", "1"]);
    repository.git("narrow", &["remote", "set-head", "origin", "-d"]);
    repository.git("remote", &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let (env, context) = (env(), Context::default());
    let history = RepositoryHistory::new(&folder, &env, &context, None);
    assert_eq!(history.default_branch().await.as_deref(), Some("main"));
    std::fs::rename(repository.path("remote"), repository.path("gone")).unwrap();
    assert_eq!(history.default_branch().await, None);
}

#[tokio::test]
async fn a_commit_lies_before_those_that_contain_it_and_not_before_itself() {
    let repository = Repository::new();
    let (old, new, wip) = (repository.commit("main~1"), repository.commit("main"), repository.commit("wip"));
    let (env, context) = (env(), Context::default());
    for (name, depth) in [("whole", &[][..]), ("shallow", &["--depth=1"][..])] {
        let folder = repository.cloned(name, depth);
        let history = RepositoryHistory::new(&folder, &env, &context, None);
        assert_eq!(history.is_before(&old, &new).await, Some(true), "{name}");
        for (earlier, later) in [(&new, &old), (&new, &new), (&wip, &new)] {
            assert_eq!(history.is_before(earlier, later).await, Some(false), "{name}");
        }
        assert_eq!(history.is_before(&old, &"0".repeat(40)).await, None, "{name}");
    }
}
