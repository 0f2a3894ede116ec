use super::*;
use crate::base::origin::OwnToken;

fn origin() -> Origin {
    Origin::default()
}

fn clues<'a>(origin: &'a Origin, remote: Option<&'a str>) -> Clues<'a> {
    Clues { origin, remote, repository: None, forge: None, forge_url: None }
}

fn found(clues: Clues<'_>) -> (&'static str, String, String) {
    let found = clues.find_repository().unwrap_or_else(|unknown| panic!("{unknown}"));
    (found.forge.name(), found.api.to_string(), found.repository)
}

#[test]
fn the_remote_tells_the_forge_in_each_form_of_its_address() {
    for (remote, name, api, repository) in [
        (
            "https://x-access-token:hunter2@github.com/acme/shop.git",
            "github",
            "https://api.github.com/",
            "acme/shop",
        ),
        ("git@github.com:acme/shop.git", "github", "https://api.github.com/", "acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "github", "https://api.github.com/", "acme/shop"),
        ("https://acme.ghe.com/acme/shop", "github", "https://api.acme.ghe.com/", "acme/shop"),
        ("git@github.acme.example:web/shop.git", "github", "https://github.acme.example/api/v3/", "web/shop"),
        ("https://github.com/acme/shop/pull/7", "github", "https://api.github.com/", "acme/shop"),
        ("git@gitlab.com:acme/web/shop.git", "gitlab", "https://gitlab.com/api/v4/", "acme/web/shop"),
        (
            "https://gitlab.acme.example:8443/web/shop.git",
            "gitlab",
            "https://gitlab.acme.example:8443/api/v4/",
            "web/shop",
        ),
        (
            "https://acme@dev.azure.com/acme/web/_git/shop",
            "azure-repos",
            "https://dev.azure.com/acme/",
            "web/shop",
        ),
        (
            "https://dev.azure.com/acme/web%20shop/_git/a%20b",
            "azure-repos",
            "https://dev.azure.com/acme/",
            "web shop/a b",
        ),
        ("https://dev.azure.com/acme/_git/shop", "azure-repos", "https://dev.azure.com/acme/", "shop/shop"),
        ("git@ssh.dev.azure.com:v3/acme/web/shop", "azure-repos", "https://dev.azure.com/acme/", "web/shop"),
        (
            "https://acme.visualstudio.com/web/_git/shop",
            "azure-repos",
            "https://acme.visualstudio.com/",
            "web/shop",
        ),
        (
            "acme@vs-ssh.visualstudio.com:v3/acme/web/shop",
            "azure-repos",
            "https://acme.visualstudio.com/",
            "web/shop",
        ),
        ("git@bitbucket.org:acme/shop.git", "bitbucket", "https://api.bitbucket.org/2.0/", "acme/shop"),
        ("https://codeberg.org/acme/shop", "gitea", "https://codeberg.org/api/v1/", "acme/shop"),
    ] {
        let expected = (name, api.to_owned(), repository.to_owned());
        assert_eq!(found(clues(&origin(), Some(remote))), expected, "{remote}");
    }
}

#[test]
fn the_repository_of_the_change_request_wins_over_the_one_that_is_checked_out() {
    let origin = origin();
    let clues =
        Clues { repository: Some("acme/shop"), ..clues(&origin, Some("https://github.com/bob/shop")) };
    assert_eq!(found(clues).2, "acme/shop");
}

#[test]
fn what_the_ci_system_says_of_its_forge_wins_over_the_remote() {
    let origin = Origin {
        forge: Some("gitea"),
        remote: Some("http://git.acme.example:3000/web/shop".into()),
        api: Some("http://git.acme.example:3000/api/v1".into()),
        ..origin()
    };
    let expected = ("gitea", "http://git.acme.example:3000/api/v1/".to_owned(), "web/shop".to_owned());
    assert_eq!(found(clues(&origin, Some("https://github.com/acme/shop"))), expected);
}

#[test]
fn a_forge_and_an_address_set_by_hand_win_over_all() {
    let origin =
        Origin { forge: Some("github"), remote: Some("https://github.com/acme/shop".into()), ..origin() };
    let clues = Clues {
        forge: Some("gitlab"),
        forge_url: Some("https://code.acme.example/git"),
        repository: Some("acme/shop"),
        ..clues(&origin, None)
    };
    assert_eq!(found(clues), ("gitlab", "https://code.acme.example/git/api/v4/".into(), "acme/shop".into()));
}

#[test]
fn a_forge_that_is_set_and_no_address_is_the_public_one() {
    let origin = origin();
    let clues = Clues { forge: Some("bitbucket"), repository: Some("acme/shop"), ..clues(&origin, None) };
    assert_eq!(found(clues).1, "https://api.bitbucket.org/2.0/");
}

#[test]
fn an_unknown_host_is_named_and_its_token_is_not() {
    let origin = origin();
    let unknown =
        clues(&origin, Some("https://u:hunter2@code.acme.example/a/b")).find_repository().err().unwrap();
    assert!(unknown.what.contains("code.acme.example"), "{unknown}");
    assert!(!unknown.to_string().contains("hunter2"), "{unknown}");
    assert!(clues(&origin, None).find_repository().err().unwrap().hint.unwrap().contains("`forge`"));
}

fn at_github() -> Origin {
    Origin {
        forge: Some("github"),
        api: Some("https://api.github.com".into()),
        remote: Some("https://github.com/acme/shop".into()),
        token: Some(OwnToken { variable: "GITHUB_TOKEN", mute: None }),
        author: Some("github-actions[bot]"),
        ..Origin::default()
    }
}

const NONE: Tokens<'_> = Tokens { forge_token: None, github_token: None, own: None, author: None };

#[test]
fn a_token_that_is_given_wins_over_the_jobs_own() {
    let (mine, github) = (Secret::new("mine"), Secret::new("github"));
    let origin = at_github();
    let place = |tokens| clues(&origin, None).find_repository().unwrap().with_token(tokens, &origin);
    let all = Tokens { forge_token: Some(&mine), github_token: Some(&github), own: Some("own"), ..NONE };
    assert_eq!(place(all).unwrap().token.expose(), "mine");
    assert_eq!(place(Tokens { forge_token: None, ..all }).unwrap().token.expose(), "github");
    let own = place(Tokens { own: Some("own"), ..NONE }).unwrap();
    assert_eq!((own.token.expose(), own.author.as_deref()), ("own", Some("github-actions[bot]")));
    assert!(place(NONE).unwrap_err().hint.unwrap().contains("pull-requests: write"));
}

#[test]
fn a_hint_speaks_of_the_jobs_own_permissions_only_where_the_job_has_such_a_token() {
    let github = at_github();
    let elsewhere = Origin { remote: github.remote.clone(), ..Origin::default() };
    let hint = |origin: &Origin| {
        clues(origin, None).find_repository().unwrap().with_token(NONE, origin).unwrap_err().hint.unwrap()
    };
    assert!(hint(&github).contains("under `permissions:`"), "{}", hint(&github));
    assert!(!hint(&elsewhere).contains("workflow"), "{}", hint(&elsewhere));
    let token = Secret::new("mine");
    let place = |tokens| clues(&github, None).find_repository().unwrap().with_token(tokens, &github).unwrap();
    let given = place(Tokens { forge_token: Some(&token), ..NONE });
    assert!(!given.permission().contains("workflow"), "{}", given.permission());
    assert!(place(Tokens { own: Some("own"), ..NONE }).permission().contains("workflow"));
}

#[test]
fn a_missing_token_is_asked_for_by_the_name_that_the_job_can_set() {
    let of = |forge_token_input| {
        let origin = Origin { forge_token_input, ..at_github() };
        clues(&origin, None).find_repository().unwrap().with_token(NONE, &origin).unwrap_err().hint.unwrap()
    };
    assert!(of(Some("forge-token")).starts_with("set `forge-token`;"));
    assert!(of(None).starts_with("set `STACKSTEP_FORGE_TOKEN`;"));
}

#[test]
fn the_jobs_own_token_never_goes_to_another_server() {
    let origin = at_github();
    for (forge, url) in [(None, Some("https://github.evil.example")), (Some("gitea"), None)] {
        let clues = Clues { forge, forge_url: url, repository: Some("acme/shop"), ..clues(&origin, None) };
        let tokens = Tokens { own: Some("own"), ..NONE };
        assert!(clues.find_repository().unwrap().with_token(tokens, &origin).is_err());
    }
}

#[test]
fn a_github_token_goes_to_no_other_forge() {
    let origin = origin();
    let github = Secret::new("github");
    let found = clues(&origin, Some("git@gitlab.com:acme/shop.git")).find_repository().unwrap();
    assert!(found.with_token(Tokens { github_token: Some(&github), ..NONE }, &origin).is_err());
}

#[test]
fn a_token_that_can_not_comment_says_what_can() {
    let origin = Origin {
        forge: Some("gitlab"),
        api: Some("https://gitlab.com/api/v4".into()),
        remote: Some("https://gitlab.com/acme/shop".into()),
        token: Some(OwnToken { variable: "CI_JOB_TOKEN", mute: Some("set `forge-token`") }),
        ..Origin::default()
    };
    let found = clues(&origin, None).find_repository().unwrap();
    let unknown = found.with_token(Tokens { own: Some("job"), ..NONE }, &origin).unwrap_err();
    assert_eq!(unknown.hint.unwrap(), "set `forge-token`");
}

#[test]
fn a_change_request_has_the_name_that_its_forge_gives_it() {
    for forge in FORGES {
        let expected = if forge.name() == "gitlab" { "merge request !7" } else { "pull request #7" };
        assert_eq!(forge.request(7), expected, "{}", forge.title());
    }
}
