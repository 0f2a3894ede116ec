//! What the forge lets through, for `doctor --remote`: it asks the forge what protects the branches, the tags and the
//! environments that deployments come from, and says what is open.
//!
//! This is the only part of `doctor` that asks anybody. What the token may not read is "not known", with the permission that
//! it takes.

pub(super) mod found;
mod sentences;

use found::{RemoteFound, RemoteLine, RemoteState};

use super::diagnosis::{DoctorFinding, FindingLevel};
use crate::base::error::Problem;
use crate::base::http::Http;
use crate::base::yaml::Value;
use crate::ci::standing::Standing;
use crate::delivery::Definition;
use crate::forge::client::LIMITS;
use crate::forge::protection::Watched;
use crate::forge::{Client, Place, RepositoryFile};
use crate::inputs::Raw;
use crate::inputs::headings::ForgeInputs;
use crate::publish::forge::Sender;
use crate::run::prepare::Prepared;

/// The tags that are looked at unless the map of deployments names others.
const TAGS: &str = "v*";

/// The file that says what is deployed.
const FILE: &str = "stackstep.yaml";

/// Asks the forge. What is missing for that is a finding.
pub async fn find(prepared: &Prepared<'_>) -> Result<RemoteFound, DoctorFinding> {
    if prepared.standing != Standing::Ours || prepared.is_closed() {
        return Err(unasked("the forge was not asked, because the change may be a stranger's"));
    }
    let Some(inputs) = &prepared.inputs else {
        return Err(unasked("the forge was not asked, because the inputs can't be read"));
    };
    if inputs.engine.offline {
        return Err(unasked("the forge was not asked, because `offline` is set"));
    }
    let place =
        Sender::new(prepared.env, prepared.ci, &prepared.context, inputs, 0).place().map_err(finding)?;
    let http = Http::new(prepared.env, LIMITS).map_err(|error| finding(Problem::from(&error)))?;
    Ok(ask(&Client::new(&http, &place), &place, environment(prepared)).await)
}

/// The input `environment`, which a preview does not read.
fn environment(prepared: &Prepared<'_>) -> Option<String> {
    match &prepared.resolved.as_ref()?.values.get(ForgeInputs::environment.name())?.raw {
        Raw::Text(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
        _ => None,
    }
}

async fn ask(client: &Client<'_>, place: &Place, environment: Option<String>) -> RemoteFound {
    let mut found = RemoteFound {
        forge: place.forge.title(),
        repository: place.repository.clone(),
        ..RemoteFound::default()
    };
    let mut watched = Watched { environments: environment.into_iter().collect(), ..Watched::default() };
    match client.default_branch().await {
        Ok(branch) => {
            watched.branches.push(branch.clone());
            match definition(client, &branch).await {
                Ok(Some(definition)) => watch(&mut watched, &definition),
                Ok(None) => {}
                Err(problem) => found.lines.push(not_known(FILE, &problem)),
            }
            found.default_branch = Some(branch);
        }
        Err(trouble) => found.lines.push(not_known("the repository", &trouble.problem)),
    }
    if watched.tags.is_empty() {
        watched.tags.push(TAGS.to_owned());
    }
    match client.protection(&watched).await {
        Ok(protection) => found.lines.extend(sentences::sentences(&protection)),
        Err(trouble) => found.lines.push(not_known("the repository", &trouble.problem)),
    }
    found
}

/// What the file of the default branch says of deployments: it is the one that judges them.
async fn definition(client: &Client<'_>, branch: &str) -> Result<Option<Definition>, Problem> {
    let head = client.branch_head(branch).await.map_err(|trouble| trouble.problem)?;
    match client.file(&head, FILE).await.map_err(|trouble| trouble.problem)? {
        RepositoryFile::Text(text) => Definition::parse(&text).map_err(|error| Problem::from(&error)),
        RepositoryFile::Missing => Ok(None),
    }
}

/// Adds the branches, tags and environments that a definition deploys from and to. A pattern of branches is left out: no
/// forge tells what protects one.
fn watch(watched: &mut Watched, definition: &Definition) {
    let add = |list: &mut Vec<String>, name: &str| {
        if !list.iter().any(|own| own == name) {
            list.push(name.to_owned());
        }
    };
    if let Some(map) = &definition.deploy {
        for line in map.branches.iter().filter(|line| !line.pattern.contains(['*', '?'])) {
            add(&mut watched.branches, &line.pattern);
        }
        for line in &map.tags {
            add(&mut watched.tags, &line.pattern);
        }
    }
    for stack in &definition.stacks {
        if let Some(name) = stack.inputs.get(ForgeInputs::environment.name()).and_then(Value::as_str) {
            add(&mut watched.environments, name);
        }
    }
}

fn not_known(about: &str, problem: &Problem) -> RemoteLine {
    RemoteLine {
        state: RemoteState::NotKnown,
        about: about.to_owned(),
        what: problem.what.clone(),
        hint: problem.hint.clone(),
    }
}

fn unasked(what: &str) -> DoctorFinding {
    finding(Problem::new(what, "run `stackstep doctor --remote` where a run of yours would be allowed"))
}

fn finding(problem: Problem) -> DoctorFinding {
    let hint = problem.hint.unwrap_or_else(|| "set `forge-token`".to_owned());
    DoctorFinding { level: FindingLevel::Warning, what: problem.what, hint }
}
