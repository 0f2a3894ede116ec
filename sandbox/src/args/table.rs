//! The commands and flags of the CLI, one row each. What is in no row is unknown to the CLI too.
//!
//! <https://www.pulumi.com/docs/iac/cli/commands/>

/// A command, its other names and how many arguments it takes.
pub struct Command {
    /// Its name, with its parent's in front.
    pub name: &'static str,
    /// Other names of its last word.
    pub aliases: &'static [&'static str],
    /// The fewest and the most arguments.
    pub arity: (usize, usize),
}

const fn command(name: &'static str, aliases: &'static [&'static str], arity: (usize, usize)) -> Command {
    Command { name, aliases, arity }
}

/// Every command that the sandbox can do.
pub const COMMANDS: &[Command] = &[
    command("version", &[], (0, 0)),
    command("preview", &["pre"], (0, 0)),
    command("up", &["update"], (0, 1)),
    command("refresh", &[], (0, 0)),
    command("destroy", &["down", "dn"], (0, 0)),
    command("cancel", &[], (0, 1)),
    command("install", &[], (0, 0)),
    command("login", &[], (0, 1)),
    command("logout", &[], (0, 1)),
    command("whoami", &[], (0, 0)),
    command("stack", &[], (0, 0)),
    command("stack init", &["new", "create", "setup"], (0, 1)),
    command("stack select", &[], (0, 1)),
    command("stack ls", &["list"], (0, 0)),
    command("stack rm", &["remove", "delete"], (0, 1)),
    command("stack export", &[], (0, 0)),
    command("stack import", &[], (0, 0)),
    command("stack output", &[], (0, 1)),
    command("stack history", &["hist"], (0, 0)),
    command("config", &[], (0, 0)),
    command("config set", &[], (1, 2)),
    command("config set-all", &[], (0, 0)),
    command("config rm", &["remove", "delete"], (1, 1)),
    command("config rm-all", &["remove-all"], (1, usize::MAX)),
    command("config get", &[], (1, 1)),
];

/// Commands that the CLI has and the sandbox has not.
pub const ABSENT: &[&str] = &[
    "new",
    "import",
    "state",
    "env",
    "console",
    "org",
    "project",
    "deployment",
    "api",
    "insights",
    "do",
    "policy",
    "plugin",
    "schema",
    "package",
    "about",
    "gen-completion",
    "convert",
    "watch",
    "logs",
    "template",
    "view-trace",
    "convert-trace",
    "replay-events",
    "neo",
    "help",
    "stack change-secrets-provider",
    "stack drift",
    "stack get",
    "stack graph",
    "stack migrate",
    "stack rename",
    "stack schedule",
    "stack tag",
    "stack unselect",
    "stack webhook",
    "config cp",
    "config copy",
    "config env",
    "config refresh",
];

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `--flag` or `--flag=false`.
    Switch,
    /// One value; the last one counts.
    Text,
    /// One whole number.
    Number,
    /// Any number of values, one a flag.
    List,
    /// Any number of values, several a flag with commas between.
    Commas,
    /// A value after `=` only; without one it is this.
    Optional(&'static str),
}

/// What the sandbox makes of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does what the CLI does.
    Done,
    /// It changes nothing that the sandbox does, as with the CLI for a program like these.
    Harmless,
    /// The CLI knows it, the sandbox refuses it.
    Refused,
}

/// One flag.
pub struct Flag {
    /// Its name without the dashes.
    pub name: &'static str,
    /// Its one-letter form.
    pub short: Option<char>,
    /// What it takes.
    pub kind: Kind,
    /// The commands that take it, with commas between; a trailing `*` stands for its subcommands too.
    pub commands: &'static str,
    /// What the sandbox makes of it.
    pub support: Support,
}

const fn row(name: &'static str, short: char, kind: Kind, commands: &'static str, support: Support) -> Flag {
    Flag { name, short: if short == ' ' { None } else { Some(short) }, kind, commands, support }
}

const ALL: &str = "*";
/// The four that run the engine.
const OPS: &str = "preview,up,refresh,destroy";
const UPS: &str = "preview,up";

use Kind::{Commas, List, Number, Optional, Switch, Text};
use Support::{Done, Harmless, Refused};

