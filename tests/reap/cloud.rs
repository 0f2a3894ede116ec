//! A sweep over stacks at Pulumi Cloud, as a fake that keeps them and gives a list of them by pages of two.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/stacks/>

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use stackstep::base::env::Env;
use stackstep::base::error::Problem;
use stackstep::base::http::Url;
use stackstep::base::secret::Secret;
use stackstep::ledger::entry::{EntryKind, LedgerEntry};
use stackstep::ledger::{Ledger, LedgerFor};
use stackstep::pulumi::stack::StackIdentity;

use super::place::{LONG_AGO, SweepPlace};
use crate::support::server::{Received, Reply, Server};

const TOKEN: &str = "pul-0123456789abcdef";
const FILE: &str = "reapable: [\"pr-*\", demo]\n";

/// A stack at the service.
#[derive(Default)]
struct Kept {
    tags: BTreeMap<String, String>,
    version: u64,
    /// Who updates it.
    running: Option<&'static str>,
}

/// The stacks, by project and name.
type Stacks = BTreeMap<(String, String), Kept>;

struct Cloud {
    place: SweepPlace,
    server: Server,
    stacks: Arc<Mutex<Stacks>>,
    /// The page of the list that is refused.
    refused: Arc<Mutex<Option<usize>>>,
}

impl Cloud {
    /// With the stacks `a`, `b`, `c`, `demo` and `z` of the project `shop`.
    fn start() -> Self {
        let stacks: Arc<Mutex<Stacks>> = Arc::default();
        for name in ["a", "b", "c", "demo", "z"] {
            let kept = Kept { version: 17, ..Kept::default() };
            stacks.lock().unwrap().insert(("shop".to_owned(), name.to_owned()), kept);
        }
        let refused: Arc<Mutex<Option<usize>>> = Arc::default();
        let (kept, no) = (Arc::clone(&stacks), Arc::clone(&refused));
        let server =
            Server::start(move |request, _| answer(request, &mut kept.lock().unwrap(), *no.lock().unwrap()));
        let place = SweepPlace::new(FILE);
        let scene = place.scene.with("PULUMI_BACKEND_URL", &server.url()).with("PULUMI_ACCESS_TOKEN", TOKEN);
        let place = SweepPlace { scene, fake: place.fake };
        Self { place, server, stacks, refused }
    }

    /// The same, in which the first sweep has been.
    fn swept() -> Self {
        let cloud = Self::start();
        cloud.place.reap("").ends_with(0).says("it is the first sweep of this repository");
        cloud
    }

