//! Opens the environments of Pulumi ESC that the input `esc` names, and gives their variables and files to the engine.
//!
//! A variable of an environment counts more than one of the job, so that credentials which belong together stay together; of
//! several environments the later one counts more. Every secret text of an environment is hidden before any value is used.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::base::error::{Error, Result};
use crate::base::own_folder::{OwnFolder, new_private_file};
use crate::base::secret::Secret;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::cloud::esc::{self, EscValues, VARIABLES};
use crate::cloud::server::CloudServer;
use crate::cloud::trouble::{CloudTrouble, CloudTroubleKind};
use crate::engine::args::LONGEST_ARGUMENT;
use crate::engine::env_file::is_name;
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::pulumi::esc_environment::EscEnvironment;

pub mod exported;

/// The time for which an environment is open if the run has no `timeout`: as long as the `esc` program opens it.
/// <https://www.pulumi.com/docs/esc/cli/commands/esc_open/>
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

/// The variables that this run decides, and no environment: where the state lies, by which token, what the engine shows, and
/// where programs are found.
const DECIDED: [&str; 8] = [
    "PATH",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_BACKEND_URL",
    "PULUMI_CREDENTIAL_HELPER",
    "PULUMI_CREDENTIALS_PATH",
    "PULUMI_DEBUG_COMMANDS",
    "PULUMI_HOME",
    "PULUMI_SKIP_UPDATE_CHECK",
];

/// The beginnings of names that are inputs, or flags of the engine.
const DECIDED_BEGINNINGS: [&str; 3] = ["STACKSTEP_", "INPUT_", "PULUMI_OPTION_"];

/// What environments hold, that are open.
#[derive(Debug, Clone, Default)]
pub struct OpenedEnvironments(BTreeMap<String, OpenedValue>);

/// What a name stands for in an environment that is open: whichever comes last.
#[derive(Debug, Clone)]
pub struct OpenedValue {
    /// The text of the variable, or the contents of the file.
    pub text: Secret,
    /// Whether it is a file, whose path is the variable's value.
    pub is_file: bool,
    /// Whether the environment keeps it as a secret.
    pub is_secret: bool,
}

