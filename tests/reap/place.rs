//! A repository on Gitea whose change request 7 has a stack in a backend that the tests write themselves.

use std::path::PathBuf;

use serde_json::{Value, json};
use stackstep::lifecycle::mark::{Mark, in_message};
use stackstep::lifecycle::{RepositoryIdentity, ReviewName};

use crate::support::forge::{FACES, Fake, Pull, State, TOKEN};
use crate::support::{Run, Scene, fits_schema, json as read_json};

/// A moment that is long over.
pub const LONG_AGO: &str = "2020-01-01T10:00:00Z";

/// The nonce of the stacks.
pub const NONCE: &str = "0123456789abcdef";

/// The commit at the head of the default branch.
const MAIN: &str = "8d08154cabb1c4f71a535de986600303936780f8";

/// A place of a sweep.
pub struct SweepPlace {
    pub scene: Scene,
    pub fake: Fake,
}

impl SweepPlace {
    /// A project `shop`, with this `stackstep.yaml` on the default branch. No sweep was there yet.
    pub fn new(file: &str) -> Self {
        let fake = Fake::start(*FACES.iter().find(|face| face.name() == "gitea").unwrap());
        {
            let mut memory = fake.memory();
            memory.shown.branches = vec![("main".to_owned(), MAIN.to_owned())];
            memory.shown.files = vec![(MAIN.to_owned(), "stackstep.yaml".to_owned(), file.to_owned())];
            memory.pulls.clear();
        }
        let scene = Scene::empty()
            .with("STACKSTEP_FORGE", "gitea")
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN)
            .with("CI", "true")
            .with("CI_REPO", "acme/shop")
            .with("CI_COMMIT_BRANCH", "main")
            .with("CI_COMMIT_SHA", MAIN);
        scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        Self { scene, fake }
    }

    /// One in which the first sweep has been, so that the next one acts.
    pub fn swept(file: &str) -> Self {
        let place = Self::new(file);
        place.reap("").says("it is the first sweep of this repository");
        place
    }

    pub fn reap(&self, more: &str) -> Run {
        self.scene.run(&format!("reap {more}"))
    }

    /// The lines of a sweep, as JSON.
    pub fn lines(&self, more: &str) -> Vec<Value> {
        let run = self.reap(&format!("--json {more}"));
        let page: Value = serde_json::from_str(&run.stdout()).unwrap_or_else(|_| panic!("{}", run.log()));
        fits_schema("reap", &page);
        page["stacks"].as_array().unwrap().clone()
    }

    /// The verdict about the only stack, with its reason.
    pub fn verdict(&self) -> (String, String) {
        let lines = self.lines("--dry-run");
        assert_eq!(lines.len(), 1, "{lines:#?}");
        let text = |name: &str| lines[0][name].as_str().unwrap().to_owned();
        (text("verdict"), text("why"))
    }

    /// The change request with this number was closed at this time; none if it is open.
    pub fn request(&self, number: u64, closed_at: Option<&str>) {
        let state = if closed_at.is_some() { State::Closed } else { State::Open };
        let closed_at = closed_at.unwrap_or(LONG_AGO).to_owned();
        self.fake.memory().pulls.push(Pull { number, state, closed_at, ..Pull::default() });
    }

    pub fn repository(&self) -> RepositoryIdentity {
        RepositoryIdentity::from_id(self.fake.server.url().strip_prefix("http://").unwrap(), "1").unwrap()
    }

    /// The name of a change request's stack.
    pub fn name(&self, number: u64) -> String {
        ReviewName::for_request(&self.repository(), "shop", number).unwrap().to_string()
    }

    /// The URL of the backend.
    pub fn backend(&self) -> String {
        format!("file://{}", self.scene.root().join("state").display())
    }

    /// A stack without a change request and without resources, whose time to live is over, as its people know.
    pub fn due(&self, stack: &str) {
        self.state(stack, 0);
        let line = ["ttl", stack, "--set", "1h", "--reason", "a demo", "--confirm", stack];
        self.scene.run_args(&line).ends_with(0);
        let state = self.entries(stack).pop().unwrap()["state_after"].clone();
        self.entry(stack, "expiry", &json!({ "expires": LONG_AGO, "state_after": state }));
        self.entry(stack, "warned", &json!({ "expires": LONG_AGO, "reason": "2h" }));
    }

    fn write(&self, path: &str, value: &Value) {
        let path = self.scene.root().join("state").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    }

    /// Writes the state of a stack, with so many resources.
    pub fn state(&self, stack: &str, resources: usize) {
        let resource = json!({ "urn": "urn:pulumi:x::shop::a:b:C::d", "type": "a:b:C" });
        let latest = json!({ "manifest": {}, "resources": vec![resource; resources] });
        let state = json!({ "version": 3, "checkpoint": { "stack": stack, "latest": latest } });
        self.write(&format!(".pulumi/stacks/shop/{stack}.json"), &state);
    }

    /// Writes the tags of a stack, with a mark of the change request with this number.
    pub fn mark(&self, stack: &str, number: u64) {
        let mark = Mark {
            repository: self.repository(),
            number,
            project: "shop".to_owned(),
            nonce: NONCE.to_owned(),
            created: LONG_AGO.to_owned(),
        };
        let tags = json!({ "version": 1, "tags": { "stackstep": mark.to_string() } });
        self.write(&format!(".pulumi/stacks/shop/{stack}.pulumi-tags"), &tags);
    }

    /// Adds an update to the history of a stack.
    pub fn update(&self, stack: &str, message: &str) {
        self.write(
            &format!(".pulumi/history/shop/{stack}/{stack}-1.history.json"),
            &json!({ "kind": "update", "message": message, "result": "succeeded" }),
        );
    }

    /// Writes the next entry of a stack's ledger.
    pub fn entry(&self, stack: &str, kind: &str, fields: &Value) {
        let number = self.entries(stack).len() + 1;
        let mut entry = json!({
            "v": 1, "number": number, "id": format!("{number:032x}"), "kind": kind, "time": LONG_AGO, "project": "shop",
            "stack": stack,
        });
        entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.write(&format!(".stackstep/ledger/shop/{stack}/{number:012}.json"), &entry);
    }

    /// The entries of a stack's ledger.
    pub fn entries(&self, stack: &str) -> Vec<Value> {
        let folder = self.scene.root().join("state/.stackstep/ledger/shop").join(stack);
        let files = std::fs::read_dir(folder);
        let mut paths: Vec<PathBuf> = files.into_iter().flatten().map(|file| file.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(read_json).collect()
    }

    /// The fields of an opening for the change request with this number.
    pub fn opening(&self, number: u64) -> Value {
        json!({ "nonce": NONCE, "repository": self.repository().to_string(), "change_requests": [number] })
    }

    /// A deployed stack of the change request with this number, as `review up` leaves it.
    pub fn deployed(&self, number: u64) -> String {
        let name = self.name(number);
        self.entry(&name, "opened", &self.opening(number));
        self.mark(&name, number);
        self.update(&name, &format!("Pull request #{number} {}", in_message(NONCE)));
        self.state(&name, 3);
        name
    }
}
