//! The steps that judge a run by facts that no change to the repository can forge: its context, its command, its
//! credentials, and the commit of the work folder.

use std::path::Path;

use super::{Finding, Prepared};
use crate::admit::credentials::{Credentials, credentials};
use crate::admit::refuse_open_log;
use crate::admit::sign_in;
use crate::admit::trust::{Question, TrustVerdict, judge_before_files};
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::base::http::Url;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::inputs::headings::{BackendInputs, ConfigInputs, EngineInputs, OperationInputs, StackInputs};
use crate::inputs::{Command, FileUse, INPUTS, Input, Inputs, OuterInputs};
use crate::pulumi::backend::{Backend, BackendSource, PULUMI_CLOUD};
use crate::pulumi::mirror::{Mirror, ReleasePlace};
use crate::pulumi::project::nearest_file;
use crate::report::Reason;

/// The inputs that credentials come from.
const SIGN_IN: &[&str] = &[
    BackendInputs::cloud_url.name(),
    BackendInputs::access_token.name(),
    BackendInputs::oidc_organization.name(),
    BackendInputs::oidc_team.name(),
    BackendInputs::oidc_user.name(),
    BackendInputs::oidc_scope.name(),
    BackendInputs::oidc_token.name(),
    BackendInputs::esc.name(),
    BackendInputs::esc_export.name(),
];

/// Finds the owner of the files in the work folder.
pub(super) fn standing(found: &mut Prepared<'_>, _: &mut Console) {
    if let Some(problem) = found.env.event_problem() {
        found.warning(problem);
    }
    if let Some(outer) = &found.outer {
        found.standing = Standing::from_checkouts(&found.context, &git::checkouts_around(&outer.folder));
        found.ground = Ground::new(&found.context, found.standing, found.env, found.ci, &outer.folder);
    }
}

/// Judges whether the run is let in. A run that is skipped still finds out its stack and project, and no error there
/// fails it.
pub(super) fn verdict(found: &mut Prepared<'_>, _: &mut Console) {
    found.keep(refuse_open_log(found.ci, found.env));
    let Some(outer) = &found.outer else { return };
    let work_folder = git::checkouts_around(&outer.folder);
    let verdict = judge_before_files(&Question {
        ci: found.ci,
        context: &found.context,
        command: outer.command,
        preview_only: outer.is_on(&OperationInputs::preview_only),
        upsert: outer.may_be_on(&StackInputs::upsert),
        credentials: &possible_credentials(found, outer),
        work_folder: &work_folder,
        branch_head: None,
        refuse_stale: false,
        own_stack: found.review.is_some(),
        hands_values_on: found.verb.is_none() && hands_values_on(outer),
    });
    if let TrustVerdict::Refuse { reason, what, hint } = &verdict {
        let (what, hint) = (what.clone(), hint.clone());
        found.findings.push(Finding::Error(Error::Refused { what, hint, reason: *reason }));
    }
    found.verdict = Some(verdict);
}

/// Whether a run with these inputs hands values of environments to later steps.
fn hands_values_on(outer: &OuterInputs) -> bool {
    let input = &BackendInputs::esc_export.input;
    input.applies_to(outer.command) && outer.is_set(input)
}

/// The credentials that the run may have. Those that its files could still add are counted, so that no run is skipped
/// too early.
fn possible_credentials(found: &Prepared<'_>, outer: &OuterInputs) -> Credentials {
    let everything = Credentials { backend: true, found: Vec::new() };
    if found.standing == Standing::Ours || outer.text(&ConfigInputs::env_file.input).is_some() {
        return everything;
    }
    let signed_in = outer.only(SIGN_IN).with_file(None, FileUse::Whole);
    let Ok(inputs) = signed_in.and_then(|resolved| Inputs::from_resolved(&resolved, found.env)) else {
        return everything;
    };
    let backend = Backend::resolve(&inputs.named_backend(), found.env, None);
    let identity = sign_in::identity::is_there(&inputs, found.ci, found.env);
    let has = credentials(found.env, &backend, identity);
    // The project's own file can name the backend.
    let may_be_named = backend.source == BackendSource::Nobody && !has.found.is_empty();
    Credentials { backend: has.backend || may_be_named, ..has }
}

/// The inputs that a command reads if it goes on although no file of the work folder may be used. Refuses an `install`
/// if one of them leads into the work folder.
pub(super) fn inputs_without_files(found: &Prepared<'_>) -> Result<Inputs> {
    let Some(outer) = &found.outer else { return Err(Error::input("there are no inputs", "set some")) };
    if outer.command == Command::Install {
        // A bare name of an engine is searched for on the PATH, so it is no path into the work folder.
        let is_path = |text: &str, is_engine: bool| !is_engine || text.contains(['/', '\\']);
        let leads_in = |input: &&Input| {
            let is_engine = input.name == EngineInputs::engine.name();
            let text = outer.text(input).filter(|text| is_path(text, is_engine));
            text.is_some_and(|text| found.ground.holds(Path::new(text)))
        };
        let places = [
            &EngineInputs::engine.input,
            &EngineInputs::pulumi_version_file.input,
            &EngineInputs::cache_folder.input,
        ];
        if let Some(input) = places.into_iter().find(leads_in) {
            return Err(leads_into_the_work_folder(outer.command, input.name));
        }
    }
    let read: Vec<&str> =
        INPUTS.iter().filter(|input| input.applies_to(outer.command)).map(|input| input.name).collect();
    let resolved = outer.only(&read).with_file(None, FileUse::Whole)?;
    Inputs::from_resolved(&resolved, found.env)
}

