use super::*;

fn branch() -> BranchProtection {
    BranchProtection {
        branch: "main".to_owned(),
        approvals: Fact::Known(2),
        change_requests_only: Fact::Known(true),
        resets_approvals: Fact::Known(true),
        author_counts: Fact::Known(false),
        last_push_approved: Fact::Known(true),
        bypass: Fact::Known(Vec::new()),
        force_push: Fact::Known(false),
        deletion: Fact::Known(false),
        required_statuses: Fact::Known(vec!["stackstep / shop / prod".to_owned()]),
        queue: Fact::Known(true),
        link: Some("https://forge.example/settings".to_owned()),
    }
}

fn environment() -> EnvironmentProtection {
    EnvironmentProtection {
        environment: "production".to_owned(),
        exists: Fact::Known(true),
        reviewers: Fact::Known(vec!["ann".to_owned()]),
        self_review: Fact::Known(false),
        references: Fact::Known(Some(vec!["`main`".to_owned()])),
        deployers: Fact::NoSuchThing,
        link: None,
    }
}

fn of_branch(branch: BranchProtection) -> Vec<RemoteLine> {
    sentences(&Protection { branches: vec![branch], ..Protection::default() })
}

fn of_environment(environment: EnvironmentProtection) -> Vec<RemoteLine> {
    sentences(&Protection { environments: vec![environment], ..Protection::default() })
}

fn in_state(lines: &[RemoteLine], state: RemoteState) -> Vec<&str> {
    lines.iter().filter(|line| line.state == state).map(|line| line.what.as_str()).collect()
}

/// The only open sentence.
#[track_caller]
fn is_open(lines: &[RemoteLine], says: &str) {
    assert_eq!(in_state(lines, RemoteState::Open), [says], "{lines:#?}");
    assert!(lines[0].hint.is_some() && lines[0].state == RemoteState::Open, "{lines:#?}");
}

#[test]
fn nothing_is_open_where_everything_is_closed() {
    let lines = [of_branch(branch()), of_environment(environment())].concat();
    assert!(in_state(&lines, RemoteState::Open).is_empty(), "{lines:#?}");
    assert!(in_state(&lines, RemoteState::NotKnown).is_empty(), "{lines:#?}");
    let closed = in_state(&lines, RemoteState::Closed);
    assert!(closed.contains(&"a change request for `main` needs 2 approvals"), "{closed:?}");
    assert!(closed.contains(&"`production` takes jobs of `main` only"), "{closed:?}");
}

#[test]
fn each_open_thing_of_a_branch_has_its_sentence() {
    let people = vec!["administrators".to_owned(), "deploy keys".to_owned()];
    for (found, says) in [
        (
            BranchProtection { approvals: Fact::Known(0), ..branch() },
            "a change of `main` needs nobody's approval",
        ),
        (
            BranchProtection { bypass: Fact::Known(people.clone()), ..branch() },
            "administrators, deploy keys get past the rules of `main`",
        ),
        (
            BranchProtection {
                change_requests_only: Fact::Known(false),
                bypass: Fact::Known(people),
                ..branch()
            },
            "administrators, deploy keys can push to `main` without a change request",
        ),
        (
            BranchProtection { change_requests_only: Fact::Known(false), ..branch() },
            "everybody who may write can push to `main` without a change request",
        ),
        (
            BranchProtection { resets_approvals: Fact::Known(false), ..branch() },
            "commits that are added after an approval are merged into `main` with it",
        ),
        (
            BranchProtection { author_counts: Fact::Known(true), ..branch() },
            "authors can approve their own change requests",
        ),
        (
            BranchProtection { last_push_approved: Fact::Known(false), ..branch() },
            "who added commits to another's change request can approve it",
        ),
        (
            BranchProtection { force_push: Fact::Known(true), ..branch() },
            "the history of `main` can be rewritten",
        ),
        (BranchProtection { deletion: Fact::Known(true), ..branch() }, "`main` can be deleted"),
        (
            BranchProtection { required_statuses: Fact::Known(Vec::new()), ..branch() },
            "a change request is merged into `main` whatever its preview says",
        ),
    ] {
        let lines = of_branch(found);
        is_open(&lines, says);
        assert!(lines[0].hint.as_ref().unwrap().ends_with("(https://forge.example/settings)"), "{lines:#?}");
    }
}

