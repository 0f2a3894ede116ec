//! THE table of inputs: the rows of all headings. Flags, `stackstep.yaml`, the wrappers, the reference and the schemas
//! are made from it. A new input is a row in [`super::headings`] and a run of `cargo xtask gen`.

use super::headings::{
    BackendInputs, COMMAND, ChecksInputs, CommentInputs, ConfigInputs, EngineInputs, ForgeInputs, LogInputs,
    OperationInputs, PROFILE, ReportInputs, ReviewInputs, RulesInputs, SafetyInputs, StackInputs,
};
use super::input::Input;

/// The rows, in the order in which people read them.
pub static INPUTS: &[Input] = &joined();

const PARTS: &[&[Input]] = &[
    &[COMMAND],
    StackInputs::ROWS,
    &[PROFILE.input],
    BackendInputs::ROWS,
    ConfigInputs::ROWS,
    OperationInputs::ROWS,
    SafetyInputs::ROWS,
    RulesInputs::ROWS,
    ReviewInputs::ROWS,
    ChecksInputs::ROWS,
    ReportInputs::ROWS,
    CommentInputs::ROWS,
    ForgeInputs::ROWS,
    LogInputs::ROWS,
    EngineInputs::ROWS,
];

/// The number of rows in all parts.
const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// The rows of all parts in one list, made at compile time.
#[expect(clippy::large_stack_arrays, reason = "it is made at compile time")]
const fn joined() -> [Input; COUNT] {
    let mut rows = [COMMAND; COUNT];
    let (mut part, mut row, mut at) = (0, 0, 0);
    while at < COUNT {
        if row == PARTS[part].len() {
            part += 1;
            row = 0;
        } else {
            rows[at] = PARTS[part][row];
            row += 1;
            at += 1;
        }
    }
    rows
}

impl Input {
    /// The row called `name`, by its name or an alias.
    pub fn find(name: &str) -> Option<&'static Self> {
        INPUTS.iter().find(|input| input.names().any(|own| own == name))
    }
}
