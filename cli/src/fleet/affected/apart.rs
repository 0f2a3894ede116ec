//! Stacks that are compared each with what it last deployed, and those that use an environment of ESC.

use super::tests::Repository;
use super::*;

/// `shop` reads outputs of `net`, and `web` of nobody.
fn repository() -> Repository {
    Repository::of(&[
        ("net/Pulumi.yaml", "name: net\nruntime: yaml\n"),
        ("net/Pulumi.prod.yaml", "environment: [acme/base]\n"),
        ("shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n"),
        ("shop/index.ts", "new pulumi.StackReference('acme/net/prod')"),
        ("shop/Pulumi.prod.yaml", ""),
        ("web/Pulumi.yaml", "name: web\nruntime: yaml\n"),
        ("web/Pulumi.dev.yaml", "environment:\n  imports: ['${which}']\n"),
        ("web/Pulumi.prod.yaml", "environment: [acme/web]\n"),
    ])
}

fn changes(since: &str, paths: &[&str]) -> ChangedPaths {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    ChangedPaths { since: Some(since.to_owned()), paths, ..ChangedPaths::default() }
}

fn apart(stacks: &[(&str, &str, Result<ChangedPaths, String>)]) -> Compared {
    let mut apart = ComparedApart::default();
    for (cwd, stack, changes) in stacks {
        apart.add(((*cwd).to_owned(), (*stack).to_owned()), changes.clone());
    }
    Compared::Apart(apart)
}

fn names(affected: &[(String, String)]) -> Vec<&str> {
    affected.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn each_stack_is_judged_by_the_changes_since_its_own_deployment() {
    let since = |paths| Ok(changes("a", paths));
    let compared = apart(&[
        ("net", "prod", since(&[])),
        ("shop", "prod", since(&[])),
        ("web", "dev", since(&["web/Pulumi.yaml"])),
        ("web", "prod", Ok(changes("b", &["net/Pulumi.yaml"]))),
    ]);
    assert_eq!(names(&repository().asked(&compared, &[])), ["web/dev"]);
}

#[test]
fn what_a_stack_reads_of_another_one_counts_since_its_own_deployment() {
    // The network was deployed after it had changed, and the shop was not.
    let compared = apart(&[
        ("net", "prod", Ok(changes("b", &[]))),
        ("shop", "prod", Ok(changes("a", &["net/Pulumi.yaml"]))),
    ]);
    let affected = repository().asked(&compared, &[]);
    assert_eq!(
        affected,
        [("shop/prod".to_owned(), "it comes after `net/prod`, which is affected".to_owned())]
    );
}

#[test]
fn what_comes_after_a_stack_of_which_nothing_is_known_is_affected_as_well() {
    let compared =
        apart(&[("net", "prod", Err("no deployment".to_owned())), ("shop", "prod", Ok(changes("a", &[])))]);
    let affected = repository().asked(&compared, &[]);
    assert_eq!(names(&affected), ["net/prod", "shop/prod"]);
    assert_eq!(affected[0].1, "no deployment");
}

#[test]
fn a_stack_whose_commit_is_not_there_counts_as_affected() {
    let unknown = ChangedPaths::unknown("the checkout is shallow".to_owned());
    let compared = apart(&[("web", "prod", Ok(unknown)), ("web", "dev", Ok(changes("a", &[])))]);
    assert_eq!(
        repository().asked(&compared, &[]),
        [("web/prod".to_owned(), "the checkout is shallow".to_owned())]
    );
}

#[test]
fn without_a_change_of_any_stack_it_is_known_that_there_is_none() {
    let same = apart(&[("web", "prod", Ok(changes("a", &[]))), ("net", "prod", Ok(changes("b", &[])))]);
    assert!(same.is_nothing());
    assert!(!apart(&[("web", "prod", Err("?".to_owned()))]).is_nothing());
    assert!(!apart(&[("web", "prod", Ok(changes("a", &["x"])))]).is_nothing());
}

#[test]
fn a_change_of_an_environment_affects_those_that_use_it_and_those_after_them() {
    let none = Compared::Together(ChangedPaths::default());
    let affected = repository().asked(&none, &["acme/base"]);
    assert_eq!(names(&affected), ["net/prod", "shop/prod", "web/dev"]);
    assert_eq!(affected[0].1, "it uses the ESC environment `acme/base`");
    assert_eq!(
        affected[2].1,
        "its configuration names an ESC environment in a form that can't be read: it may be `acme/base`"
    );
    assert_eq!(names(&repository().asked(&none, &["acme/web"])), ["web/dev", "web/prod"]);
}

#[test]
fn a_change_of_an_environment_comes_to_the_changes_of_files() {
    let changed = Compared::Together(changes("a", &["shop/index.ts"]));
    let affected = repository().asked(&changed, &["acme/web"]);
    assert_eq!(names(&affected), ["shop/prod", "web/dev", "web/prod"]);
}
