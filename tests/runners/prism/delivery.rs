//! What delivery asks of GitHub: each request is one that GitHub describes, and GitHub's own example answers are read.

use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits};
use stackstep::base::origin::Origin;
use stackstep::base::secret::Secret;
use stackstep::forge::place::{Clues, Tokens};
use stackstep::forge::protection::{Fact, Watched};
use stackstep::forge::trouble::TroubleKind;
use stackstep::forge::{AskedRun, Client, GatedJob, ReviewState, RunStanding};

use super::described::Described;
use super::{HEAD, shown};

/// What `ask` makes of a client of the described forge.
fn asked<T>(forge: &Described, ask: impl AsyncFnOnce(&Client<'_>) -> T) -> T {
    let (origin, token, url) = (Origin::default(), Secret::new("token-0123456789"), forge.server.url());
    let clues = Clues {
        origin: &origin,
        remote: None,
        repository: Some("acme/shop"),
        forge: Some("github"),
        forge_url: Some(&url),
    };
    let tokens = Tokens { forge_token: Some(&token), github_token: None, own: None, author: None };
    let mut place = clues.find_repository().unwrap().with_token(tokens, &origin).unwrap();
    // The description is the public API's, which has no prefix.
    place.api = place.api.join("/").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = Http::new(&Env::default(), Limits::default()).unwrap();
    runtime.block_on(ask(&Client::new(&http, &place)))
}

#[test]
#[ignore = "needs prism"]
fn reviews_and_what_their_authors_may_do_are_as_described() {
    let forge = Described::start();
    let reviews = asked(&forge, async |client| client.reviews(7).await.unwrap());
    assert_eq!(reviews.len(), 1);
    let one = &reviews[0];
    assert_eq!(
        (one.person.id.as_str(), one.person.bot, one.state),
        ("octocat", false, ReviewState::Approved)
    );
    assert_eq!(one.commit.as_deref(), Some("ecdd80bb57125d7ba9641ffaa4d7d2c19d3f3091"));
    assert_eq!((one.at.as_deref(), one.may_write), (Some("2019-11-17T17:43:43Z"), Some(true)));
    let team = asked(&forge, async |client| client.team_members("acme/platform").await.unwrap().unwrap());
    assert_eq!(team[0].id, "octocat");
    forge.was_asked(&[
        "GET /repos/acme/shop/pulls/7/reviews",
        "GET /repos/acme/shop/collaborators/octocat/permission",
        "GET /orgs/acme/teams/platform/members",
    ]);
    shown("reviews");
    shown("team");
}

#[test]
#[ignore = "needs prism"]
fn files_and_history_are_as_described() {
    let forge = Described::start();
    asked(&forge, async |client| {
        assert_eq!(client.default_branch().await.unwrap(), "master");
        assert_eq!(
            client.branch_head("release/1 2").await.unwrap(),
            "aa218f56b14c9653891f9e74264a383fa43fefbd"
        );
        // The Base64 of the example has lost a letter, which is told and not guessed at.
        let trouble = client.file(HEAD, "stackstep.yaml").await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Unreadable);
        // The example is behind: `"status": "behind"`.
        assert!(!client.branch_contains("main", HEAD).await.unwrap());
        let (from, to) = ("0".repeat(40), "6dcb09b5b57875f334f61aebed695e2e4193db5e");
        let merged = client.merged_between(&from, to, "master").await.unwrap();
        assert_eq!(merged.not_known, None);
        // The pull request of the examples has a time at which it was merged.
        assert_eq!((merged.found.len(), merged.without.len()), (1, 0));
        let commit = client.commit(HEAD).await.unwrap();
        assert_eq!(commit.hash, "6dcb09b5b57875f334f61aebed695e2e4193db5e");
        assert_eq!(commit.parents.unwrap().len(), 1);
        let one = client.change_request(7).await.unwrap();
        assert_eq!((one.target.as_deref(), one.labels.as_slice()), (Some("master"), &["bug".to_owned()][..]));
        assert!(client.open_change_requests(30).await.unwrap().0[0].author.is_some());
    });
    forge.was_asked(&[
        "GET /repos/acme/shop",
        "GET /repos/acme/shop/git/ref/heads%2Frelease%2F1%202",
        "GET /repos/acme/shop/contents/stackstep.yaml",
    ]);
    for what in ["default branch", "branch head", "file", "compare", "merged between", "commit", "open"] {
        shown(what);
    }
}

#[test]
#[ignore = "needs prism"]
fn statuses_and_checks_that_are_there_are_as_described() {
    let forge = Described::start();
    asked(&forge, async |client| {
        let there = client.statuses_there(HEAD, "continuous-integration/jenkins").await.unwrap();
        assert_eq!((there.len(), &there[0].check), (1, &None));
        let there = client.statuses_there(HEAD, "mighty_readme").await.unwrap();
        assert_eq!(there[0].check.as_deref(), Some("4"));
    });
    forge.was_asked(&[
        &format!("GET /repos/acme/shop/commits/{HEAD}/status"),
        &format!("GET /repos/acme/shop/commits/{HEAD}/check-runs"),
    ]);
    shown("statuses");
    shown("checks");
}

#[test]
#[ignore = "needs prism"]
fn whether_a_run_has_ended_is_as_described() {
    let forge = Described::start();
    let run = AskedRun { id: "30433642".to_owned(), job: None };
    let standing = asked(&forge, async |client| client.run_standing(&run).await.unwrap().unwrap());
    assert_eq!(standing, RunStanding::AtWork("queued".to_owned()));
    forge.was_asked(&["GET /repos/acme/shop/actions/runs/30433642"]);
    shown("run");
}

#[test]
#[ignore = "needs prism"]
fn protection_environments_and_their_gate_are_as_described() {
    let forge = Described::start();
    let watched = Watched {
        branches: vec!["main".to_owned()],
        tags: vec!["v*".to_owned()],
        environments: vec!["staging".to_owned()],
    };
    let found = asked(&forge, async |client| client.protection(&watched).await.unwrap());
    let branch = &found.branches[0];
    // Both kinds of protection are in the examples.
    assert_eq!(branch.approvals, Fact::Known(2));
    assert_eq!(branch.resets_approvals, Fact::Known(true));
    assert_eq!(branch.required_statuses, Fact::Known(vec!["continuous-integration/travis-ci".to_owned()]));
    let environment = &found.environments[0];
    assert_eq!(
        environment.reviewers,
        Fact::Known(vec!["octocat".to_owned(), "the team justice-league".to_owned()])
    );
    assert_eq!(environment.self_review, Fact::Known(true));
    let references = vec!["`release/*`".to_owned(), "`main`".to_owned()];
    assert_eq!(environment.references, Fact::Known(Some(references)));
    let job = GatedJob { run: Some("4711".to_owned()), job: None, environment: Some("staging".to_owned()) };
    let gate = asked(&forge, async |client| client.gate_approvals(&job).await.unwrap().unwrap());
    assert_eq!((gate[0].person.id.as_str(), gate[0].approved), ("octocat", true));
    forge.was_asked(&[
        "GET /repos/acme/shop/branches/main/protection",
        "GET /repos/acme/shop/rules/branches/main",
        "GET /repos/acme/shop/rulesets",
        "GET /repos/acme/shop/rulesets/42",
        "GET /repos/acme/shop/environments/staging",
        "GET /repos/acme/shop/environments/staging/deployment-branch-policies",
        "GET /repos/acme/shop/actions/runs/4711/approvals",
    ]);
    for what in ["branch protection", "rulesets", "environment", "gate"] {
        shown(what);
    }
}
