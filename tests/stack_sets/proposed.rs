//! `fleet add` with `persist: pull-request`: a branch with the row, and a change request for it, on each forge that has them.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::adding::{add, answer};
use super::{SETTINGS, Tenants};
use crate::support::checkout::Checkout;
use crate::support::server::{Received, Reply, Server};

const ROWS: &str = "id,size,state\nbeta,small,\n";

const ADD: &str = r#"
    columns: { id: { pattern: "[a-z][a-z0-9-]{2,20}" }, size: { one-of: [small, large] } }
    add: { persist: pull-request }
"#;

/// The commit of `main`.
const MAIN: &str = "1111111111111111111111111111111111111111";

/// The commit of the branch with the row.
const BROUGHT: &str = "2222222222222222222222222222222222222222";

/// What the forge has.
#[derive(Default)]
struct Kept {
    /// The branch, once it is there.
    branch: Option<String>,
    /// The file in that branch.
    text: Option<String>,
    /// The body of the request for a change request.
    opened: Option<Value>,
    writes: usize,
}

impl Kept {
    /// The answer to a request, in the words of each of the forges.
    fn answer(&mut self, asked: &Received) -> Reply {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let target = asked.target.as_str();
        let file = |text: &str| json!({ "type": "file", "encoding": "base64", "content": BASE64_STANDARD.encode(text) });
        let head = |commit: &str| json!({ "object": { "sha": commit }, "commit": { "id": commit } });
        let decoded = |text: &str| String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap();
        if asked.method != "GET" {
            self.writes += 1;
        }
        match asked.method.as_str() {
            "GET" if target.contains("pulls") || target.contains("merge_requests") => {
                Reply::json(200, &Value::from_iter(self.opened.as_ref().map(|_| self.request())))
            }
            "GET" if target.contains("tenants.csv") => {
                let text =
                    if target.contains(BROUGHT) { self.text.clone().unwrap() } else { ROWS.to_owned() };
                Reply::json(200, &file(&text))
            }
            "GET" if target.contains("git/ref/") || target.contains("branches/") => {
                if target.ends_with("main") {
                    return Reply::json(200, &head(MAIN));
                }
                match self.branch {
                    Some(_) => Reply::json(200, &head(BROUGHT)),
                    None => Reply::json(404, &json!({ "message": "Not Found" })),
                }
            }
            "GET" => Reply::json(200, &json!({ "default_branch": "main" })),
            "POST" if target.ends_with("git/refs") => {
                assert_eq!(body["sha"], MAIN);
                self.branch = body["ref"].as_str().map(|name| name.replace("refs/heads/", ""));
                Reply::json(201, &json!({}))
            }
            "POST" if target.ends_with("repository/commits") => {
                assert_eq!(body["start_sha"], MAIN);
                self.branch = body["branch"].as_str().map(str::to_owned);
                self.text = body["actions"][0]["content"].as_str().map(str::to_owned);
                Reply::json(201, &json!({}))
            }
            "PUT" => {
                // `printf 'id,size,state\nbeta,small,\n' | git hash-object --stdin`
                assert_eq!(body["sha"], "7d47444a860dd6206e87c4eae55f6d4453aef292");
                let new = body.get("new_branch").and_then(Value::as_str).map(str::to_owned);
                self.branch = new.or(self.branch.take());
                self.text = body["content"].as_str().map(decoded);
                Reply::json(201, &json!({}))
            }
            _ => {
                self.opened = Some(body);
                Reply::json(201, &self.request())
            }
        }
    }

    /// The change request, in the words of each of the forges.
    fn request(&self) -> Value {
        let is_merge_request =
            self.opened.as_ref().is_some_and(|opened| opened.get("source_branch").is_some());
        json!({
            "number": 12, "iid": 12, "source_branch": self.branch,
            "state": if is_merge_request { "opened" } else { "open" },
            "head": { "ref": self.branch, "sha": BROUGHT, "repo_id": 1, "repo": { "full_name": "acme/shop" } },
            "base": { "ref": "main", "repo_id": 1, "repo": { "full_name": "acme/shop" } },
            "source_project_id": 1, "target_project_id": 1,
        })
    }

