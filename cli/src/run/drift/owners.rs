//! The owners of the project's folder, by the checkout's `CODEOWNERS`.

use crate::ci::standing::Standing;
use crate::engine::job::Job;
use crate::forge::Forge;
use crate::lifecycle::drift::text::code;
use crate::lifecycle::owners::{LARGEST, OwnersForm};
use crate::run::gates::top;

/// The most owners that hear of an issue.
const MOST: usize = 20;

/// The owners, each as a text of the forge names them: people and teams so that they hear of it, addresses as code.
pub fn owners(job: &Job<'_>, forge: &dyn Forge) -> Vec<String> {
    let Some(form) = OwnersForm::of_forge(forge.name()).filter(|_| job.standing == Standing::Ours) else {
        return Vec::new();
    };
    let top = top(job);
    let Some(file) = project_file(job, &top) else { return Vec::new() };
    let small = |path: &std::path::PathBuf| {
        std::fs::symlink_metadata(path).is_ok_and(|there| there.is_file() && there.len() <= LARGEST)
    };
    let path = form.places().into_iter().map(|place| top.join(place)).find(small);
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let shown = |owner: &String| match owner.strip_prefix('@') {
        Some(name) => forge.mention(name),
        None => code(owner),
    };
    form.owners(&text, &file).iter().take(MOST).map(shown).collect()
}

/// The path of the project file, from the top of the repository.
fn project_file(job: &Job<'_>, top: &std::path::Path) -> Option<String> {
    let path = std::fs::canonicalize(&job.project.as_ref()?.path).ok()?;
    let below = path.strip_prefix(std::fs::canonicalize(top).ok()?).ok()?.to_owned();
    let parts = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(parts.collect::<Vec<_>>().join("/"))
}
