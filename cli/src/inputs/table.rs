//! THE table of inputs: one row an input. Flags, `stackstep.yaml`, the wrappers, the reference and the schemas
//! are all made from it; a new input is a row here, a field in [`super::Inputs`] and a run of `cargo xtask gen`.
//!
//! Names are the Pulumi CLI's own where it has one (<https://www.pulumi.com/docs/iac/cli/commands/>); the names of
//! the official GitHub action (<https://github.com/pulumi/actions>) are aliases.

use super::Command::{self, Destroy, Exec, Outputs, Preview, Refresh, Report as ReportCommand, Up};

/// One input.
#[derive(Debug)]
pub struct Input {
    /// Its name in kebab case, as in a flag, on a step and in `stackstep.yaml`.
    pub name: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// The heading it stands under in help and reference.
    pub group: Group,
    /// The commands that it means something to.
    pub commands: &'static [Command],
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// The flag's short form.
    pub short: Option<char>,
    /// What holds when nobody sets it, in words or as a value.
    pub default: Default,
    /// What it does, in one or two sentences.
    pub help: &'static str,
}

/// What values an input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Text that never shows in any output, and is refused in `stackstep.yaml`.
    Secret,
    /// A file or folder; relative to the folder that stackstep was started in, in `stackstep.yaml` to that file.
    Path,
    /// A file that the engine reads or writes, relative to `cwd` as the engine takes it; in `stackstep.yaml` to that file.
    ProgramPath,
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds.
    Number {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// A length of time: `90s`, `15m`, `1h30m`.
    Duration,
    /// Several values, split at newlines and commas.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Words as on a command line, split as a shell would split them.
    Words,
    /// A YAML mapping.
    Mapping,
}

/// What holds when nobody sets the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Nothing: the engine's own behaviour.
    Unset,
    /// This value.
    Value(&'static str),
    /// This value, and another one under `profile: official-action`, where changing the `uses:` line must change
    /// nothing downstream.
    OfficialAction {
        /// The value everywhere else; empty for none.
        ours: &'static str,
        /// The value under the profile.
        official: &'static str,
    },
    /// Depends on other inputs, in these words.
    Depends(&'static str),
}

/// The headings of help and reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What to run, and on which stack.
    Stack,
    /// Where the state lies and who may read it.
    Backend,
    /// Configuration and environment of the program.
    Config,
    /// Which resources, and how.
    Operation,
    /// What has to hold.
    Safety,
    /// What is written where.
    Report,
    /// What the log shows.
    Log,
    /// The Pulumi CLI itself.
    Engine,
}

impl Group {
    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Stack => "Stack",
            Self::Backend => "Backend and secrets",
            Self::Config => "Configuration",
            Self::Operation => "Operation",
            Self::Safety => "Safety",
            Self::Report => "Result and report",
            Self::Log => "Log",
            Self::Engine => "Engine",
        }
    }
}

const OPERATIONS: &[Command] = &[Preview, Up, Refresh, Destroy];
const CHANGING: &[Command] = &[Up, Refresh, Destroy];
const WITH_STACK: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs];
const SIGNED_IN: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec];
const CONFIGURED: &[Command] = &[Preview, Up, Refresh, Destroy, Exec];
const ALL: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec, Command::Install];
const EVERY: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, Exec, Command::Install, ReportCommand];
/// What has a stack, and what reports on it later.
const REPORTED: &[Command] = &[Preview, Up, Refresh, Destroy, Outputs, ReportCommand];
/// What comments, and what comments for it later.
const COMMENTED: &[Command] = &[Preview, Up, Refresh, Destroy, ReportCommand];
/// What deploys, and what reports on it later.
const RECORDED: &[Command] = &[Up, Refresh, Destroy, ReportCommand];
const REPORT: &[Command] = &[ReportCommand];

/// A row with the fields that most rows leave alone.
const fn row(
    name: &'static str,
    kind: Kind,
    group: Group,
    commands: &'static [Command],
    help: &'static str,
) -> Input {
    Input { name, kind, group, commands, aliases: &[], short: None, default: Default::Unset, help }
}

