//! `fleet add`: takes a row from outside of the repository. The payload is a stranger's until its fields are known to be allowed;
//! then the row is kept, by a change request or beside the state, and whoever has asked is answered.

use std::io::Read as _;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command as Clap};

use super::answer::{AddAnswer, AddStatus, signing_key};
use super::keep::{Kept, keep_beside_the_state, propose};
use super::read::set_named;
use crate::base::env::Env;
use crate::base::error::{EXIT_REFUSED, Error, Problem, Result};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::commands::input_flags::flag;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::default_definition;
use crate::delivery::place::ForgeAccess;
use crate::delivery::{Definition, DeliveryEvent};
use crate::fleet::sets::add::payload::{LARGEST, Payload};
use crate::fleet::sets::add::settings::PersistIn;
use crate::inputs::Command;
use crate::inputs::file::ConfigFile;
use crate::inputs::headings::{BackendInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::prepare::{Prepared, RunRequest, Until, prepare};

/// The verb, for messages.
const VERB: &str = "fleet add";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddAsk {
    /// The set.
    pub set: String,
    /// The file with the payload; `-` for standard input.
    pub row: String,
    /// The key of the request, if it is not in the payload.
    pub request: Option<String>,
}

const SET: &str = "set";
const ROW: &str = "row";
const REQUEST: &str = "idempotency-key";

impl AddAsk {
    /// The subcommand.
    pub fn subcommand() -> Clap {
        let text = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name)
                .long(name)
                .value_name(value)
                .help(help)
                .value_parser(NonEmptyStringValueParser::new())
        };
        let inputs = [&StackInputs::cwd.input, &BackendInputs::cloud_url.input];
        Clap::new("add")
            .about("Take a row of a set from outside of the repository, such as from a portal")
            .args([
                text(SET, "NAME", "The set of `stackstep.yaml`").required(true).display_order(0),
                text(ROW, "FILE", "The file with the row, one JSON object; `-` for standard input")
                    .required(true)
                    .allow_hyphen_values(true)
                    .display_order(1),
                text(
                    REQUEST,
                    "KEY",
                    "The key by which the same request again is known, if the row does not hold it",
                )
                .display_order(2),
            ])
            .args(inputs.into_iter().enumerate().map(|(at, input)| flag(at + 10, input)))
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let text = |name: &str| sub.get_one::<String>(name).cloned();
        Self {
            set: text(SET).unwrap_or_default(),
            row: text(ROW).unwrap_or_default(),
            request: text(REQUEST),
        }
    }
}

/// Takes a row. Returns the exit status: 0, 73 if the row contradicts one that is there, 72 if only the answer did not arrive.
pub async fn add(
    ask: &AddAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let request = RunRequest { verb: Some(VERB), ..RunRequest::new(Some(Command::Refresh), flags, env) };
    let mut found = prepare(&request, Until::TheVerdict, console);
    found.tell(console);
    let inputs = found.take_inputs()?;
    let event = DeliveryEvent::from_context(&found.context);
    if matches!(event, DeliveryEvent::ChangeRequest { .. } | DeliveryEvent::MergeQueue { .. }) {
        return Err(Error::Refused {
            what: format!("`{VERB}` is refused: this job is for {event}, whose own code could say it"),
            hint: "run it in a job of the default branch, that the portal or the API starts".to_owned(),
            reason: Reason::Gate,
        });
    }
    let forge = ForgeAccess::find(found.ci, found.env, &found.context, &inputs)?;
    let definition = definition_of(&event, &found, forge.as_ref()).await?;
    let set = set_named(definition.as_ref(), &ask.set)?;
    let Some(settings) = &set.add else {
        return Err(Error::input(
            format!("no row can be added to the set `{}`", set.name),
            "its `add` in `stackstep.yaml` says what may be: docs/stack-sets.md",
        ));
    };
    let text = payload_of(&ask.row, env)?;
    let payload = Payload::check(&text, set, settings, ask.request.as_deref())
        .map_err(|Problem { what, hint }| Error::Input { what, hint })?;
    let key = signing_key(settings, payload.callback.as_ref(), &found, console)?;
    let answer = AddAnswer::new(&set.name, &payload.row.key, payload.row.stack.short(), &payload.request);
    let kept = match settings.persist {
        PersistIn::PullRequest => {
            let forge = forge.as_ref().ok_or_else(no_forge)?;
            Box::pin(propose(set, settings, &payload, forge)).await?
        }
        PersistIn::Backend => {
            Box::pin(keep_beside_the_state(set, settings, &payload, &found, &request, console, signals))
                .await?
        }
    };
    let answer = match kept {
        Kept::Taken => answer,
        Kept::Proposed(url) => answer.proposed(url),
        Kept::Contradicted(why) => answer.refused(why),
    };
    if let Some(why) = &answer.why {
        let problem = Problem::new(
            format!("the row is refused: {why}"),
            "ask for another name, or change the row in the set's file",
        );
        console.annotate(Level::Error, "stackstep", &problem.to_string());
    }
    let missed = answer.give(payload.callback.as_ref().zip(key), &found, console).await;
    Ok(if answer.status == AddStatus::Refused { EXIT_REFUSED } else { missed })
}

/// The sections that hold: those of the default branch's file, whatever the job is for; without a CI system the checkout's own.
async fn definition_of(
    event: &DeliveryEvent,
    found: &Prepared<'_>,
    forge: Option<&ForgeAccess>,
) -> Result<Option<Definition>> {
    let top = found.top();
    if *event == DeliveryEvent::Unknown && found.standing == Standing::Ours {
        let own = ConfigFile::in_folder(&top, false)?;
        return Ok(own.as_ref().map(Definition::from_file).transpose()?.flatten());
    }
    let client = forge.map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top, found.env, &found.context, client.as_ref());
    default_definition(&history).await.map(Some)
}

/// The payload's text.
fn payload_of(row: &str, env: &Env) -> Result<String> {
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if row == "-" {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", "standard input"))
    } else {
        let path = env.cwd().join(row);
        let file = std::fs::File::open(&path).map_err(Error::io("read", &path))?;
        file.take(most).read_to_end(&mut bytes).map_err(Error::io("read", &path))
    };
    read?;
    String::from_utf8(bytes)
        .map_err(|_| Error::input("the row is refused: it is not a text in UTF-8", "send one JSON object"))
}

fn no_forge() -> Error {
    Error::input(
        "`persist: pull-request` needs the forge, which is not known, or there is no token for it",
        "give the step `forge-token`: it has to write to the repository and to open pull requests",
    )
}
