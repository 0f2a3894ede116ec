//! Who hears of drift, and where it is shown.

use super::{LARGER, LARGEST, Looked};
use crate::support::server::{Reply, Server};

fn column(looked: &Looked) -> String {
    let run = looked.run("status -C infra/shop --stack staging --markdown");
    let stdout = run.stdout();
    let row = stdout.lines().nth(2).unwrap().to_owned();
    row.split(" | ").nth(5).unwrap().to_owned()
}

#[test]
fn status_shows_what_the_last_look_has_come_to() {
    let looked = Looked::new();
    assert_eq!(column(&looked), "not looked");
    looked.look("").ends_with(0);
    assert_eq!(column(&looked), "none");
    let looked = looked.finding(LARGER);
    looked.look("").ends_with(0);
    assert!(column(&looked).starts_with("drifted 20"), "{}", column(&looked));
    looked.lock();
    looked.look("").ends_with(79);
    assert_eq!(column(&looked), "not known");
}

#[test]
fn audit_has_the_looks() {
    let looked = Looked::new().finding(LARGER);
    looked.look("").ends_with(0);
    looked.run("audit -C infra/shop --stack staging").ends_with(0).says("drift").says("found");
}

#[test]
fn people_hear_of_drift_that_is_new_or_another_one_and_of_its_end() {
    let hook = Server::start(|_, _| Reply::Answer(200, Vec::new(), "ok".to_owned()));
    let section = format!(
        "{{ stacks: [staging] }}\nnotify:\n  - {{ webhook: {{ url: \"{}/hook\" }}, on: [drift, drift-gone] }}",
        hook.url()
    );
    let heard = || {
        let bodies = hook.received().into_iter().map(|request| request.body);
        let events =
            bodies.map(|body| serde_json::from_str::<serde_json::Value>(&body).unwrap()["event"].clone());
        events.map(|event| event.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let looked = Looked::with_section(&section).finding(LARGER);
    looked.look("").ends_with(0).says("was told of `drift`");
    looked.look("").ends_with(0);
    assert_eq!(heard(), ["drift"]);
    let looked = looked.finding(LARGEST);
    looked.look("").ends_with(0);
    let looked = looked.finding_nothing();
    looked.look("").ends_with(0);
    looked.look("").ends_with(0);
    assert_eq!(heard(), ["drift", "drift", "drift-gone"]);
}
