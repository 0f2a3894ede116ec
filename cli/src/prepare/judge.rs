//! The steps that judge a run by what no change can have written: its context, its command, its credentials, and the commit
//! of the work folder.

use std::path::{Path, PathBuf};

use super::{Finding, Prepared};
use crate::backend::{Backend, BackendSource};
use crate::console::Console;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::gate::credentials::{Credentials, credentials};
use crate::gate::refuse_open_log;
use crate::gate::standing::Standing;
use crate::gate::trust::{Question, Verdict, judge_before_files};
use crate::git;
use crate::inputs::{Command, FileUse, INPUTS, Inputs, OuterInputs};
use crate::oidc;
use crate::report::Reason;

/// The inputs that credentials come from.
const SIGN_IN: &[&str] =
    &["cloud-url", "access-token", "oidc-organization", "oidc-team", "oidc-user", "oidc-scope", "oidc-token"];

/// Whose the files of the work folder are.
pub(super) fn standing(found: &mut Prepared<'_>, _: &mut Console) {
    if let Some(problem) = found.env.event_problem() {
        found.warning(problem);
    }
    if let Some(outer) = &found.outer {
        found.standing = Standing::of(&found.context, git::head(&outer.folder).as_deref());
    }
}

/// Whether the run is let in. A run that is skipped goes on to learn its names, and nothing that it finds there fails it.
pub(super) fn verdict(found: &mut Prepared<'_>, _: &mut Console) {
    found.keep(refuse_open_log(found.ci, found.env));
    let Some(outer) = &found.outer else { return };
    let work_folder = git::head(&outer.folder);
    let verdict = judge_before_files(&Question {
        ci: found.ci,
        context: &found.context,
        command: outer.command,
        preview_only: outer.is_on("preview-only"),
        upsert: outer.may_be_on("upsert"),
        credentials: &possible_credentials(found, outer),
        work_folder: work_folder.as_deref(),
        branch_head: None,
        refuse_stale: false,
    });
    if let Verdict::Refuse { reason, what, hint } = &verdict {
        let (what, hint) = (what.clone(), hint.clone());
        found.findings.push(Finding::Error(Error::Refused { what, hint, reason: *reason }));
    }
    found.verdict = Some(verdict);
}

/// The credentials that the run may have. What its files could still add counts, so that nothing is skipped too early.
fn possible_credentials(found: &Prepared<'_>, outer: &OuterInputs) -> Credentials {
    let everything = Credentials { backend: true, found: Vec::new() };
    if found.standing == Standing::Ours || outer.text("env-file").is_some() {
        return everything;
    }
    let signed_in = outer.only(SIGN_IN).with_file(None, FileUse::Whole);
    let Ok(inputs) = signed_in.and_then(|resolved| Inputs::from_resolved(&resolved, found.env)) else {
        return everything;
    };
    let backend = Backend::resolve(&inputs, found.env, None);
    let identity = oidc::identity::is_there(&inputs, found.ci, found.env);
    let has = credentials(found.env, &backend, identity);
    // The project's own file can name the backend.
    let may_be_named = backend.source == BackendSource::Nobody && !has.found.is_empty();
    Credentials { backend: has.backend || may_be_named, ..has }
}

/// The inputs of a command that goes on although no file of the work folder may be used: those that it reads. An
/// installation is refused where one of them leads into the work folder.
pub(super) fn inputs_without_files(found: &Prepared<'_>) -> Result<Inputs> {
    let Some(outer) = &found.outer else { return Err(Error::input("there are no inputs", "set some")) };
    if outer.command == Command::Install {
        let names = ["engine", "pulumi-version-file", "pulumi-mirror", "cache-folder"];
        if let Some(name) = names.into_iter().find(|name| leads_into_a_checkout(outer, name, found.env)) {
            return Err(Error::Refused {
                what: format!(
                    "`install` is refused: `{name}` leads into the work folder, and nothing proves that it holds the \
                     repository's own code"
                ),
                hint: format!("set `{name}` to a path outside of the checkout, or leave it out"),
                reason: Reason::Untrusted,
            });
        }
    }
    let read: Vec<&str> =
        INPUTS.iter().filter(|input| input.applies_to(outer.command)).map(|input| input.name).collect();
    let resolved = outer.only(&read).with_file(None, FileUse::Whole)?;
    Inputs::from_resolved(&resolved, found.env)
}

/// Leaves out the files to write whose path leads through a link of a checkout that is not proven to be ours. Returns
/// the warnings.
pub(super) fn without_links(inputs: &mut Inputs, standing: Standing, env: &Env) -> Vec<String> {
    if standing == Standing::Ours {
        return Vec::new();
    }
    let sinks = [
        ("result-file", &mut inputs.result_file),
        ("outputs-file", &mut inputs.outputs_file),
        ("markdown-file", &mut inputs.markdown_file),
        ("report-file", &mut inputs.report_file),
        ("junit-file", &mut inputs.junit_file),
        ("counts-file", &mut inputs.counts_file),
    ];
    let linked = sinks
        .into_iter()
        .filter(|(_, path)| path.as_ref().is_some_and(|path| git::leads_through_a_link(path, env.cwd())));
    linked
        .map(|(name, path)| {
            *path = None;
            format!("`{name}` is not written: its path leads through a link that a change can have made")
        })
        .collect()
}

/// Whether the input is a path into a folder that a checkout can have filled.
fn leads_into_a_checkout(outer: &OuterInputs, name: &str, env: &Env) -> bool {
    let Some(text) = outer.text(name) else { return false };
    let path = match (name, text.strip_prefix("file://")) {
        ("pulumi-mirror", Some(path)) => Path::new(path),
        ("pulumi-mirror", None) => return false,
        // A name alone is looked for on the PATH.
        ("engine", _) if !text.contains(['/', '\\']) => return false,
        _ => Path::new(text),
    };
    let path = env.cwd().join(path);
    checkouts(outer, env).iter().any(|folder| git::is_within(&path, folder))
}

/// The folders that a checkout can have filled.
fn checkouts(outer: &OuterInputs, env: &Env) -> Vec<PathBuf> {
    let told = ["GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY"].into_iter().filter_map(|name| env.get(name));
    [outer.folder.clone(), env.cwd().to_owned()].into_iter().chain(told.map(PathBuf::from)).collect()
}