#[test]
fn each_open_thing_of_an_environment_has_its_sentence() {
    for (found, says) in [
        (
            EnvironmentProtection { exists: Fact::Known(false), ..environment() },
            "there is no environment `production`: the first job that names it creates it, with nothing that protects it",
        ),
        (
            EnvironmentProtection { reviewers: Fact::Known(Vec::new()), ..environment() },
            "a job gets to `production` without anybody's approval",
        ),
        (
            EnvironmentProtection { self_review: Fact::Known(true), ..environment() },
            "who started a job can approve it for `production`",
        ),
        (
            EnvironmentProtection { references: Fact::Known(None), ..environment() },
            "jobs of any branch and tag get to `production`, with its secrets",
        ),
        (
            EnvironmentProtection { deployers: Fact::Known(None), ..environment() },
            "everybody who can start a job can deploy to `production`",
        ),
    ] {
        is_open(&of_environment(found), says);
    }
}

#[test]
fn tags_and_variables_have_their_sentences() {
    let tags = TagProtection {
        tags: "v*".to_owned(),
        creators: Fact::Known(TagCreators::Writers),
        moves: Fact::Known(false),
        link: None,
    };
    let of = |tags: TagProtection| sentences(&Protection { tags: vec![tags], ..Protection::default() });
    is_open(&of(tags.clone()), "everybody who may write can create a tag `v*`");
    let only = |people: &[&str]| {
        let people = people.iter().map(|&name| name.to_owned()).collect();
        TagProtection { creators: Fact::Known(TagCreators::Only(people)), ..tags.clone() }
    };
    assert_eq!(of(only(&[]))[0].what, "nobody can create a tag `v*`");
    assert_eq!(of(only(&["ann"]))[0].what, "a tag `v*` can be created by ann only");
    is_open(
        &of(TagProtection { moves: Fact::Known(true), ..only(&[]) }),
        "a tag `v*` can be moved or deleted",
    );
    let open = Some(Fact::Known(vec!["AWS_SECRET_ACCESS_KEY".to_owned()]));
    let lines = sentences(&Protection { open_variables: open, ..Protection::default() });
    is_open(&lines, "the jobs of each branch get `AWS_SECRET_ACCESS_KEY`");
}

#[test]
fn what_is_not_known_for_one_reason_is_one_line_and_is_never_open_or_closed() {
    let lines = of_branch(BranchProtection::not_known("main", "the token needs Administration: Read"));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!((lines[0].state, lines[0].about.as_str()), (RemoteState::NotKnown, "branch main"));
    assert!(lines[0].what.contains("how many approvals a change request needs, who gets past its rules"));
    assert_eq!(lines[0].hint.as_deref(), Some("the token needs Administration: Read"));
    let lines = of_environment(EnvironmentProtection::not_known("production", "why"));
    assert!(lines.iter().all(|line| line.state == RemoteState::NotKnown), "{lines:#?}");
    let mixed = of_branch(BranchProtection { bypass: Fact::NotKnown("why".to_owned()), ..branch() });
    assert_eq!(in_state(&mixed, RemoteState::NotKnown), ["it is not known who gets past its rules"]);
    assert!(in_state(&mixed, RemoteState::Closed).contains(&"`main` takes change requests only"));
}

#[test]
fn a_forge_without_environments_is_told() {
    let none = EnvironmentProtection {
        exists: Fact::NoSuchThing,
        reviewers: Fact::NoSuchThing,
        self_review: Fact::NoSuchThing,
        references: Fact::NoSuchThing,
        ..environment()
    };
    let lines = of_environment(none);
    assert_eq!((lines.len(), lines[0].state), (1, RemoteState::Note));
}
