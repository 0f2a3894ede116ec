//! A machine whose checkout is a repository with a map: the default branch deploys `staging`, tags deploy `prod`.

use super::{Event, Place, Wrapper};
use crate::tools;
use std::process::Command;

/// The map. What a gate would refuse has its own tests: here nobody reviews.
const MAP: &str = "engine: sandbox\nupsert: true\ndeploy: { branches: { main: staging }, tags: { \"v*\": prod } }\nstacks:\n  \
                   staging: { environment: staging, unreviewed: allow }\n  \
                   prod: { environment: production, unreviewed: allow }\n";

/// The same machine with the program and the map in its checkout, and a remote that has the commit on `main`.
pub fn with_map(place: Place) -> Place {
    let checkout = place.repository();
    std::fs::copy(tools::root().join("examples/hello/Pulumi.yaml"), checkout.join("Pulumi.yaml")).unwrap();
    std::fs::write(checkout.join("stackstep.yaml"), MAP).unwrap();
    let remote = place.beside("remote.git").display().to_string();
    let address = format!("file://{remote}");
    for arguments in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "commit",
            "--quiet",
            "--message",
            "a change",
        ],
        &["tag", "v1.2.0"],
        &["init", "--quiet", "--bare", "--initial-branch", "main", &remote],
        &["remote", "add", "origin", &address],
        // As a clone of one commit: nothing but this commit was seen of the remote.
        &["push", "--quiet", &address, "main"],
    ] {
        git(&place, arguments);
    }
    place
}

/// Runs git in the checkout, and returns what it prints.
pub fn git(place: &Place, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(place.repository()).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The command of a wrapper's step for an event, of the commit that is checked out.
pub fn step(wrapper: &dyn Wrapper, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
    let mut command = wrapper.command(place, event, inputs);
    with_head(&mut command, &git(place, &["rev-parse", "HEAD"]));
    command
}

/// Puts the commit where the documented environment has another one.
pub fn with_head(command: &mut Command, head: &str) {
    let is_commit = |value: &str| value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let set =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_str()?.to_owned())));
    let commits: Vec<_> = set.filter(|(_, value)| is_commit(value)).map(|(name, _)| name).collect();
    for name in commits {
        command.env(name, head);
    }
}
