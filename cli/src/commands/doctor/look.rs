//! Everything that `doctor` can find out without starting a process: credentials, trust, sinks, plan.

use super::{Diagnosis, Planned};
use crate::admit::credentials::credentials;
use crate::admit::sign_in::{self, WantedToken};
use crate::admit::trust::{Question, TrustVerdict, judge};
use crate::base::env::Env;
use crate::base::git;
use crate::base::text_file::{self, read_text};
use crate::ci::{self, CiSystem, IdentityToken};
use crate::engine::executor::Purpose;
use crate::engine::job;
use crate::engine::line::Scope;
use crate::engine::plan::Plan;
use crate::engine::{args, config_secrets};
use crate::inputs::{Command, Inputs};
use crate::publish::forge::Sender;
use crate::pulumi::backend::{Backend, BackendSource, NAME_A_BACKEND, NO_BACKEND};
use crate::pulumi::project::{self, Project};
use crate::pulumi::stack::{StackIdentity, StackName};
use crate::run::prepare::Prepared;

/// Adds everything that can be found out without starting a process.
pub fn examine(found: &mut Diagnosis, prepared: &Prepared<'_>) {
    let Prepared { env, ci, project, stack, .. } = prepared;
    let (Some(inputs), Some(backend)) = (&prepared.inputs, &prepared.backend) else {
        refused(prepared).clone_into(&mut found.trust);
        return;
    };
    found.project = project.as_ref().map(|project| project.name.clone());
    found.project_file = project.as_ref().map(|project| project.path.display().to_string());
    found.stack = stack.as_ref().map(ToString::to_string);
    // The variables that the engine would see, those of `env-file` included.
    let seen = env.with_missing(&prepared.file_variables);
    let identity = identity(found, inputs, *ci, env);
    signed_in(found, inputs, backend, identity, &seen);
    passphrase(found, inputs, project.as_ref(), stack.as_ref(), &seen);
    organisation(found, inputs, stack.as_ref());
    trust(found, inputs, *ci, identity, backend, &seen);
    let project_name = project.as_ref().map(|project| project.name.as_str());
    let stack_identity =
        stack.as_ref().map(|stack| backend.identify(stack, project_name, &seen, &inputs.stack.cwd));
    sinks(found, inputs, *ci, env, stack_identity.as_ref());
    if inputs.command != Command::Outputs {
        found.comment = Sender::new(env, *ci, &found.context, inputs, 0).outlook();
    }
    if let Some(stack) = stack {
        let judged = !prepared.rules.is_empty();
        planned(found, inputs, &Scope { stack: stack.as_str(), cloud: backend.is_cloud(), judged });
    }
}

