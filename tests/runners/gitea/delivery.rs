//! What delivery asks of a forge, asked of a real Gitea: reviews, files, history, protection, teams, and previews that become
//! stale.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use stackstep::admit::approvals::refusals::WhyNot;
use stackstep::admit::approvals::reviews::{ReviewFacts, ReviewVerdict, count_reviews};
use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits, Method};
use stackstep::base::origin::Origin;
use stackstep::base::secret::Secret;
use stackstep::forge::place::{Clues, Tokens};
use stackstep::forge::protection::{Fact, Protection, TagCreators, Watched};
use stackstep::forge::trouble::TroubleKind;
use stackstep::forge::{Client, CommitStatus, Place, RepositoryFile, Review, ReviewState, State};
use stackstep::publish::stale::{StaleBy, mark_stale};
use stackstep::pulumi::stack::StackIdentity;

use super::repository::{BRANCH, Pull};
use super::server::{BOT, OWNER, PERSON};
use super::shown;

fn place(pull: &Pull, token: &str) -> Place {
    let (origin, token) = (Origin::default(), Secret::new(token));
    let clues = Clues {
        origin: &origin,
        remote: None,
        repository: Some(&pull.repository),
        forge: Some("gitea"),
        forge_url: Some(&pull.server.url),
    };
    let tokens = Tokens { forge_token: Some(&token), github_token: None, own: None, author: None };
    clues.find_repository().unwrap().with_token(tokens, &origin).unwrap()
}

/// What `ask` makes of a client with the token.
fn asked<T>(pull: &Pull, token: &str, ask: impl AsyncFnOnce(&Client<'_>) -> T) -> T {
    let place = place(pull, token);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let http = Http::new(&Env::default(), Limits::default()).unwrap();
    runtime.block_on(ask(&Client::new(&http, &place)))
}

impl Pull {
    fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        self.server.owner(method, &format!("repos/{}/{path}", self.repository), body)
    }

    /// A review by the holder of a token.
    fn review(&self, token: &str, event: &str) -> u64 {
        let path = format!("repos/{}/pulls/{}/reviews", self.repository, self.number);
        let body = json!({ "event": event, "body": "a word" });
        let made = self.server.with_token(token, Method::POST, &path, &body);
        made["id"].as_u64().unwrap()
    }

    fn may_write(&self, name: &str) {
        let permission = json!({ "permission": "write" });
        self.ask(Method::PUT, &format!("collaborators/{name}"), &permission);
    }

    /// Another commit on a branch, and its hash.
    fn push(&self, branch: &str, file: &str) -> String {
        let body =
            json!({ "content": BASE64_STANDARD.encode("a word\n"), "message": "More", "branch": branch });
        let made = self.ask(Method::POST, &format!("contents/{file}"), &body);
        made["commit"]["sha"].as_str().unwrap().to_owned()
    }

    /// Another pull request, from a branch of its own.
    fn beside(&self, branch: &str) -> (u64, String) {
        let body = json!({ "content": BASE64_STANDARD.encode("a word\n"), "message": "Other", "new_branch": branch });
        let made = self.ask(Method::POST, &format!("contents/{branch}.txt"), &body);
        let head = made["commit"]["sha"].as_str().unwrap().to_owned();
        let pull = json!({ "title": "Other", "head": branch, "base": "main" });
        let pull = self.ask(Method::POST, "pulls", &pull);
        (pull["number"].as_u64().unwrap(), head)
    }
}

fn reviews(pull: &Pull) -> Vec<Review> {
    asked(pull, &pull.server.bot, async |client| client.reviews(pull.number).await.unwrap())
}

fn judged(pull: &Pull, head: &str, commented_at: &str, needed: usize) -> ReviewVerdict {
    let request =
        asked(pull, &pull.server.bot, async |client| client.change_request(pull.number).await.unwrap());
    let facts = ReviewFacts {
        request: "pull request",
        author: request.author.as_ref(),
        head,
        commented_at,
        needed,
        from: &[],
        teams: &BTreeMap::new(),
    };
    count_reviews(&reviews(pull), &facts)
}

const LONG_AGO: &str = "2020-01-01T00:00:00Z";

