//! Leaves a login and the selected stack on the machine for later steps, as the official GitHub action does. The action
//! runs `pulumi login` and `pulumi stack select`
//! (<https://github.com/pulumi/actions/blob/deb0aa33df8474b3c16e68e62f088f61e5c97bda/src/main.ts>); under `profile:
//! official-action` the same two files are written, without starting a process.

mod credentials;
mod file;
mod selection;

use crate::base::error::Result;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::engine::executor::EngineLabel;
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::pulumi::backend::{Backend, BackendSource};
use crate::pulumi::home;
use crate::pulumi::stack::StackName;
use crate::report::{Reason, Report, Status};
use file::json;
use selection::Selection;

/// Leaves the login and the selected stack, if the run reached the backend. A change that may be a stranger's leaves
/// nothing, nor does a rehearsal. A file that can't be written is a warning, because the run is done.
pub fn leave(job: &Job<'_>, engine: &EngineLabel, report: &Report, console: &Console) {
    let wanted = job.inputs.official_action && !engine.is_sandbox() && job.standing == Standing::Ours;
    let reached = !matches!(report.reason, Some(Reason::Auth | Reason::Backend));
    let Some(url) = job.backend.url.as_deref().filter(|_| wanted && reached) else { return };
    let key = key(url);
    let logged_in = log_in(job, key);
    let selected = select(job, engine, report, key);
    for problem in [logged_in.as_ref().err(), selected.as_ref().err()].into_iter().flatten() {
        let told = format!("later steps may not find the login and the selected stack: {problem}");
        console.annotate(Level::Warning, "stackstep", &told);
    }
    if let Ok(Some(told)) = selected {
        console.line(&told);
    }
}

/// Leaves the login that `pulumi login` would, but not if an earlier login is used, and not with a token from the
/// identity that the CI system gave for this run.
fn log_in(job: &Job<'_>, key: &str) -> Result<()> {
    let backend: &Backend = &job.backend;
    let token = backend.token.as_ref().filter(|_| backend.oidc.is_none());
    let earlier = matches!(backend.source, BackendSource::Login(_) | BackendSource::Nobody);
    if earlier || (backend.is_cloud() && token.is_none()) {
        return Ok(());
    }
    credentials::store(&home::credentials(job.env)?, key, token.filter(|_| backend.is_cloud()))
}

/// Selects the stack as `pulumi stack select` does, or deselects it as `pulumi stack rm` does. Returns a line about it.
fn select(job: &Job<'_>, engine: &EngineLabel, report: &Report, key: &str) -> Result<Option<String>> {
    let (Some(stack), Some(project)) = (&job.stack, &job.project) else { return Ok(None) };
    if job.inputs.command == Command::Outputs || report.reason == Some(Reason::StackNotFound) {
        return Ok(None);
    }
    let file = Selection::new(&home::workspaces(job.env)?, project);
    if job.inputs.stack.remove && report.status == Status::Succeeded {
        file.clear(key)?;
        return Ok(None);
    }
    let name = in_full(stack, report.permalink.as_deref());
    file.set(key, &name, selection::Form::for_version(engine.parsed_version().as_ref()))?;
    Ok(Some(format!(
        "`{name}` is the selected stack of later `pulumi` commands, as after the official action"
    )))
}

/// The backend's name in the CLI's files: the URL as it was given; that of a Pulumi Cloud without a slash at its end.
/// <https://github.com/pulumi/pulumi/blob/1b5949891b3cefcb9974752b24a5ecef0acc86c8/pkg/backend/httpstate/backend.go>
fn key(url: &str) -> &str {
    if url.starts_with("http") { url.strip_suffix('/').unwrap_or(url) } else { url }
}

/// The stack with its organisation and project, if the address of the run's page tells them. The CLI would complete a
/// name alone by its default organisation.
fn in_full(stack: &StackName, permalink: Option<&str>) -> String {
    let from_page = || {
        let path: Vec<&str> = permalink?.split('/').collect();
        let at = path.iter().rposition(|part| ["updates", "previews"].contains(part))?;
        let [.., organization, project, name] = path.get(..at)? else { return None };
        (*name == stack.short()).then(|| format!("{organization}/{project}/{name}"))
    };
    let alone = !stack.as_str().contains('/');
    Some(stack).filter(|_| alone).and_then(|_| from_page()).unwrap_or_else(|| stack.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_called_as_the_cli_calls_it() {
        assert_eq!(key("https://api.pulumi.com/"), "https://api.pulumi.com");
        assert_eq!(key("file:///srv/state/"), "file:///srv/state/");
        assert_eq!(key("s3://state?region=eu-central-1"), "s3://state?region=eu-central-1");
    }

    #[test]
    fn the_page_of_the_run_tells_the_organisation() {
        let stack = |name| StackName::parse(name).unwrap();
        let page = Some("https://app.pulumi.com/acme/shop/dev/updates/7");
        assert_eq!(in_full(&stack("dev"), page), "acme/shop/dev");
        assert_eq!(in_full(&stack("acme/dev"), page), "acme/dev");
        assert_eq!(in_full(&stack("dev"), None), "dev");
        assert_eq!(in_full(&stack("other"), page), "other");
        let preview = Some("https://pulumi.example.com/console/acme/shop/dev/previews/0b1c");
        assert_eq!(in_full(&stack("dev"), preview), "acme/shop/dev");
    }
}
