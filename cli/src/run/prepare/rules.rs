//! The rules that the inputs of a run set. Those of `stackstep.yaml` come to them when it is known which version of the
//! file judges.

use super::Prepared;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::inputs::{Command, Inputs};
use crate::rules::Rules;

/// Reads the rules of the inputs.
pub(super) fn rules_of_the_inputs(found: &mut Prepared<'_>, _: &mut Console) {
    let Some(inputs) = &found.inputs else { return };
    if matches!(inputs.command, Command::Preview | Command::Up | Command::Destroy) {
        let rules = read(inputs);
        found.rules = found.keep(rules).unwrap_or_default();
    }
}

fn read(inputs: &Inputs) -> Result<Rules> {
    let rules = inputs.rules.rules()?;
    if inputs.safety.skip_preview == Some(true) && !rules.is_empty() {
        let names: Vec<&str> = rules.names().collect();
        return Err(Error::input(
            format!("`skip-preview` contradicts `{}`: rules judge the preview", names.join("`, `")),
            "leave `skip-preview` out",
        ));
    }
    Ok(rules)
}
