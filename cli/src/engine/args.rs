//! The engine's command lines: pure functions from inputs to arguments.
//! <https://www.pulumi.com/docs/iac/cli/commands/>

use crate::base::error::{Error, Result};
use crate::engine::line::CommandLine;
use crate::engine::line::Scope;
use crate::inputs::{Command, Inputs};

/// The longest argument, and the longest variable with its name, that a process can be started with, in bytes:
/// `MAX_ARG_STRLEN` on Linux; on Windows the limit of a whole command line.
/// <https://man7.org/linux/man-pages/man2/execve.2.html>,
/// <https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw>
pub const LONGEST_ARGUMENT: usize = if cfg!(windows) { 30 * 1024 } else { 128 * 1024 - 1 };

/// The arguments of the operation itself, without `--event-log`.
pub fn operation(inputs: &Inputs, scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new(inputs.command.word());
    args.stack(scope);
    match inputs.command {
        Command::Up | Command::Refresh | Command::Destroy if !inputs.operation.preview_only => {
            args.push("--yes");
            args.push("--skip-preview");
        }
        Command::Refresh | Command::Destroy => args.push("--preview-only"),
        _ => {}
    }
    args.shared(inputs, scope);
    if inputs.command == Command::Preview {
        args.path("save-plan", inputs.operation.plan.as_deref());
    } else {
        args.path("plan", inputs.operation.plan.as_deref());
    }
    args.flag("remove", inputs.stack.remove);
    args.finish(inputs)
}

/// The arguments of the preview before an operation.
pub fn preview_before(inputs: &Inputs, scope: &Scope<'_>) -> Vec<String> {
    let mut args;
    match inputs.command {
        Command::Refresh | Command::Destroy => {
            args = CommandLine::new(inputs.command.word());
            args.stack(scope);
            args.push("--preview-only");
        }
        _ => {
            args = CommandLine::new("preview");
            args.stack(scope);
        }
    }
    args.shared(inputs, scope);
    args.finish(inputs)
}

/// The arguments of the preview after a deployment: what the deployment was told to replace is replaced by now, and
/// changes are to be counted, not to end the engine.
pub fn preview_after(inputs: &Inputs, scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("preview");
    args.stack(scope);
    args.shared(inputs, scope);
    args.0.retain(|arg| !arg.starts_with("--replace=") && arg != "--expect-no-changes");
    args.finish(inputs)
}

/// `pulumi stack output`.
pub fn outputs(inputs: &Inputs, scope: &Scope<'_>, show_secrets: bool) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("output");
    args.stack(scope);
    args.push("--json");
    args.flag("show-secrets", show_secrets);
    if inputs.command == Command::Outputs { args.finish(inputs) } else { args.0 }
}

/// `pulumi stack export`, with secrets as they are stored.
pub fn export(scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("export");
    args.stack(scope);
    args.0
}

/// `pulumi stack ls`, for a stack that is not there.
pub fn stacks() -> Vec<String> {
    ["stack", "ls", "--json"].map(str::to_owned).to_vec()
}

/// `pulumi stack tag ls`.
pub fn tags(scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("tag");
    args.push("ls");
    args.stack(scope);
    args.push("--json");
    args.0
}

/// `pulumi stack history`, the newest update first.
pub fn history(scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("history");
    args.stack(scope);
    args.push("--json");
    args.0
}

/// `pulumi stack tag set`.
pub fn set_tag(scope: &Scope<'_>, name: &str, value: &str) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("tag");
    args.push("set");
    args.stack(scope);
    // After the dashes a value can't be taken for a flag.
    for arg in ["--", name, value] {
        args.push(arg);
    }
    args.0
}

/// `pulumi refresh` of a stack without resources: an update of it that changes nothing and has this message.
pub fn refresh_nothing(scope: &Scope<'_>, message: &str) -> Vec<String> {
    let mut args = CommandLine::new("refresh");
    args.stack(scope);
    args.push("--yes");
    args.push("--skip-preview");
    args.text("message", Some(message));
    if !scope.cloud {
        args.push("--suppress-permalink=true");
    }
    args.0
}

/// `pulumi stack rm` with the copies of its state that the backend keeps. It refuses a stack that has resources.
/// <https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_rm/>
pub fn remove_stack(scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("rm");
    args.stack(scope);
    args.push("--yes");
    args.push("--remove-backups");
    args.0
}

/// `pulumi stack init`, for a stack that the backend does not have.
pub fn stack_init(inputs: &Inputs, scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("stack");
    args.push("init");
    args.stack(scope);
    args.push("--no-select");
    args.text("secrets-provider", inputs.backend.secrets_provider.as_deref());
    args.0
}

/// Refuses a command line that no process can be started with.
pub fn check_length(args: &[String]) -> Result<()> {
    let Some(longest) = args.iter().max_by_key(|arg| arg.len()).filter(|arg| arg.len() > LONGEST_ARGUMENT)
    else {
        return Ok(());
    };
    let name =
        longest.strip_prefix("--").and_then(|flag| flag.split_once('=')).map_or("args", |(name, _)| name);
    // The argument for objects of the configuration.
    let name = if name == "json" { "config" } else { name };
    Err(Error::input(
        format!(
            "`{name}` has {} bytes, and a process can be started with at most {LONGEST_ARGUMENT} in one argument",
            longest.len()
        ),
        "make it shorter",
    ))
}

