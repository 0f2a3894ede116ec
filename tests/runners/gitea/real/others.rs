//! What no sweep may touch: stacks that only look like those of the pull requests, and one that is protected. Beside them one
//! that can't be destroyed, of which people have to hear once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::jobs::{Engine, Job};
use super::requests::{PROGRAM, Shop};

/// A moment that is long over.
const LONG_AGO: &str = "2020-01-01T10:00:00Z";

/// The stacks beside those of the script.
pub struct Others<'s> {
    shop: &'s Shop,
    /// The files of each stack that stays as it is.
    untouched: BTreeMap<String, BTreeMap<PathBuf, Vec<u8>>>,
    /// The stack that can't be destroyed.
    stuck: String,
}

impl<'s> Others<'s> {
    /// Makes them, and the `stackstep.yaml` of the repository.
    pub fn make(shop: &'s Shop) -> Self {
        let held = "resources:\n  held:\n    type: demo:index:Thing\n    options: { protect: true }\n";
        let stuck = shop.open("stuck", "Pulumi.yaml", &format!("{PROGRAM}{held}"));
        let [protected, inherited, renamed] =
            ["protected", "inherited", "renamed"].map(|branch| shop.open(branch, "note.txt", branch));
        let all = [stuck, protected, inherited, renamed];
        let section = "from: staging, label: preview-environment, ttl: 40h, max: 100, grace: \"0\", max-destroys: 100, max-share: 100";
        shop.write("stackstep.yaml", &format!(
            "review: {{ {section} }}\nstacks: {{ \"pr-{protected}-*\": {{ approvals: {{ needed: 1 }} }} }}\n"
        ));
        shop.fetch();
        for number in all {
            shop.set_label(number, true);
        }
        for number in [stuck, protected, inherited] {
            assert!(shop.run(&up(shop, number)), "{number} is deployed");
        }
        // Its tags stay behind, and the next stack of its name has them.
        let name = shop.stack(inherited);
        shop.by_hand(&format!("stack rename --stack {name} kept-by-hand"));
        made_by_hand(shop, &name);
        made_by_hand(shop, "prod");
        let taken = shop.stack(renamed);
        shop.by_hand(&format!("stack rename --stack prod {taken}"));
        for name in ["pr-5-0123abcd", "pr-storm"] {
            made_by_hand(shop, name);
        }
        for number in all {
            shop.set_open(number, false);
        }
        let (elsewhere, number) = of_another_repository(shop);
        let names = [shop.stack(protected), name, taken, elsewhere, "kept-by-hand".to_owned()];
        let names = names.into_iter().chain(["pr-5-0123abcd", "pr-storm"].map(str::to_owned));
        let untouched = names.map(|name| (name.clone(), shop.files_of(&name))).collect();
        assert_eq!(number, 1, "it has the number of one of ours");
        Self { shop, untouched, stuck: shop.stack(stuck) }
    }

    /// Lets the ledger say that the stack that can't be destroyed was tried four times.
    pub fn were_tried(&self) {
        let folder = self.shop.folder("state/.stackstep/ledger/shop").join(&self.stuck);
        let there = std::fs::read_dir(&folder).unwrap().count();
        for number in there + 1..=there + 4 {
            let entry = json!({
                "v": 1, "number": number, "id": format!("{number:032x}"), "kind": "destroy-failed", "time": LONG_AGO,
                "project": "shop", "stack": self.stuck, "reason": "the thing is protected",
            });
            std::fs::write(folder.join(format!("{number:012}.json")), entry.to_string()).unwrap();
        }
    }

    /// Fails unless all of them are as they were, and people have heard once of the one that can't be destroyed.
    pub fn are_untouched(&self) {
        for (stack, files) in &self.untouched {
            assert!(self.shop.stacks().contains(stack), "`{stack}` is gone");
            assert_eq!(&self.shop.files_of(stack), files, "`{stack}` was touched");
        }
        assert!(self.shop.stacks().contains(&self.stuck), "what is protected was destroyed");
        assert_eq!(self.shop.issues(), [format!("The stack `shop/{}` can't be destroyed", self.stuck)]);
    }
}

fn up(shop: &Shop, number: u64) -> Job {
    // Only the sandbox knows the type of the thing that is held.
    Job { number, commit: shop.request(number).head, is_up: true, kill: None, engine: Engine::Sandbox }
}

/// A stack that a person deploys by the Pulumi CLI.
fn made_by_hand(shop: &Shop, name: &str) {
    shop.by_hand(&format!("stack init {name} --no-select"));
    shop.by_hand(&format!("up --yes --skip-preview --stack {name}"));
}

/// The stack of a pull request that is closed, of another repository. Returns its name, and the pull request's number.
fn of_another_repository(shop: &Shop) -> (String, u64) {
    let other = shop.beside("storm-beside");
    let number = other.open("change", "note.txt", "change");
    assert!(
        other.run(&Job { engine: Engine::Pulumi, ..up(&other, number) }),
        "the other repository's is deployed"
    );
    other.set_open(number, false);
    (other.stack(number), number)
}
