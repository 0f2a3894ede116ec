//! What a fork's own files settle, which is nothing, and what of the base stack reaches it.

use super::{Fork, ON, SECRET};
use crate::comment_commands::talk::Talk;
use crate::deploy::repository::Repository;
use crate::support::PASSPHRASE;
use crate::support::forge::TOKEN;

#[test]
fn the_forks_own_file_changes_nothing() {
    let mut fork = Fork::new(ON);
    let elsewhere = fork.talk.repository.scene.root().join("elsewhere");
    let own = format!(
        "review: {{ from: prod, config: [\"shop:token\"], forks: {{ secrets: true }} }}\ncloud-url: \"file://{0}\"\nengine: \
         {0}/engine\nenvironment: production\nstacks: {{ \"pr-*\": {{ environment: production }} }}\n",
        elsewhere.display()
    );
    let scene = &fork.talk.repository.scene;
    scene.write("stackstep.yaml", &own);
    let head = pushed(&mut fork);
    fork.lets("tim", &head).ends_with(0).never_says(SECRET);
    fork.has_a_stack(1);
    assert!(!fork.seen("up").contains("production"), "{}", fork.seen("up"));
    let deployments = fork.talk.fake.memory().deployments.clone();
    let environments: Vec<&str> = deployments.iter().filter_map(|one| one["environment"].as_str()).collect();
    assert_eq!(environments, ["review/pr-7"]);
}

/// Commits what lies in the checkout as the fork's head, and goes back to the default branch.
fn pushed(fork: &mut Fork) -> String {
    let repository = &fork.talk.repository;
    repository.commit("a change of its own files");
    repository.push("feature");
    let head = repository.head();
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fork.talk.fake.memory().pulls[0].head.clone_from(&head);
    fork.talk.head.clone_from(&head);
    head
}

#[test]
fn the_backend_is_none_that_the_fork_names() {
    let mut fork = Fork::new(ON);
    let scene = &fork.talk.repository.scene;
    let elsewhere = scene.root().join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let program = std::fs::read_to_string(scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    scene.write(
        "infra/shop/Pulumi.yaml",
        &format!("{program}backend: {{ url: \"file://{}\" }}\n", elsewhere.display()),
    );
    let head = pushed(&mut fork);
    let scene = fork.talk.repository.scene.without("PULUMI_BACKEND_URL");
    let fork = Fork { talk: Talk { repository: Repository { scene }, ..fork.talk } };
    fork.lets("tim", &head).ends_with(73).says("name it outside of the checkout");
    assert!(!elsewhere.join(".pulumi").exists() && !elsewhere.join(".stackstep").exists());
}

#[test]
fn a_fork_makes_no_project_that_the_default_branch_does_not_have() {
    let mut fork = Fork::new(ON);
    let scene = &fork.talk.repository.scene;
    let program = std::fs::read_to_string(scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    scene.write("infra/shop/Pulumi.yaml", &program.replace("name: shop", "name: another"));
    let head = pushed(&mut fork);
    fork.lets("tim", &head).ends_with(73).says("has no project `another` in `infra/shop`");
    fork.has_no_stack();
}

#[test]
fn the_files_of_its_stacks_lie_in_the_checkout() {
    let mut fork = Fork::new(ON);
    let scene = &fork.talk.repository.scene;
    let elsewhere = scene.root().join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let program = std::fs::read_to_string(scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    scene.write("infra/shop/Pulumi.yaml", &format!("{program}stackConfigDir: {}\n", elsewhere.display()));
    let head = pushed(&mut fork);
    fork.lets("tim", &head).ends_with(73).says("outside of the checkout");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    fork.has_no_stack();
}

#[test]
fn no_secret_of_the_base_stack_is_copied_and_the_plain_values_are() {
    let file = ON.replace("from: staging", "from: staging, config: [\"shop:size\", \"shop:token\"]");
    let fork = Fork::new(&file).with("GITHUB_TOKEN", "ghs_0123456789abcdef");
    let run = fork.lets("tim", &fork.talk.head).ends_with(0);
    run.says("secrets of the base stack are not copied for a fork: `shop:token`").never_says(SECRET);
    let seen = fork.seen("up");
    assert!(seen.contains("shop:size=small") && !seen.contains("shop:token"), "{seen}");
    assert!(!fork.seen("configuration").contains("shop:token"));
    for kept in [SECRET, "ghs_", TOKEN, "STACKSTEP_FORGE"] {
        assert!(!seen.contains(kept), "{seen}");
    }
    assert!(fork.talk.preview().unwrap().contains("are not copied for a fork"), "people are told");
}

#[test]
fn secrets_are_copied_where_the_section_says_that_too() {
    let file = ON.replace("forks: true", "config: [\"shop:token\"], forks: { secrets: true }");
    let base = PASSPHRASE;
    let fork = Fork::on("gitlab", &file).with("STACKSTEP_BASE_PASSPHRASE", base);
    let run = fork.lets("tim", &fork.talk.head).ends_with(0);
    run.never_says("are not copied for a fork").never_says(SECRET);
    let stack = fork.has_a_stack(2);
    assert!(fork.seen("configuration").contains("\"shop:token\""), "{}", fork.seen("configuration"));
    assert_eq!(fork.ledger(&stack), ["opened"]);
    assert!(!fork.seen("up").contains(base), "its program gets no key of the base stack");
}
