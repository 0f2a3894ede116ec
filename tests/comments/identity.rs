//! Whose comment it is: one stack has one, however its name is written, and two backends never share one.

use std::path::Path;

use stackstep::base::env::Env;
use stackstep::publish::comment::aggregate::parts;
use stackstep::publish::comment::{Marker, Mode, Posted, Wanted};
use stackstep::pulumi::stack::{BackendPlace, ReadFrom, StackIdentity};
use stackstep::report::Report;

use super::{changes, failed, no_changes, of, post, run};
use crate::support::Scene;
use crate::support::forge::{Act, FACES, Fake, HEAD, ME, Verb};

/// The report as one of a job with this backend.
fn at(url: &str, report: Report) -> Report {
    let env = Env::from_pairs("/", [("HOME", "/root")]);
    let place = BackendPlace::from_url(
        url,
        ReadFrom { env: &env, folder: Path::new("/w"), checkout: Path::new("/w") },
    );
    let identity = StackIdentity {
        backend: Some(place.fingerprint()),
        backend_url: Some(place.address()),
        ..StackIdentity::written(&report.stack, report.project.as_deref())
    };
    Report { identity: Some(identity), commit: Some(HEAD.to_owned()), ..report }
}

/// The headings of our comments.
fn headings(fake: &Fake) -> Vec<String> {
    let memory = fake.memory();
    let heading = |body: &str| body.lines().find(|line| line.starts_with("## ")).unwrap().to_owned();
    memory.ours().iter().map(|comment| heading(&comment.body)).collect()
}

#[tokio::test]
async fn two_backends_never_share_a_comment_and_their_headings_tell_them_apart() {
    for face in FACES {
        for mode in [Mode::Update, Mode::New] {
            let fake = Fake::start(*face);
            let wanted = |number| Wanted { mode, ..run(number) };
            post(&fake, &wanted(1), &at("s3://acme-eu", changes())).await.unwrap();
            assert!(!headings(&fake)[0].contains("s3://"), "one backend needs no name");
            post(&fake, &wanted(1), &at("s3://acme-us", no_changes())).await.unwrap();
            let both = headings(&fake);
            assert_eq!(both.len(), 2, "{}: {both:?}", face.name());
            assert!(both[0].contains("`shop/dev` (`s3://acme-eu`)"), "{}: {both:?}", face.name());
            assert!(both[1].contains("`shop/dev` (`s3://acme-us`)"), "{}: {both:?}", face.name());
        }
    }
}

#[tokio::test]
async fn the_name_of_the_backend_in_a_heading_stays_when_the_run_comes_again() {
    for face in FACES {
        let fake = Fake::start(*face);
        for url in ["s3://acme-eu", "s3://acme-us"] {
            post(&fake, &run(1), &at(url, changes())).await.unwrap();
        }
        let before = headings(&fake);
        for url in ["s3://acme-eu", "s3://acme-us"] {
            assert_eq!(post(&fake, &run(1), &at(url, changes())).await.unwrap(), Posted::Unchanged, "{url}");
            assert_eq!(post(&fake, &run(2), &at(url, failed())).await.unwrap(), Posted::Updated, "{url}");
        }
        let after = headings(&fake);
        assert_eq!(after.len(), 2);
        assert!(before.iter().chain(&after).all(|heading| heading.contains("(`s3://acme-")), "{after:?}");
    }
}

#[tokio::test]
async fn two_jobs_with_two_backends_that_begin_at_the_same_time_have_two_comments() {
    for face in FACES {
        let other = Fake::start(*face);
        post(&other, &run(1), &at("s3://acme-eu", changes())).await.unwrap();
        let theirs = other.only();
        let fake = Fake::start(*face);
        let meanwhile = Act::Meanwhile(Box::new(move |memory| {
            memory.write(ME, &theirs);
        }));
        fake.then(Verb::Create, meanwhile);
        post(&fake, &run(1), &at("s3://acme-us", changes())).await.unwrap();
        let mut both = headings(&fake);
        both.sort();
        assert!(both[0].contains("(`s3://acme-eu`)") && both[1].contains("(`s3://acme-us`)"), "{both:?}");
    }
}

#[tokio::test]
async fn each_spelling_of_a_stacks_name_has_the_same_comment_and_heading() {
    for face in FACES {
        let fake = Fake::start(*face);
        for (number, name) in (1..).zip(["dev", "organization/dev", "organization/shop/dev"]) {
            post(&fake, &run(number), &at("s3://acme", of("shop", name, changes()))).await.unwrap();
            assert!(fake.only().contains("Preview of `shop/dev`"), "{}", fake.only());
        }
    }
}