/// Refuses a mirror that a stranger may have filled: later runs too would trust what is installed from it.
pub(super) fn refuse_a_strangers_mirror(inputs: &Inputs, ground: &Ground) -> Result<()> {
    match inputs.engine.pulumi_mirror.as_ref().map(Mirror::place) {
        Some(ReleasePlace::Folder(folder)) if inputs.command != Command::Report && ground.holds(&folder) => {
            Err(leads_into_the_work_folder(inputs.command, EngineInputs::pulumi_mirror.name()))
        }
        _ => Ok(()),
    }
}

fn leads_into_the_work_folder(command: Command, name: &str) -> Error {
    Error::Refused {
        what: format!(
            "`{}` is refused: `{name}` leads into the work folder, and nothing proves that it holds the repository's \
             own code",
            command.word()
        ),
        hint: format!("set `{name}` to a path outside of the checkout, or leave it out"),
        reason: Reason::Untrusted,
    }
}

/// Refuses to send credentials to a backend whose address only a stranger's file names: the project's file, or an
/// `env-file` of the checkout. A cloud's bucket is fine, as only that cloud sees the credentials, and so is a folder.
pub(super) fn refuse_a_strangers_backend(
    found: &Prepared<'_>,
    inputs: &Inputs,
    backend: &Backend,
) -> Result<()> {
    let Some(url) = backend.url.as_deref().filter(|_| found.standing == Standing::Strangers) else {
        return Ok(());
    };
    let file_of_ours = inputs.config.env_file.as_ref().is_some_and(|path| !found.ground.holds(path));
    let named_outside =
        if file_of_ours { found.env.with_missing(&found.file_variables) } else { found.env.clone() };
    if Backend::resolve(&inputs.named_backend(), &named_outside, None).url.as_deref() == Some(url)
        || sends_nothing_away(url)
    {
        return Ok(());
    }
    let has = credentials(&found.env.with_missing(&found.file_variables), backend, backend.oidc.is_some());
    if backend.token.is_none() && backend.oidc.is_none() && has.found.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        what: format!(
            "`{}` is refused: this run has credentials, and they would go to {backend}, which only a file of a change \
             that is not trusted names",
            inputs.command.word()
        ),
        hint: "set `cloud-url` on the step, or `PULUMI_BACKEND_URL` in the job's environment, to where the state lies"
            .to_owned(),
        reason: Reason::Untrusted,
    })
}

/// Whether a backend's credentials stay on this machine, or go only to the vendor that issued them.
/// <https://www.pulumi.com/docs/iac/concepts/state-and-backends/>
fn sends_nothing_away(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    // Other settings of a bucket's URL can name another server.
    let plain = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        matches!(&*name, "region" | "awssdk" | "storage_account" | "prefix")
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte))
    };
    match parsed.scheme() {
        "file" => true,
        "s3" | "gs" | "azblob" => parsed.query_pairs().all(plain),
        "https" => url.trim_end_matches('/') == PULUMI_CLOUD,
        _ => false,
    }
}

/// Refuses a project whose file lies outside of the proven checkout, in a folder above it. The engine searches upwards
/// without a limit, by the path that it is given and by the real one.
pub(super) fn refuse_an_unproven_project(found: &Prepared<'_>, cwd: &Path, command: Command) -> Result<()> {
    if !found.context.base_credentials {
        return Ok(());
    }
    let starts = [Some(cwd.to_owned()), std::fs::canonicalize(cwd).ok()];
    let files = starts.into_iter().flatten().filter_map(|start| nearest_file(&start));
    for file in files {
        let around = git::checkouts_around(file.parent().unwrap_or(Path::new("/")));
        if Standing::from_checkouts(&found.context, &around) == Standing::Unproven {
            return Err(Error::Refused {
                what: format!(
                    "`{}` is refused: the project's file `{}` lies outside of the checkout that is proven to hold the \
                     repository's own code",
                    command.word(),
                    file.display()
                ),
                hint: "set `cwd` to the folder of the Pulumi program within that checkout".to_owned(),
                reason: Reason::Untrusted,
            });
        }
    }
    Ok(())
}

/// Leaves out the files to write if a link that may be a stranger's is on their path. Returns a warning for each.
pub(super) fn without_links(inputs: &mut Inputs, ground: &Ground) -> Vec<String> {
    let sinks = [
        ("result-file", &mut inputs.report.result_file),
        ("outputs-file", &mut inputs.report.outputs_file),
        ("markdown-file", &mut inputs.report.markdown_file),
        ("report-file", &mut inputs.report.report_file),
        ("junit-file", &mut inputs.report.junit_file),
        ("counts-file", &mut inputs.report.counts_file),
    ];
    let linked =
        sinks.into_iter().filter(|(_, path)| path.as_ref().is_some_and(|path| ground.links_away(path)));
    linked
        .map(|(name, path)| {
            *path = None;
            format!("`{name}` is not written: its path leads through a link that a change can have made")
        })
        .collect()
}
