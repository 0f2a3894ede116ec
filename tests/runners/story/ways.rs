//! The ways out of a refusal, each by a job that a person starts: the refusal first, then what the way out lets through, and
//! what it does not.

use std::process::Command;

use serde_json::{Value, json};

use super::{Event, Ran, Story, System};
use crate::real::running::Gate;
use crate::real::stage::install_probe;
use crate::support::forge::{Face, Fake};

/// The map of the default branch: a review or a signature approves, nobody deletes, and ann may break the glass.
const MAP: &str = "\
upsert: true
deploy: { branches: { main: staging }, change-requests: [staging] }
stacks:
  staging:
    environment: staging
    unreviewed: refuse
    approvals: { needed: 1, by: [review, ssh] }
    rules: { max-deletes: 0 }
    break-glass: { from: [ann] }
";

/// The stack, as each line of the story names it.
const STACK: &str = "--stack staging -C infra/shop";

impl<S: System> Story<S> {
    /// A repository whose map has the ways out. The keys of ann and bob are among its signers, and mallory's is not.
    pub fn with_ways_out(face: &'static dyn Face, system: S) -> Self {
        let mut signers = String::new();
        for name in ["ann", "bob", "mallory"] {
            let key = system.folder().join(name);
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key);
            assert!(keygen.status().unwrap().success());
            let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
            if name != "mallory" {
                signers += &format!("{name} namespaces=\"stackstep-approval\" {public}");
            }
        }
        install_probe(&system.folder().join("home/pulumi"));
        Self::by_map(face, system, MAP, &[(".stackstep/allowed_signers", &signers)])
    }

    /// A job of the default branch that `who` starts, with this line.
    fn starts(&self, who: &'static str, line: &str) -> Ran {
        let event = Event::Line { who, line: format!("stackstep {line}"), of_change: None };
        self.run("origin/main", &event)
    }

    /// The line of a verb about the stack, in a job that ann starts.
    fn ann(&self, verb: &str, more: &str) -> Ran {
        self.starts("ann", &format!("{verb} {STACK} {more}"))
    }

    /// An approval of the change that a deployment was refused for, signed with these keys: the first by the line that the
    /// refusal shows, the others by `ssh-keygen` alone.
    fn signed(&self, line: &str, keys: &[&str]) -> String {
        let mut handed = String::new();
        for key in keys {
            let file = self.path("approval.json");
            let key = self.path(key);
            let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != "--key").collect();
            let mut approve = Command::new(env!("CARGO_BIN_EXE_stackstep"));
            approve.args(&words[1..]).arg("--file").arg(&file);
            if handed.is_empty() {
                approve.arg("--key").arg(&key);
            }
            approve.env_clear().env("PATH", self.system.engine().path()).env("HOME", self.path("home"));
            approve.env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()));
            let output = approve.current_dir(self.path("repository")).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if !handed.is_empty() {
                let mut keygen = Command::new("ssh-keygen");
                keygen.args(["-q", "-Y", "sign", "-n", "stackstep-approval", "-f"]).arg(&key).arg(&file);
                assert!(keygen.status().unwrap().success());
            }
            handed += &std::fs::read_to_string(&file).unwrap();
            handed += &std::fs::read_to_string(self.path("approval.json.sig")).unwrap();
        }
        handed
    }

    /// The deployment of the default branch once more, with a signed approval.
    fn deploys_with(&self, approval: &str) -> Ran {
        self.run("origin/main", &Event::Approved { approval: approval.to_owned() })
    }

    /// The whole digest of the last change that was refused.
    fn refused(&self) -> String {
        let entries = self.entries("staging");
        let refused = entries.iter().rfind(|entry| entry["kind"] == "refused").unwrap();
        refused["digest"].as_str().unwrap().to_owned()
    }

    /// What the queue holds.
    fn queue(&self) -> String {
        let state = std::fs::read(self.path("state/.pulumi/stacks/shop/staging.json")).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
        let resources = state["checkpoint"]["latest"]["resources"].as_array().unwrap();
        let queue = resources.iter().find(|one| one["urn"].as_str().unwrap().ends_with("::queue")).unwrap();
        queue["inputs"]["input"].as_str().unwrap().to_owned()
    }

    /// A change with these resources is previewed, approved and merged; its branch is deleted.
    fn merges(&self, resources: &[&str]) {
        self.propose(resources);
        self.previewed().passes();
        self.approve();
        self.merge();
        self.git(&["push", "--quiet", "origin", "--delete", "change"]);
    }
}