/// A comment as an earlier version wrote it: no backend, and the stack's name as it was given.
fn of_an_earlier_version(body: &str, stack: &str) -> String {
    let (marker, rest) = body.split_once('\n').unwrap();
    let fields = marker.split(' ').filter(|field| !field.starts_with("backend"));
    let fields =
        fields.map(|field| if field == "stack=dev" { format!("stack={stack}") } else { field.to_owned() });
    let marker = fields.collect::<Vec<_>>().join(" ");
    assert_ne!(marker, body.lines().next().unwrap());
    format!("{marker}\n{rest}")
}

#[tokio::test]
async fn a_comment_of_an_earlier_version_is_taken_over_by_one_backend_and_not_doubled() {
    for face in FACES {
        for stack in ["dev", "organization%2Fdev", "organization%2Fshop%2Fdev"] {
            let fake = Fake::start(*face);
            post(&fake, &run(1), &at("s3://acme-eu", changes())).await.unwrap();
            let earlier = of_an_earlier_version(&fake.only(), stack);
            fake.memory().comments[0].body = earlier;
            let posted = post(&fake, &run(2), &at("s3://acme-eu", failed())).await.unwrap();
            assert_eq!(posted, Posted::Updated, "{} {stack}", face.name());
            assert!(Marker::read(&fake.only()).unwrap().subject.backend().is_some());
            // It has an owner now.
            let posted = post(&fake, &run(2), &at("s3://acme-us", failed())).await.unwrap();
            assert_eq!((posted, headings(&fake).len()), (Posted::Created, 2), "{} {stack}", face.name());
        }
    }
}

#[tokio::test]
async fn a_comment_of_a_run_that_did_not_know_its_backend_goes_when_there_is_only_one() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &at("s3://acme-eu", changes())).await.unwrap();
        post(&fake, &run(2), &failed()).await.unwrap();
        assert_eq!(headings(&fake).len(), 2, "whose it is is not known");
        post(&fake, &run(3), &at("s3://acme-eu", changes())).await.unwrap();
        assert_eq!(Marker::read(&fake.only()).unwrap().stamp.run, Some(3), "{}", face.name());
        // Of two backends it can be either's.
        post(&fake, &run(4), &at("s3://acme-us", changes())).await.unwrap();
        post(&fake, &run(5), &failed()).await.unwrap();
        post(&fake, &run(6), &at("s3://acme-eu", changes())).await.unwrap();
        assert_eq!(headings(&fake).len(), 3, "{}", face.name());
    }
}

#[tokio::test]
async fn a_comment_that_two_backends_take_over_in_the_same_moment_becomes_two() {
    for face in FACES {
        let fake = Fake::start(*face);
        post(&fake, &run(1), &at("s3://acme-eu", changes())).await.unwrap();
        let theirs = fake.only();
        let earlier = of_an_earlier_version(&theirs, "dev");
        fake.memory().comments[0].body = earlier;
        // The other job writes after us, before we look again.
        fake.then(Verb::List, Act::Meanwhile(Box::new(|_| {})));
        fake.then(Verb::List, Act::Meanwhile(Box::new(move |memory| memory.comments[0].body = theirs)));
        post(&fake, &run(2), &at("s3://acme-us", changes())).await.unwrap();
        assert_eq!(headings(&fake).len(), 2, "{}", face.name());
    }
}

#[tokio::test]
async fn parts_of_two_backends_stand_side_by_side_and_an_earlier_part_is_replaced() {
    for face in FACES {
        let fake = Fake::start(*face);
        let aggregate = |number| Wanted { mode: Mode::Aggregate, ..run(number) };
        post(&fake, &aggregate(1), &changes()).await.unwrap();
        post(&fake, &aggregate(2), &at("s3://acme-eu", failed())).await.unwrap();
        assert_eq!(parts(&fake.only()).len(), 1, "the part without a backend was this stack's");
        post(&fake, &aggregate(2), &at("s3://acme-us", changes())).await.unwrap();
        let body = fake.only();
        assert_eq!(parts(&body).len(), 2, "{body}");
        let rows: Vec<&str> = body.lines().filter(|line| line.starts_with("| `")).collect();
        for url in ["(`s3://acme-eu`)", "(`s3://acme-us`)"] {
            assert!(rows.iter().any(|row| row.contains(url)), "{url}: {rows:?}");
        }
        let again = post(&fake, &aggregate(2), &at("s3://acme-us", changes())).await.unwrap();
        assert_eq!(again, Posted::Unchanged, "{}", face.name());
    }
}

