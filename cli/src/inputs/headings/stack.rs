//! The heading "Stack".

use std::path::PathBuf;
use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::base::words::enum_of_words;
use crate::inputs::command::Command::{Destroy, Up};
use crate::inputs::command::{ALL, ALL_BUT_INSTALL, ALL_BUT_REPORT, Command, OPERATIONS};
use crate::inputs::input::{Audience, Group, Input, Kind};
use crate::inputs::reading::CWD;
use crate::inputs::row::{InputRow, choice, duration, flag, heading, path, text, trimmed_text};
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
        ttl: Option<Duration> = duration("ttl", &[Up], "How long the stack lives from this deployment on, such as `7d`; then `stackstep reap` destroys it. `reapable` of the default branch's `stackstep.yaml` has to name it.")
            .read(|ttl| lifetime(ttl.duration()?)),
        confirm: Option<String> = trimmed_text("confirm", &[Up], "The stack's name once more, for a `ttl` of a stack that has lived without an end."),
        remove: bool = flag("remove", &[Destroy], "After everything is destroyed, remove the stack and its configuration file too.")
            .default("false"),
    }
}

/// The shortest time to live.
const SHORTEST: Duration = Duration::from_secs(60);

/// A time to live. A number without a unit is seconds, and nobody means so few.
fn lifetime(ttl: Option<Duration>) -> Result<Option<Duration>> {
    match ttl {
        Some(ttl) if ttl < SHORTEST => {
            Err(Error::input("`ttl` is less than a minute", "write it with its unit, such as `7d` or `36h`"))
        }
        ttl => Ok(ttl),
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
