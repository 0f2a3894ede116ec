//! The command line, made from the table of inputs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PathBufValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use crate::commands::accept::AcceptAsk;
use crate::commands::approve::{self, ApproveAsk};
use crate::commands::audit::AuditAsk;
use crate::commands::break_glass::BreakGlassAsk;
use crate::commands::comment_command::CommentAsk;
use crate::commands::deployment::DeploymentAsk;
use crate::commands::doctor::DoctorFlags;
use crate::commands::doctor::event::{self, EventAsk};
use crate::commands::fleet::{FleetAsk, PlanAsk};
use crate::commands::hold::HoldAsk;
pub use crate::commands::input_flags::help;
use crate::commands::input_flags::{flag, flags, json};
use crate::commands::one_stack;
use crate::commands::reap::ReapAsk;
use crate::commands::review::ReviewAsk;
use crate::commands::rollback::RollbackAsk;
use crate::commands::rules::RulesAsk;
use crate::commands::stack_sets::add::AddAsk;
use crate::commands::stacks::StacksAsk;
use crate::commands::status::StatusAsk;
use crate::commands::ttl::TtlAsk;
use crate::commands::unlock::UnlockAsk;
use crate::inputs::headings::{ForgeInputs, ReportInputs, RulesInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::inputs::{COMMANDS, Command, CommandRow, Group, INPUTS, Input};

/// The parsed command line.
#[derive(Debug)]
pub struct Args {
    /// The subcommand.
    pub ask: Ask,
    /// The inputs that the flags set.
    pub flags: Flags,
}

/// The subcommands.
#[derive(Debug, PartialEq)]
pub enum Ask {
    /// A command of the table.
    Run(Command),
    /// `hold` and `release`.
    Hold(HoldAsk),
    /// `accept`: a person takes a refused change for a reviewed one.
    Accept(AcceptAsk),
    /// `approve`: writes and signs an approval.
    Approve(ApproveAsk),
    /// `break-glass`: a person lets a change be deployed without what is needed otherwise.
    BreakGlass(BreakGlassAsk),
    /// `rollback`: deploys a commit that was deployed before.
    Rollback(RollbackAsk),
    /// `review up` and `review down`: a stack of a change request's own.
    Review(ReviewAsk),
    /// `comment-command`: carries out the command of a comment.
    CommentCommand(CommentAsk),
    /// `deploy`: what the map says for the event at hand.
    Deploy,
    /// `run`: the command that the `command` input names. Wrappers call it so.
    RunInput,
    /// Any engine command, with these arguments.
    Exec(Vec<String>),
    /// `inputs`: shows each input.
    Inputs,
    /// `fleet`: many stacks in one job.
    Fleet(FleetAsk),
    /// `fleet add`: takes a row of a set from outside.
    FleetAdd(AddAsk),
    /// `fleet plan`: many stacks as many jobs.
    FleetPlan(PlanAsk),
    /// `stacks`: lists the projects and stacks of the repository.
    Stacks(StacksAsk),
    /// `status`: how the stacks stand.
    Status(StatusAsk),
    /// `audit`: the decisions in a stack's ledger.
    Audit(AuditAsk),
    /// `reap`: destroys the stacks whose change requests are closed.
    Reap(ReapAsk),
    /// `ttl`: the time to live of a stack.
    Ttl(TtlAsk),
    /// `deployment settings`: the settings of Pulumi Deployments as files.
    Deployment(DeploymentAsk),
    /// `unlock`: removes the lock of a run that has ended.
    Unlock(UnlockAsk),
    /// `rules`: tries the rules on result files, or shows them.
    Rules(RulesAsk),
    /// `doctor`: tells what was detected, what is missing and what would run.
    Doctor(DoctorFlags),
    /// `finish`: completes the report of a run that was killed, which this file describes.
    Finish(PathBuf),
}

/// The name of the arguments of `report` without a flag.
const FILES: &str = "files";

/// The flag for the time by which `rules` judges.
const AT: &str = "at";

/// The whole command line as a value, from which help, completions and the man page are made.
pub fn command() -> Clap {
    let in_a_step: Vec<Command> =
        COMMANDS.iter().filter(|row| row.in_a_step).map(|row| row.command).collect();
    let mut clap = Clap::new("stackstep")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs Pulumi in CI: preview, deploy and report from any CI system")
        .after_help(
            "Every input is also a variable (`STACKSTEP_STACK` for `stack`) and a key of `stackstep.yaml`.\n\
             The command line wins over the step's inputs, those over variables, those over the file.\n\n\
             Exit status: that of the Pulumi CLI; 1 a file could not be read or written, 2 bad input, 3 not signed in, 70 timeout, 71 the Pulumi CLI or the dependencies could not be installed, 72 a required report was not published, 73 refused, 74 a rule refused, 75 an approval is missing, 76 not what was reviewed, 77 a check failed, 78 a check was inconclusive, 79 not known what would change, 80 done in part, 128+n ended by signal n.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true);
    for row in COMMANDS {
        clap = clap.subcommand(subcommand(row));
    }
    clap.subcommand(
        Clap::new("inputs")
            .about("Show each input, its value and where it came from")
            .args(flags(&in_a_step)),
    )
    .subcommands(HoldAsk::clap())
    .subcommand(AcceptAsk::clap())
    .subcommand(StatusAsk::subcommand())
    .subcommand(AuditAsk::subcommand())
    .subcommand(UnlockAsk::subcommand())
    .subcommand(ReapAsk::clap())
    .subcommand(TtlAsk::clap())
    .subcommand(DeploymentAsk::clap())
    .subcommand(
        one_stack::subcommand("approve", "Write an approval of a change, and sign it with an SSH key")
            .args(approve::args())
            .arg(flag(14, &ForgeInputs::environment.input)),
    )
    .subcommand(BreakGlassAsk::clap())
    .subcommand(RollbackAsk::clap())
    .subcommand(ReviewAsk::clap())
    .subcommand(
        Clap::new("comment-command")
            .about("Carry out the `/stackstep …` of the comment on a change request that started the job")
            .args(CommentAsk::args())
            .args(flags(&[Command::Preview])),
    )
    .subcommand(StacksAsk::clap())
    .subcommand(FleetAsk::clap().subcommand(PlanAsk::clap()))
    .subcommand(
        Clap::new("rules")
            .about("Try the rules on result files that are there already, or show which are set")
            .arg(Arg::new(FILES).help("Result files; without any, the rules that are set are shown").value_name("FILE").num_args(0..))
            .arg(json())
            .arg(
                Arg::new(AT)
                    .long(AT)
                    .help("The time to judge by: `now`, or `2026-12-04T17:30:00+01:00`; by default when the result's run began")
                    .value_name("TIME")
                    .display_order(1),
            )
            .arg(flag(2, &StackInputs::cwd.input))
            .args(rule_flags()),
    )
    .subcommand(
        Clap::new("doctor")
            .about("Check the setup: what was detected, what is missing, what would run; changes nothing")
            .arg(json())
            .arg(remote())
            .args(event::args())
            .args(flags(&in_a_step)),
    )
    .subcommand(
        Clap::new("finish")
            .hide(true)
            .about("Complete the report of a run that was killed: what a launcher's post step calls")
            .arg(
                Arg::new("file")
                    .help("The file that the run has left")
                    .value_name("PATH")
                    .required(true)
                    .value_parser(PathBufValueParser::new()),
            ),
    )
    .subcommand(
        Clap::new("run")
            .about("Run what the `command` input says: how a CI step calls stackstep")
            .args(flags(&in_a_step)),
    )
}

/// A flag for each input that sets a rule.
fn rule_flags() -> Vec<Arg> {
    let sets =
        |input: &&Input| input.group == Group::Rules && input.name != RulesInputs::fail_on_rules.name();
    INPUTS.iter().filter(sets).enumerate().map(|(order, input)| flag(3 + order, input)).collect()
}

/// The flag that asks the forge.
fn remote() -> Arg {
    Arg::new("remote")
        .long("remote")
        .help("Ask the forge what it lets through: protection of branches, tags and environments")
        .action(ArgAction::SetTrue)
        .display_order(0)
}

/// The subcommand of one row of the table.
fn subcommand(row: &CommandRow) -> Clap {
    let mut sub = Clap::new(row.word).about(row.about).args(flags(&[row.command]));
    if row.operation.is_some() {
        // What the CLI has to be told: nobody is asked anything here.
        sub = sub.arg(Arg::new("yes").long("yes").short('y').hide(true).action(ArgAction::SetTrue));
    }
    if let Some(alias) = row.alias {
        sub = if row.shows_alias { sub.visible_alias(alias) } else { sub.alias(alias) };
    }
    match row.command {
        Command::Report => sub.arg(
            Arg::new(FILES)
                .help("Result files: the same as `--results`")
                .value_name("FILE")
                .num_args(0..)
                .conflicts_with(ReportInputs::results.name()),
        ),
        Command::Exec => sub.arg(
            Arg::new("arguments")
                .help("The arguments of the Pulumi CLI, such as `stack ls`")
                .value_name("ARG")
                .last(true)
                .required(true)
                .num_args(1..),
        ),
        _ => sub,
    }
}

/// Reads the command line. The error is clap's own message, or the help that was asked for.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, clap::Error> {
    let matches = command().try_get_matches_from(arguments).map_err(|error| {
        // `error` has the word, and clap's own idea of what it may mean.
        let word = match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(word)) => word.clone(),
            _ => return error,
        };
        not_a_command(&word, error)
    })?;
    let Some((name, sub)) = matches.subcommand() else {
        return Ok(Args { ask: Ask::RunInput, flags: Flags::new() });
    };
    if name == "review" {
        let (ask, own) = ReviewAsk::given(sub);
        let mut flags = given(own);
        one_stack::add_stack(own, &mut flags);
        return Ok(Args { ask: Ask::Review(ask), flags });
    }
    if name == "deployment" {
        let (ask, own) = DeploymentAsk::given(sub);
        let mut flags = given(own);
        one_stack::add_stack(own, &mut flags);
        return Ok(Args { ask: Ask::Deployment(ask), flags });
    }
    if let ("fleet", Some(("add", own))) = (name, sub.subcommand()) {
        return Ok(Args { ask: Ask::FleetAdd(AddAsk::given(own)), flags: given(own) });
    }
    if let ("fleet", Some(("plan", own))) = (name, sub.subcommand()) {
        return Ok(Args { ask: Ask::FleetPlan(PlanAsk::given(own)), flags: given(own) });
    }
    if name == "fleet" {
        let (ask, own) = FleetAsk::given(sub);
        return Ok(Args { ask: Ask::Fleet(ask), flags: given(own) });
    }
    let ask = match name {
        "exec" => Ask::Exec(sub.get_many::<String>("arguments").into_iter().flatten().cloned().collect()),
        "inputs" => Ask::Inputs,
        "hold" | "release" => Ask::Hold(HoldAsk::given(name, sub)),
        "accept" => Ask::Accept(AcceptAsk::given(sub)),
        "approve" => Ask::Approve(ApproveAsk::given(sub)),
        "rollback" => Ask::Rollback(RollbackAsk::given(sub)),
        "break-glass" => Ask::BreakGlass(BreakGlassAsk::given(sub)),
        "stacks" => Ask::Stacks(StacksAsk::given(sub)),
        "status" => Ask::Status(StatusAsk::given(sub)),
        "audit" => Ask::Audit(AuditAsk::given(sub)),
        "ttl" => Ask::Ttl(TtlAsk::given(sub)),
        "unlock" => Ask::Unlock(UnlockAsk::given(sub)),
        "rules" => {
            return Ok(Args { ask: Ask::Rules(rules_ask(sub)), flags: given(sub) });
        }
        "doctor" => Ask::Doctor(DoctorFlags {
            json: sub.get_flag("json"),
            remote: sub.get_flag("remote"),
            event: EventAsk::given(sub),
        }),
        "reap" => {
            let mut flags = given(sub);
            let ask = ReapAsk::given(sub, &mut flags);
            return Ok(Args { ask: Ask::Reap(ask), flags });
        }
        "finish" => Ask::Finish(sub.get_one::<PathBuf>("file").cloned().unwrap_or_default()),
        "comment-command" => Ask::CommentCommand(CommentAsk::given(sub)),
        "deploy" => Ask::Deploy,
        other => Command::from_word(other).map_or(Ask::RunInput, Ask::Run),
    };
    let mut flags = given(sub);
    one_stack::add_stack(sub, &mut flags);
    if let Ok(Some(files)) = sub.try_get_many::<String>(FILES) {
        flags.insert(ReportInputs::results.name(), files.cloned().collect());
    }
    Ok(Args { ask, flags })
}

