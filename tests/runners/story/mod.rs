//! The story of a change: previewed, reviewed, merged, deployed to staging, verified, promoted to production, by a map that
//! has gates. What people do stands here, with a repository, its remote and its forge; how a job runs is the system's.

mod comments;
mod reviews;
mod system;
mod tales;
mod ways;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::harness::engine::Engine;
use crate::support::forge::reads::{Kept, Verdict};
use crate::support::forge::{Face, Fake, NUMBER, Pull, State};
use crate::support::server::{Reply, Server};
pub use comments::comments_are_commands_of_those_who_may;
pub use reviews::{
    a_change_request_has_a_stack_while_it_is_open, a_close_that_was_lost_is_found_by_the_sweep,
};
pub use system::{Event, Ran, System, number_behind};
pub use tales::{
    a_change_goes_to_production, a_review_of_the_commit_before_does_not_count,
    what_slipped_in_is_not_deployed, what_staging_could_not_verify_is_not_promoted,
};
pub use ways::{
    a_deployment_that_was_killed_is_unlocked_and_finished, a_glass_is_broken_for_one_change_and_no_rule,
    a_hold_an_acceptance_and_a_signature_let_one_change_through, a_job_with_inputs_takes_each_way_out,
    a_rollback_is_a_deployment_with_gates_of_its_own,
};

