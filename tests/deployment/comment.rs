//! The comparison as a comment on the change request.

use serde_json::{Value, json};

use super::{SECRET, Shop};
use crate::support::Run;
use crate::support::forge::{FACES, Fake, Verb};

const FILE: &str = "sourceContext: { git: { branch: the-new-branch } }\nschedules: [{ scheduleCron: '0 6 * * *', operation: refresh }]\n";

/// The service has another branch, and a variable.
fn there() -> Value {
    json!({
        "sourceContext": { "git": { "branch": "the-old-branch" } },
        "operationContext": { "environmentVariables": { "A": "the-value-of-a", "B": { "secret": SECRET } } },
    })
}

/// A job for the change request of the fake.
fn job(fake: &Fake) -> Shop {
    let shop = Shop::new(FILE).has(there());
    Shop { scene: shop.scene.in_a_job_of(fake).with("CI_COMMIT_PULL_REQUEST", "7"), ..shop }
}

fn check(shop: &Shop) -> Run {
    shop.run("check --as-comment")
}

#[test]
fn each_forge_has_one_comment_with_the_paths_and_no_values() {
    for face in FACES {
        let fake = Fake::start(*face);
        let shop = job(&fake);
        check(&shop).ends_with(7).says("wrote a comment");
        check(&shop).ends_with(7).says("the comment is there already");
        let body = fake.only();
        for words in ["sourceContext.git.branch", "environmentVariables.A", "new schedule: refresh at"] {
            assert!(body.contains(words), "`{words}` is not in\n{body}");
        }
        for value in ["the-new-branch", "the-old-branch", "the-value-of-a", SECRET] {
            assert!(!body.contains(value), "`{value}` is in\n{body}");
        }
    }
}

#[test]
fn once_nothing_differs_the_comment_says_so() {
    let fake = Fake::start(FACES[0]);
    let shop = job(&fake);
    check(&shop).ends_with(7);
    shop.scene.write(
        "deployment.yaml",
        &shop.run("show").stdout().replace("'[secret]'", "{ from-env: GIT_TOKEN }"),
    );
    check(&shop).ends_with(0).says("updated the comment");
    assert!(fake.only().contains("The service has what `deployment.yaml` says."), "{}", fake.only());
}

#[test]
fn where_nothing_differs_there_is_no_comment() {
    let fake = Fake::start(FACES[0]);
    let shop = job(&fake);
    shop.scene.write(
        "deployment.yaml",
        &shop.run("show").stdout().replace("'[secret]'", "{ from-env: GIT_TOKEN }"),
    );
    check(&shop).ends_with(0).says("no comment: nothing differs");
    assert!(!fake.asked().contains(&Verb::Create));
}

#[test]
fn somebody_else_s_copy_of_the_comment_is_left_alone() {
    let fake = Fake::start(FACES[0]);
    let shop = job(&fake);
    check(&shop).ends_with(7);
    let copy = fake.only();
    fake.memory().comments.clear();
    fake.memory().write("mallory", &copy);
    check(&shop).ends_with(7).says("wrote a comment");
    let authors: Vec<String> = fake.memory().comments.iter().map(|comment| comment.author.clone()).collect();
    assert_eq!(authors.len(), 2);
    assert_eq!(fake.memory().comments[0].body, copy);
}

#[test]
fn a_comment_that_can_t_be_written_is_an_end_of_its_own() {
    let fake = Fake::start(FACES[0]);
    let shop = job(&fake);
    shop.scene.write(
        "deployment.yaml",
        &shop.run("show").stdout().replace("'[secret]'", "{ from-env: GIT_TOKEN }"),
    );
    let shop = Shop { scene: shop.scene.with("STACKSTEP_FORGE_TOKEN", "another-token-0123456789"), ..shop };
    check(&shop).ends_with(72).says("no comment: ");
}

#[test]
fn a_job_that_is_for_no_change_request_has_no_comment() {
    let shop = Shop::new(FILE).has(there());
    check(&shop).ends_with(7).says("this job is not for a change request");
}
