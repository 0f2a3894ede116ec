//! `reap` on the CLI itself: what was killed anywhere is gone after one sweep, the destroying process has nothing of the
//! sweep's environment, and what is not ours stays.

use super::*;

/// A credential that only the deciding process has.
const OF_THE_SWEEP: &str = "a-credential-of-the-sweep";

impl Review {
    /// In the job of a schedule of the default branch, in which the first sweep has been.
    pub(super) fn in_a_schedule(self) -> Self {
        let review = self.in_the_next_schedule();
        let first = review.stage.stackstep("reap");
        assert!(first.log.contains("it is the first sweep"), "{}", first.log);
        review
    }

    /// In the job of a schedule of the default branch.
    pub(super) fn in_the_next_schedule(self) -> Self {
        self.checkout.git(&["checkout", "-q", "-f", "main"]);
        let review = self.in_a_job(Event::Branch("main"));
        review.with("CI_PIPELINE_SOURCE", "schedule").with("OF_THE_SWEEP", OF_THE_SWEEP)
    }

    /// Writes the file with the environment of the destroying processes.
    pub(super) fn destroy_env(&self) -> String {
        let path = self.stage.path("destroy.env");
        let shown = |name: &str| self.stage.path(name).display().to_string();
        let lines = [
            ("PULUMI_HOME", shown("home")),
            ("PULUMI_BACKEND_URL", format!("file://{}", shown("state"))),
            ("PULUMI_CONFIG_PASSPHRASE", "the passphrase of review stacks".to_owned()),
            ("PULUMI_SKIP_UPDATE_CHECK", "true".to_owned()),
            ("STACKSTEP_FORGE_TOKEN", TOKEN.to_owned()),
        ];
        let job = self.job(Event::Branch("main")).into_iter();
        let job = job.filter_map(|(name, value)| Some((name, value?)));
        let lines = lines.into_iter().chain(self.keeper.variables()).chain(job);
        let text: Vec<String> = lines.map(|(name, value)| format!("{name}='{value}'\n")).collect();
        let text = text.concat();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub(super) fn sweep(&self) -> Ended {
        self.stage.stackstep(&format!("reap --destroy-env {}", self.destroy_env()))
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn whatever_a_killed_run_has_left_is_gone_after_one_sweep() {
    let things = plain(&[thing("a", "value: 1")]);
    for words in ["stack init", "stack tag set", "refresh", "up"] {
        for (before, after) in KILLS {
            let review = Review::opened("from: staging", &things).with_engine(words, before, after);
            assert_ne!(review.up().status, 0, "{words}");
            let review = review.with_plain_engine().closed().in_a_schedule();
            let run = review.sweep();
            let left: Vec<String> =
                review.left().into_iter().filter(|path| !path.contains("/locks/")).collect();
            assert_eq!((run.status, left), (0, Vec::new()), "{words} {before}: {}", run.log);
        }
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_destroying_process_has_nothing_of_the_sweeps_environment() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    let review = review.closed().in_a_schedule();
    // The engine that the destroying process finds.
    let seen = "env > \"$(dirname \"$0\")/seen\"";
    let review = review.with_engine("destroy", seen, "").with_plain_engine();
    let file = review.destroy_env();
    let engine = format!("STACKSTEP_ENGINE='{}'\n", review.stage.path("engine").display());
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + &engine).unwrap();
    review.stage.stackstep(&format!("reap --destroy-env {file}")).ends_with(0);
    let seen = std::fs::read_to_string(review.stage.path("seen")).unwrap();
    assert!(seen.contains("PULUMI_HOME") && !seen.contains(OF_THE_SWEEP), "{seen}");
    assert!(review.left().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn two_sweeps_at_once_end_as_one_and_an_open_and_a_foreign_stack_stay() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    review.stage.pulumi("stack init pr-9-0123abcd --no-select").ends_with(0);
    let review = review.in_a_schedule();
    let open = review.sweep();
    assert_eq!(open.status, 0, "{}", open.log);
    assert_eq!(review.things(), ["a"], "its change request is open");
    let review = review.closed();
    let line = format!("reap --destroy-env {}", review.destroy_env());
    let (one, other) = (review.stage.start(&line, "one"), review.stage.start(&line, "other"));
    let ended = [one.end(), other.end()];
    assert!(ended.iter().any(|run| run.status == 0), "{} {}", ended[0].log, ended[1].log);
    assert!(review.left().is_empty(), "{} {}", ended[0].log, ended[1].log);
    assert!(review.stage.pulumi("stack ls --all").ends_with(0).stdout.contains("pr-9-0123abcd"));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_whose_passphrase_is_missing_keeps_no_other_one_from_its_end() {
    let secret = shop(&[thing("a", "value: 1")]);
    let review =
        Review::opened(SECTION, &secret).with("PULUMI_CONFIG_PASSPHRASE", "a passphrase that is lost");
    review.up().ends_with(0);
    let lost = review.name();
    let review = Review { stage: review.stage.without("PULUMI_CONFIG_PASSPHRASE"), ..review };
    let pull = Pull { number: 8, ..review.forge.memory().pulls[0].clone() };
    review.forge.memory().pulls.push(pull);
    let review = review.with("CI_MERGE_REQUEST_IID", "8");
    review.up().ends_with(0);
    for pull in &mut review.forge.memory().pulls {
        pull.state = State::Closed;
    }
    let review = review.in_a_schedule();
    let run = review.sweep().ends_with(80);
    let left = review.stage.pulumi("stack ls --all").ends_with(0).stdout;
    assert!(left.contains(&lost) && left.matches("pr-").count() == 1, "{left}{}", run.log);
    assert_eq!(review.ledger(), ["opened", "destroy-failed"]);
    let again = review.sweep();
    assert!(again.log.contains("its destruction failed a short time ago"), "{}", again.log);
    shown();
}
