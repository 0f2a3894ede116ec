//! The stack of a fork's change: at the one commit that somebody who may push has let have it, with nothing of the base stack that
//! is secret, and gone when the change is closed.

mod label;
mod own_files;

use serde_json::json;

use super::engine;
use crate::comment_commands::talk::Talk;
use crate::support::forge::{Act, Memory, State, Verb};
use crate::support::{Run, checkout};

/// The secret of the base stack that the section names.
const SECRET: &str = "token-of-the-base-stack";

/// The passphrase of review stacks; that of the base stack is another one.
const PASSPHRASE: &str = "the passphrase of review stacks";

const ON: &str = "comment-commands: {}\nreview: { from: staging, projects: [infra/shop], forks: true }\n";

/// A change request of bob's fork, in a repository with these lines in its `stackstep.yaml`.
struct Fork {
    talk: Talk,
}

impl Fork {
    fn on(forge: &str, file: &str) -> Self {
        let talk = Talk::on(forge, file);
        for line in ["size small".to_owned(), format!("--secret token {SECRET}")] {
            config_set(engine::sandbox(&talk.repository.scene), &line);
        }
        talk.repository.commit("the configuration of the base stack");
        talk.repository.push("main");
        let main = talk.repository.head();
        {
            let mut memory = talk.fake.memory();
            memory.shown.branches = vec![("main".to_owned(), main.clone())];
            memory.shown.commits = vec![(main.clone(), Vec::new())];
            memory.pulls[0].fork = true;
            "bob".clone_into(&mut memory.pulls[0].author);
        }
        let engine = engine::with_tags(&talk.repository.scene).display().to_string();
        let talk = talk
            .with("STACKSTEP_ENGINE", &engine)
            .with("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
            .with(if forge == "gitlab" { "CI_COMMIT_SHA" } else { "GITHUB_SHA" }, &main);
        Self { talk }
    }

    /// On GitHub.
    fn new(file: &str) -> Self {
        Self::on("github", file)
    }

    fn with(self, name: &str, value: &str) -> Self {
        Self { talk: self.talk.with(name, value) }
    }

    /// A comment that lets the commit have a stack.
    fn lets(&self, who: &str, commit: &str) -> Run {
        self.talk.comment(who, &format!("/stackstep review {commit}"))
    }

    /// The fork pushes another commit.
    fn pushes(&mut self, size: u8) {
        self.talk.moves(size);
    }

    /// The job of `pull_request_target`, in a checkout of the default branch, as `review up` or `review down`.
    fn job(self, action: &str, sender: (&str, &str), head: &str, line: &str) -> (Self, Run) {
        let main = self.talk.fake.memory().shown.branches[0].1.clone();
        let event = json!({
            "action": action, "number": 7, "label": { "name": "preview" },
            "pull_request": {
                "number": 7,
                "head": { "ref": "feature", "sha": head, "repo": { "full_name": "bob/shop" } },
                "base": { "ref": "main", "sha": main, "repo": { "full_name": "acme/shop" } },
            },
            "sender": { "login": sender.0, "type": sender.1 },
            "repository": { "full_name": "acme/shop", "default_branch": "main", "private": true },
        });
        std::fs::write(self.talk.repository.scene.root().join("event.json"), event.to_string()).unwrap();
        let fork = self.with("GITHUB_EVENT_NAME", "pull_request_target");
        let run = fork.talk.repository.scene.run(&format!("review {line} -C infra/shop"));
        (fork, run)
    }

    /// Somebody sets the label, while the event has the change at this commit.
    fn labelled(self, sender: (&str, &str), head: &str) -> (Self, Run) {
        self.talk.fake.memory().pulls[0].labels.push("preview".to_owned());
        self.job("labeled", sender, head, "up")
    }

    /// The names of the stacks of change requests in the backend.
    fn stacks(&self) -> Vec<String> {
        let folder = self.talk.repository.scene.root().join("state/.pulumi/stacks/shop");
        let names = std::fs::read_dir(folder).into_iter().flatten();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names
            .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
            .filter(|name| name.starts_with("pr-"))
            .collect()
    }

    /// The only stack of a change request, which has the thing in this size.
    #[track_caller]
    fn has_a_stack(&self, size: u8) -> String {
        let stacks = self.stacks();
        assert_eq!(stacks.len(), 1, "{stacks:?}");
        let path = format!("state/.pulumi/stacks/shop/{}.json", stacks[0]);
        let state = std::fs::read_to_string(self.talk.repository.scene.root().join(path)).unwrap();
        assert!(state.contains(&format!("\"inputs\":{{\"size\":{size}}}")), "{state}");
        stacks[0].clone()
    }

    /// Nothing of a stack is there, nor in a ledger.
    #[track_caller]
    fn has_no_stack(&self) {
        assert_eq!(self.stacks(), Vec::<String>::new());
        assert!(!self.talk.repository.scene.root().join("seen-up").exists());
    }

    fn ledger(&self, stack: &str) -> Vec<String> {
        checkout::ledger(&self.talk.repository.scene.root().join("state"), stack)
    }

    /// What the engine has seen of a command.
    fn seen(&self, command: &str) -> String {
        std::fs::read_to_string(self.talk.repository.scene.root().join(format!("seen-{command}"))).unwrap()
    }
}

fn config_set(mut engine: std::process::Command, line: &str) {
    let output = engine
        .args(["config", "set", "--stack", "staging", "--cwd", "infra/shop", "--non-interactive"])
        .args(line.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const ANN: (&str, &str) = ("ann", "User");

const LABELLED: &str = "review: { from: staging, projects: [infra/shop], label: preview, forks: true }\n";

#[test]
fn the_commit_that_a_comment_names_has_a_stack_and_stays_there_when_the_fork_pushes() {
    for forge in ["github", "gitlab", "gitea"] {
        let mut fork = Fork::on(forge, ON);
        let head = fork.talk.head.clone();
        let run = fork.lets("tim", &head[..20]).ends_with(0);
        run.says("its program can read this run's credentials");
        let stack = fork.has_a_stack(2);
        assert_eq!(fork.ledger(&stack), ["opened"], "{forge}");
        assert!(fork.talk.answer().contains("It stays there, whatever the fork pushes"), "{forge}");
        let shown = fork.talk.preview().expect("there is the comment about the deployment");
        assert!(shown.contains(&head) && shown.contains("its stack stays at commit"), "{shown}");
        fork.pushes(3);
        fork.lets("tim", &head).ends_with(73).says("is not the head of").says(&fork.talk.head[..20]);
        assert_eq!(fork.has_a_stack(2), stack);
        fork.lets("tim", &fork.talk.head).ends_with(0);
        assert_eq!(fork.has_a_stack(3), stack);
        assert_eq!(fork.talk.repository.git(&["status", "--porcelain"]), "", "{forge}");
    }
}

#[test]
fn a_comment_has_to_name_the_commit_by_enough_digits() {
    let fork = Fork::new(ON);
    let run = fork.talk.comment("tim", "/stackstep review").ends_with(73);
    run.says("comes from a fork").says(&format!("/stackstep review {}", &fork.talk.head[..20]));
    fork.lets("tim", &fork.talk.head[..19]).ends_with(2).says("is not a commit").says("20 digits");
    fork.has_no_stack();
}

#[test]
fn a_job_takes_the_commands_that_it_is_there_for() {
    let fork = Fork::new(ON);
    let command = format!("/stackstep review {}", fork.talk.head);
    let id = fork.talk.says("tim", &command);
    for (flags, takes) in
        [("--only preview,hold", false), ("--except review", false), ("--only review", true)]
    {
        let run = fork.talk.job_with(id, &command, flags).ends_with(0);
        let is_left = run.log().contains("another job takes this command");
        assert_eq!(is_left, !takes, "{flags}");
    }
    fork.has_a_stack(2);
    assert_eq!(fork.talk.answers(), 1);
}

#[test]
fn who_may_not_push_lets_nothing_in() {
    let fork = Fork::new(ON);
    fork.lets("rob", &fork.talk.head).ends_with(73).says("takes the permission `write`");
    fork.lets("bob", &fork.talk.head).ends_with(73);
    fork.has_no_stack();
}

#[test]
fn forks_have_no_stacks_until_the_default_branch_says_so() {
    let off = "comment-commands: {}\nreview: { from: staging, projects: [infra/shop] }\n";
    let fork = Fork::new(off);
    fork.lets("ann", &fork.talk.head).ends_with(73).says("forks have no stacks here").says("`forks: true`");
    fork.has_no_stack();
    let (fork, run) = Fork::new("review: { from: staging, label: preview }\n").labelled(ANN, "HEAD");
    run.ends_with(0).says("comes from a fork");
    fork.has_no_stack();
}

#[test]
fn a_change_of_the_repository_itself_is_deployed_by_a_comment_too() {
    let fork = Fork::new("comment-commands: {}\nreview: { from: staging, projects: [infra/shop] }\n");
    fork.talk.fake.memory().pulls[0].fork = false;
    fork.talk.comment("tim", "/stackstep review").ends_with(0).never_says("comes from a fork");
    fork.has_a_stack(2);
    assert!(!fork.talk.answer().contains("It stays there"), "{}", fork.talk.answer());
}

#[test]
fn a_fork_that_is_closed_loses_its_stack_by_its_event_and_by_a_sweep() {
    let fork = Fork::new(LABELLED);
    let head = fork.talk.head.clone();
    let (fork, run) = fork.labelled(ANN, &head);
    run.ends_with(0);
    let stack = fork.has_a_stack(2);
    fork.talk.fake.memory().pulls[0].state = State::Closed;
    let fork = fork.with("STACKSTEP_RUN_PROGRAM", "true");
    let (fork, run) = fork.job("closed", ANN, &head, "down");
    run.ends_with(0).says("a fork's program is not run").says("is destroyed and removed");
    assert!(fork.seen("destroy").contains("--run-program=false"), "{}", fork.seen("destroy"));
    assert_eq!(
        (fork.stacks(), fork.ledger(&stack)),
        (Vec::new(), vec!["opened".to_owned(), "destroyed".to_owned()])
    );

    let fork = Fork::new(ON);
    fork.lets("tim", &fork.talk.head).ends_with(0);
    let stack = fork.has_a_stack(2);
    fork.talk.fake.memory().pulls[0].state = State::Closed;
    let fork = fork.with("GITHUB_EVENT_NAME", "schedule");
    let run = fork.talk.repository.scene.run(&format!("reap --only {stack} -C infra/shop")).ends_with(0);
    run.says("is destroyed and removed");
    assert_eq!(fork.stacks(), Vec::<String>::new());
}

#[test]
fn the_job_of_the_fork_itself_destroys_nothing() {
    let fork = Fork::new(ON);
    fork.lets("tim", &fork.talk.head).ends_with(0);
    fork.talk.fake.memory().pulls[0].state = State::Closed;
    let head = fork.talk.head.clone();
    let fork = fork.with("GITHUB_EVENT_NAME", "pull_request");
    let event = json!({ "action": "closed", "pull_request": { "number": 7,
        "head": { "ref": "feature", "sha": head, "repo": { "full_name": "bob/shop" } },
        "base": { "ref": "main", "repo": { "full_name": "acme/shop" } } } });
    std::fs::write(fork.talk.repository.scene.root().join("event.json"), event.to_string()).unwrap();
    let run = fork.talk.repository.scene.run("review down -C infra/shop").ends_with(0);
    run.says("whose own job has nothing to destroy a stack with").says("`stackstep reap`");
    fork.has_a_stack(2);
}

#[test]
fn a_fork_that_is_closed_gets_no_stack() {
    let fork = Fork::new(ON);
    fork.talk.fake.memory().pulls[0].state = State::Closed;
    fork.lets("tim", &fork.talk.head).ends_with(73).says("is not open");
    fork.has_no_stack();
}

#[test]
fn a_change_that_is_opened_again_before_the_destruction_begins_keeps_its_stack() {
    let fork = Fork::new("comment-commands: {}\nreview: { from: staging, projects: [infra/shop] }\n");
    fork.talk.fake.memory().pulls[0].fork = false;
    fork.talk.comment("tim", "/stackstep review").ends_with(0);
    let stack = fork.has_a_stack(2);
    fork.talk.fake.memory().pulls[0].state = State::Closed;
    // It is asked when the ledger is read, when the stack is, and when the engine is about to begin.
    for change in
        [|_: &mut Memory| (), |_: &mut Memory| (), |memory: &mut Memory| memory.pulls[0].state = State::Open]
    {
        fork.talk.fake.then(Verb::ChangeRequest, Act::Meanwhile(Box::new(change)));
    }
    let fork = fork.with("GITHUB_EVENT_NAME", "schedule");
    let run =
        fork.talk.repository.scene.run(&format!("review down --stack {stack} -C infra/shop")).ends_with(73);
    run.says("pull request #7 is open");
    assert_eq!(fork.has_a_stack(2), stack);
    assert!(!fork.talk.repository.scene.root().join("seen-destroy").exists());
}
