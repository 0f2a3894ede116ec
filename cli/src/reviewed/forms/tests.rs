//! Each file that is not what it should be has its own words.

use serde_json::json;

use super::*;
use crate::report::{Ending, Events, Facts, Operation, Report, report};
use crate::reviewed::testing::PreviewLog;
use crate::reviewed::wanted::WantedGoals;

fn log() -> PreviewLog {
    PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 2}))
}

fn identity() -> StackIdentity {
    log().change(WantedGoals::default()).identity
}

fn result(change: impl FnOnce(&mut Report)) -> String {
    let mut report = report(Events::default(), Facts::new(Operation::Preview, "prod", Ending::Exited(0), 0));
    report.incomplete = false;
    report.status = crate::report::Status::Succeeded;
    report.review = Some(Box::new(log().record()));
    change(&mut report);
    report.to_json()
}

fn read(text: &str, identity: &StackIdentity) -> Result<ReviewRecord, Problem> {
    let path = Path::new("result.json");
    let record = record_of(text, path)?;
    about_this_stack(&record, path, identity)?;
    Ok(record)
}

fn refused(text: &str) -> String {
    let problem = read(text, &identity()).unwrap_err();
    assert!(problem.hint.is_some_and(|hint| !hint.is_empty()));
    problem.what
}

#[test]
fn the_record_of_a_result_is_read() {
    let record = read(&result(|_| {}), &identity()).unwrap();
    assert!(log().against(&[record]).passed());
}

#[test]
fn a_result_that_is_cut_off_anywhere_is_refused() {
    let whole = result(|_| {});
    let end = whole.trim_end().len();
    for length in (0..end).step_by(7) {
        let what = refused(&whole[..length]);
        assert!(what.contains("is cut off"), "{length}: {what}");
    }
}

#[test]
fn what_is_no_result_of_a_whole_preview_is_refused_with_the_reason() {
    for (text, expected) in [
        ("<html>".to_owned(), "it is not JSON"),
        ("{\"resources\": []}".to_owned(), "is not a result file of stackstep"),
        (result(|report| report.schema = 99), "is of version 99"),
        (result(|report| report.review = None), "has no reviewed change"),
        (result(|report| (report.review, report.command) = (None, Operation::Up)), "is of `up`"),
        (result(|report| (report.review, report.incomplete) = (None, true)), "is not known whole"),
        (
            result(|report| (report.review, report.status) = (None, crate::report::Status::Failed)),
            "as the preview failed",
        ),
        (result(|report| report.review.as_mut().unwrap().v = 2), "is of version 2"),
        (result(|report| report.review.as_mut().unwrap().engine = "3.1.0".to_owned()), "was edited"),
    ] {
        let what = refused(&text);
        assert!(what.contains(expected) && what.contains("`result.json`"), "{what}");
    }
    let odd = result(|_| {}).replace("\"update hmac:", "\"sideways hmac:");
    assert!(refused(&odd).contains("can't be read"), "{}", refused(&odd));
}

#[test]
fn another_stack_project_organisation_or_backend_is_told_by_its_kind() {
    let with = |change: fn(&mut StackIdentity)| {
        let mut other = identity();
        change(&mut other);
        read(&result(|_| {}), &other).unwrap_err().what
    };
    assert!(with(|other| other.stack = "dev".to_owned()).contains("about another stack: `shop/prod`"));
    assert!(with(|other| other.project = Some("net".to_owned())).contains("about another project"));
    assert!(
        with(|other| other.organization = Some("acme".to_owned())).contains("about another organisation")
    );
    assert!(with(|other| other.backend = None).contains("in another backend"));
}

#[test]
fn a_path_the_comment_and_a_digest_are_told_apart() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(ReviewedForm::parse("comment").unwrap(), ReviewedForm::Comment);
    assert_eq!(ReviewedForm::parse(&digest).unwrap(), ReviewedForm::Digest(digest));
    assert_eq!(ReviewedForm::parse(" out/r.json ").unwrap(), ReviewedForm::File("out/r.json".into()));
    assert!(ReviewedForm::parse("sha256:0a0a0a0a0a0a").unwrap_err().hint.unwrap().contains("64"));
    assert!(ReviewedForm::parse("").is_err());
}
