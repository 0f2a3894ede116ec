//! How each forge names people, its pages, and its comments on commits.

use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits, Url};
use stackstep::base::secret::Secret;
use stackstep::forge::{Client, Place, forge_by_name};

use crate::support::server::{Reply, Server};

#[test]
fn a_change_request_has_its_page_wherever_the_api_lies() {
    for (forge, api, repository, page) in [
        ("github", "https://api.github.com/", "acme/shop", "https://github.com/acme/shop/pull/7"),
        ("github", "https://api.acme.ghe.com/", "acme/shop", "https://acme.ghe.com/acme/shop/pull/7"),
        ("github", "https://git.acme.com/api/v3/", "acme/shop", "https://git.acme.com/acme/shop/pull/7"),
        (
            "gitlab",
            "https://gitlab.com/api/v4/",
            "acme/infra/shop",
            "https://gitlab.com/acme/infra/shop/-/merge_requests/7",
        ),
        (
            "gitlab",
            "https://acme.com/git/api/v4/",
            "acme/shop",
            "https://acme.com/git/acme/shop/-/merge_requests/7",
        ),
        ("gitea", "https://codeberg.org/api/v1/", "acme/shop", "https://codeberg.org/acme/shop/pulls/7"),
        (
            "bitbucket",
            "https://api.bitbucket.org/2.0/",
            "acme/shop",
            "https://bitbucket.org/acme/shop/pull-requests/7",
        ),
        (
            "azure-repos",
            "https://dev.azure.com/acme/",
            "infra/shop",
            "https://dev.azure.com/acme/infra/_git/shop/pullrequest/7",
        ),
    ] {
        let found = forge_by_name(forge).unwrap().page_of_request(&Url::parse(api).unwrap(), repository, 7);
        assert_eq!(found.as_deref(), Some(page));
    }
    let elsewhere = Url::parse("https://proxy.acme.com/").unwrap();
    assert_eq!(forge_by_name("gitlab").unwrap().page_of_request(&elsewhere, "acme/shop", 7), None);
}

#[test]
fn a_person_is_named_as_the_forge_tells_them() {
    for (forge, name, text) in [
        ("github", "acme/oncall", "@acme/oncall"),
        ("gitlab", "ann", "@ann"),
        ("gitea", "ann", "@ann"),
        ("bitbucket", "557058:c0b72ad0", "@{557058:c0b72ad0}"),
        ("bitbucket", "{c0b72ad0}", "@{c0b72ad0}"),
        ("azure-repos", "8C8C7D32-9E1D", "@<8C8C7D32-9E1D>"),
    ] {
        assert_eq!(forge_by_name(forge).unwrap().mention(name), text);
    }
}

/// A place on a server of this machine, below this path.
fn place(forge: &str, server: &Server) -> Place {
    Place {
        forge: forge_by_name(forge).unwrap(),
        api: Url::parse(&format!("{}/", server.url())).unwrap(),
        repository: "acme/shop".to_owned(),
        token: Secret::new("a token"),
        author: None,
        likely_author: None,
        jobs_own: false,
    }
}

#[tokio::test]
async fn a_commit_is_commented_on_where_people_are_told_of_it() {
    let http = Http::new(&Env::from_pairs("/", [("A", "b")]), Limits::default()).unwrap();
    for (forge, path, pointer) in [
        ("github", "/repos/acme/shop/commits/c0ffee/comments", "/body"),
        ("gitlab", "/projects/acme%2Fshop/repository/commits/c0ffee/comments", "/note"),
        ("bitbucket", "/repositories/acme/shop/commit/c0ffee/comments", "/content/raw"),
    ] {
        let server = Server::start(|_, _| Reply::json(201, &serde_json::json!({ "id": 1 })));
        let place = place(forge, &server);
        assert!(Client::new(&http, &place).comment_on_commit("c0ffee", "@ann").await.unwrap(), "{forge}");
        let request = server.only(path);
        assert_eq!(request.method, "POST");
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body.pointer(pointer), Some(&Value::from("@ann")), "{body}");
    }
    for forge in ["gitea", "azure-repos"] {
        let server = Server::start(|_, _| Reply::Close);
        let place = place(forge, &server);
        assert!(!Client::new(&http, &place).comment_on_commit("c0ffee", "@ann").await.unwrap(), "{forge}");
        assert!(server.received().is_empty());
    }
}
