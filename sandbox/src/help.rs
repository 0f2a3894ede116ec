//! What `--help` prints: what the sandbox is, how to use it, and every command's flags.

use std::fmt::Write as _;

use crate::args::{self, Args};
use crate::faults;

/// The help for a command line.
pub fn text(args: &Args) -> String {
    if args.command.is_empty() { overview() } else { command(&args.command) }
}

fn overview() -> String {
    let mut text = "Stands in for the Pulumi CLI in tests and rehearsals: it takes the same arguments, runs YAML programs against
simulated resources, and leaves the same state, event log, output and exit status. Nothing is deployed, no cloud and
no account is needed.

To rehearse a stack on your own machine:

    $ export PULUMI_BACKEND_URL=file://$PWD/state PULUMI_CONFIG_PASSPHRASE=only-for-practice
    $ mkdir -p state
    $ pulumi-sandbox stack init dev
    $ pulumi-sandbox up --yes

Any resource type can be used: its inputs become its outputs, it gets an id that stays, and outputs that the program
asks for are made up from that id. `pulumi:index:Stash` and `pulumi:pulumi:StackReference` do what the real ones do.
The state has the CLI's own format: a real `pulumi` reads what the sandbox wrote, and the other way round.

Usage:
  pulumi-sandbox [command]

Commands:
"
    .to_owned();
    for command in args::commands() {
        let _ = writeln!(text, "  {}", command.name);
    }
    let _ = write!(
        text,
        "
What shall go wrong is said by {}, which holds YAML or the path of a YAML file:

    resources:                     # about the resources that match: a name or a URN, with * and **
      - match: web-*
        on: [create, update]       # create, update, delete, read; all when left out
        fail: quota exceeded       # the operation fails with this text
        partial: true              # ... but has happened in part
        in-preview: true           # ... and fails in previews too
        takes: 2.5                 # it lasts so many seconds
        until: go                  # it lasts until this file is there
        began: begun               # this file is written when it has begun
        warn: old disk             # it warns
        info: hello                # it says something
        end: kill                  # the engine ends in its middle: kill (the lock stays) or crash
        replace: [region]          # changes of these properties replace it
        outputs: {{arn: 'arn:x'}}    # its provider answers this too; {{secret: x}} is a secret
        gone: true                 # a refresh finds it gone
        drift: {{size: 20}}          # a refresh finds this changed
    program:
      error: it broke              # the program ends with this error, colours and all
      warnings: [look here]
      prints: [hello]
      many: 100000                 # so many more resources
      outputs: {{nested: {{secret: x}}}}
    policy-packs:                  # what --policy-pack finds, by its path
      - {{path: ./policy, name: rules, version: 1.0.0, policies: [{{name: no-eu, level: mandatory, match: '*',
         description: d, message: m}}]}}
    detailed-diff: true            # providers say how each property changes
    locked: true                   # somebody else holds the lock
    ignored-signals: 1             # so many signals are ignored: an engine that hangs
    event-log: {{missing: true, stops-after: 5, extra-line: '{{', cut: true}}
    stdout: {{text: noise, times: 3, hex: 'ff00'}}
    stderr: {{text: noise}}

Use \"pulumi-sandbox [command] --help\" for the flags of a command.
",
        faults::VARIABLE
    );
    text
}

fn command(name: &str) -> String {
    let mut text = format!("Usage:\n  pulumi-sandbox {name} [flags]\n\nFlags:\n");
    let (own, global): (Vec<_>, Vec<_>) = args::flags(name).partition(|flag| !flag.is_global());
    for flag in own {
        let _ = writeln!(text, "{}", flag.describe());
    }
    text.push_str("\nGlobal Flags:\n");
    for flag in global {
        let _ = writeln!(text, "{}", flag.describe());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faults_that_the_help_shows_are_real() {
        let overview = overview();
        let start = overview.find("    resources:").unwrap();
        let end = overview.find("\nUse \"pulumi-sandbox").unwrap();
        let env = crate::env::Env {
            vars: [(faults::VARIABLE.to_owned(), overview[start..end].to_owned())].into(),
            ..crate::env::Env::default()
        };
        let faults = faults::Faults::read(&env).unwrap();
        assert_eq!(faults.program.many, 100_000);
        assert_eq!(faults.policy_packs[0].policies[0].name, "no-eu");
    }

    #[test]
    fn a_command_shows_its_flags_and_the_global_ones() {
        let text = command("up");
        assert!(
            text.contains("--skip-preview")
                && text.contains("-C, --cwd")
                && !text.contains("--copy-config-from")
        );
    }
}
