//! Two changes that were reviewed one by one and are deployed together.

use std::path::PathBuf;

use super::delivery::Delivery;
use super::shown;
use super::stage::Ended;
use super::things::{program, thing};

/// A file of the program, the branch that changes it, and the result file of its preview.
const CHANGES: [(&str, &str, &str); 2] =
    [("one.txt", "first", "first.json"), ("two.txt", "second", "second.json")];

/// Two changes of a deployed stack, both merged into `main`.
struct Merged {
    delivery: Delivery,
    before: String,
}

impl Merged {
    /// The program has two resources, and each change is about the file of one of them.
    fn new() -> Self {
        let asset = |name: &str| format!("value: {{fn::fileAsset: ./{name}}}");
        let program = program(&[thing("a", &asset("one.txt")), thing("b", &asset("two.txt"))]);
        let delivery = Delivery::new("", &program);
        for (file, ..) in CHANGES {
            delivery.stage.write(file, "one\n");
        }
        delivery.checkout.commit("The files");
        delivery.checkout.push("main");
        delivery.checkout.git(&["fetch", "-q", "origin"]);
        delivery.stage.pulumi("up --stack dev --yes --skip-preview").ends_with(0);
        let delivery = CHANGES.into_iter().fold(delivery, |delivery, (file, branch, result)| {
            let result = delivery.stage.path(result);
            delivery.checkout.git(&["checkout", "-q", "origin/main"]);
            delivery.reviewed_as(branch, &result, "--comment off", |stage| stage.write(file, "two\n"))
        });
        delivery.checkout.git(&["checkout", "-q", "origin/main"]);
        for (_, branch, _) in CHANGES {
            delivery.checkout.git(&["merge", "-q", "--no-ff", "-m", "Merged", branch]);
        }
        let delivery = delivery.on_main();
        let before = delivery.state_file();
        Self { delivery, before }
    }

    fn result(&self, of: usize) -> PathBuf {
        self.delivery.stage.path(CHANGES[of].2)
    }

    /// Deploys what stands in these files.
    fn deploy(&self, reviewed: &[PathBuf]) -> Ended {
        let named = reviewed.iter().map(|file| format!(" --reviewed {}", file.display()));
        self.delivery.stage.stackstep(&format!("deploy{}", named.collect::<String>()))
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn two_reviewed_changes_are_deployed_together_and_one_alone_is_not_enough() {
    let merged = Merged::new();
    let alone = |of: usize, differences: &[&str]| {
        merged.deploy(&[merged.result(of)]).differs_by(differences);
        assert_eq!(merged.delivery.state_file(), merged.before);
        let ledger = merged.delivery.ledger();
        assert!(ledger.iter().all(|kind| kind == "refused"), "{ledger:?}");
    };
    alone(0, &["step-more of b", "source of #shop/two.txt"]);
    alone(1, &["step-more of a", "source of #shop/one.txt"]);
    let run = merged.deploy(&[merged.result(0), merged.result(1)]).ends_with(0).did("a: update, b: update");
    assert!(run.log.contains("this is the change that was reviewed"), "{}", run.log);
    assert_eq!(merged.delivery.ledger(), ["refused", "reserved", "finished", "verified"]);
    shown();
}