/// Every flag of these commands.
pub const FLAGS: &[Flag] = &[
    // Global.
    row("help", 'h', Switch, ALL, Done),
    row("color", ' ', Text, ALL, Done),
    row("cwd", 'C', Text, ALL, Done),
    row("disable-integrity-checking", ' ', Switch, ALL, Done),
    row("emoji", 'e', Switch, ALL, Harmless),
    row("fully-qualify-stack-names", 'Q', Switch, ALL, Done),
    row("logflow", ' ', Switch, ALL, Harmless),
    row("logtostderr", ' ', Switch, ALL, Harmless),
    row("memprofilerate", ' ', Number, ALL, Harmless),
    row("non-interactive", ' ', Switch, ALL, Done),
    row("otel-traces", ' ', Text, ALL, Harmless),
    row("profiling", ' ', Text, ALL, Harmless),
    row("tracing", ' ', Text, ALL, Harmless),
    row("tracing-header", ' ', Text, ALL, Harmless),
    row("verbose", 'v', Number, ALL, Harmless),
    // Which stack.
    row("stack", 's', Text, "preview,up,refresh,destroy,cancel,stack*,config*", Done),
    row("config-file", ' ', Text, "preview,up,refresh,destroy,config*", Done),
    // Operations.
    row("attach-debugger", ' ', Optional("program"), UPS, Refused),
    row("clear-pending-creates", ' ', Switch, "refresh", Done),
    row("client", ' ', Text, OPS, Refused),
    row("config", 'c', List, OPS, Done),
    row("config-path", ' ', Switch, OPS, Done),
    row("continue-on-error", ' ', Switch, "up,destroy", Done),
    row("debug", 'd', Switch, OPS, Done),
    row("diff", ' ', Switch, OPS, Done),
    row("event-log", ' ', Text, OPS, Done),
    row("exclude", 'x', List, "preview,refresh,destroy", Done),
    row("exclude", ' ', List, "up", Done),
    row("exclude-dependents", ' ', Switch, "preview,up,refresh", Done),
    row("exclude-protected", ' ', Switch, "destroy", Done),
    row("exec-agent", ' ', Text, OPS, Done),
    row("exec-kind", ' ', Text, OPS, Done),
    row("expect-no-changes", ' ', Switch, "preview,up,refresh", Done),
    row("ignore-protect", ' ', Switch, "preview,up,destroy", Done),
    row("import-file", ' ', Text, "preview", Refused),
    row("import-pending-creates", ' ', List, "refresh", Refused),
    row("json", 'j', Switch, OPS, Done),
    row("message", 'm', Text, OPS, Done),
    row("neo", ' ', Switch, OPS, Refused),
    row("output", ' ', Text, OPS, Refused),
    row("override-env", ' ', List, OPS, Refused),
    row("parallel", 'p', Number, OPS, Done),
    row("plan", ' ', Text, "up", Done),
    row("policy-pack", ' ', Commas, UPS, Done),
    row("policy-pack-config", ' ', Commas, UPS, Harmless),
    row("preview-only", ' ', Switch, "refresh,destroy", Done),
    row("refresh", 'r', Optional("true"), "preview,up,destroy", Done),
    row("remote", ' ', Switch, OPS, Refused),
    row("remove", ' ', Switch, "destroy", Done),
    row("replace", ' ', List, UPS, Done),
    row("run-program", ' ', Switch, OPS, Done),
    row("save-plan", ' ', Text, "preview", Done),
    row("secrets-provider", ' ', Text, "up", Harmless),
    row("show-config", ' ', Switch, "preview,up,destroy", Refused),
    row("show-full-output", ' ', Switch, "preview,up,destroy", Harmless),
    row("show-policy-remediations", ' ', Switch, UPS, Harmless),
    row("show-reads", ' ', Switch, UPS, Harmless),
    row("show-replacement-steps", ' ', Switch, OPS, Harmless),
    row("show-sames", ' ', Switch, OPS, Done),
    row("show-secrets", ' ', Switch, UPS, Done),
    row("skip-config-validation", ' ', Switch, OPS, Done),
    row("skip-pending-creates", ' ', Switch, "refresh", Harmless),
    row("skip-plugin-pre-install", ' ', Switch, OPS, Harmless),
    row("skip-preview", 'f', Switch, "up,refresh,destroy", Done),
    row("strict", ' ', Switch, "up", Refused),
    row("suppress-outputs", ' ', Switch, OPS, Done),
    row("suppress-permalink", ' ', Optional("false"), OPS, Harmless),
    row("suppress-progress", ' ', Switch, OPS, Done),
    row("target", 't', List, OPS, Done),
    row("target-dependents", ' ', Switch, OPS, Done),
    row("target-replace", ' ', List, UPS, Done),
    row("urns", ' ', Switch, OPS, Done),
    row("yes", 'y', Switch, "up,refresh,destroy,cancel,stack init,stack rm", Done),
    // Stacks.
    row("output", ' ', Text, "stack", Refused),
    row("show-ids", 'i', Switch, "stack", Done),
    row("show-name", ' ', Switch, "stack", Done),
    row("show-secrets", ' ', Switch, "stack", Done),
    row("show-urns", 'u', Switch, "stack", Done),
    row("copy-config-from", ' ', Text, "stack init", Done),
    row("no-select", ' ', Switch, "stack init", Done),
    row("secrets-provider", ' ', Text, "stack init,stack select", Done),
    row("teams", ' ', List, "stack init", Refused),
    row("create", 'c', Switch, "stack select", Done),
    row("all", 'a', Switch, "stack ls", Done),
    row("json", 'j', Switch, "stack ls,stack output,stack history,config,config get,whoami", Done),
    row("organization", 'o', Text, "stack ls", Done),
    row("output", ' ', Text, "stack ls,stack history,whoami", Done),
    row("project", 'p', Text, "stack ls", Done),
    row("tag", 't', Text, "stack ls", Refused),
    row("force", 'f', Switch, "stack rm,stack import", Done),
    row("preserve-config", ' ', Switch, "stack rm", Done),
    row("remove-backups", ' ', Switch, "stack rm", Done),
    row("file", ' ', Text, "stack export,stack import", Done),
    row("show-secrets", ' ', Switch, "stack export,stack output,stack history,config", Done),
    row("version", ' ', Text, "stack export", Done),
    row("shell", ' ', Switch, "stack output", Done),
    row("full-dates", ' ', Switch, "stack history", Done),
    row("page", ' ', Number, "stack history", Done),
    row("page-size", ' ', Number, "stack history", Done),
    // Configuration.
    row("open", ' ', Switch, "config,config get", Harmless),
    row("path", ' ', Switch, "config set,config set-all,config rm,config rm-all,config get", Done),
    row("plaintext", ' ', Switch, "config set", Done),
    row("raw", ' ', Switch, "config set", Done),
    row("secret", ' ', Switch, "config set", Done),
    row("type", ' ', Text, "config set", Done),
    row("json", ' ', Text, "config set-all", Done),
    row("plaintext", ' ', List, "config set-all", Done),
    row("secret", ' ', List, "config set-all", Done),
    // The rest.
    row("no-dependencies", ' ', Switch, "install", Harmless),
    row("no-plugins", ' ', Switch, "install", Harmless),
    row("parallel", ' ', Number, "install", Harmless),
    row("reinstall", ' ', Switch, "install", Harmless),
    row("use-language-version-tools", ' ', Switch, "install", Harmless),
    row("cloud-url", 'c', Text, "login", Done),
    row("local", 'l', Switch, "login,logout", Done),
    row("default-org", ' ', Text, "login", Refused),
    row("insecure", ' ', Switch, "login", Refused),
    row("interactive", ' ', Switch, "login", Refused),
    row("all", ' ', Switch, "logout", Done),
    row("cloud-url", 'c', Text, "logout", Done),
    row("verbose", 'v', Switch, "whoami", Done),
];

impl Flag {
    /// Whether a command takes this flag.
    pub fn applies_to(&self, command: &str) -> bool {
        self.commands.split(',').any(|pattern| match pattern.strip_suffix('*') {
            Some(parent) => command
                .strip_prefix(parent)
                .is_some_and(|rest| rest.is_empty() || parent.is_empty() || rest.starts_with(' ')),
            None => pattern == command,
        })
    }

    /// Whether every command takes it.
    pub fn is_global(&self) -> bool {
        self.commands == ALL
    }

    /// Its line in the help.
    pub fn describe(&self) -> String {
        let short = self.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let value = match self.kind {
            Switch => "",
            Number => " int",
            List => " stringArray",
            Commas => " strings",
            Text | Optional(_) => " string",
        };
        let note = if self.support == Harmless { "  (changes nothing here)" } else { "" };
        format!("  {short}--{}{value}{note}", self.name)
    }
}

/// Whether a flag is on or off and nothing else.
pub fn is_switch(name: &str) -> bool {
    FLAGS.iter().any(|flag| flag.name == name && matches!(flag.kind, Kind::Switch))
}
