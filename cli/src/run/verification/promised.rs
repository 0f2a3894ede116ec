//! The outputs that checks need, compared with those that a preview promises: a check that can never be made is refused
//! before anything is deployed.

use crate::base::error::{Error, Result};
use crate::checks::Check;
use crate::checks::address::no_output;
use crate::report::{Change, Report, SECRET};

/// Refuses checks whose output the deployment will not have, by what its preview says. A preview that does not know all
/// of it refuses nothing.
pub(super) fn refuse_missing_outputs(checks: &[Check], preview: &Report) -> Result<()> {
    let Some(outputs) = preview.outputs.as_ref().filter(|_| !preview.incomplete) else { return Ok(()) };
    let changes =
        |wanted: Change| preview.output_changes.iter().filter(move |change| change.change == wanted);
    let gone: Vec<&str> = changes(Change::Delete).map(|change| change.name.as_str()).collect();
    let stay = outputs.keys().chain(&preview.withheld_outputs).map(String::as_str);
    let names: Vec<&str> = stay
        .filter(|name| !gone.contains(name))
        .chain(changes(Change::Add).map(|change| change.name.as_str()))
        .collect();
    for check in checks {
        if let Some(name) = check.outputs().find(|name| !names.contains(name)) {
            let problem = no_output(name, names.iter().copied());
            let what = format!("the check `{}` can't be made: {}", check.name, problem.what);
            return Err(Error::Input { what, hint: problem.hint });
        }
        let becomes_secret = |name: &str| {
            let new = preview.output_changes.iter().find(|change| change.name == name);
            let new = new.and_then(|change| change.new.as_ref());
            new.map_or_else(
                || preview.secret_outputs.iter().any(|secret| secret == name),
                |new| new.as_str() == Some(SECRET),
            )
        };
        if let Some(name) = check.output().filter(|name| becomes_secret(name)) {
            return Err(Error::input(
                format!("the check `{}` can't be made: the output `{name}` is a secret", check.name),
                "write the address itself into the check, or add an output that holds it as a plain text",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;
    use crate::checks::Checks;
    use crate::report::{Ending, Events, Facts, Operation, OutputChange, OutputsFrom, report, take_outputs};
    use serde_json::{Value, json};

    fn preview(deployed: &Value, changes: &[(&str, Change, Value)]) -> Report {
        let mut made = report(Events::default(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
        made.incomplete = false;
        take_outputs(&mut made, deployed.as_object().unwrap().clone(), OutputsFrom::Previous);
        let change = |(name, change, new): &(&str, Change, Value)| OutputChange {
            name: (*name).to_owned(),
            change: *change,
            old: None,
            new: Some(new.clone()).filter(|new| !new.is_null()),
            text_diff: None,
        };
        made.output_changes = changes.iter().map(change).collect();
        made
    }

    fn refusal(preview: &Report) -> Option<Error> {
        let list = yaml::parse("[{ http: url }, { run: [a], secret-outputs: [token] }]").unwrap();
        let checks = Checks::parse(&list, "`stacks.dev` in `stackstep.yaml`").unwrap();
        refuse_missing_outputs(&checks.list, preview).err()
    }

    #[test]
    fn outputs_that_are_there_or_will_be_are_enough() {
        let there = json!({ "url": "https://a", "token": "[secret]" });
        assert!(refusal(&preview(&there, &[])).is_none());
        let new = [("url", Change::Add, json!("https://a")), ("token", Change::Add, json!("[secret]"))];
        assert!(refusal(&preview(&json!({}), &new)).is_none());
    }

    #[test]
    fn an_output_that_the_deployment_will_not_have_is_refused_with_those_that_it_has() {
        let error = refusal(&preview(&json!({ "uri": "https://a", "token": "x" }), &[])).unwrap();
        assert_eq!(error.to_string(), "the check `url` can't be made: the stack has no output `url`");
        assert_eq!(error.hint(), Some("did you mean `uri`? its outputs are `token`, `uri`"));
        let gone = [("url", Change::Delete, Value::Null)];
        assert!(refusal(&preview(&json!({ "url": "https://a", "token": "x" }), &gone)).is_some());
        let error = refusal(&preview(&json!({ "url": "https://a" }), &[])).unwrap().to_string();
        assert!(error.starts_with("the check `a` can't be made: the stack has no output `token`"), "{error}");
    }

    #[test]
    fn an_output_that_is_or_becomes_a_secret_is_no_address() {
        let error = refusal(&preview(&json!({ "url": "[secret]", "token": "x" }), &[])).unwrap().to_string();
        assert_eq!(error, "the check `url` can't be made: the output `url` is a secret");
        let change = |new: &str| [("url", Change::Update, json!(new))];
        let there = json!({ "url": "https://a", "token": "x" });
        assert!(refusal(&preview(&there, &change("[secret]"))).is_some());
        let there = json!({ "url": "[secret]", "token": "x" });
        assert!(refusal(&preview(&there, &change("https://a"))).is_none(), "it is no secret any more");
    }

    #[test]
    fn a_preview_that_does_not_know_its_outputs_refuses_nothing() {
        let mut unknown = preview(&json!({}), &[]);
        unknown.incomplete = true;
        assert!(refusal(&unknown).is_none());
        unknown.incomplete = false;
        unknown.outputs = None;
        assert!(refusal(&unknown).is_none());
    }
}
