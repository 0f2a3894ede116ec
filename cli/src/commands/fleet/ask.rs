//! The command line of `stackstep fleet`.

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use crate::ci::names::FLEET_STACKS;
use crate::commands::input_flags::{flag, flags, is_given};
use crate::commands::page_form::PageForm;
use crate::commands::stack_sets::add::AddAsk;
use crate::fleet::waves::WaveSize;
use crate::inputs::Command;
use crate::inputs::headings::{ConfigInputs, ForgeInputs, StackInputs};

/// What is asked of a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetAsk {
    /// What is done with each stack.
    pub verb: FleetVerb,
    /// Which stacks it is about.
    pub choice: FleetChoice,
    /// The set whose rows make the stacks, if it is about one.
    pub set: Option<String>,
    /// The number of stacks at a time, if somebody says it.
    pub parallel: Option<u32>,
    /// Whether stacks that have been deployed at this commit already are passed over.
    pub resume: bool,
    /// Whether only the plan is shown.
    pub dry: bool,
}

/// What is done with each stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetVerb {
    /// A command of a run.
    Run(Command),
    /// How the fleet stands, in this form.
    Status(PageForm),
}

/// Which stacks of the repository a fleet is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetChoice {
    /// Patterns of `project/stack`, or of stacks' names. Empty: all.
    pub patterns: Vec<String>,
    /// Whether all are meant, where that has to be said.
    pub all: bool,
    /// Only those that a change since this commit can affect. An empty text: since the change request branched off, or since
    /// what each stack has last deployed.
    pub since: Option<String>,
    /// So many of those that are left out, and no others: to see whether one of them would change after all.
    pub skipped: Option<WaveSize>,
    /// Whether a plan has chosen them: its waves are done with.
    pub is_planned: bool,
}

const SET: &str = "set";
const PATTERNS: &str = "fleet-stacks";
const ALL: &str = "all";
const SINCE: &str = "since";
const SKIPPED: &str = "skipped";
const PARALLEL: &str = "parallel-stacks";
const RESUME: &str = "resume";
const DRY: &str = "dry-run";

/// The words of the commands that a fleet can have.
const VERBS: [(Command, &str); 5] = [
    (Command::Preview, "Show what a deployment of many stacks would change"),
    (Command::Up, "Deploy many stacks, each after those whose outputs it reads"),
    (Command::Refresh, "Bring the states of many stacks in line with what is there"),
    (Command::Destroy, "Delete every resource of many stacks, each before those whose outputs it reads"),
    (Command::Drift, "Look whether what is there of many stacks is still what was deployed"),
];

/// The inputs that a fleet has by itself: no flag sets them.
pub(super) const OWN: [&str; 3] =
    [StackInputs::name.name(), ConfigInputs::file.name(), StackInputs::ttl.name()];

impl FleetAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let verbs = VERBS.iter().map(|(command, about)| {
            let read = match command {
                Command::Drift => vec![Command::Drift, Command::Refresh],
                other => vec![*other],
            };
            let own = |flag: &Arg| OWN.iter().chain(&["dry-run"]).any(|name| flag.get_id() == name);
            let mut sub =
                Clap::new(command.word()).about(*about).args(choice()).arg(set()).arg(parallel()).arg(dry());
            if *command == Command::Up {
                sub = sub.arg(resume());
            }
            if *command == Command::Preview {
                sub = sub.arg(skipped()).arg(environment());
            }
            sub.args(flags(&read).into_iter().filter(|flag| !own(flag) && flag.get_id() != "command"))
        });
        let status = Clap::new("status")
            .about("Show how the stacks of a fleet stand: order, commit, result")
            .args(choice())
            .args(PageForm::flags());
        Clap::new("fleet")
            .about("Many stacks in one job: `fleet preview`, `up`, `refresh`, `destroy`, `drift`, `status`; in many jobs: `fleet plan`; `fleet add` takes a row of a set")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(verbs)
            .subcommand(status)
            .subcommand(AddAsk::subcommand())
    }

    /// What the command line asks for, and the matches that hold its flags.
    pub fn given(matches: &ArgMatches) -> (Self, &ArgMatches) {
        let (word, sub) = matches.subcommand().unwrap_or(("status", matches));
        let verb =
            Command::from_word(word).map_or_else(|| FleetVerb::Status(PageForm::given(sub)), FleetVerb::Run);
        let choice = FleetChoice::given(sub);
        let parallel = sub.try_get_one::<u32>(PARALLEL).ok().flatten().copied();
        let set = sub.try_get_one::<String>(SET).ok().flatten().cloned();
        (Self { verb, choice, set, parallel, resume: is_given(sub, RESUME), dry: is_given(sub, DRY) }, sub)
    }
}