/// The line by which a refusal says that the change is approved with a key.
fn line_that_signs(refused: &Ran) -> String {
    let line = refused.log.split("sign it with `").nth(1).and_then(|rest| rest.split('`').next());
    line.unwrap_or_else(|| panic!("no line that signs in:\n{}", refused.log)).to_owned()
}

/// What is held is not deployed until somebody releases it, which a change can't. What was refused as another change is
/// accepted by its digest, and still has to be approved.
pub fn a_hold_an_acceptance_and_a_signature_let_one_change_through<S: System>(story: &Story<S>) {
    story.propose(&["queue=one", "table"]);
    story.ann("hold", "--reason 'the database is being moved'").passes().says("is held: nothing is deployed");
    story.previewed().passes().says("Preview of `shop/staging`");
    let (head, commit) = story.of_the_change();
    let line = format!("stackstep release {STACK} --reason 'let me through'");
    let of_the_change = story.run(&commit, &Event::Line { who: "ada", line, of_change: Some(head) });
    of_the_change
        .fails_with(73)
        .says("`release` is refused: this job is for")
        .says("whose own code could say it");
    story.approve();
    story.merge();
    let held = story.pushed().fails_with(73).never_says("Deployed");
    held.says("by `ann`: the database is being moved").says("stackstep release ");
    story.ann("release", "--reason done").passes().says("is released; it was held by `ann`");
    story.pushed().passes().says("Deployed `shop/staging`: 3 created");

    story.push_past_everybody(&["queue=two", "table"]);
    let refused = story.pushed().fails_with(76).never_says("Deployed");
    refused.says("Update of `shop/staging` was refused: 1 to update").says("stackstep accept -C infra/shop");
    let seen = story.refused();
    let other = seen.replace(&seen[7..15], "01234567");
    let accept =
        |digest: &str| story.ann("accept", &format!("--digest {digest} --reason 'seen by both of us'"));
    accept(&other).fails_with(73).says("is not the change that was refused last");
    accept(&seen).passes().says("is accepted");
    story.push_past_everybody(&["queue=three", "table"]);
    story.pushed().fails_with(76).never_says("Deployed");
    assert_ne!(story.refused(), seen);
    accept(&story.refused()).passes();

    let unsigned = story.pushed().fails_with(75).never_says("Deployed");
    let line = line_that_signs(&unsigned.says("no signed approval was handed over"));
    let by_mallory = story.signed(&line, &["mallory"]);
    let of_another = story.signed(&line.replace(&story.refused(), &seen), &["ann"]);
    let refused = story.deploys_with(&(by_mallory + &of_another)).fails_with(75).never_says("Deployed");
    refused
        .says("is not in `.stackstep/allowed_signers` of this commit")
        .says("it is about another change: `sha256:");
    assert_eq!(story.queue(), "one");
    let deployed = story.deploys_with(&story.signed(&line, &["ann", "bob"])).passes();
    deployed
        .says("Deployed `shop/staging`: 1 updated")
        .says("accepted by `ann` on ")
        .says("seen by both of us")
        .says("signed by `ann`")
        .says("signed by `bob`");
    assert_eq!(story.queue(), "three");
}

