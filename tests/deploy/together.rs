//! Several change requests that are deployed together, with a GitLab in memory: those that were merged since the last
//! deployment, and those that stand in a merge train before another one.

use super::repository::{MAP, Repository};
use crate::support::Scene;
use crate::support::forge::memory::Changed;
use crate::support::forge::{FACES, Fake, NUMBER, Pull, State, TOKEN};

/// A program with two resources, each with a file of its own.
const PROGRAM: &str = "name: shop\nruntime: yaml\nresources:\n  \
    one:\n    type: demo:index:Thing\n    properties: { text: { \"fn::readFile\": ./one.txt } }\n  \
    two:\n    type: demo:index:Thing\n    properties: { text: { \"fn::readFile\": ./two.txt } }\n";

/// The other change request beside [`NUMBER`].
const OTHER: u64 = 8;

/// The run of a merge train, without a comment on what it finds.
const PREVIEW: &str = "preview -C infra/shop --stack staging --comment off";

/// The run of a deployment.
const UP: &str = "up -C infra/shop --stack staging";

/// A repository whose `main` is deployed, and the change requests that were previewed on top of it.
struct Team {
    fake: Fake,
    repository: Repository,
    /// The commit of `main`.
    main: String,
    /// The head of each change request.
    heads: Vec<(u64, String)>,
}

impl Team {
    fn new() -> Self {
        let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap());
        fake.memory().pulls.clear();
        let repository = Repository::new(MAP);
        let files = [("one.txt", "1"), ("two.txt", "1"), ("old.txt", "1"), ("Pulumi.yaml", PROGRAM)];
        for (name, text) in files {
            repository.scene.write(&format!("infra/shop/{name}"), text);
        }
        repository.commit("two things");
        repository.push("main");
        let repository = repository.on_branch("main");
        repository.scene.run("up --upsert -C infra/shop --stack staging").ends_with(0);
        repository
            .scene
            .write("stackstep.yaml", &format!("{MAP}stacks:\n  staging: {{ unreviewed: refuse }}\n"));
        repository.commit("the entry, and the salt of the new stack");
        repository.push("main");
        repository.git(&["fetch", "-q", "origin"]);
        let main = repository.head();
        fake.memory().shown.commits = vec![(main.clone(), Vec::new())];
        let scene = repository
            .scene
            .with("STACKSTEP_FORGE", "gitlab")
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN);
        let team = Self { fake, repository: Repository { scene }.on_branch("main"), main, heads: Vec::new() };
        team.repository.scene.run(UP).ends_with(0);
        team
    }

    /// The team with a change request of `change`, which was previewed on top of `main` and changes these files.
    fn proposes(mut self, number: u64, files: &[Changed], change: impl FnOnce(&Scene)) -> Self {
        self.repository.git(&["checkout", "-q", &self.main]);
        change(&self.repository.scene);
        self.repository.commit("a change");
        let head = self.repository.head();
        let scene = self.repository.on_merge_request("feature").scene;
        self.repository = Repository { scene: scene.with("CI_MERGE_REQUEST_IID", &number.to_string()) };
        let pull = Pull { number, head: head.clone(), files: files.to_vec(), ..Pull::default() };
        self.fake.memory().pulls.push(pull);
        let says = format!("commented on merge request !{number}");
        self.repository.scene.run("preview -C infra/shop --stack staging").ends_with(0).says(&says);
        self.heads.push((number, head));
        self
    }

    /// Two change requests, each of which changes a file of its own.
    fn with_two_changes() -> Self {
        let write = |name: &'static str| move |scene: &Scene| scene.write(&format!("infra/shop/{name}"), "2");
        Self::new().proposes(OTHER, &[Changed::Modified("infra/shop/two.txt")], write("two.txt")).proposes(
            NUMBER,
            &[Changed::Modified("infra/shop/one.txt")],
            write("one.txt"),
        )
    }

    /// Merges all change requests on top of `main`, one after the other. Returns the commits by which that is done.
    fn merges(&self) -> Vec<String> {
        self.repository.git(&["checkout", "-q", &self.main]);
        let mut merges: Vec<String> = Vec::new();
        for (_, head) in &self.heads {
            self.repository.git(&["merge", "-q", "--no-ff", "-m", "Merged", head]);
            let merge = self.repository.head();
            let bottom = merges.last().unwrap_or(&self.main).clone();
            let mut memory = self.fake.memory();
            memory.shown.commits.push((head.clone(), vec![self.main.clone()]));
            memory.shown.commits.push((merge.clone(), vec![bottom, head.clone()]));
            drop(memory);
            merges.push(merge);
        }
        merges
    }

    /// The same in the merge train: the job is that of the last change request. `before` changes what is merged.
    fn in_a_train(self, before: impl FnOnce(&Repository)) -> Self {
        let mut merges = self.merges();
        before(&self.repository);
        let head = self.repository.head();
        if merges.last() != Some(&head) {
            let (_, parents) = self.fake.memory().shown.commits.pop().unwrap();
            self.fake.memory().shown.commits.push((head.clone(), parents));
            *merges.last_mut().unwrap() = head;
        }
        let numbers = self.heads.iter().map(|(number, _)| *number);
        let cars = numbers.zip(merges).map(|(number, merge)| (number, merge, String::new()));
        self.fake.memory().shown.queue = cars.collect();
        let scene = self.repository.on_merge_request("feature").scene;
        let scene = scene.with("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train");
        Self { repository: Repository { scene }, ..self }
    }

    /// The same on `main`, in the job that deploys it.
    fn merged(self) -> Self {
        let merges = self.merges();
        let mut memory = self.fake.memory();
        for (pull, merge) in memory.pulls.iter_mut().zip(merges) {
            pull.state = State::Merged;
            pull.commits = vec![merge.clone()];
            pull.merge_commit = Some(merge);
        }
        drop(memory);
        self.repository.push("main");
        self.repository.git(&["fetch", "-q", "origin"]);
        Self { repository: self.repository.on_branch("main"), ..self }
    }

    /// What a change request removes and another one still had when it was previewed.
    fn with_a_file_taken_away(changed: &[Changed]) -> Self {
        let write = |scene: &Scene| scene.write("infra/shop/two.txt", "2");
        Self::new().proposes(OTHER, &[Changed::Modified("infra/shop/two.txt")], write).proposes(
            NUMBER,
            changed,
            |scene| {
                scene.write("infra/shop/one.txt", "2");
                std::fs::remove_file(scene.program.join("infra/shop/old.txt")).unwrap();
            },
        )
    }
}