/// `pulumi config` with all values in plain text, to find those that have to be hidden.
pub fn config_with_secrets(inputs: &Inputs, scope: &Scope<'_>) -> Vec<String> {
    let mut args = CommandLine::new("config");
    args.stack(scope);
    args.push("--json");
    args.push("--show-secrets");
    args.path("config-file", inputs.config.file.as_deref());
    args.0
}

/// `pulumi version`.
pub fn version() -> Vec<String> {
    vec!["version".to_owned()]
}

/// The flags that `args` must not hold, each with its short form and the reason.
const OWNED: &[(&str, Option<char>, &str)] = &[
    ("stack", Some('s'), "set the `stack` input"),
    ("cwd", Some('C'), "set the `cwd` input"),
    ("event-log", None, "stackstep reads the event log itself"),
    ("json", Some('j'), "the result file has the same as JSON"),
    ("output", None, "the result file has the same as JSON"),
    ("verbose", Some('v'), "set the `log-verbosity` input"),
    ("debug", Some('d'), "set the `debug` input"),
    ("logflow", None, "set the `log-flow` input"),
    ("logtostderr", None, "set the `log-verbosity` input"),
    ("suppress-permalink", None, "stackstep decides by the backend"),
    ("remote", None, "stackstep runs the engine on this machine"),
    ("yes", Some('y'), "stackstep confirms each operation itself"),
    ("tracing", None, "what it writes holds secrets in plain text"),
    ("otel-traces", None, "what it writes holds secrets in plain text"),
    ("show-secrets", None, "list the names of secret outputs that a later step needs in `secret-outputs`"),
];

/// The short flags of the engine that take a value: the letters after one of them are no further flags.
const SHORT_WITH_VALUE: &str = "cmptx";

fn row(name: &str) -> Option<&'static (&'static str, Option<char>, &'static str)> {
    OWNED.iter().find(|(own, ..)| name == *own || (*own == "remote" && name.starts_with("remote-")))
}

/// A hint for a flag that stackstep sets itself: the way to get the same. `name` has no dashes before it.
pub fn owned(name: &str) -> Option<&'static str> {
    row(name).map(|(_, _, hint)| *hint)
}

/// Refuses arguments with a flag that stackstep sets itself.
pub fn check_extra(args: &[String]) -> Result<()> {
    for arg in args {
        let hit = if let Some(long) = arg.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or_default();
            row(name)
        } else if let Some(letters) = arg.strip_prefix('-') {
            let flags = letters.split_inclusive(|c| SHORT_WITH_VALUE.contains(c)).next().unwrap_or_default();
            OWNED.iter().find(|(_, short, _)| short.is_some_and(|short| flags.contains(short)))
        } else {
            None
        };
        if let Some((name, _, hint)) = hit {
            return Err(Error::input(format!("`args` can't hold `--{name}`"), *hint));
        }
        if arg == "--" {
            return Err(Error::input("`args` can't hold `--`", "remove it"));
        }
    }
    Ok(())
}

/// Refuses arguments that print secrets.
pub fn check_exec(args: &[String]) -> Result<()> {
    if args.iter().any(|arg| {
        arg == "--show-secrets" || (arg.starts_with("--show-secrets=") && arg != "--show-secrets=false")
    }) {
        return Err(Error::input(
            "`exec` can't run with `--show-secrets`: a job's log is kept",
            "`stackstep outputs` with `secret-outputs` hands single values to later steps",
        ));
    }
    Ok(())
}

/// Whether an engine command that a person typed can print the configuration's secrets: it logs loudly, or decrypts.
pub fn can_print_secrets(args: &[String]) -> bool {
    let loud = |arg: &String| {
        let long = ["--verbose", "--debug", "--logflow"].iter().any(|flag| arg.starts_with(flag));
        let short = arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['v', 'd']);
        long || short
    };
    // The position does not matter: a flag's value can come before and between them.
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(&arg.as_str()));
    let decrypts =
        (has(&["config"]) && has(&["get"])) || (has(&["env", "environment"]) && has(&["open", "get", "run"]));
    decrypts || args.iter().any(loud)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_decrypts_is_known_wherever_its_words_stand() {
        let can = |line: &str| can_print_secrets(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for line in [
            "config get pw",
            "-s dev config get pw",
            "--stack dev config get pw",
            "--color never config get pw",
            "config -s dev get pw",
            "config --config-file F get pw",
            "env --env acme/x open",
            "env run acme/x -- printenv",
            "stack ls -v=9",
        ] {
            assert!(can(line), "{line}");
        }
        for line in ["stack ls", "config", "config set a b", "stack output url", "env ls"] {
            assert!(!can(line), "{line}");
        }
    }

    #[test]
    fn an_argument_that_is_too_long_is_named() {
        let long = "x".repeat(LONGEST_ARGUMENT);
        let error = check_length(&["up".to_owned(), format!("--message={long}")]).unwrap_err().to_string();
        assert!(error.starts_with("`message` has "), "{error}");
        let error = check_length(&[format!("--json={long}")]).unwrap_err().to_string();
        assert!(error.starts_with("`config` has "), "{error}");
        let error = check_length(&[long.clone() + "x"]).unwrap_err().to_string();
        assert!(error.starts_with("`args` has "), "{error}");
        assert!(check_length(&[long]).is_ok());
    }
}