/// The verdict on a run that was refused before anything else could be looked at; empty for another run.
fn refused(prepared: &Prepared<'_>) -> &'static str {
    match prepared.verdict {
        Some(TrustVerdict::Refuse { .. }) => REFUSED,
        _ => "",
    }
}

/// The verdict on a refused run, in words.
const REFUSED: &str = "it would be refused";

/// Whether the job can sign in with an identity of its own. Adds where the identity comes from.
fn identity(found: &mut Diagnosis, inputs: &Inputs, ci: &dyn CiSystem, env: &Env) -> bool {
    let wanted = WantedToken::from_inputs(inputs);
    let audience = wanted.as_ref().map_or("urn:pulumi:org:ORGANIZATION".to_owned(), WantedToken::audience);
    let (there, from) = if inputs.backend.oidc_token.is_some() {
        (true, "`oidc-token`".to_owned())
    } else {
        match ci::identity_token(ci, env, &audience) {
            IdentityToken::InVariable(name) => (true, format!("`{name}`")),
            IdentityToken::Request(_) => (true, "the CI system hands it out".to_owned()),
            IdentityToken::Command(words) => (true, format!("`{}`", words.join(" "))),
            IdentityToken::None { reason } => (false, format!("none: {reason}")),
        }
    };
    found.identity = from;
    if wanted.is_none() {
        return false;
    }
    if !there {
        found.missing(
            format!("there is no identity to sign in with: {}", found.identity.trim_start_matches("none: ")),
            sign_in::identity::WITHOUT,
        );
    }
    there
}

/// Adds the backend and the credentials, and what is missing to read the state.
fn signed_in(found: &mut Diagnosis, inputs: &Inputs, backend: &Backend, identity: bool, env: &Env) {
    let has = credentials(env, backend, identity);
    let token = backend.token.as_ref().map(|_| match inputs.backend.access_token {
        Some(_) => "access-token",
        None => "PULUMI_ACCESS_TOKEN",
    });
    found.credentials = token.into_iter().chain(has.found).map(str::to_owned).collect();
    if backend.source == BackendSource::Nobody {
        // The steps of the run have said so, where it needs one.
        if !found.findings.iter().any(|finding| finding.what == NO_BACKEND) {
            found.missing(NO_BACKEND, NAME_A_BACKEND);
        }
        return;
    }
    found.backend = Some(backend.to_string());
    if backend.is_cloud() && !has.backend && backend.oidc.is_none() {
        found.missing(
            format!("there is no access token for {backend}"),
            "set `access-token` or `PULUMI_ACCESS_TOKEN`, or sign in with `oidc-organization`; a CI system withholds \
             secrets from forks, and some from branches that are not protected",
        );
    }
}

/// Adds a finding if the stack's secrets need a passphrase to be decrypted, and there is none.
fn passphrase(
    found: &mut Diagnosis,
    inputs: &Inputs,
    project: Option<&Project>,
    stack: Option<&StackName>,
    env: &Env,
) {
    let names = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
    let given = names.iter().any(|name| env.get_raw(name).is_some());
    let beside = || Some(project?.stack_file(stack?));
    let Some(path) = inputs.config.file.clone().or_else(beside).filter(|_| !given) else { return };
    let text = read_text(&path, text_file::CONFIGURATION).unwrap_or_default();
    let file = project::values(&path, &text).unwrap_or_default();
    // A file that is no valid YAML may still hold the key at the beginning of a line.
    let has =
        |key: &str| file.get(key).is_some() || text.lines().any(|line| line.starts_with(&format!("{key}:")));
    let hint = "give the job the stack's passphrase as `PULUMI_CONFIG_PASSPHRASE`, or a file of it as \
                `PULUMI_CONFIG_PASSPHRASE_FILE`";
    // The engine writes the salt into the file when the passphrase is set:
    // https://www.pulumi.com/docs/iac/concepts/secrets/#changing-the-secrets-provider-for-a-stack
    if has("encryptionsalt") {
        found.missing(format!("there is no passphrase for the secrets in `{}`", path.display()), hint);
        return;
    }
    let provider = inputs.backend.secrets_provider.as_deref().unwrap_or("default");
    let own = found.backend.as_ref().is_some_and(|backend| !backend.starts_with("http"));
    if own && inputs.stack.upsert && matches!(provider, "default" | "passphrase") && !has("secretsprovider") {
        found.warn(
            "a stack that `upsert` creates in this backend needs a passphrase, and there is none",
            hint,
        );
    }
}

/// Warns if the job signs in to another organisation than the stack's: its token opens no stack there.
fn organisation(found: &mut Diagnosis, inputs: &Inputs, stack: Option<&StackName>) {
    let (Some(ours), Some(stack)) = (&inputs.backend.oidc_organization, stack) else { return };
    if let Some((theirs, _)) = stack.as_str().split_once('/')
        && theirs != ours
    {
        found.warn(
            format!("the stack is one of `{theirs}`, and the job signs in to `{ours}`"),
            "set `oidc-organization` to the organisation that the stack belongs to",
        );
    }
}

fn trust(
    found: &mut Diagnosis,
    inputs: &Inputs,
    ci: &dyn CiSystem,
    identity: bool,
    backend: &Backend,
    env: &Env,
) {
    let work_folder = git::checkouts_around(&inputs.stack.cwd);
    let context = found.context.clone();
    let credentials = credentials(env, backend, identity);
    let verdict = judge(&Question::about_run(ci, &context, inputs, &credentials, &work_folder, false));
    found.trust = match verdict {
        TrustVerdict::Go => "allowed".to_owned(),
        TrustVerdict::Warn { what, hint } => {
            found.warn(what, hint);
            "allowed, with a warning".to_owned()
        }
        TrustVerdict::Skip { why, maintainer } => {
            found.warn(why, maintainer);
            "it would be skipped".to_owned()
        }
        TrustVerdict::Refuse { what, hint, .. } => {
            found.missing(what, hint);
            REFUSED.to_owned()
        }
    };
}

fn sinks(
    found: &mut Diagnosis,
    inputs: &Inputs,
    ci: &dyn CiSystem,
    env: &Env,
    identity: Option<&StackIdentity>,
) {
    if let Some(path) = job::result_file(inputs, ci, env, identity) {
        found.sinks.push(format!("the result in `{}`", path.display()));
    }
    if inputs.report.comment_on_summary && (ci.handover().summary)(env).is_some() {
        found.sinks.push("the job's summary page".to_owned());
    }
    if ci.handover().takes_outputs(env) {
        found.sinks.push("outputs for later steps".to_owned());
    }
    if let Some(path) = &inputs.report.outputs_file {
        found.sinks.push(format!("outputs for later steps in `{}`", path.display()));
    }
    if let Some(path) = &inputs.report.counts_file {
        found.sinks.push(format!("the counts of changes in `{}`", path.display()));
    }
}

/// Adds the engine processes that a run would start.
fn planned(found: &mut Diagnosis, inputs: &Inputs, scope: &Scope<'_>) {
    let mut add = |arguments, purpose, only| found.plan.push(Planned { arguments, purpose, only });
    if config_secrets::wanted(inputs) && inputs.command != Command::Outputs {
        add(
            args::config_with_secrets(inputs, scope),
            "reads the configuration's secrets, to hide them",
            None,
        );
    }
    if inputs.stack.upsert && inputs.command != Command::Outputs {
        let only = Some("if the backend says that there is no such stack");
        add(args::stack_init(inputs, scope), "creates the stack", only);
    }
    for step in Plan::new(inputs, scope).all_steps() {
        let purpose = match step.purpose {
            Purpose::SetConfig => "sets a secret of the configuration, which goes over standard input",
            Purpose::PreviewBefore => "looks before anything is changed",
            Purpose::PreviewAfter => "looks whether anything would still change",
            Purpose::Outputs => "reads the outputs",
            Purpose::Query => "asks the engine for something",
            Purpose::Operation | Purpose::CreateStack | Purpose::Exec => "runs the command",
        };
        add(step.args.clone(), purpose, None);
    }
    if !inputs.report.secret_outputs.is_empty() {
        let only = Some("if later steps can have outputs and the stack has such secret ones");
        add(args::outputs(inputs, scope, true), "reads the secret outputs to pass on", only);
    }
}