#[tokio::test]
async fn a_list_that_does_not_show_a_new_comment_yet_makes_no_second_one() {
    for face in FACES {
        for mode in [Mode::Aggregate, Mode::Update] {
            let fake = Fake::start(*face);
            for _ in 0..10 {
                fake.then(Verb::List, Act::Answer(face.list(Vec::new(), None)));
            }
            let posted = post(&fake, &Wanted { mode, ..run(1) }, &changes()).await.unwrap();
            let created = fake.asked().into_iter().filter(|verb| *verb == Verb::Create).count();
            assert_eq!((posted, created), (Posted::Created, 1), "{} {mode:?}", face.name());
        }
    }
}

/// A comment as Pulumi's official action writes it.
/// <https://github.com/pulumi/actions/blob/main/src/libs/pr.ts>
fn official(command: &str, place: &str) -> String {
    format!(
        "#### :tropical_drink: `{command}` on {place}\n\n<details>\n<summary>Pulumi report</summary>\n\n<pre>\nPreviewing\n</pre>\n</details>"
    )
}

#[tokio::test]
async fn a_comment_of_the_official_action_is_taken_over_where_it_is_ours_and_about_the_same() {
    for (author, text, asked, taken) in [
        (ME, official("preview", "shop/dev"), true, true),
        (ME, official("preview", "shop/organization/shop/dev"), true, true),
        (ME, official("preview", "shop/dev"), false, false),
        ("mallory", official("preview", "shop/dev"), true, false),
        (ME, official("preview", "shop/prod"), true, false),
        (ME, official("update", "shop/dev"), true, false),
        (ME, "#### :tropical_drink: `preview` on shop/dev\nis a nice heading".to_owned(), true, false),
    ] {
        for mode in [Mode::Update, Mode::New] {
            let fake = Fake::start(FACES[0]);
            fake.memory().write(author, &text);
            let wanted = Wanted { official_action: asked, mode, ..run(1) };
            post(&fake, &wanted, &at("s3://acme", changes())).await.unwrap();
            let memory = fake.memory();
            let stays = memory.comments.iter().any(|comment| comment.body == text && !comment.hidden);
            assert_eq!(stays, !taken, "{author} {text} {mode:?}");
            let ours = memory.comments.iter().filter(|comment| Marker::read(&comment.body).is_some());
            assert_eq!(ours.count(), 1, "{author} {text} {mode:?}");
        }
    }
}

/// The scene with its state in a folder called `account`.
fn in_state(scene: Scene, account: &str) -> Scene {
    let state = scene.root().join(account);
    std::fs::create_dir_all(&state).unwrap();
    scene.with("PULUMI_BACKEND_URL", &format!("file://{}", state.display()))
}

#[test]
fn a_matrix_over_accounts_has_a_comment_for_each_on_every_forge() {
    for face in FACES {
        let fake = Fake::start(*face);
        let scene = Scene::new("hello")
            .in_a_job_of(&fake)
            .with("STACKSTEP_CHANGE_REQUEST", "7")
            .with("STACKSTEP_UPSERT", "true");
        let jobs = [("account-1", "dev"), ("account-2", "dev"), ("account-2", "organization/hello/dev")];
        jobs.into_iter().fold(scene, |scene, (account, stack)| {
            let scene = in_state(scene, account).with("STACKSTEP_STACK", stack);
            scene.run("preview").ends_with(0).says(" request ");
            scene
        });
        let both = headings(&fake);
        assert_eq!(both.len(), 2, "{}: {both:?}", face.name());
        for (heading, account) in both.iter().zip(["account-1", "account-2"]) {
            assert!(
                heading.contains("`hello/dev`") && heading.contains(account),
                "{}: {both:?}",
                face.name()
            );
        }
    }
}

#[test]
fn results_of_two_backends_on_one_machine_are_two_files_and_each_spelling_has_the_same() {
    let mut scene = Scene::new("hello").on_github().input("command", "preview").input("upsert", "true");
    for (account, stack) in
        [("a", "dev"), ("b", "dev"), ("b", "organization/dev"), ("b", "organization/hello/dev")]
    {
        scene = in_state(scene, account).input("stack", stack);
        scene.run("run").ends_with(0);
    }
    let files = std::fs::read_dir(scene.root().join("runner")).unwrap();
    let names: Vec<_> = files.filter_map(|file| file.unwrap().file_name().into_string().ok()).collect();
    let results: Vec<_> =
        names.iter().filter(|name| name.starts_with("stackstep-hello-dev-preview-")).collect();
    assert_eq!(results.len(), 2, "{names:?}");
    for name in results {
        let text = std::fs::read_to_string(scene.root().join("runner").join(name)).unwrap();
        let result: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&result["identity"]["project"], &result["identity"]["stack"]),
            (&"hello".into(), &"dev".into())
        );
        assert_eq!(result["identity"]["backend"].as_str().unwrap().len(), 12);
    }
}
