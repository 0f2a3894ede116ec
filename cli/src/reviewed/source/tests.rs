//! What changes the source, and what does not.

use super::*;

/// A repository with these files, which git tracks.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    folder
}

fn git(folder: &Path, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
    let mut git = std::process::Command::new("git");
    assert!(git.args(args).current_dir(folder).status().unwrap().success());
}

fn source(folder: &Path) -> ProgramSource {
    ProgramSource::read(&folder.join("infra"), &folder.join("infra"))
}

const FILES: &[(&str, &str)] = &[
    ("infra/Pulumi.yaml", "name: shop"),
    ("infra/Pulumi.prod.yaml", "config: {}"),
    ("infra/index.ts", "import '../lib/a'"),
    ("lib/a.ts", "export {}"),
    ("README.md", "x"),
];

#[test]
fn a_byte_a_mode_and_a_name_of_what_is_reached_change_the_source() {
    let folder = repository(FILES);
    let before = source(folder.path());
    assert!(before.digest.starts_with("sha256:") && before.digest.len() == 71, "{}", before.digest);
    assert_eq!(before.files.keys().collect::<Vec<_>>(), ["infra/Pulumi.yaml", "infra/index.ts", "lib/a.ts"]);
    let changed = |change: &dyn Fn(&Path)| {
        let folder = repository(FILES);
        change(folder.path());
        source(folder.path()).digest != before.digest
    };
    assert!(!changed(&|_| {}));
    assert!(changed(&|top| fs::write(top.join("lib/a.ts"), "export { }").unwrap()), "not committed");
    assert!(changed(&|top| fs::remove_file(top.join("lib/a.ts")).unwrap()));
    assert!(changed(&|top| git(top, &["mv", "infra/index.ts", "infra/main.ts"])));
    assert!(!changed(&|top| fs::write(top.join("README.md"), "y").unwrap()));
    assert!(!changed(&|top| fs::write(top.join("infra/Pulumi.prod.yaml"), "y").unwrap()), "told apart");
    assert!(!changed(&|top| fs::write(top.join("infra/untracked"), "y").unwrap()));
}

#[cfg(unix)]
#[test]
fn a_program_and_the_target_of_a_link_are_told_apart() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = repository(FILES);
    let path = folder.path().join("infra/index.ts");
    let before = source(folder.path());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let program = source(folder.path());
    assert_ne!(program.files["infra/index.ts"], before.files["infra/index.ts"]);
    symlink("../README.md", folder.path().join("infra/read.me")).unwrap();
    git(folder.path(), &["add", "."]);
    let linked = source(folder.path());
    assert!(linked.files.contains_key("README.md"), "{:?}", linked.files);
    symlink("b.ts", folder.path().join("lib/c.ts")).unwrap();
    fs::write(folder.path().join("lib/b.ts"), "").unwrap();
    fs::write(folder.path().join("infra/index.ts"), "import '../lib/c'").unwrap();
    git(folder.path(), &["add", "."]);
    assert!(source(folder.path()).files.contains_key("lib/b.ts"));
}

#[test]
fn without_git_the_projects_folder_counts_and_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("infra/node_modules/x")).unwrap();
    for path in ["infra/Pulumi.yaml", "infra/Pulumi.dev.yaml", "infra/node_modules/x/y", "infra/a.ts"] {
        fs::write(folder.path().join(path), path).unwrap();
    }
    let source = source(folder.path());
    assert_eq!(source.files.keys().collect::<Vec<_>>(), ["Pulumi.yaml", "a.ts"]);
    assert_eq!(source.not_bound.len(), 1);
}

#[test]
fn a_large_repository_is_searched_for_what_one_project_reaches() {
    use std::fmt::Write as _;
    use std::io::Write as _;

    let folder = repository(FILES);
    let mut list = String::new();
    let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
    for number in 0..100_000 {
        writeln!(list, "100644 {blob}\tother/{}/src/folder/file-{number}.ts", number % 997).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
    let mut git = std::process::Command::new("git");
    git.args(["update-index", "--index-info"]).current_dir(folder.path()).stdin(std::process::Stdio::piped());
    let mut child = git.spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(source(folder.path()).files.len(), 3);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_folder_is_not_waited_for() {
    let untracked = tempfile::tempdir().unwrap();
    fs::create_dir(untracked.path().join("infra")).unwrap();
    fs::write(untracked.path().join("infra/Pulumi.yaml"), "name: shop").unwrap();
    let tracked = repository(FILES);
    fs::remove_file(tracked.path().join("infra/index.ts")).unwrap();
    for (folder, pipe) in [(&untracked, "infra/gate"), (&tracked, "infra/index.ts")] {
        let pipe = folder.path().join(pipe);
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let top = folder.path().to_owned();
        let (done, is_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(source(&top).files.len()));
        let files = is_done.recv_timeout(std::time::Duration::from_secs(20));
        assert!(files.is_ok_and(|files| files > 0), "{}", pipe.display());
    }
}
