//! The heading "Stack".

use std::path::PathBuf;

use crate::base::words::enum_of_words;
use crate::inputs::command::Command::Destroy;
use crate::inputs::command::{ALL, ALL_BUT_INSTALL, ALL_BUT_REPORT, Command, OPERATIONS};
use crate::inputs::input::{Audience, Group, Input, Kind};
use crate::inputs::reading::CWD;
use crate::inputs::row::{InputRow, choice, flag, heading, path, text};
use crate::pulumi::stack::StackName;

heading! {
    /// The inputs about the stack and its program.
    pub struct StackInputs under Stack {
        name: Option<StackName> = text("stack", ALL_BUT_INSTALL, "The stack: `stack`, `organization/stack` or `organization/project/stack`.")
            .aliases(&["stack-name"])
            .short_flag('s')
            .default_in_words("for `preview` and `outputs` the stack of the only `Pulumi.<stack>.yaml` file")
            .read(|stack| stack.text()?.map(|name| StackName::parse(&name)).transpose()),
        cwd: PathBuf = path(CWD, ALL, "The folder of the Pulumi program.")
            .aliases(&["work-dir"])
            .short_flag('C')
            .default(".")
            .read(|cwd| Ok(cwd.program_folder())),
        upsert: bool = flag("upsert", OPERATIONS, "Create the stack when the backend says that there is none.")
            .default("false"),
        remove: bool = flag("remove", &[Destroy], "After everything is destroyed, remove the stack and its configuration file too.")
            .default("false"),
    }
}

/// The row of `command`, which is known before any other input is read: [`crate::inputs::Inputs::command`].
pub const COMMAND: Input = Input::new(
    "command",
    Kind::Choice(Command::STEP_WORDS),
    ALL,
    "What to run. On a command line it is the first word; a step without one only installs the Pulumi CLI if it is missing.",
)
.under(Group::Stack);

/// The row of `profile`, which is known before any other input is read: [`crate::inputs::Inputs::official_action`].
pub const PROFILE: InputRow<Profile> = choice("profile", ALL_BUT_REPORT, "Take another tool's defaults: `official-action` behaves as the official GitHub action does where the two differ. A step that sets it has that action's inputs only; others are named and not used.")
    .default("none")
    .only_for(Audience::OfficialAction, "its other defaults are for people who move from the official GitHub action")
    .under(Group::Stack);

enum_of_words! {
    /// The tool whose defaults hold.
    pub enum Profile {
        /// Our own.
        None = "none",
        /// Those of the official GitHub action, where changing the `uses:` line must change nothing downstream.
        OfficialAction = "official-action",
    }
}