/// The job by whose inputs a person takes a way out: it holds and releases, shows a rollback with its digest, and goes back when
/// the glass is broken for that.
pub fn a_job_with_inputs_takes_each_way_out<S: System>(
    story: &Story<S>,
    way_out: impl Fn(&S, &Value, &Fake) -> Ran,
) {
    let take = |command: &str, more: Value| {
        let mut inputs = json!({ "command": command, "stack": "staging", "folder": "infra/shop" });
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        way_out(&story.system, &inputs, &story.forge)
    };
    story.merges(&["queue=one"]);
    let before = story.git(&["rev-parse", "origin/main"]);
    let reason = "it's \"moved\" to $HOME; `id`";
    take("hold", json!({ "reason": reason })).passes().says("is held: nothing is deployed");
    story.pushed().fails_with(73).never_says("Deployed").says(&format!("by `ann`: {reason}"));
    take("release", json!({ "reason": "done" })).passes();
    story.pushed().passes();
    story.merges(&["queue=two"]);
    story.pushed().passes();

    let rollback = |reviewed: &str| take("rollback", json!({ "subject": before, "reviewed": reviewed }));
    let shown =
        rollback("").passes().says("Preview of the rollback of `shop/staging`").never_says("Rolled back");
    let hexes =
        shown.log.split("sha256:").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_hexdigit()).next());
    let whole = hexes.flatten().find(|hex| hex.len() == 64).unwrap_or_else(|| panic!("{}", shown.log));
    let digest = format!("sha256:{whole}");
    rollback(&digest).fails_with(75).says("an approval is missing").never_says("Rolled back");
    let link = "https://acme.example/incidents/12";
    take("break-glass", json!({ "subject": digest, "reason": "the shop is down", "link": link })).passes();
    rollback(&digest).passes().says("BROKEN GLASS").says("Rolled back `shop/staging`");
    assert_eq!(story.queue(), "one");
    take("unlock", json!({ "subject": "4001" })).passes().says("is not locked");
}

/// A rollback is previewed, reviewed by its digest and approved as any deployment is, and goes to no commit that nobody has
/// merged.
pub fn a_rollback_is_a_deployment_with_gates_of_its_own<S: System>(story: &Story<S>) {
    story.merges(&["queue=one"]);
    let before = story.git(&["rev-parse", "origin/main"]);
    story.pushed().passes();
    story.merges(&["queue=two"]);
    story.pushed().passes().says("Deployed `shop/staging`: 1 updated");

    story.propose(&["queue=never-merged"]);
    let proposed = story.git(&["rev-parse", "origin/change"]);
    let rollback = |to: &str, more: &str| story.ann("rollback", &format!("--comment off --to {to} {more}"));
    rollback(&proposed, "").fails_with(73).says("`main` does not contain commit");
    let unseen = rollback(&before, "").fails_with(76).never_says("Rolled back");
    unseen
        .says(&format!("Rollback of `shop/staging` to {} was refused", &before[..8]))
        .says("--preview-only");
    let digest = story.refused();
    let shown = rollback(&before, "--preview-only --result-file result.json && cat result.json").passes();
    shown.says("Preview of the rollback of `shop/staging`").says(&digest);
    let reviewed = format!("--reviewed {digest}");
    let unsigned = rollback(&before, &reviewed).fails_with(75).never_says("Rolled back");
    assert_eq!(story.queue(), "two");
    let line = line_that_signs(&unsigned);
    std::fs::write(story.path("signed.txt"), story.signed(&line, &["ann", "bob"])).unwrap();
    let handed = format!("{reviewed} --approval {}", story.path("signed.txt").display());
    let done = rollback(&before, &handed).passes().says("signed by `ann`");
    done.says(&format!("Rolled back `shop/staging` to {}: 1 updated", &before[..8]));
    assert_eq!(story.queue(), "one");
}