    fn stacks(&self) -> MutexGuard<'_, Stacks> {
        self.stacks.lock().unwrap()
    }

    /// Changes the stack `demo`.
    fn demo(&self, change: impl FnOnce(&mut Kept)) {
        change(self.stacks().get_mut(&("shop".to_owned(), "demo".to_owned())).unwrap());
    }

    /// The time of `demo` is over, as its people know.
    fn due(&self) {
        let identity = StackIdentity {
            organization: Some("acme".to_owned()),
            project: Some("shop".to_owned()),
            stack: "demo".to_owned(),
            ..StackIdentity::default()
        };
        let (url, token) = (self.server.url(), Secret::new(TOKEN));
        let env = Env::from_pairs("/", [("HOME", "/nowhere")]);
        let ledger = Ledger::open(&LedgerFor {
            url: Some(&url),
            token: Some(&token),
            identity: &identity,
            env: &env,
            folder: Path::new("/"),
            forge: None,
            commit: None,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for kind in [EntryKind::Expiry, EntryKind::Warned] {
            let time = UNIX_EPOCH + Duration::from_secs(1_577_000_000);
            let mut entry = LedgerEntry::new(kind.clone(), Some("shop"), "demo", time);
            entry.expires = Some(LONG_AGO.to_owned());
            match kind {
                EntryKind::Warned => entry.reason = Some("2h".to_owned()),
                _ => entry.state_after = Some("version 17".to_owned()),
            }
            let appended = runtime.block_on(ledger.append(|_| Ok::<_, Problem>(entry.clone())));
            assert!(appended.is_ok());
        }
    }
}

fn answer(request: &Received, stacks: &mut Stacks, refused: Option<usize>) -> Reply {
    let no = |status: u16, message: &str| Reply::json(status, &json!({ "code": status, "message": message }));
    if request.header("authorization") != Some(format!("token {TOKEN}").as_str()) {
        return no(401, "Unauthorized");
    }
    let url = Url::parse(&format!("http://x{}", request.target)).unwrap();
    let query =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let body = || serde_json::from_str::<Value>(&request.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["api", "user", "organizations", "default"]) => {
            Reply::json(200, &json!({ "GitHubLogin": "acme" }))
        }
        ("GET", ["api", "user", "stacks"]) => {
            assert_eq!(query("organization").as_deref(), Some("acme"));
            let project = query("project").unwrap();
            let page: usize = query("continuationToken").map_or(0, |token| token.parse().unwrap());
            if refused == Some(page) {
                return no(403, "no more pages");
            }
            let of_project: Vec<_> = stacks.keys().filter(|(of, _)| *of == project).collect();
            let shown = of_project.iter().skip(page * 2).take(2).map(
                |(project, name)| json!({ "orgName": "acme", "projectName": project, "stackName": name }),
            );
            let next = (of_project.len() > (page + 1) * 2).then(|| (page + 1).to_string());
            Reply::json(200, &json!({ "stacks": shown.collect::<Vec<_>>(), "continuationToken": next }))
        }
        ("POST", ["api", "stacks", "acme", project]) => {
            stacks.entry(((*project).to_owned(), text(&body()["stackName"]))).or_default();
            Reply::json(200, &json!({}))
        }
        (method, ["api", "stacks", "acme", project, stack, rest @ ..]) => {
            let Some(kept) = stacks.get_mut(&((*project).to_owned(), (*stack).to_owned())) else {
                return no(404, "not found");
            };
            match (method, rest) {
                ("GET", []) => {
                    let running = kept.running.map(|author| json!({ "kind": "update", "author": author }));
                    Reply::json(
                        200,
                        &json!({ "version": kept.version, "tags": kept.tags, "currentOperation": running }),
                    )
                }
                ("GET", ["export"]) => {
                    Reply::json(200, &json!({ "version": 3, "deployment": { "resources": [{}, {}] } }))
                }
                ("GET", ["updates"]) => Reply::json(200, &json!({ "updates": [{ "message": "by hand" }] })),
                ("POST", ["tags"]) => {
                    kept.tags.insert(text(&body()["name"]), text(&body()["value"]));
                    Reply::Answer(204, Vec::new(), String::new())
                }
                _ => no(404, "not found"),
            }
        }
        _ => no(404, "not found"),
    }
}

#[test]
fn the_list_is_read_to_its_end_and_what_is_due_is_handed_on() {
    let cloud = Cloud::swept();
    let own: Vec<_> = cloud.stacks().keys().filter(|(project, _)| project == "stackstep").cloned().collect();
    assert!(own.len() == 1 && own[0].1.starts_with("reap-"), "the sweep's own ledger: {own:?}");
    cloud.due();
    let lines = cloud.place.lines("");
    let told: Vec<_> = lines.iter().map(|one| (one["stack"].clone(), one["verdict"].clone())).collect();
    assert_eq!(told, [(json!("demo"), json!("destroy"))]);
    assert_eq!(lines[0]["done"], "handed on to a job of its own");
}

#[test]
fn a_page_that_is_refused_makes_no_shorter_list() {
    let cloud = Cloud::swept();
    cloud.due();
    *cloud.refused.lock().unwrap() = Some(2);
    let run = cloud.place.reap("").ends_with(79).says("not known: the stacks of shop").says("no more pages");
    assert!(!run.log().contains("handed on"), "{}", run.log());
}

#[test]
fn a_stack_that_was_deployed_since_or_is_deployed_now_stays() {
    let cloud = Cloud::swept();
    cloud.due();
    cloud.demo(|demo| demo.running = Some("ann"));
    assert_eq!(
        cloud.place.verdict(),
        ("waits".to_owned(), "its time to live is over, and it is locked: update by ann".to_owned())
    );
    cloud.demo(|demo| (demo.running, demo.version) = (None, 18));
    let (verdict, why) = cloud.place.verdict();
    assert!(
        verdict != "destroy" && why.contains("it has changed since its time to live was set"),
        "{verdict}: {why}"
    );
}

#[test]
fn a_time_to_live_is_a_tag() {
    let cloud = Cloud::swept();
    let set = ["ttl", "demo", "--set", "7d", "--reason", "a demo", "--confirm", "demo"];
    cloud.place.scene.run_args(&set).ends_with(0);
    cloud.place.scene.run("ttl demo").ends_with(0).says("lives until ");
    assert_eq!(cloud.place.verdict().0, "kept");
    cloud.place.scene.run("ttl nobody").ends_with(73).says("there is no stack `shop/nobody`");
    cloud.demo(|demo| {
        let tags: Vec<_> = demo.tags.iter().collect();
        let (name, value) = tags[0];
        assert!(tags.len() == 1 && name == "stackstep:ledger:000001" && value.len() <= 256, "{tags:?}");
    });
}
