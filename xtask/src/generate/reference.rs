//! `docs/reference/inputs.md`, and the words that the reference and the wrappers' tables share.

use super::{Generated, MARKER, Suite};
use stackstep::inputs::{COMMANDS, Command, Default, Group, INPUTS, Input, Kind};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What a kind is called.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Secret => "secret",
        Kind::Path | Kind::ProgramPath => "path",
        Kind::Bool => "boolean",
        Kind::Number { .. } => "number",
        Kind::Duration => "duration",
        Kind::List => "list",
        Kind::Choice(_) => "choice",
        Kind::Words => "words",
        Kind::Mapping => "mapping",
    }
}

/// The default in words, and the one under `profile: official-action` where it is another.
pub fn defaults(input: &Input) -> (String, Option<String>) {
    let value = |value: &str| if value.is_empty() { "none".to_owned() } else { format!("`{value}`") };
    match input.default {
        Default::Unset => ("none".to_owned(), None),
        Default::Value(one) => (value(one), None),
        Default::OfficialAction { ours, official } => (value(ours), Some(value(official))),
        Default::Depends(words) => (words.to_owned(), None),
    }
}

/// The commands that read the input: `all`, `all but` one of them, or a list.
pub fn commands(input: &Input) -> String {
    let others: Vec<&str> =
        COMMANDS.iter().filter(|row| !input.applies_to(row.command)).map(|row| row.word).collect();
    match others.as_slice() {
        [] => return "all".to_owned(),
        [other] => return format!("all but `{other}`"),
        _ => {}
    }
    input
        .commands
        .iter()
        .map(|command: &Command| format!("`{}`", command.word()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `text` inside of a Markdown table's cell.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What values the input takes, in words.
fn takes(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Secret => "text that is masked everywhere, and refused in `stackstep.yaml`".to_owned(),
        Kind::Path => "a path; in `stackstep.yaml` relative to that file".to_owned(),
        Kind::ProgramPath => {
            "a path, relative to `cwd`; in `stackstep.yaml` relative to that file".to_owned()
        }
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Number { min, max: 2_147_483_647 } => format!("a whole number from {min}"),
        Kind::Number { min, max } => format!("a whole number from {min} to {max}"),
        Kind::Duration => "a length of time such as `90s`, `15m` or `1h30m`".to_owned(),
        Kind::List => "several values, split at newlines and commas".to_owned(),
        Kind::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Words => "words, split as a shell would split them".to_owned(),
        Kind::Mapping => "a YAML mapping".to_owned(),
    }
}

/// The page about inputs.
pub fn inputs(suite: &Suite) -> Generated {
    let mut text = format!(
        "<!-- {MARKER} from the table of inputs, cli/src/inputs/table.rs. -->\n\
         # Inputs\n\n\
         Every input can be given in five places. The first that says something wins:\n\n\
         1. a flag: `--stack dev`\n\
         2. the step's own inputs: `with:` on GitHub (`uses: {}/actions/deploy@{}`), which arrive as \
         `INPUT_STACK`; other wrappers hand them over as `STACKSTEP_INPUT_STACK`\n\
         3. the environment: `STACKSTEP_STACK`\n\
         4. `stackstep.yaml`, the nearest from the work folder up to the repository's root: `stack: dev`\n\
         5. the default\n\n\
         An empty value counts as not set. `stackstep inputs` prints each input, its value and where it came from. \
         [`stackstep.schema.json`](stackstep.schema.json) describes `stackstep.yaml` to an editor.\n",
        suite.address, suite.pin
    );
    let mut group: Option<Group> = None;
    for input in INPUTS {
        if group != Some(input.group) {
            group = Some(input.group);
            let _ = write!(text, "\n## {}\n", input.group.heading());
        }
        text.push_str(&section(input));
    }
    Generated { path: PathBuf::from("docs/reference/inputs.md"), text }
}

/// One input.
fn section(input: &Input) -> String {
    let variable = input.name.replace('-', "_").to_uppercase();
    let short = input.short.map(|short| format!(", `-{short}`")).unwrap_or_default();
    let aliases = input.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", ");
    let (default, official) = defaults(input);
    let mut text = format!("\n### `{}`\n\n{}\n\n| | |\n| --- | --- |\n", input.name, input.help);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {} |", cell(value));
    };
    line("takes", &takes(input.kind));
    line("default", &default);
    if let Some(official) = official {
        line("default under `profile: official-action`", &official);
    }
    if !aliases.is_empty() {
        line("other names", &aliases);
    }
    line("read by", &commands(input));
    if input.name != "command" {
        if input.kind == Kind::Secret {
            line("flag", "none: everyone on the machine can read a command line");
        } else {
            line("flag", &format!("`--{}`{short}", input.name));
        }
    }
    line("environment", &format!("`STACKSTEP_{variable}`"));
    text
}
