//! The way out for a stack that the backend does not have: which ones of the project it has, and only then `upsert`, which
//! would deploy everything a second time for a name that was misspelled.

use serde_json::Value;

use crate::base::error::Result;
use crate::base::suggest::nearest;
use crate::ci::console::Console;
use crate::engine::executor::{EngineQuery, Executor};
use crate::process::signals::Signals;
use crate::report::{Reason, Report};
use crate::run::reporting::Run;

/// Stacks that are named in a hint.
const NAMED: usize = 10;

/// Lets the report of a run whose stack is not there name the stacks that are. It takes one question to the engine.
pub async fn name_stacks(
    run: &Run<'_>,
    engine: &dyn Executor,
    report: &mut Report,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    if report.reason != Some(Reason::StackNotFound) || signals.first().is_some() {
        return Ok(());
    }
    let job = run.job();
    let answer = engine.query(EngineQuery::Stacks, console, signals).await?;
    let stacks = answer.text().and_then(names);
    answer.count_in(report);
    report.hint = Some(hint(&report.stack, stacks.as_deref(), &job.backend.to_string()));
    Ok(())
}

/// The names in an answer of `pulumi stack ls --json`.
fn names(answer: &str) -> Option<Vec<String>> {
    let list: Vec<Value> = serde_json::from_str(answer).ok()?;
    Some(list.iter().filter_map(|stack| Some(stack.get("name")?.as_str()?.to_owned())).collect())
}

/// The hint; `stacks` is none where nobody knows them.
fn hint(stack: &str, stacks: Option<&[String]>, backend: &str) -> String {
    let create = format!("`upsert: true` creates `{stack}`");
    let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    match stacks {
        None => format!("check the stack's name and the backend, {backend}; {create}"),
        Some([]) => format!(
            "the backend, {backend}, has no stack of this project: check whether it is the right one; {create}"
        ),
        Some(stacks) => {
            let short_names: Vec<String> = stacks.iter().map(|name| short(name)).collect();
            let near = nearest(&short(stack), short_names.iter().map(String::as_str));
            let asked = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let more = if short_names.len() > NAMED { ", …" } else { "" };
            let listed: Vec<String> =
                short_names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            let listed = listed.join(", ");
            format!("{asked}this project's stacks in the backend, {backend}: {listed}{more}; {create}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_that_is_misspelled_is_told_its_name_before_one_is_created() {
        let stacks = ["organization/shop/dev".to_owned(), "prod".to_owned()];
        let hint = hint("develop", Some(&stacks), "file:///state");
        assert_eq!(
            hint,
            "did you mean `dev`? this project's stacks in the backend, file:///state: `dev`, `prod`; `upsert: true` \
             creates `develop`"
        );
    }

    #[test]
    fn an_empty_backend_is_most_likely_the_wrong_one() {
        let hint = hint("dev", Some(&[]), "s3://states");
        assert!(hint.starts_with("the backend, s3://states, has no stack of this project"), "{hint}");
        assert!(hint.ends_with("`upsert: true` creates `dev`"), "{hint}");
    }

    #[test]
    fn the_answer_of_the_cli_is_read() {
        let answer = r#"[{"name":"dev","current":false,"resourceCount":0},{"name":"prod","current":true}]"#;
        assert_eq!(names(answer), Some(vec!["dev".to_owned(), "prod".to_owned()]));
        assert_eq!(names("no"), None);
    }
}