impl FleetChoice {
    /// The flags and arguments.
    pub(super) fn flags() -> [Arg; 3] {
        choice()
    }

    /// What the command line asks for.
    pub(super) fn given(sub: &ArgMatches) -> Self {
        Self {
            patterns: sub.get_many::<String>(PATTERNS).into_iter().flatten().cloned().collect(),
            all: sub.get_flag(ALL),
            since: sub.get_one::<String>(SINCE).cloned(),
            skipped: sub.try_get_one::<WaveSize>(SKIPPED).ok().flatten().copied(),
            is_planned: false,
        }
    }
}

impl FleetAsk {
    /// What a plan is about: `command` for these stacks, and nothing is run.
    pub fn of_plan(command: Command, choice: FleetChoice) -> Self {
        Self { verb: FleetVerb::Run(command), choice, set: None, parallel: None, resume: false, dry: true }
    }

    /// How these stacks stand.
    pub fn of_status(choice: FleetChoice) -> Self {
        let verb = FleetVerb::Status(PageForm::Table);
        Self { verb, choice, set: None, parallel: None, resume: false, dry: false }
    }
}

fn choice() -> [Arg; 3] {
    [
        Arg::new(PATTERNS)
            .help(format!(
                "The stacks, as `project/stack` or `stack`; `*` and `?` are wildcards. Without any, those of the variable \
                 {FLEET_STACKS}, which a job of `fleet plan` has, else all of the repository"
            ))
            .value_name("STACK")
            .num_args(0..),
        Arg::new(ALL)
            .long(ALL)
            .help("All stacks, where that has to be said: `fleet destroy`")
            .action(ArgAction::SetTrue)
            .conflicts_with(PATTERNS)
            .display_order(0),
        Arg::new(SINCE)
            .long(SINCE)
            .help("Only the stacks that can be affected by what has changed since this commit, branch or tag; without one, since the change request branched off, or else since what each stack has last deployed")
            .value_name("COMMIT")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("")
            .display_order(0),
    ]
}

/// The input of the other commands, which a single preview has no use for.
fn environment() -> Arg {
    flag(1, &ForgeInputs::environment.input)
        .help("The environment whose stacks it is about, where the stacks of the repository have several")
}

fn skipped() -> Arg {
    let size = |text: &str| WaveSize::parse(text).map_err(|error| error.to_string());
    Arg::new(SKIPPED)
        .long(SKIPPED)
        .help("Preview so many (`5`, `10%`) of the stacks that `--since` leaves out, and no others, to see whether one of them would change after all")
        .value_name("SIZE")
        .requires(SINCE)
        .value_parser(size)
        .display_order(0)
}

fn set() -> Arg {
    Arg::new(SET)
        .long(SET)
        .help("The set of `stackstep.yaml` whose rows make the stacks: one for each customer")
        .value_name("NAME")
        .value_parser(clap::builder::NonEmptyStringValueParser::new())
        .display_order(0)
}

fn parallel() -> Arg {
    Arg::new(PARALLEL)
        .long(PARALLEL)
        .help("The number of stacks at work at a time [default: `fleet.parallel-stacks`, else the number of processors]")
        .value_name("N")
        .value_parser(clap::value_parser!(u32).range(1..=100))
        .display_order(0)
}

fn resume() -> Arg {
    Arg::new(RESUME)
        .long(RESUME)
        .help("Pass over the stacks whose last update was of this commit and ended well: after a fleet that was stopped")
        .action(ArgAction::SetTrue)
        .display_order(0)
}

fn dry() -> Arg {
    Arg::new(DRY)
        .long(DRY)
        .help("Show which stacks it is about, in which order and waves, and run nothing")
        .action(ArgAction::SetTrue)
        .display_order(0)
}