#[test]
#[ignore = "needs Gitea"]
fn reviews_have_their_commit_their_time_and_whether_they_are_official() {
    let pull = Pull::open();
    pull.review(&pull.server.person, "APPROVED");
    let verdict = judged(&pull, &pull.head, LONG_AGO, 1);
    assert_eq!(verdict.not_counted[0].why, WhyNot::MayNotWrite, "{verdict:#?}");
    pull.may_write(PERSON);
    let requested = pull.review(&pull.server.person, "REQUEST_CHANGES");
    let last = reviews(&pull).pop().unwrap();
    assert_eq!((last.person.id.as_str(), last.state), (PERSON, ReviewState::ChangesRequested));
    assert_eq!((last.commit.as_deref(), last.may_write), (Some(pull.head.as_str()), Some(true)));
    pull.review(&pull.server.bot, "APPROVED");
    assert_eq!(judged(&pull, &pull.head, LONG_AGO, 1).blocking[0].id, PERSON);
    let path = format!("pulls/{}/reviews/{requested}/dismissals", pull.number);
    pull.ask(Method::POST, &path, &json!({ "message": "settled" }));
    let verdict = judged(&pull, &pull.head, LONG_AGO, 1);
    assert!(verdict.is_enough(), "{verdict:#?}");
    assert_eq!(verdict.counted[0].person.id, BOT);
    assert_eq!(verdict.not_counted[0].why, WhyNot::Dismissed);
    let later = judged(&pull, &pull.head, "2100-01-01T00:00:00Z", 1);
    assert!(matches!(later.not_counted[1].why, WhyNot::BeforeComment { .. }), "{later:#?}");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn an_approval_stays_with_its_commit_when_another_one_is_pushed() {
    let pull = Pull::open();
    pull.review(&pull.server.bot, "APPROVED");
    let head = pull.push(BRANCH, "more.txt");
    let found = asked(&pull, &pull.server.bot, async |client| client.branch_head(BRANCH).await.unwrap());
    assert_eq!(found, head);
    let verdict = judged(&pull, &head, LONG_AGO, 1);
    assert!(
        matches!(&verdict.not_counted[0].why, WhyNot::OtherCommit { approved, .. } if *approved == pull.head)
    );
    pull.review(&pull.server.bot, "APPROVED");
    assert!(judged(&pull, &head, LONG_AGO, 1).is_enough());
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn more_reviews_than_a_page_has_are_all_read() {
    let pull = Pull::open();
    for _ in 0..60 {
        pull.review(&pull.server.person, "COMMENT");
    }
    pull.review(&pull.server.bot, "REQUEST_CHANGES");
    let found = reviews(&pull);
    assert_eq!(found.len(), 61);
    assert_eq!(judged(&pull, &pull.head, LONG_AGO, 1).blocking[0].id, BOT);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn files_and_history_are_read() {
    let pull = Pull::open();
    let base = asked(&pull, &pull.server.bot, async |client| client.branch_head("main").await.unwrap());
    let pushed = pull.push("main", "pushed.txt");
    let merge = pull.merge();
    asked(&pull, &pull.server.bot, async |client| {
        assert_eq!(client.default_branch().await.unwrap(), "main");
        let text = client.file(&pull.head, "Pulumi.yaml").await.unwrap();
        assert_eq!(text, RepositoryFile::Text("name: hello\n".to_owned()));
        assert_eq!(client.file(&base, "Pulumi.yaml").await.unwrap(), RepositoryFile::Missing);
        let unknown = client.file(&"0".repeat(40), "Pulumi.yaml").await.unwrap_err();
        assert_eq!(unknown.kind, TroubleKind::Missing);
        for (commit, contained) in [(&merge, true), (&pull.head, true), (&base, true)] {
            assert_eq!(client.branch_contains("main", commit).await.unwrap(), contained, "{commit}");
        }
        assert!(!client.branch_contains(BRANCH, &pushed).await.unwrap());
        client.branch_contains("main", &"0".repeat(40)).await.unwrap_err();
        let merged = client.merged_between(&base, &merge, "main").await.unwrap();
        assert_eq!(merged.found.iter().map(|one| one.number).collect::<Vec<_>>(), [pull.number]);
        assert_eq!(merged.without, std::slice::from_ref(&pushed));
        let one = &merged.found[0];
        assert_eq!((one.target.as_deref(), one.merge_commit.as_ref()), (Some("main"), Some(&merge)));
        assert!(one.merged_at.is_some() && one.author.as_ref().is_some_and(|author| author.id == OWNER));
    });
    shown();
}

fn protection(pull: &Pull, token: &str) -> Protection {
    let watched =
        Watched { branches: vec!["main".to_owned()], tags: vec!["v*".to_owned()], environments: Vec::new() };
    asked(pull, token, async |client| client.protection(&watched).await.unwrap())
}

#[test]
#[ignore = "needs Gitea"]
fn what_protects_a_branch_and_tags_is_read_and_what_is_for_administrators_is_not_known_to_others() {
    let pull = Pull::open();
    let owner = pull.server.token(OWNER, &["read:repository"]);
    let open = protection(&pull, &owner);
    assert_eq!(open.branches[0].approvals, Fact::Known(0));
    assert_eq!(open.branches[0].force_push, Fact::Known(true));
    assert_eq!(open.tags[0].creators, Fact::Known(TagCreators::Writers));
    let rule = json!({
        "rule_name": "ma*", "required_approvals": 2, "enable_push": true, "enable_push_whitelist": true,
        "push_whitelist_usernames": [BOT], "dismiss_stale_approvals": true, "block_admin_merge_override": true,
        "enable_status_check": true, "status_check_contexts": ["stackstep / shop / prod"],
    });
    pull.ask(Method::POST, "branch_protections", &rule);
    pull.ask(
        Method::POST,
        "tag_protections",
        &json!({ "name_pattern": "v*", "whitelist_usernames": [OWNER] }),
    );
    let closed = protection(&pull, &owner);
    let branch = &closed.branches[0];
    assert_eq!(branch.approvals, Fact::Known(2));
    assert_eq!(branch.bypass, Fact::Known(vec![format!("the user `{BOT}`")]));
    assert_eq!((&branch.resets_approvals, &branch.force_push), (&Fact::Known(true), &Fact::Known(false)));
    assert_eq!(branch.required_statuses, Fact::Known(vec!["`stackstep / shop / prod`".to_owned()]));
    assert_eq!(closed.tags[0].creators, Fact::Known(TagCreators::Only(vec![format!("the user `{OWNER}`")])));
    let seen = protection(&pull, &pull.server.bot);
    assert_eq!(seen.branches[0].approvals, Fact::Known(2), "that is told to everybody who sees the branch");
    assert!(
        matches!(&seen.branches[0].bypass, Fact::NotKnown(why) if why.contains("administrator")),
        "{seen:#?}"
    );
    assert!(matches!(seen.tags[0].creators, Fact::NotKnown(_)), "{seen:#?}");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn the_members_of_a_team_are_read() {
    let pull = Pull::open();
    let organization = format!("org-{}", pull.repository.rsplit('-').next().unwrap());
    pull.server.owner(Method::POST, "orgs", &json!({ "username": organization }));
    let team = json!({ "name": "platform", "permission": "write", "units": ["repo.code"] });
    let team = pull.server.owner(Method::POST, &format!("orgs/{organization}/teams"), &team);
    let member = format!("teams/{}/members/{PERSON}", team["id"]);
    pull.server.owner(Method::PUT, &member, &Value::Null);
    let token = pull.server.token(OWNER, &["read:organization"]);
    let team = format!("{organization}/platform");
    let found = asked(&pull, &token, async |client| client.team_members(&team).await.unwrap().unwrap());
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [PERSON]);
    let trouble =
        asked(&pull, &pull.server.bot, async |client| client.team_members(&team).await.unwrap_err());
    assert!(trouble.problem.hint.unwrap().contains("read:organization"));
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_good_preview_of_another_pull_request_is_pending_after_a_deployment() {
    let pull = Pull::open();
    let (other, head) = pull.beside("other");
    let stack = StackIdentity {
        project: Some("shop".to_owned()),
        stack: "prod".to_owned(),
        backend_url: Some("s3://acme".to_owned()),
        ..StackIdentity::default()
    };
    let status = CommitStatus {
        commit: head.clone(),
        name: "stackstep / shop / prod (s3://acme)".to_owned(),
        state: State::Success,
        description: "fine".to_owned(),
        url: None,
    };
    asked(&pull, &pull.server.bot, async |client| {
        client.set_status(&status).await.unwrap();
        let by =
            StaleBy { stack: &stack, key: None, target: Some("main"), except: &[pull.number], url: None };
        let marks = mark_stale(client, &by).await.unwrap();
        assert_eq!((marks.marked, marks.failed.len(), marks.more), (vec![other], 0, false));
        let again = mark_stale(client, &by).await.unwrap();
        assert!(again.marked.is_empty(), "it is pending already");
    });
    let list = pull.ask(Method::GET, &format!("commits/{head}/status"), &Value::Null);
    assert_eq!(list["statuses"][0]["status"], "pending");
    assert!(list["statuses"][0]["description"].as_str().unwrap().starts_with("stale: `prod`"), "{list:#}");
    shown();
}