/// Opens the environments that the inputs of `job` name, one after the other, and hides what is secret in them.
pub async fn open(
    job: &Job<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<Option<OpenedEnvironments>> {
    let names = &job.inputs.backend.esc;
    if names.is_empty() {
        return Ok(None);
    }
    let environments: Vec<EscEnvironment> =
        names.iter().map(|name| EscEnvironment::parse(name)).collect::<Result<_>>()?;
    let server = server_for(job)?;
    let lifetime = job.inputs.safety.timeout.map_or(LIFETIME, |timeout| timeout.max(LIFETIME));
    let mut opened = OpenedEnvironments::default();
    for environment in &environments {
        let values = tokio::select! {
            done = esc::open(&server, environment, lifetime) => done.map_err(failed)?,
            signal = signals.cancelled() => return Err(Error::Stopped { signal: signal.number() }),
        };
        hide(environment, &values, console);
        opened.add(environment, values, console)?;
    }
    Ok(Some(opened))
}

/// The service that has the environments, with the token of this run.
fn server_for(job: &Job<'_>) -> Result<CloudServer> {
    let token = job.backend.token_for_requests().ok_or_else(|| {
        Error::auth(
            "`esc` opens environments at Pulumi Cloud, and the job has no access token for it",
            "set `oidc-organization` to sign in with the job's identity, or `PULUMI_ACCESS_TOKEN`",
        )
    })?;
    CloudServer::new(job.backend.service_url(job.env), token, job.env).map_err(|problem| {
        Error::input(
            problem.what,
            problem.hint.unwrap_or_else(|| "check `cloud-url` and `PULUMI_API`".to_owned()),
        )
    })
}

fn failed(trouble: CloudTrouble) -> Error {
    let hint = trouble.problem.hint.unwrap_or_default();
    match trouble.kind {
        CloudTroubleKind::NotSignedIn | CloudTroubleKind::Denied => Error::auth(trouble.problem.what, hint),
        _ => Error::input(trouble.problem.what, hint),
    }
}

fn hide(environment: &EscEnvironment, values: &EscValues, console: &mut Console) {
    for (place, secret) in &values.secrets {
        console.hide(&format!("`{place}` of `{environment}`"), secret.expose());
    }
}

impl OpenedEnvironments {
    fn add(&mut self, environment: &EscEnvironment, values: EscValues, console: &Console) -> Result<()> {
        let mut left_out: Vec<String> =
            values.no_texts.iter().map(|place| format!("`{place}` is no text")).collect();
        let (mut variables, mut files) = (Vec::new(), Vec::new());
        for (name, text) in values.variables {
            if let Some(why) = unusable_name(&name).or_else(|| unusable_text(&name, text.expose())) {
                left_out.push(why);
                continue;
            }
            if name.len() + text.expose().len() + 2 > LONGEST_ARGUMENT {
                return Err(Error::input(
                    format!(
                        "`{environment}` sets `{name}` to more than the {LONGEST_ARGUMENT} bytes that this operating system takes"
                    ),
                    "put the value below `files` of the environment: the variable is then the path of a file",
                ));
            }
            variables.push(format!("`{name}`"));
            let is_secret = values.secrets.iter().any(|(place, _)| *place == format!("{VARIABLES}.{name}"));
            self.0.insert(name, OpenedValue { text, is_file: false, is_secret });
        }
        for (name, text) in values.files {
            if let Some(why) = unusable_name(&name) {
                left_out.push(why);
                continue;
            }
            files.push(format!("`{name}`"));
            // Nobody is shown what a file has.
            self.0.insert(name, OpenedValue { text, is_file: true, is_secret: false });
        }
        let lists =
            [("variables", variables), ("files", files)].into_iter().filter(|(_, names)| !names.is_empty());
        let used: Vec<String> = lists.map(|(kind, names)| format!("{kind} {}", names.join(", "))).collect();
        let used = if used.is_empty() {
            "it has neither `environmentVariables` nor `files` to use".to_owned()
        } else {
            used.join("; ")
        };
        console.line(&format!("opened `{environment}`: {used}"));
        if !left_out.is_empty() {
            let message = format!("not used of `{environment}`: {}", left_out.join(", "));
            console.annotate(Level::Warning, "stackstep", &message);
        }
        Ok(())
    }

    /// Gives the variables and the paths of the files to the engine of `job`, and to what the run itself reads of its
    /// environment. The files are removed with the job.
    pub fn give(&self, job: &mut Job<'_>, console: &Console) -> Result<()> {
        let mut folder = None;
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.0 {
            let text = if value.is_file {
                let folder = match &mut folder {
                    Some(folder) => folder,
                    none => none.insert(OwnFolder::new()?),
                };
                write_opened_file(folder.path(), name, value)?
            } else {
                value.text.expose().to_owned()
            };
            pairs.push((name.clone(), text));
        }
        job.opened_files = folder;
        let is_other = |(name, value): &&(String, String)| {
            job.seen_by_engine.get(name).is_some_and(|there| there != value)
        };
        let replaced: Vec<String> =
            pairs.iter().filter(is_other).map(|(name, _)| format!("`{name}`")).collect();
        if !replaced.is_empty() {
            console.line(&format!("of `esc` instead of the job's own: {}", replaced.join(", ")));
        }
        for (name, value) in &pairs {
            job.engine_env.remove.retain(|removed| removed != name);
            job.engine_env.put(name, value.clone());
        }
        job.seen_by_engine = job.seen_by_engine.with(&pairs);
        Ok(())
    }
}

/// Writes the contents of a file of an environment into a file of its name in `folder`, which only we can read. Returns its path.
pub fn write_opened_file(folder: &Path, name: &str, value: &OpenedValue) -> Result<String> {
    let path = folder.join(name);
    let written = new_private_file(&path)?.write_all(value.text.expose().as_bytes());
    written.map_err(Error::io("write", &path))?;
    Ok(path.display().to_string())
}

/// Why a variable can't have this name here. None if it can.
fn unusable_name(name: &str) -> Option<String> {
    let is_decided =
        DECIDED.contains(&name) || DECIDED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    if is_decided {
        return Some(format!("`{name}` is decided by the run's own inputs"));
    }
    (!is_name(name)).then(|| format!("`{}` is no name of a variable", name.escape_debug()))
}

/// Why no variable can have this text. None if one can.
fn unusable_text(name: &str, text: &str) -> Option<String> {
    text.contains('\0').then(|| format!("`{name}` has a zero byte"))
}
