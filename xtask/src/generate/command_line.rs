//! The man page and the shells' completions, made from the command line that the binary has.

use super::{Generated, MARKER};
use clap_complete::Shell;
use stackstep::base::error::{Error, Result};
use stackstep::commands::args;
use std::path::PathBuf;

/// The completions and what shells expect them to be called.
const COMPLETIONS: [(Shell, &str); 4] = [
    (Shell::Bash, "stackstep.bash"),
    (Shell::Zsh, "_stackstep"),
    (Shell::Fish, "stackstep.fish"),
    (Shell::PowerShell, "stackstep.ps1"),
];

/// All of them.
pub fn files() -> Result<Vec<Generated>> {
    let mut files = vec![man_page()?];
    for (shell, name) in COMPLETIONS {
        files.push(completion(shell, name));
    }
    Ok(files)
}

fn man_page() -> Result<Generated> {
    let mut text = format!(".\\\" {MARKER} from the table of inputs.\n").into_bytes();
    let failed = |error| Error::io("make", "stackstep.1")(error);
    let whole = args::command();
    // What a wrapper calls takes all flags; each command takes those that mean something to it.
    let run = whole.find_subcommand("run").cloned().unwrap_or_default();
    let (whole, run) = (clap_mangen::Man::new(whole), clap_mangen::Man::new(run));
    let sections = |text: &mut Vec<u8>| {
        whole.render_title(text)?;
        whole.render_name_section(text)?;
        whole.render_synopsis_section(text)?;
        whole.render_subcommands_section(text)?;
        run.render_options_section(text)?;
        whole.render_extra_section(text)
    };
    sections(&mut text).map_err(failed)?;
    Ok(Generated {
        path: PathBuf::from("docs/reference/stackstep.1"),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

fn completion(shell: Shell, name: &str) -> Generated {
    let mut script = Vec::new();
    let mut brief = args::command().mut_subcommands(|command| command.mut_args(in_brief));
    clap_complete::generate(shell, &mut brief, "stackstep", &mut script);
    let script = String::from_utf8_lossy(&script);
    let mark = format!("# {MARKER} from the table of inputs.\n");
    // What zsh looks for has to be the first line.
    let text = match script.split_once('\n') {
        Some((first, rest)) if first.starts_with("#compdef") => format!("{first}\n{mark}{rest}"),
        _ => mark + &script,
    };
    Generated { path: PathBuf::from("docs/reference/completions").join(name), text }
}

/// With the first sentence of its help: a shell shows one line.
fn in_brief(argument: clap::Arg) -> clap::Arg {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let first = help.split_once(". ").map_or(help.as_str(), |(first, _)| first);
    let first = first.split_once(": `").map_or(first, |(first, _)| first).trim_end_matches('.').to_owned();
    argument.help(first)
}
