use super::*;

/// A repository with these files; git tracks them all.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, files);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    folder
}

fn write(folder: &tempfile::TempDir, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn git(folder: &tempfile::TempDir, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
    let mut git = std::process::Command::new("git");
    assert!(git.args(args).current_dir(folder.path()).status().unwrap().success());
}

fn find(folder: &tempfile::TempDir, wanted: Option<&[&str]>) -> RepositoryStacks {
    let top = std::fs::canonicalize(folder.path()).unwrap();
    let wanted: Option<Vec<String>> = wanted.map(|list| list.iter().map(|one| (*one).to_owned()).collect());
    RepositoryStacks::find(&top, wanted.as_deref())
}

/// Each project with its folder and stacks.
fn shown(found: &RepositoryStacks) -> Vec<(&str, &str, Vec<&str>)> {
    found
        .projects
        .iter()
        .map(|found| {
            (found.project.as_str(), found.cwd.as_str(), found.stacks.iter().map(String::as_str).collect())
        })
        .collect()
}

fn whats(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.what.as_str()).collect()
}

const SHOP: (&str, &str) = ("infra/shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n");

#[test]
fn projects_and_stacks_are_those_that_git_tracks() {
    let folder = repository(&[
        SHOP,
        ("infra/shop/Pulumi.prod.yaml", ""),
        ("infra/shop/Pulumi.dev10.yaml", ""),
        ("infra/shop/Pulumi.dev9.yaml", ""),
        ("Pulumi.yaml", "name: root\nruntime: yaml\n"),
    ]);
    write(&folder, &[("node_modules/x/Pulumi.yaml", "name: x"), ("infra/shop/Pulumi.mine.yaml", "")]);
    let found = find(&folder, None);
    assert_eq!(shown(&found), [("root", ".", vec![]), ("shop", "infra/shop", vec!["dev9", "dev10", "prod"])]);
    assert_eq!(found.projects[1].runtime.as_deref(), Some("nodejs"));
    assert!(found.problems.is_empty() && found.warnings.is_empty(), "{found:?}");
}

#[test]
fn the_stacks_lie_where_the_project_says() {
    let folder = repository(&[
        ("app/Pulumi.yaml", "name: app\nruntime: go\nstackConfigDir: ../stacks\n"),
        ("stacks/Pulumi.dev.yaml", ""),
        ("app/Pulumi.old.yaml", ""),
    ]);
    let found = find(&folder, None);
    assert_eq!(shown(&found), [("app", "app", vec!["dev"])]);
    assert_eq!(whats(&found.warnings), ["`app/Pulumi.old.yaml` belongs to no project"]);
}

#[test]
fn without_git_the_folders_are_searched_but_not_those_of_others() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        &[
            SHOP,
            ("infra/shop/Pulumi.dev.yaml", ""),
            ("infra/shop/node_modules/@pulumi/x/Pulumi.yaml", "name: x"),
            (".cache/Pulumi.yaml", "name: y"),
        ],
    );
    let found = find(&folder, None);
    assert_eq!(shown(&found), [("shop", "infra/shop", vec!["dev"])]);
    assert_eq!(whats(&found.warnings), ["git's index can't be read, so that the folders were searched"]);
}

#[test]
fn only_folders_that_are_wanted_count_and_a_pattern_without_one_is_a_mistake() {
    let folder =
        repository(&[SHOP, ("infra/network/Pulumi.yaml", "name: network"), ("old/Pulumi.yaml", "name: [")]);
    let found = find(&folder, Some(&["infra/*", "./typo/"]));
    assert_eq!(shown(&found), [("network", "infra/network", vec![]), ("shop", "infra/shop", vec![])]);
    assert_eq!(
        whats(&found.problems),
        ["`projects` names `./typo/`, and no folder like that has a Pulumi.yaml"]
    );
}

#[test]
fn one_name_in_two_folders_is_a_mistake() {
    let folder = repository(&[SHOP, ("copy/Pulumi.yaml", "name: shop")]);
    let found = find(&folder, None);
    assert_eq!(whats(&found.problems), ["the project `shop` is there 2 times: in `copy`, `infra/shop`"]);
}

#[test]
fn a_project_that_cannot_be_read_is_named_and_the_others_are_there() {
    let folder = repository(&[SHOP, ("broken/Pulumi.yaml", "name: [\n")]);
    let found = find(&folder, None);
    assert_eq!(shown(&found).len(), 1);
    assert!(found.problems[0].what.contains("broken/Pulumi.yaml"), "{found:?}");
}

#[test]
fn a_file_that_a_sparse_checkout_leaves_out_is_not_taken_for_the_one_above() {
    let folder = repository(&[("Pulumi.yaml", "name: root"), SHOP]);
    std::fs::remove_file(folder.path().join(SHOP.0)).unwrap();
    let found = find(&folder, None);
    assert_eq!(shown(&found), [("root", ".", vec![])]);
    assert_eq!(
        whats(&found.problems),
        ["git tracks a project file in `infra/shop`, and the work folder has none"]
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_repository_is_not_read_as_a_project() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.yaml"), "name: secret").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("x.yaml"), folder.path().join("a/Pulumi.yaml")).unwrap();
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "."]);
    let found = find(&folder, None);
    assert!(found.projects.is_empty(), "{found:?}");
    assert_eq!(
        whats(&found.problems),
        ["the project file in `a` is a link that leads out of the repository"]
    );
}
