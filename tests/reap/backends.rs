//! What a sweep needs of the backend. What it does in a bucket and a database is shown on the CLI itself, in
//! `tests/runners/real/review/backends.rs`.

use super::place::SweepPlace;

const FILE: &str = "reapable: [\"pr-*\", demo]\n";

/// A place whose states are in this backend.
fn in_backend(url: &str) -> SweepPlace {
    let place = SweepPlace::new(FILE);
    let scene = place.scene.with("PULUMI_BACKEND_URL", url);
    SweepPlace { scene, fake: place.fake }
}

#[test]
fn a_database_is_refused_where_no_ledger_can_be() {
    let place = in_backend("postgres://me:hunter2-hunter2@127.0.0.1:9/state");
    let run = place.reap("").ends_with(73);
    let run = run
        .says("`reap` needs a ledger, and there is none")
        .says("Gitea or Forgejo keeps no text with its deployments");
    let run = run.says("keep the state where a ledger can lie beside it, see docs/ledger.md");
    assert!(!run.log().contains("hunter2-hunter2"), "{}", run.log());
}
