//! `stackstep stacks`: the projects and stacks of the repository, or those that a change can affect, as a table or as JSON for a
//! matrix of jobs.

mod compared;
mod deployed;
mod pages;

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command as Clap};

use crate::base::env::Env;
use crate::base::error::{EXIT_INPUT, Error, Result};
use crate::base::git;
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::input_flags;
use crate::fleet::RepositoryStacks;
use crate::fleet::affected::{AskedStacks, Compared};
use crate::fleet::changes::ChangedPaths;
use crate::fleet::settings::FleetSettings;
use crate::inputs::Command;
use crate::inputs::file::{ConfigFile, FLEET};
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::prepare::{RunRequest, Until, prepare};
pub(super) use compared::StacksToCompare;
use pages::JudgedStacks;

/// What is asked of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StacksAsk {
    /// Whether to print it as JSON.
    pub json: bool,
    /// Only those that a change since this commit can affect. An empty text: since the change request branched off, or since what
    /// each stack has last deployed.
    pub since: Option<String>,
    /// Only those that use one of these ESC environments.
    pub esc: Vec<String>,
    /// The stack whose verdict is explained.
    pub why: Option<String>,
}

impl StacksAsk {
    const SINCE: &str = "since";
    const ESC: &str = "esc";
    const WHY: &str = "why";
    /// The arguments by which stacks are judged.
    const JUDGED: &str = "judged";

    /// The command.
    pub fn clap() -> Clap {
        let since = Arg::new(Self::SINCE)
            .long(Self::SINCE)
            .help(
                "Only the stacks that can be affected by what has changed since this commit, branch or tag; without one, since \
                 the change request branched off, or else since what each stack has last deployed, which takes the backend's \
                 credentials",
            )
            .value_name("COMMIT")
            .num_args(0..=1)
            .default_missing_value("")
            .display_order(0);
        let esc = Arg::new(Self::ESC)
            .long(Self::ESC)
            .help(
                "Only the stacks whose configuration imports this ESC environment (`project/environment`, repeatable), and \
                 those that come after them; with `--since` both kinds",
            )
            .value_name("ENVIRONMENT")
            .action(ArgAction::Append)
            .display_order(0);
        let why = Arg::new(Self::WHY)
            .long(Self::WHY)
            .help("Explain why this stack is affected or not (`project/stack`, or `stack` if only one is called so)")
            .value_name("STACK")
            .requires(Self::JUDGED)
            .conflicts_with("json")
            .display_order(0);
        Clap::new("stacks")
            .about("List the projects and stacks of the repository, or those that a change can affect")
            .args([since, esc, why, input_flags::json()])
            .group(ArgGroup::new(Self::JUDGED).args([Self::SINCE, Self::ESC]).multiple(true))
            .arg(input_flags::flag(1, &StackInputs::cwd.input))
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let text = |name| sub.get_one::<String>(name).cloned();
        let esc = sub.get_many::<String>(Self::ESC).into_iter().flatten().cloned().collect();
        Self { json: sub.get_flag("json"), since: text(Self::SINCE), esc, why: text(Self::WHY) }
    }

    /// Whether all are asked for.
    fn is_for_all(&self) -> bool {
        self.since.is_none() && self.esc.is_empty()
    }
}

/// The repository whose stacks are listed.
struct ListedRepository {
    top: PathBuf,
    found: RepositoryStacks,
    /// The patterns of its projects.
    wanted: Option<Vec<String>>,
    file: Option<ConfigFile>,
}

/// Prints the projects and stacks. The answer is the exit status: bad input, where something of the repository can't be
/// taken as it is.
pub async fn list(ask: &StacksAsk, flags: &Flags, env: &Env, signals: &Signals) -> Result<u8> {
    // Not the CI system's, so that the list stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let request = RunRequest::new(Some(Command::Preview), flags, env);
    let mut judged = prepare(&request, Until::TheInputs, console);
    if let Some(error) = judged.take_error() {
        return Err(error);
    }
    if judged.is_closed() {
        return Err(Error::Refused {
            what: "`stacks` is refused: nothing proves that the work folder holds the repository's own code"
                .to_owned(),
            hint: "check out the commit that the run is about".to_owned(),
            reason: Reason::Untrusted,
        });
    }
    if let Some(empty) = ask.esc.iter().find(|name| name.trim_matches([' ', '/', '@']).is_empty()) {
        return Err(Error::input(
            format!("`--esc` names no environment: `{empty}`"),
            "write it as `project/environment`",
        ));
    }
    judged.tell(console);
    let folder = judged.outer.map_or_else(|| env.cwd().to_owned(), |outer| outer.folder);
    let top = git::top(&folder).unwrap_or(folder);
    let file = ConfigFile::in_folder(&top, true)?;
    let wanted = file.as_ref().map(ConfigFile::projects).transpose()?.flatten();
    let found = RepositoryStacks::find(&top, wanted.as_deref());
    for warning in &found.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    let listed = ListedRepository { top, found, wanted, file };
    let found = &listed.found;
    if !ask.is_for_all() {
        print_affected(&listed, ask, flags, env, console, signals).await?;
    } else if ask.json {
        console.print_json(&format!("{}\n", pages::as_json(found)));
    } else {
        console.print(&pages::as_table(found));
    }
    for problem in &found.problems {
        console.annotate(Level::Error, "stackstep", &problem.to_string());
    }
    Ok(if found.problems.is_empty() { 0 } else { EXIT_INPUT })
}

async fn print_affected(
    listed: &ListedRepository,
    ask: &StacksAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<()> {
    let ListedRepository { top, found, wanted, file } = listed;
    let section = file.as_ref().and_then(|file| Some((file, file.section(FLEET)?)));
    let settings =
        section.map(|(file, section)| FleetSettings::parse(section, &file.path.display().to_string()));
    let settings = settings.transpose()?.unwrap_or_default();
    let everything = wanted.is_some().then(|| RepositoryStacks::find(top, None));
    let all = &everything.as_ref().unwrap_or(found).projects;
    settings.check(top, all)?;
    let listed = StacksToCompare { top, found, all };
    let compared = match &ask.since {
        None => Compared::Together(ChangedPaths::default()),
        Some(since) => listed.compared(since, flags, env, console, signals).await?,
    };
    let asked = AskedStacks { compared: &compared, esc: &ask.esc, set: None };
    let verdicts = listed.verdicts(asked, &settings, ask.why.is_some());
    let judged = JudgedStacks {
        found,
        compared: &compared,
        verdicts: &verdicts,
        esc: &ask.esc,
        has_since: ask.since.is_some(),
    };
    match &ask.why {
        Some(stack) => console.print(&judged.explained(stack)?),
        None if ask.json => console.print_json(&format!("{}\n", judged.as_json())),
        None => console.print(&judged.as_table()),
    }
    Ok(())
}
