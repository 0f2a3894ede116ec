use super::*;
use crate::base::yaml;

const FILE: &str = "stackstep.yaml";

fn parsed(text: &str) -> Result<DeployMap> {
    DeployMap::parse(&yaml::parse(text).unwrap(), FILE)
}

fn map() -> DeployMap {
    parsed("branches: { main: staging, \"release/*\": qa }\ntags: { \"v*\": prod }").unwrap()
}

fn run(command: Command, stacks: &[&str]) -> (Command, Vec<String>) {
    (command, stacks.iter().map(|stack| (*stack).to_owned()).collect())
}

fn decided(map: &DeployMap, event: &DeliveryEvent) -> Option<(Command, Vec<String>)> {
    match map.decide(event, Some("main")).unwrap() {
        MapDecision::Run { command, stacks, .. } => Some((command, stacks)),
        MapDecision::Skip { .. } => None,
    }
}

fn branch(name: &str) -> DeliveryEvent {
    DeliveryEvent::Branch(name.to_owned())
}

fn change(target: &str) -> DeliveryEvent {
    DeliveryEvent::ChangeRequest { number: Some(7), target: Some(target.to_owned()) }
}

#[test]
fn a_branch_deploys_its_stack_and_says_by_which_line() {
    assert_eq!(decided(&map(), &branch("main")), Some(run(Command::Up, &["staging"])));
    assert_eq!(decided(&map(), &branch("release/1.2")), Some(run(Command::Up, &["qa"])));
    let MapDecision::Run { why, .. } = map().decide(&branch("release/1.2"), None).unwrap() else { panic!() };
    assert_eq!(why, "a commit on the branch `release/1.2` deploys `qa`: `deploy.branches.release/*`");
}

#[test]
fn a_tag_deploys_its_stack() {
    assert_eq!(decided(&map(), &DeliveryEvent::Tag("v1.2.0".into())), Some(run(Command::Up, &["prod"])));
}

#[test]
fn a_change_request_previews_what_merging_and_tagging_would_deploy() {
    assert_eq!(decided(&map(), &change("main")), Some(run(Command::Preview, &["staging", "prod"])));
    // What is merged into a release branch is not on the default branch, so no tag deploys it.
    assert_eq!(decided(&map(), &change("release/1.2")), Some(run(Command::Preview, &["qa"])));
    assert_eq!(decided(&map(), &change("feature")), None);
    let queue = DeliveryEvent::MergeQueue { target: Some("main".into()) };
    assert_eq!(decided(&map(), &queue), Some(run(Command::Preview, &["staging", "prod"])));
}

#[test]
fn a_change_request_previews_what_the_file_names() {
    let map = parsed("branches: { main: staging }\nchange-requests: [prod]").unwrap();
    assert_eq!(decided(&map, &change("main")), Some(run(Command::Preview, &["prod"])));
}

#[test]
fn another_event_is_skipped_with_a_clear_word_or_fails_if_the_file_says_so() {
    let MapDecision::Skip { why } = map().decide(&branch("wip"), None).unwrap() else { panic!() };
    assert_eq!(why, "a commit on the branch `wip` is not in the map of `stackstep.yaml`");
    let strict = parsed("branches: { main: staging }\notherwise: error").unwrap();
    let error = strict.decide(&branch("wip"), None).unwrap_err();
    assert_eq!(error.exit_status(), 2);
    assert!(error.to_string().contains("`wip`"), "{error}");
}

#[test]
fn two_stacks_for_one_branch_are_refused_and_the_same_stack_twice_is_none() {
    let map = parsed("branches: { main: staging, \"m*\": prod }").unwrap();
    let error = map.decide(&branch("main"), None).unwrap_err().to_string();
    assert!(error.contains("`main` deploys `staging`") && error.contains("`m*` deploys `prod`"), "{error}");
    assert_eq!(decided(&map, &branch("more")), Some(run(Command::Up, &["prod"])));
    let same = parsed("branches: { main: prod, \"m*\": prod }").unwrap();
    assert_eq!(decided(&same, &branch("main")), Some(run(Command::Up, &["prod"])));
}

#[test]
fn a_mistake_names_its_place() {
    for (text, place) in [
        ("branchs: { main: a }", "`deploy.branchs`"),
        ("branches: [main]", "`deploy.branches`"),
        ("branches: { main: [a, b] }", "several stacks"),
        ("branches: { main: }", "names no stack"),
        ("branches: { main: acme/shop/prod }", "names a project"),
        ("branches: { main: a }\notherwise: fail", "`deploy.otherwise`"),
        ("branches: { main: a }\nchange-requests: prod", "`deploy.change-requests`"),
        ("{}", "maps nothing"),
        ("main", "is not a mapping"),
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.to_string().contains(place), "{text}: {error}");
        assert!(error.hint().is_some(), "{text}");
    }
}

#[test]
fn a_line_that_never_fits_is_warned_of() {
    let map = parsed("branches: { refs/heads/main: staging, main: staging }").unwrap();
    let warnings = map.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].what.contains("`deploy.branches.refs/heads/main`"), "{}", warnings[0].what);
}