    fn start() -> (Server, Arc<Mutex<Self>>) {
        let kept: Arc<Mutex<Self>> = Arc::default();
        let of_server = Arc::clone(&kept);
        (Server::start(move |asked, _| of_server.lock().unwrap().answer(asked)), kept)
    }
}

fn tenants(forge: &str, server: &Server) -> Tenants {
    let settings = format!("{}{}", SETTINGS.trim_end(), ADD.trim_end());
    let tenants = Tenants::with_settings(&settings, ROWS);
    let remote = format!("{}/acme/shop.git", server.url().trim_end_matches('/'));
    Checkout::of(&tenants.scene.program).git(&["remote", "add", "origin", &remote]);
    let scene = tenants
        .scene
        .with("STACKSTEP_FORGE", forge)
        .with("STACKSTEP_FORGE_URL", &server.url())
        .with("STACKSTEP_FORGE_TOKEN", "forge-token-0123456789");
    Tenants { scene }
}

#[test]
fn a_row_is_proposed_once_and_another_one_for_the_same_customer_is_refused() {
    for forge in ["github", "gitlab", "gitea"] {
        let (server, kept) = Kept::start();
        let tenants = tenants(forge, &server);
        let first = add(&tenants.scene, r#"{"id": "acme", "size": "large"}"#);
        assert_eq!(first.0, 0, "{forge}: {first:?}");
        let said = answer(&first);
        assert_eq!(said["status"], "proposed", "{forge}");
        assert!(said["url"].as_str().unwrap().ends_with("/12"), "{said}");
        {
            let kept = kept.lock().unwrap();
            assert_eq!(kept.text.as_deref(), Some("id,size,state\nbeta,small,\nacme,large,\n"), "{forge}");
            assert!(kept.branch.as_ref().unwrap().starts_with("stackstep/add-tenants-"), "{forge}");
            assert_eq!(kept.opened.as_ref().unwrap()["title"], "Add acme to the set tenants");
        }
        let writes = kept.lock().unwrap().writes;
        let again = add(&tenants.scene, r#"{"id": "acme", "size": "large"}"#);
        assert_eq!((again.0, &again.1), (0, &first.1), "{forge}: {again:?}");
        let other = add(&tenants.scene, r#"{"id": "acme", "size": "small"}"#);
        assert_eq!((other.0, &answer(&other)["status"]), (73, &json!("refused")), "{forge}: {other:?}");
        assert_eq!(kept.lock().unwrap().writes, writes, "{forge}: nothing more is written");
        assert_eq!(
            add(&tenants.scene, r#"{"id": "beta", "size": "small"}"#).0,
            0,
            "{forge}: the file has it"
        );
    }
}

#[test]
fn a_request_that_stopped_after_its_branch_is_gone_on_with() {
    let (server, kept) = Kept::start();
    let tenants = tenants("github", &server);
    {
        let mut kept = kept.lock().unwrap();
        (kept.branch, kept.text) = (Some("stackstep/add-tenants-x".to_owned()), Some(ROWS.to_owned()));
    }
    let added = add(&tenants.scene, r#"{"id": "acme", "size": "large"}"#);
    assert_eq!(added.0, 0, "{added:?}");
    let kept = kept.lock().unwrap();
    assert_eq!((kept.writes, kept.text.as_deref()), (2, Some("id,size,state\nbeta,small,\nacme,large,\n")));
}

#[test]
fn without_a_forge_no_row_is_proposed() {
    let settings = format!("{}{}", SETTINGS.trim_end(), ADD.trim_end());
    let tenants = Tenants::with_settings(&settings, ROWS);
    let refused = add(&tenants.scene, r#"{"id": "acme", "size": "large"}"#);
    assert_eq!(refused.0, 2, "{refused:?}");
    assert!(refused.2.contains("`persist: pull-request` needs the forge"), "{refused:?}");
}
