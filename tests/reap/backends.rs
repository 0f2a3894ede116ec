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

#[test]
#[cfg(unix)]
fn a_database_that_does_not_answer_ends_the_sweep_of_its_stacks_and_is_named() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::forge::{FACES, Fake};

    let place = in_backend("postgres://me:hunter2-hunter2@127.0.0.1:9/state");
    let github = Fake::start(*FACES.iter().find(|face| face.name() == "github").unwrap());
    {
        let (mut memory, known) = (github.memory(), place.fake.memory());
        memory.shown.branches.clone_from(&known.shown.branches);
        memory.shown.files.clone_from(&known.shown.files);
    }
    let root = place.scene.root();
    // It lists when somebody writes into the pipe, and nobody does.
    nix::unistd::mkfifo(&root.join("never"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = version ] && echo v3.260.0 && exit 0\nread answer < {}\n",
        root.join("never").display()
    );
    std::fs::write(root.join("engine"), script).unwrap();
    std::fs::set_permissions(root.join("engine"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let scene = place
        .scene
        .with("STACKSTEP_FORGE", "github")
        .with("STACKSTEP_FORGE_URL", &github.server.url())
        .with("STACKSTEP_ENGINE", &root.join("engine").display().to_string())
        .with("STACKSTEP_TIMEOUT", "1s");
    let place = SweepPlace { scene, fake: github };
    let run = place.reap("");
    assert_ne!(run.status(), 0);
    let run = run.says("the engine did not answer in time").says("the backend is postgres://");
    assert!(!run.log().contains("hunter2-hunter2"), "{}", run.log());
}
