//! The command line of `stackstep fleet plan`.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::ask::{FleetChoice, OWN};
use crate::commands::input_flags::flags;
use crate::fleet::fanout::FANOUT_SYSTEMS;
use crate::fleet::fanout::system::USUAL_STAGES;
use crate::inputs::Command;

/// What is asked of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanAsk {
    /// Which stacks it is about.
    pub choice: FleetChoice,
    /// What the jobs do.
    pub command: Command,
    /// The system whose form it has. None: the neutral one; an empty text: the system that is detected.
    pub system: Option<String>,
    /// The jobs that an environment may have in a stage.
    pub jobs: Option<usize>,
    /// The file that it is written to instead of standard output.
    pub output: Option<PathBuf>,
    /// The file that the neutral plan is written to, and that the jobs take their stacks from.
    pub file: Option<PathBuf>,
    /// The stages that the pipeline has jobs for.
    pub stages: Option<usize>,
    /// The environments that the pipeline has jobs for.
    pub environments: Option<Vec<String>>,
}

const COMMAND: &str = "planned-command";
const FOR: &str = "for";
const JOBS: &str = "jobs";
const OUTPUT: &str = "output";
const FILE: &str = "plan-file";
const STAGES: &str = "stages";
const ENVIRONMENTS: &str = "environments";

/// The most jobs or stages that anybody can mean.
const MOST: u32 = 10_000;

impl PlanAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let own = |flag: &Arg| OWN.iter().chain(&["dry-run", "command"]).any(|name| flag.get_id() == name);
        Clap::new("plan")
            .about("Plan many stacks as many jobs of the CI system: each of one environment, in stages by their order")
            .args(FleetChoice::flags())
            .args(Self::flags())
            .args(flags(&[Command::Preview]).into_iter().filter(|flag| !own(flag)))
    }

    fn flags() -> [Arg; 7] {
        let words = FANOUT_SYSTEMS.iter().map(|system| system.word);
        let commands = [Command::Preview, Command::Up, Command::Refresh, Command::Destroy, Command::Drift];
        let number = || clap::value_parser!(u32).range(1..=i64::from(MOST));
        [
            Arg::new(COMMAND)
                .long("command")
                .help("What the jobs do, each by `stackstep fleet <COMMAND>`: the order and the waves are those of `up` and `destroy`")
                .value_name("COMMAND")
                .value_parser(PossibleValuesParser::new(commands.map(Command::word)))
                .default_value(Command::Up.word())
                .display_order(0),
            Arg::new(FOR)
                .long(FOR)
                .help("Print it in the form of this CI system; without a word, in that of the system that is detected. Without the flag it is neutral JSON")
                .value_name("SYSTEM")
                .num_args(0..=1)
                .default_missing_value("")
                .value_parser(PossibleValuesParser::new(words.chain([""])))
                .hide_possible_values(true)
                .display_order(0),
            Arg::new(JOBS)
                .long(JOBS)
                .help("The most jobs that an environment has in a stage [default: as many as there are stacks, or as the CI system takes]")
                .value_name("N")
                .value_parser(number())
                .display_order(0),
            Arg::new(OUTPUT)
                .long(OUTPUT)
                .short('o')
                .help("Write it to this file instead of standard output")
                .value_name("PATH")
                .value_parser(PathBufValueParser::new())
                .display_order(0),
            Arg::new(FILE)
                .long(FILE)
                .help("Write the neutral plan to this file too, from which the jobs take their stacks: for plans that are larger than what a CI system passes on")
                .value_name("PATH")
                .value_parser(NonEmptyStringValueParser::new())
                .display_order(0),
            Arg::new(STAGES)
                .long(STAGES)
                .help(format!(
                    "The number of stages that the pipeline has jobs for, where they are written before the plan is known (github, azure) [default: {USUAL_STAGES}]"
                ))
                .value_name("N")
                .value_parser(number())
                .display_order(0),
            Arg::new(ENVIRONMENTS)
                .long(ENVIRONMENTS)
                .help("The environments that the pipeline has jobs for, where they are written before the plan is known (azure); `none` for stacks without one")
                .value_name("LIST")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .display_order(0),
        ]
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let number = |name| sub.get_one::<u32>(name).and_then(|number| usize::try_from(*number).ok());
        let command = sub.get_one::<String>(COMMAND).and_then(|word| Command::from_word(word));
        Self {
            choice: FleetChoice::given(sub),
            command: command.unwrap_or(Command::Up),
            system: sub.get_one::<String>(FOR).cloned(),
            jobs: number(JOBS),
            output: sub.get_one::<PathBuf>(OUTPUT).cloned(),
            file: sub.get_one::<String>(FILE).map(PathBuf::from),
            stages: number(STAGES),
            environments: sub.get_many::<String>(ENVIRONMENTS).map(|names| {
                names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
            }),
        }
    }
}