/// A broken glass passes the review and the approvals of one change, and no rule that refuses. Who broke it does not close
/// its issue.
pub fn a_glass_is_broken_for_one_change_and_no_rule<S: System>(story: &Story<S>) {
    story.merges(&["queue=one", "table"]);
    story.pushed().passes();
    story.push_past_everybody(&["queue=two", "table"]);
    story
        .pushed()
        .fails_with(76)
        .never_says("Deployed")
        .says("in an emergency (ann): `stackstep break-glass");
    let breaks = |who| {
        let more = "--reason 'the shop is down' --link https://acme.example/incidents/12";
        story.starts(who, &format!("break-glass {STACK} --digest {} {more}", story.refused()))
    };
    breaks("bob").fails_with(73).says("`bob` is not one of those who may: ann");
    assert_eq!(story.forge.memory().issues.len(), 0);
    breaks("ann").passes().says("issue #1 has to be closed by somebody else than `ann`");
    let body = story.forge.memory().issues[0].body.clone();
    assert!(
        body.contains("the shop is down") && body.contains("`ann` lets one change be deployed"),
        "{body}"
    );
    let deployed = story.pushed().passes().says("Deployed `shop/staging`: 1 updated");
    deployed.says("BROKEN GLASS: `ann` lets this be deployed").says("the shop is down");
    assert_eq!(story.queue(), "two");

    story.forge.memory().issues[0].closed_by = Some("ann".to_owned());
    story.push_past_everybody(&["queue=two"]);
    let refused = story.pushed().fails_with(74).never_says("Deployed").says("max-deletes");
    refused.says("issue #1 of the broken glass was closed by `ann`, and is open again");
    assert_eq!(story.forge.memory().issues[0].closed_by, None);
    breaks("ann").passes();
    story.pushed().fails_with(74).never_says("Deployed").never_says("BROKEN GLASS");
    assert_eq!(story.deployments("staging"), 2);
}

/// A job is killed while the engine is at work. Its lock stays until the CI system says that the run has ended; then the job
/// runs again, and does what is left under the same review and approval.
pub fn a_deployment_that_was_killed_is_unlocked_and_finished<S: System>(story: &Story<S>) {
    let gate = Gate::closed(story.path("gate"));
    let slow = format!(
        "  slow: {{ type: probe:index:Thing, properties: {{ waits: {{ create: {} }} }}, options: {{ dependsOn: [\"${{queue}}\"] }} }}\noutputs:",
        gate.path().display()
    );
    let program = story.program(&["queue=one"]).replace("outputs:", &slow);
    story.propose_program(&program, "a thing that takes its time");
    story.previewed().passes();
    story.approve();
    story.merge();
    story.check_out("origin/main");
    let mut run = story.system.start(&Event::Push, &story.forge);
    gate.until_begun(&mut run);
    run.kill_all();

    let reserved = story.entries("staging").pop().unwrap();
    let (id, page) = (reserved["run"]["id"].as_str().unwrap(), reserved["run"]["url"].as_str().unwrap());
    // GitLab is asked for the job.
    let asked = page.split_once("/-/jobs/").map_or(id, |(_, job)| job);
    story.forge.memory().shown.runs = vec![(asked.to_owned(), false)];
    story
        .pushed()
        .fails_with(1)
        .never_says("Deployed")
        .says("`stackstep unlock <stack> --run <id>` removes its lock");
    let unlock = || story.ann("unlock", &format!("--run {id}"));
    unlock().fails_with(73).says("has not ended");
    story.forge.memory().shown.runs[0].1 = true;
    unlock().passes().says(&format!("as the run {id} has ended")).says("creating urn:pulumi:staging::shop::");

    gate.open();
    let finished = story.pushed().passes().says("Deployed `shop/staging`: 1 created (");
    finished.says(&format!("approved by `ann` on {}", story.system.change_request()));
    assert_eq!(story.queue(), "one");
    assert_eq!(story.ledger("staging").last().unwrap(), "verified");
}
