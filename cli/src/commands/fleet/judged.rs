//! The file that judges a fleet, and what it says.

use crate::base::error::Result;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::drift;
use crate::commands::judging::{self, judging_of, own_definition};
use crate::delivery::Definition;
use crate::delivery::judging::Judging;
use crate::engine::job::DriftAsk;
use crate::inputs::{Command, Inputs};
use crate::run::prepare::Prepared;

/// The file that judges the fleet. What only looks goes on where it is not known, with a warning.
pub(super) async fn judged_by(
    found: &Prepared<'_>,
    inputs: &Inputs,
    command: Command,
    console: &Console,
) -> Result<Judging> {
    let looks = matches!(command, Command::Preview | Command::Drift);
    let judging = judging_of(found, inputs, !looks).await?;
    if !looks {
        return judging::known("fleet", judging);
    }
    if let Judging::Unknown(why) = &judging {
        console.annotate(Level::Warning, "stackstep", &format!("not judged: {why}"));
    }
    Ok(judging)
}

/// The sections that hold: those of the judging file; where that is not known, a look goes by the checkout's own.
pub(super) fn definition_of(judging: &Judging, found: &Prepared<'_>) -> Result<Option<Definition>> {
    match judging {
        Judging::By(file) => Ok(file.definition.clone()),
        Judging::Unknown(_) => own_definition(found),
    }
}

/// What the looks of a fleet share. None unless it looks for drift.
pub(super) fn drift_of(
    command: Command,
    found: &Prepared<'_>,
    judging: &Judging,
) -> Result<Option<DriftAsk>> {
    (command == Command::Drift).then(|| drift::drift_ask(found, judging)).transpose()
}