#[test]
fn a_merge_train_is_compared_with_those_before_this_change_as_well() {
    let team = Team::with_two_changes().in_a_train(|_| {});
    let run = team.repository.scene.run(PREVIEW).ends_with(0);
    run.says("this is the change that was reviewed, by what merge request !8 and merge request !7 showed");
}

#[test]
fn a_merge_train_in_which_something_slipped_in_is_refused() {
    let team = Team::with_two_changes().in_a_train(|repository| {
        repository.scene.write("infra/shop/two.txt", "3");
        repository.git(&["add", "."]);
        repository.git(&["commit", "-q", "--amend", "--no-edit"]);
    });
    let run = team.repository.scene.run(PREVIEW).ends_with(76);
    run.says("the file `infra/shop/two.txt` is not the reviewed one");
}

#[test]
fn a_merge_train_that_has_changed_since_the_run_began_is_not_compared() {
    let team = Team::with_two_changes().in_a_train(|_| {});
    team.fake.memory().shown.queue.remove(1);
    let run = team.repository.scene.run(PREVIEW).ends_with(0);
    run.says(
        "not compared with what was reviewed: other change requests are in the queue before this one, and this one is not \
         in the queue",
    );
}

#[test]
fn a_merge_train_that_may_not_be_read_is_not_compared_and_the_permission_is_named() {
    let team = Team::with_two_changes().in_a_train(|_| {});
    team.fake.memory().shown.closed = vec!["queue"];
    let run = team.repository.scene.run(PREVIEW).ends_with(0);
    run.says("not compared with what was reviewed: other change requests are in the queue before this one: could not read")
        .says("https://docs.gitlab.com/api/merge_trains/");
}

#[test]
fn two_changes_that_were_merged_since_the_last_deployment_are_deployed_together() {
    let run = Team::with_two_changes().merged().repository.scene.run(UP).ends_with(0);
    run.says("by what merge request !7 and merge request !8 showed")
        .says("Deployed `shop/staging`: 2 updated");
}

#[test]
fn a_file_that_one_of_them_removed_may_be_missing() {
    let team = Team::with_a_file_taken_away(&[
        Changed::Modified("infra/shop/one.txt"),
        Changed::Removed("infra/shop/old.txt"),
    ]);
    let run = team.merged().repository.scene.run(UP).ends_with(0);
    run.says("this is the change that was reviewed").says("Deployed `shop/staging`: 2 updated");
}

#[test]
fn a_file_that_is_lost_without_a_change_that_removed_it_is_refused() {
    let team = Team::with_a_file_taken_away(&[Changed::Modified("infra/shop/one.txt")]);
    let run = team.merged().repository.scene.run(UP).ends_with(76);
    run.says("the file `infra/shop/old.txt` is there in one of the reviewed changes, and not here, and no other one was")
        .never_says("Deployed");
}

#[test]
fn a_file_that_another_one_has_changed_is_refused_though_one_removed_it() {
    let team = Team::with_a_file_taken_away(&[Changed::Removed("infra/shop/old.txt")]);
    team.fake.memory().pulls[0].files.push(Changed::Modified("infra/shop/old.txt"));
    let run = team.merged().repository.scene.run(UP).ends_with(76);
    run.says("the file `infra/shop/old.txt` is there in one of the reviewed changes").never_says("Deployed");
}

#[test]
fn a_file_of_which_the_forge_does_not_tell_whether_it_was_removed_is_refused_with_the_reason() {
    let team = Team::with_a_file_taken_away(&[Changed::Removed("infra/shop/old.txt")]);
    team.fake.memory().pulls[0].has_more_files = true;
    let run = team.merged().repository.scene.run(UP).ends_with(76);
    run.says("whether another one has taken it away can't be told")
        .says("the files of merge request !8")
        .never_says("Deployed");
}
