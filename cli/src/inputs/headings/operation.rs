//! The heading "Operation".

use std::path::PathBuf;

use crate::base::error::Result;
use crate::inputs::command::Command::{Destroy, Preview, Refresh, Up};
use crate::inputs::command::{OPERATIONS, OPERATIONS_AND_OUTPUTS};
use crate::inputs::reading::RawInput;
use crate::inputs::row::{flag, heading, list, number, optional_flag, program_path, text, words};

heading! {
    /// The inputs about the operation: which resources, and how.
    pub struct OperationInputs under Operation {
        message: Option<String> = text("message", OPERATIONS, "A message to go with the update.")
            .short_flag('m'),
        refresh: bool = flag("refresh", &[Preview, Up, Destroy], "Refresh the state before the operation.")
            .short_flag('r')
            .default("false"),
        run_program: Option<bool> = optional_flag("run-program", OPERATIONS, "With a refresh or a destroy, run the program to learn what providers need now."),
        preview_only: bool = flag("preview-only", &[Refresh, Destroy], "Only show what the operation would do.")
            .default("false"),
        replace: Vec<String> = list("replace", &[Preview, Up], "URNs of resources to replace; `*` and `**` are wildcards."),
        target: Vec<String> = list("target", OPERATIONS, "URNs of the only resources to touch; `*` and `**` are wildcards.")
            .short_flag('t'),
        target_dependents: bool = flag("target-dependents", OPERATIONS, "Touch what depends on a target too.")
            .default("false"),
        exclude: Vec<String> = list("exclude", OPERATIONS, "URNs of resources not to touch; `*` and `**` are wildcards.")
            .short_flag('x'),
        exclude_dependents: bool = flag("exclude-dependents", OPERATIONS, "Leave out what depends on an excluded resource too.")
            .default("false"),
        exclude_protected: bool = flag("exclude-protected", &[Destroy], "Leave protected resources alone.")
            .default("false"),
        parallel: Option<u32> = number("parallel", 1..=2_147_483_647, OPERATIONS, "How many resources may be worked on at once.")
            .short_flag('p'),
        continue_on_error: Option<bool> = optional_flag("continue-on-error", &[Up, Destroy], "Go on with the other resources when one fails."),
        plan: Option<PathBuf> = program_path("plan", &[Preview, Up], "An update plan, in `cwd` unless its path is absolute: `preview` writes it, `up` keeps to it."),
        args: Vec<String> = words("args", OPERATIONS_AND_OUTPUTS, "More arguments for the Pulumi CLI, split as a shell would split them; no shell sees them.")
            .read(engine_arguments),
    }
}

/// The engine's arguments. The official action has no such input, so that workflows say `--yes` in it to no effect: it is
/// what happens anyway, and must not end a run that has moved.
fn engine_arguments(args: &RawInput<'_>) -> Result<Vec<String>> {
    let mut words = args.words()?;
    words.retain(|word| !(args.official_action() && ["--yes", "-y"].contains(&word.as_str())));
    Ok(words)
}