impl Input {
    const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
    const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }
    const fn default(self, value: &'static str) -> Self {
        Self { default: Default::Value(value), ..self }
    }
    const fn official(self, ours: &'static str, official: &'static str) -> Self {
        Self { default: Default::OfficialAction { ours, official }, ..self }
    }
    const fn depends(self, words: &'static str) -> Self {
        Self { default: Default::Depends(words), ..self }
    }

    /// The row called `name`, by its name or an alias.
    pub fn find(name: &str) -> Option<&'static Self> {
        INPUTS.iter().find(|input| input.names().any(|own| own == name))
    }

    /// Its name, then its aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Whether `command` reads it.
    pub fn applies_to(&self, command: Command) -> bool {
        self.commands.contains(&command)
    }
}

use Group::{Backend, Config, Engine, Log, Operation, Report, Safety, Stack};
use Kind::{Bool, Choice, Duration, List, Mapping, Number, Path, ProgramPath, Secret, Text, Words};

/// The rows.
pub static INPUTS: &[Input] = &[
    // Stack
    row("command", Choice(Command::STEP_WORDS), Stack, EVERY, "What to run. On a command line it is the first word; a step without one only makes sure that the engine is there."),
    row("stack", Text, Stack, &[Preview, Up, Refresh, Destroy, Outputs, Exec, ReportCommand], "The stack: `stack`, `organization/stack` or `organization/project/stack`.")
        .alias(&["stack-name"]).short('s')
        .depends("for `preview` and `outputs` the stack of the only `Pulumi.<stack>.yaml` file"),
    row("cwd", Path, Stack, EVERY, "The folder of the Pulumi program.").alias(&["work-dir"]).short('C').default("."),
    row("upsert", Bool, Stack, &[Preview, Up, Refresh, Destroy], "Create the stack when the backend says that there is none.").default("false"),
    row("remove", Bool, Stack, &[Destroy], "After everything is destroyed, remove the stack and its configuration file too.").default("false"),
    row("profile", Choice(&["none", "official-action"]), Stack, ALL, "Take another tool's defaults: `official-action` behaves as the official GitHub action does where the two differ. A step that sets it has that action's inputs only; others are named and not used.").default("none"),
    // Backend
    row("cloud-url", Text, Backend, ALL, "The backend: `https://api.pulumi.com`, `s3://…`, `gs://…`, `azblob://…`, `file://…`.")
        .alias(&["backend-url"])
        .depends("`PULUMI_BACKEND_URL`, else `backend.url` of Pulumi.yaml, else an earlier `pulumi login`, else `PULUMI_API`"),
    row("access-token", Secret, Backend, ALL, "The access token for Pulumi Cloud.").depends("`PULUMI_ACCESS_TOKEN`"),
    row("oidc-organization", Text, Backend, SIGNED_IN, "Sign in to this organisation of Pulumi Cloud with the identity that the CI system gives the job (OpenID Connect), instead of a stored access token. It wins over `PULUMI_ACCESS_TOKEN`.")
        .alias(&["oidc-org"]),
    row("oidc-team", Text, Backend, SIGNED_IN, "Ask for a token of this team instead of one of the whole organisation."),
    row("oidc-user", Text, Backend, SIGNED_IN, "Ask for a personal token of this user instead of one of the organisation."),
    row("oidc-scope", Text, Backend, SIGNED_IN, "What the organisation's token may do beside the usual: `admin`."),
    row("oidc-expiration", Duration, Backend, SIGNED_IN, "How long the token is valid; Pulumi Cloud may shorten it.").depends("what Pulumi Cloud gives"),
    row("oidc-token", Secret, Backend, SIGNED_IN, "The identity token, where the CI system does not hand one to the job by itself: the token, or `file://` and the path of a file that holds it.")
        .alias(&["id-token"])
        .depends("the one of the CI system"),
    row("mask-config", Bool, Backend, CONFIGURED, "Read the stack's configuration first, to hide its secrets wherever they show. It takes one process of the engine, and is always so with `debug`, `log-flow` and a `log-verbosity` from 9.").default("false"),
    row("secrets-provider", Text, Backend, OPERATIONS, "How a stack that `upsert` creates encrypts its secrets: `default`, `passphrase`, `awskms://…`, `azurekeyvault://…`, `gcpkms://…`, `hashivault://…`."),
    // Config
    row("config", Mapping, Config, OPERATIONS, "Configuration to set before the operation, as `pulumi config set` would: `key: value`, or `key: {value, secret, path, from-env, from-file}`. A value is the text that is written. It goes to the stack's file.")
        .alias(&["config-map"]),
    row("config-file", ProgramPath, Config, OPERATIONS, "The stack's configuration file.").depends("`Pulumi.<stack>.yaml` beside Pulumi.yaml"),
    row("env-file", Path, Config, &[Preview, Up, Refresh, Destroy, Outputs, Exec], "A file of `NAME=value` lines, as dotenv files are written, that the engine gets as environment. It never overrides a variable that is set."),
    // Operation
    row("message", Text, Operation, OPERATIONS, "A message to go with the update.").short('m'),
    row("refresh", Bool, Operation, &[Preview, Up, Destroy], "Refresh the state before the operation.").short('r').default("false"),
    row("run-program", Bool, Operation, OPERATIONS, "With a refresh or a destroy, run the program to learn what providers need now."),
    row("preview-only", Bool, Operation, &[Refresh, Destroy], "Only show what the operation would do.").default("false"),
    row("replace", List, Operation, &[Preview, Up], "URNs of resources to replace; `*` and `**` are wildcards."),
    row("target", List, Operation, OPERATIONS, "URNs of the only resources to touch; `*` and `**` are wildcards.").short('t'),
    row("target-dependents", Bool, Operation, OPERATIONS, "Touch what depends on a target too.").default("false"),
    row("exclude", List, Operation, OPERATIONS, "URNs of resources not to touch; `*` and `**` are wildcards.").short('x'),
    row("exclude-dependents", Bool, Operation, OPERATIONS, "Leave out what depends on an excluded resource too.").default("false"),
    row("exclude-protected", Bool, Operation, &[Destroy], "Leave protected resources alone.").default("false"),
    row("parallel", Number { min: 1, max: 2_147_483_647 }, Operation, OPERATIONS, "How many resources may be worked on at once.").short('p'),
    row("continue-on-error", Bool, Operation, &[Up, Destroy], "Go on with the other resources when one fails."),
    row("plan", ProgramPath, Operation, &[Preview, Up], "An update plan, in `cwd` unless its path is absolute: `preview` writes it, `up` keeps to it."),
    row("args", Words, Operation, &[Preview, Up, Refresh, Destroy, Outputs], "More arguments for the engine, split as a shell would split them; no shell sees them."),
    // Safety
    row("skip-preview", Bool, Safety, CHANGING, "Deploy without a preview before.")
        .depends("`true`, but `false` with policy packs, with `expect-no-changes` and on Pulumi Cloud, whose organisations can have policies"),
    row("expect-no-changes", Bool, Safety, &[Preview, Up, Refresh], "Fail when anything would change, and change nothing.").default("false"),
    row("fail-on-changes", Bool, Safety, &[Preview, Up, Refresh], "With `expect-no-changes`: whether changes fail the step (exit status 7). With `false` the step passes and `has-changes` tells.").default("true"),
    row("policy-pack", List, Safety, &[Preview, Up], "Folders of policy packs to check against.").alias(&["policy-packs", "policyPacks"]),
    row("policy-pack-config", List, Safety, &[Preview, Up], "A JSON file of settings for each policy pack, in the same order.").alias(&["policy-pack-configs", "policyPackConfigs"]),
    row("timeout", Duration, Safety, WITH_STACK, "How long the engine may take; then it is cancelled (exit status 70)."),
    row("lock-timeout", Duration, Safety, CHANGING, "How long to wait while somebody else holds the stack's lock.").default("0s"),
    row("grace-period", Duration, Safety, WITH_STACK, "How long a cancelled engine may take to finish what it has begun before it is told to stop at once.").depends("what the CI system allows"),
    row("stale", Choice(&["warn", "refuse", "ignore"]), Safety, &[Up], "What happens when the job's commit is no longer the head of its branch.").default("warn"),
    // Report
    row("results", List, Report, REPORT, "The result files to publish, which other jobs or machines have written; `*`, `**` and `?` are wildcards. Several become one report with a part for each stack."),
    row("event-log", List, Report, REPORT, "Event logs of the engine (`pulumi up --event-log …`) to publish instead of, or beside, result files; the same wildcards. What they don't tell: the commit, and how the engine ended."),
    row("result-file", Path, Report, REPORTED, "Where to write the result as JSON.").depends("a file in the CI system's temporary folder"),
    row("secret-outputs", List, Report, WITH_STACK, "Secret stack outputs to export all the same, by name; `*` for all. They are masked in the log.").official("", "*"),
    row("detail", Choice(&["counts", "resources", "paths", "values"]), Report, REPORTED, "How much of what changes a report shows.")
        .depends("`values` where the CI system says that the repository is private, else `paths`"),
    row("comment-on-summary", Bool, Report, REPORTED, "Write the report to the job's summary page.").alias(&["summary"]).official("true", "false"),
    row("outputs-file", Path, Report, REPORTED, "Where to add the outputs for later steps: a dotenv file on GitLab, elsewhere lines that a POSIX shell can source. It goes with the CI system's own way, if it has one."),
    row("outputs-prefix", Text, Report, REPORTED, "What the names in `outputs-file` begin with.").default("STACK_"),
    row("markdown-file", Path, Report, REPORTED, "Where to write the report as Markdown."),
    row("report-file", Path, Report, REPORTED, "Where to write the report as one HTML page that needs no network."),
    row("junit-file", Path, Report, REPORTED, "Where to write the report as JUnit XML, which most CI systems show as test results."),
    row("counts-file", Path, Report, COMMENTED, "Where to write the counts of changes as GitLab's `terraform` report has them."),
    row("comment", Choice(&["update", "new", "append", "aggregate", "off", "required"]), Report, COMMENTED, "How the report is commented on the change request: `update` edits the comment that is there, `new` writes another one and takes the old ones away, `append` only writes another one, `aggregate` adds the stack to one comment for all stacks. `required` is `update`, and fails the step (exit status 72) when it can't.")
        .depends("`update` where a token is at hand that can; with `profile: official-action` what `comment-on-pr` says"),
    row("comment-when", Choice(&["always", "changes", "failure"]), Report, COMMENTED, "When there is a comment. One that stands there already is brought up to date all the same.").default("always"),
    row("comment-key", Text, Report, COMMENTED, "Keeps comments and statuses apart that are for the same stack and command."),
    row("comment-merged", Bool, Report, COMMENTED, "After a push to the default branch, comment on the change request that was merged by it.").default("false"),
    row("comment-author", Text, Report, COMMENTED, "Whose comments are our own, where the token can't ask who it is: the user's name on the forge.").depends("who the token belongs to"),
    row("comment-template", Path, Report, COMMENTED, "A template (minijinja) for the comment instead of the built-in one."),
    row("comment-on-pr", Bool, Report, COMMENTED, "The official action's way to ask for a comment: `true` is `comment: update`, `false` is `comment: off`."),
    row("edit-pr-comment", Bool, Report, COMMENTED, "The official action's way to choose between `comment: update` and `comment: append`.").default("true"),
    row("change-request", Number { min: 1, max: 2_147_483_647 }, Report, COMMENTED, "The number of the change request to comment on.").alias(&["comment-on-pr-number"])
        .depends("the one that the job runs for"),
    row("always-include-summary", Bool, Report, OPERATIONS, "The official action's way to shorten a comment from its front. A report here keeps its counts in any size, so this changes nothing.").default("false"),
    row("commit-status", Bool, Report, COMMENTED, "Set a status called `stackstep / project / stack` on the commit, with the backend's address and the `comment-key` behind it where there are such.").default("false"),
    row("environment", Text, Report, RECORDED, "The environment that the forge records this deployment for. GitHub and GitLab show it."),
    row("environment-url", Text, Report, RECORDED, "The environment's address: a URL, or the name of the stack output that holds it."),
    row("forge", Choice(&["github", "gitlab", "azure-repos", "bitbucket", "gitea"]), Report, COMMENTED, "Where the change request is.").depends("what the CI system and the remote's URL say"),
    row("forge-url", Text, Report, COMMENTED, "The forge's own address, for one that is not the public one: `https://git.example.com`.").depends("what the CI system and the remote's URL say"),
    row("forge-token", Secret, Report, COMMENTED, "The token that comments.").depends("the CI system's own where it has one that can"),
    row("github-token", Secret, Report, COMMENTED, "The token that comments on GitHub, where `forge-token` is not set."),
    // Log
    row("diff", Bool, Log, OPERATIONS, "Show the operation as a rich diff in the log.").default("false"),
    row("color", Choice(&["always", "never", "raw", "auto"]), Log, OPERATIONS, "Whether the engine's output has colours.").default("auto"),
    row("suppress-outputs", Bool, Log, COMMENTED, "Leave the stack's outputs out of log and report.").default("false"),
    row("suppress-progress", Bool, Log, OPERATIONS, "Leave the engine's progress dots out of the log.").default("false"),
    row("log-verbosity", Number { min: 1, max: 11 }, Log, OPERATIONS, "How much the engine writes to standard error. From 9 it can show decrypted configuration.").short('v').alias(&["verbose"]),
    row("log-flow", Bool, Log, OPERATIONS, "Pass the verbosity on to plugins.").alias(&["logflow"]).default("false"),
    row("debug", Bool, Log, OPERATIONS, "Show the engine's debugging output.").short('d').default("false"),
    // Engine
    row("engine", Text, Engine, ALL, "The engine: a path to a Pulumi CLI, or `sandbox` for the rehearsal engine that deploys nothing.")
        .depends("`pulumi` of the PATH, else one that is installed"),
    row("pulumi-version", Text, Engine, ALL, "The version of the Pulumi CLI that this run needs: exact (`3.260.0`), a range (`^3.200`), `latest`, or `latest-14` for the newest that is 14 days old.")
        .depends("what a version file of the project asks for, else what is there, else the newest that is 7 days old"),
    row("pulumi-version-file", Path, Engine, ALL, "A file that holds the version, such as `.pulumi.version`, `.tool-versions` or `mise.toml`."),
    row("pulumi-mirror", Text, Engine, ALL, "Where to install the Pulumi CLI from: the `https://`, `http://` or `file://` URL of a folder with the release's files under their own names. It may hold credentials.")
        .depends("get.pulumi.com, else the releases on GitHub"),
    row("pulumi-sha256", Text, Engine, ALL, "The SHA-256 that the archive of the Pulumi CLI has to have, as 64 hexadecimal digits. It goes with an exact `pulumi-version`."),
    row("verify", Choice(&["known", "strict"]), Engine, ALL, "What an archive has to prove before it is installed: `known` takes the release's checksum file for a version that this release of stackstep does not pin, `strict` refuses it.").default("known"),
    row("deps", Choice(&["auto", "always", "never"]), Engine, OPERATIONS, "Whether the program's dependencies are installed first: `auto` does it when they are missing and the operation runs the program. A lock file is kept to.").default("auto"),
    row("plugin-token", Secret, Engine, OPERATIONS, "A GitHub token for the download of plugins. Only the process that installs them gets it."),
    row("offline", Bool, Engine, ALL, "Never use the network to install the Pulumi CLI.").default("false"),
    row("cache-folder", Path, Engine, ALL, "Where installed CLIs are kept.").depends("stackstep's folder in the user's cache folder"),
];
