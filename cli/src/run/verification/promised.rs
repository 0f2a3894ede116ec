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
        for name in check.outputs().filter(|name| !names.contains(name)) {
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
