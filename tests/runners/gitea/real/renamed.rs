//! A repository that gets another name: the forge's id of it stays, and so does whose its stacks are.

use serde_json::json;
use stackstep::base::http::Method;

use super::jobs::{Engine, Job};
use super::requests::Shop;
use crate::gitea::server::OWNER;
use crate::gitea::shown;

#[test]
#[ignore = "needs Gitea and the Pulumi CLI"]
fn the_stacks_of_a_repository_and_a_branch_that_have_other_names_are_found_and_its_open_one_stays() {
    let mut shop = Shop::begin("before");
    shop.write("stackstep.yaml", "review: { from: staging, grace: \"0\" }\n");
    shop.fetch();
    let numbers = ["goes", "stays"].map(|branch| shop.open(branch, &format!("{branch}.txt"), branch));
    for number in numbers {
        let commit = shop.request(number).head;
        assert!(shop.run(&Job { number, commit, is_up: true, kill: None, engine: Engine::Sandbox }));
    }
    let names = numbers.map(|number| shop.stack(number));
    shop.set_open(numbers[0], false);
    shop.ask(Method::DELETE, "branches/goes", &serde_json::Value::Null);
    shop.ask(Method::PATCH, "branches/stays", &json!({ "name": "goes-on" }));
    shop.ask(Method::PATCH, "", &json!({ "name": "afterwards" }));
    shop.repository = format!("{OWNER}/afterwards");
    for _ in 0..2 {
        shop.sweep("first").end();
    }
    assert_eq!(shop.stacks(), [names[1].clone()]);
    // The next push is deployed to the same stack.
    shop.push("goes-on", "stays.txt", "once more");
    let head = shop.request(numbers[1]).head;
    assert!(shop.run(&Job {
        number: numbers[1],
        commit: head.clone(),
        is_up: true,
        kill: None,
        engine: Engine::Sandbox
    }));
    assert_eq!((shop.stacks(), shop.deployed(&names[1])), (vec![names[1].clone()], Some(head)));
    shown();
}
