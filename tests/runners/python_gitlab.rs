//! The tests' fake of GitLab, used by a client that others wrote: what satisfies it, and what it sends, is what GitLab
//! has.

use stackstep::publish::comment::Posted;

use crate::posts;
use crate::real_parts::shown_with;
use crate::support::forge::reads::story;
use crate::support::forge::{FACES, Fake, ME, TOKEN};
use crate::tools::{folder, root, run};

#[test]
#[ignore = "needs python-gitlab"]
fn another_client_reads_and_writes_what_ours_does() {
    let fake = Fake::start(FACES[1]);
    fake.memory().pulls[0].commits = vec!["8d08154cabb1c4f71a535de986600303936780f8".to_owned()];
    for number in 0..129 {
        fake.memory().write("ada", &format!("comment {number}"));
    }
    fake.memory().write("GitLab", "added 1 commit");
    assert_eq!(posts::post(&fake, 1), Posted::Created);
    let mut client = std::process::Command::new(folder("python-gitlab").join("bin/python"));
    client
        .arg(root().join("tests/runners/python-gitlab.py"))
        .env("URL", fake.server.url())
        .env("TOKEN", TOKEN);
    let (fine, said) = run(&mut client);
    assert!(fine, "{said}");
    {
        let memory = fake.memory();
        let ours: Vec<_> = memory.comments.iter().filter(|comment| comment.author == ME).collect();
        assert!(ours.len() == 1 && ours[0].body.ends_with("edited"), "{ours:#?}");
        assert_eq!(memory.statuses[0]["name"], "stackstep / shop / dev");
        assert_eq!(memory.deployments[1]["external_url"], "https://shop.example");
    }
    assert_eq!(posts::post(&fake, 2), Posted::Updated);
    shown_with("GitLab's client (python-gitlab 8.6.0)");
}

#[test]
#[ignore = "needs python-gitlab"]
fn another_client_reads_what_delivery_reads() {
    let fake = Fake::start(FACES[1]);
    let (merge, base) = story(&mut fake.memory().shown);
    let mut client = std::process::Command::new(folder("python-gitlab").join("bin/python"));
    client
        .arg(root().join("tests/runners/python-gitlab-delivery.py"))
        .env("URL", fake.server.url())
        .env("TOKEN", TOKEN)
        .env("MERGE", merge)
        .env("BASE", base);
    let (fine, said) = run(&mut client);
    assert!(fine, "{said}");
    shown_with("GitLab's client (python-gitlab 8.6.0)");
}