fn rules_ask(sub: &ArgMatches) -> RulesAsk {
    RulesAsk {
        files: sub.get_many::<String>(FILES).into_iter().flatten().cloned().collect(),
        json: sub.get_flag("json"),
        at: sub.get_one::<String>(AT).cloned(),
    }
}

/// The error for a word that is not a command: what does the same here, where people know the word from other tools. A
/// word that is merely spelled like it never leads to `destroy`.
fn not_a_command(word: &str, mut error: clap::Error) -> clap::Error {
    let Some(meant) = Command::meant_by(word) else {
        if Command::near(word).is_none_or(|near| near != Command::Destroy.word())
            && suggests(&error, Command::Destroy.word())
        {
            error.remove(ContextKind::SuggestedSubcommand);
        }
        return error;
    };
    let message = format!(
        "there is no command `{word}`; `stackstep {}` does that: {}",
        meant.word(),
        meant.row().about.to_lowercase()
    );
    command().error(ErrorKind::InvalidSubcommand, message)
}

fn suggests(error: &clap::Error, word: &str) -> bool {
    match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(words)) => words.iter().any(|other| other == word),
        Some(ContextValue::String(other)) => other == word,
        _ => false,
    }
}

/// The inputs that the command line sets.
fn given(matches: &ArgMatches) -> Flags {
    INPUTS
        .iter()
        .filter_map(|input| {
            let values = matches.try_get_many::<String>(input.name).ok()??;
            Some((input.name, values.cloned().collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Args {
        parse(line.split(' ').map(OsString::from)).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_flag_is_found_under_its_alias() {
        assert_eq!(parsed("stackstep up --stack-name dev").flags["stack"], ["dev"]);
    }

    #[test]
    fn a_boolean_needs_no_value() {
        let flags = parsed("stackstep up --diff --upsert=false").flags;
        assert_eq!(
            (flags["diff"].as_slice(), flags["upsert"].as_slice()),
            (&["true".to_owned()][..], &["false".to_owned()][..])
        );
    }

    fn refused(line: &str) -> String {
        parse(line.split(' ').map(OsString::from)).unwrap_err().to_string()
    }

    #[test]
    fn a_word_of_another_tool_leads_to_the_command_that_does_the_same() {
        assert!(refused("stackstep apply").contains("`stackstep up`"));
        assert!(refused("stackstep plan").contains("`stackstep preview`"));
        assert!(refused("stackstep diff").contains("`stackstep preview`"));
    }

    #[test]
    fn spelling_leads_to_destroy_only_where_it_was_meant() {
        assert!(refused("stackstep destory").contains("'destroy'"));
        for word in ["depoly", "deployed"] {
            assert!(!refused(&format!("stackstep {word}")).contains("'destroy'"), "{word}");
        }
    }

    #[test]
    fn nobody_is_asked_so_that_yes_says_nothing_new() {
        for line in ["stackstep up --yes", "stackstep up -y", "stackstep destroy --yes"] {
            assert!(parsed(line).flags.is_empty(), "{line}");
        }
    }

    #[test]
    fn update_is_up() {
        assert_eq!(parsed("stackstep update").ask, Ask::Run(Command::Up));
    }

    #[test]
    fn everything_behind_the_dashes_is_the_engines() {
        assert_eq!(
            parsed("stackstep exec -- stack ls --json").ask,
            Ask::Exec(vec!["stack".into(), "ls".into(), "--json".into()])
        );
    }

    #[test]
    fn a_secret_has_no_flag() {
        assert!(parse(["stackstep", "up", "--access-token", "pul-1"].map(OsString::from)).is_err());
    }

    #[test]
    fn a_flag_of_another_command_is_refused() {
        assert!(parse(["stackstep", "preview", "--remove"].map(OsString::from)).is_err());
    }
}