/// The map of the default branch: nothing is deployed that nobody has approved, and production gets what staging verified.
const MAP: &str = "\
upsert: true
commit-status: true
deploy: { branches: { main: staging }, tags: { \"v*\": prod } }
stacks:
  staging:
    environment: staging
    unreviewed: refuse
    approvals: { needed: 1, by: [review] }
    rules: { max-deletes: 0 }
    checks: [{ http: url, path: /health, status: 200, ready-within: 0s }]
  prod:
    environment: production
    after: staging
    unreviewed: refuse
    approvals: { needed: 1, by: [review] }
    rules: { max-deletes: 0, max-replaces: 0 }
";

/// The number of the change request that is open beside [`NUMBER`] all the time.
const OTHER: u64 = 8;

/// The program's folder in the repository.
const PROGRAM: &str = "infra/shop";

/// A repository with people who work on it.
pub struct Story<S> {
    system: S,
    forge: Fake,
    /// The service that staging deploys, which its check asks.
    service: Server,
    is_healthy: Arc<AtomicBool>,
}

impl<S: System> Story<S> {
    /// A repository whose default branch has the map and a program, with a remote, and on its forge the open change request
    /// [`OTHER`]. `system` makes the machine.
    pub fn begin(face: &'static dyn Face, system: S) -> Self {
        Self::by_map(face, system, MAP, &[])
    }

    /// The same with another map, and these files beside it.
    fn by_map(face: &'static dyn Face, system: S, map: &str, files: &[(&str, &str)]) -> Self {
        let forge = Fake::start(face);
        forge.memory().pulls.clear();
        let is_healthy = Arc::new(AtomicBool::new(true));
        let healthy = Arc::clone(&is_healthy);
        let service = Server::start(move |_, _| {
            let status = if healthy.load(Ordering::Relaxed) { 200 } else { 503 };
            Reply::Answer(status, Vec::new(), "ok".to_owned())
        });
        let story = Self { system, forge, service, is_healthy };
        for (name, text) in files {
            story.write(name, text);
        }
        story.found(map);
        story
    }

    /// Makes the remote, the stacks of the map with their files, and the default branch.
    fn found(&self, map: &str) {
        let (remote, address) =
            (self.path("remote.git"), format!("{}/acme/shop.git", self.forge.server.url()));
        let known = std::fs::read_to_string(self.path("home/.gitconfig")).unwrap_or_default();
        let config = format!(
            "[url \"file://{}\"]\n\tinsteadOf = {address}\n[protocol \"file\"]\n\tallow = always\n\
             [user]\n\tname = ada\n\temail = ada@example.com\n",
            remote.display()
        );
        std::fs::write(self.path("home/.gitconfig"), known + &config).unwrap();
        self.git(&["init", "--quiet", "--bare", "--initial-branch", "main", &remote.display().to_string()]);
        self.git(&["remote", "set-url", "origin", &address]);
        self.write(&format!("{PROGRAM}/Pulumi.yaml"), &self.program(&["queue"]));
        let engine = match self.system.engine() {
            Engine::Sandbox => "engine: sandbox\n",
            // It is found on the PATH.
            Engine::Pulumi => "",
        };
        self.write("stackstep.yaml", &format!("{engine}{map}"));
        for stack in ["staging", "prod"].into_iter().filter(|stack| map.contains(stack)) {
            // The first run of a stack creates it, and writes the salt of its secrets into its file.
            let mut preview = Command::new(env!("CARGO_BIN_EXE_stackstep"));
            preview.args(["preview", "--comment", "off", "--stack", stack]).env_clear();
            preview.env("PATH", self.system.engine().path());
            preview.env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()));
            preview.env("PULUMI_CONFIG_PASSPHRASE", "a passphrase").env("HOME", self.path("home"));
            preview.env("PULUMI_HOME", self.path("home/pulumi"));
            let output = preview.current_dir(self.path("repository").join(PROGRAM)).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        self.commit("the shop, with a map");
        self.push("main");
        let other = Pull { number: OTHER, branch: "other".to_owned(), head: self.head(), ..Pull::default() };
        self.forge.memory().pulls.push(other);
    }

    /// A program with these resources, `NAME` or `NAME=VALUE`, whose output `url` is the service's address.
    fn program(&self, resources: &[&str]) -> String {
        let mut text = "name: shop\nruntime: yaml\nresources:\n".to_owned();
        for name in resources {
            // Another value updates the resource.
            let (name, value) = name.split_once('=').unwrap_or((name, name));
            text +=
                &format!("  {name}:\n    type: pulumi:index:Stash\n    properties: {{ input: {value} }}\n");
        }
        text + &format!("outputs:\n  url: {}\n", self.service.url())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.system.folder().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("repository").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs git in the checkout, and returns what it prints.
    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(self.path("repository")).env("HOME", self.path("home"));
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Pushes what is checked out to a branch, of which the forge learns.
    fn push(&self, branch: &str) {
        self.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
        let log = self.git(&["log", "--all", "--format=%H %P"]);
        let commits = log.lines().map(|line| {
            let mut hashes = line.split(' ').filter(|hash| !hash.is_empty()).map(str::to_owned);
            (hashes.next().unwrap(), hashes.collect())
        });
        let head = self.head();
        let kept = self.git(&["ls-tree", "-r", "--name-only", "HEAD", "stackstep.yaml", ".stackstep"]);
        let read = |name: &str| (head.clone(), name.to_owned(), self.git(&["show", &format!("HEAD:{name}")]));
        let files: Vec<_> = kept.lines().map(read).collect();
        let mut memory = self.forge.memory();
        memory.shown.commits = commits.collect();
        memory.shown.branches.retain(|(name, _)| name != branch);
        memory.shown.branches.push((branch.to_owned(), head.clone()));
        memory.shown.files.extend(files);
    }

    /// Checks a commit out as a job on a clean machine does, and runs the jobs of the event.
    fn run(&self, commit: &str, event: &Event) -> Ran {
        self.check_out(commit);
        let ran = self.system.run(event, &self.forge);
        if self.system.engine() == Engine::Pulumi { ran.never_says("SANDBOX") } else { ran }
    }

    fn check_out(&self, commit: &str) {
        self.git(&["checkout", "--quiet", "--force", "--detach", commit]);
        self.git(&["clean", "--quiet", "-ffdx", "--exclude", ".gitlab-ci-local"]);
    }

    /// The author pushes a program with these resources to the branch of change request 7.
    fn propose(&self, resources: &[&str]) {
        self.propose_program(&self.program(resources), &format!("{} resources", resources.len()));
    }

    /// The author pushes this program to the branch of change request 7.
    fn propose_program(&self, program: &str, message: &str) {
        let there = self.git(&["branch", "--list", "--remotes", "origin/change"]);
        let from = if there.is_empty() { "origin/main" } else { "origin/change" };
        self.git(&["checkout", "--quiet", "--force", "--detach", from]);
        self.write(&format!("{PROGRAM}/Pulumi.yaml"), program);
        self.commit(message);
        self.push("change");
        let head = self.head();
        let mut memory = self.forge.memory();
        let at = memory.now();
        memory.shown.pushes.push((at, head.clone()));
        memory.pulls.retain(|pull| pull.number != NUMBER);
        memory.pulls.push(Pull { branch: "change".to_owned(), head, ..Pull::default() });
    }

    /// The jobs of change request 7.
    fn previewed(&self) -> Ran {
        let (head, commit) = self.of_the_change();
        self.run(&commit, &Event::Change { head })
    }

    /// The head of change request 7, and the commit that its jobs check out: on GitHub what merging it would make.
    fn of_the_change(&self) -> (String, String) {
        let head = self.git(&["rev-parse", "origin/change"]);
        let mut commit = head.clone();
        if self.forge.face.name() == "github" {
            self.git(&["checkout", "--quiet", "--force", "--detach", "origin/main"]);
            self.git(&["merge", "--quiet", "--no-ff", "--message", "a merge to be tried", "origin/change"]);
            commit = self.head();
        }
        (head, commit)
    }

    /// Somebody who may write approves change request 7 as it is.
    fn approve(&self) {
        let head = self.git(&["rev-parse", "origin/change"]);
        let mut memory = self.forge.memory();
        let at = memory.now();
        let review = Kept { who: "ann".to_owned(), verdict: Verdict::Approved, at, head, writes: true };
        memory.shown.reviews.push(review);
    }

    /// Change request 7 is squashed into the default branch.
    fn merge(&self) {
        self.git(&["checkout", "--quiet", "--force", "--detach", "origin/main"]);
        self.git(&["merge", "--quiet", "--squash", "origin/change"]);
        self.commit("the change (#7)");
        self.push("main");
        let merge = self.head();
        let mut memory = self.forge.memory();
        let pull = memory.pulls.iter_mut().find(|pull| pull.number == NUMBER).unwrap();
        (pull.state, pull.commits, pull.merge_commit) = (State::Merged, vec![merge.clone()], Some(merge));
    }

    /// An administrator pushes a program with these resources to the default branch.
    fn push_past_everybody(&self, resources: &[&str]) {
        self.git(&["checkout", "--quiet", "--force", "--detach", "origin/main"]);
        self.write(&format!("{PROGRAM}/Pulumi.yaml"), &self.program(resources));
        self.commit("in a hurry");
        self.push("main");
    }

    /// The jobs of the default branch's head.
    fn pushed(&self) -> Ran {
        self.run("origin/main", &Event::Push)
    }

    /// The jobs of a tag on the default branch's head.
    fn tagged(&self, tag: &'static str) -> Ran {
        self.git(&["tag", tag, "origin/main"]);
        self.git(&["push", "--quiet", "origin", &format!("refs/tags/{tag}")]);
        self.run(tag, &Event::Tag(tag))
    }

    /// From now on the service answers its check with an error.
    fn service_fails(&self) {
        self.is_healthy.store(false, Ordering::Relaxed);
    }

    /// How often the check has asked the service.
    fn checks(&self) -> usize {
        self.service.received().iter().filter(|request| request.target == "/health").count()
    }

    /// The kinds of the entries in the ledger of a stack, in their order.
    fn ledger(&self, stack: &str) -> Vec<String> {
        self.entries(stack).iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// The entries in the ledger of a stack, in their order.
    fn entries(&self, stack: &str) -> Vec<Value> {
        let entries = std::fs::read_dir(self.path(&format!("state/.stackstep/ledger/shop/{stack}")));
        let mut paths: Vec<PathBuf> =
            entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with('0'));
        paths.sort();
        let read =
            |path: &PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
        paths.iter().map(read).collect()
    }

    /// How often the engine has deployed a stack.
    fn deployments(&self, stack: &str) -> usize {
        let history = std::fs::read_dir(self.path(&format!("state/.pulumi/history/shop/{stack}")));
        let names = history.into_iter().flatten().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".history.json")).count()
    }

    /// Asserts that nothing was deployed, reserved or asked: the ledger has at most that it was refused.
    #[track_caller]
    fn nothing_is_deployed(&self) {
        for stack in ["staging", "prod"] {
            let mut begun = self.ledger(stack);
            begun.retain(|kind| kind != "refused");
            assert_eq!((self.deployments(stack), begun), (0, Vec::new()), "{stack}");
        }
        assert_eq!(self.checks(), 0);
    }

    /// The preview of the other change request was good: its head has the status that change request 7 has got.
    fn other_change_was_previewed(&self, stack: &str) {
        let mut memory = self.forge.memory();
        let mut names = memory.statuses.iter().filter_map(status_name).filter(|name| name.contains(stack));
        let name = names.next_back().unwrap();
        let head = memory.pulls.iter().find(|pull| pull.number == OTHER).unwrap().head.clone();
        memory.shown.statuses.push((head, name, "success"));
    }

    /// The statuses that were set on the head of the other change request.
    fn statuses_of_other_change(&self) -> Vec<String> {
        let memory = self.forge.memory();
        let head = &memory.pulls.iter().find(|pull| pull.number == OTHER).unwrap().head;
        let received = self.forge.server.received();
        let set =
            received.into_iter().filter(|request| request.target.ends_with(&format!("/statuses/{head}")));
        set.filter(|request| request.method == "POST").map(|request| request.body).collect()
    }
}

/// The name of a status, as the vendors call it.
fn status_name(status: &Value) -> Option<String> {
    ["/context", "/name"].iter().find_map(|at| status.pointer(at)?.as_str()).map(str::to_owned)
}
