//! What a change of the repository leaves behind in the backend: stacks whose configuration is gone, and those of a project that
//! has another name now. No stack of the list stands for them.

use std::path::Path;

use super::FoundProject;
use super::changes::{ChangedPaths, ComparedCheckout};
use crate::base::error::Problem;
use crate::base::yaml;
use crate::pulumi::project::{ENDINGS, Project};
use crate::reviewed::reach::is_stack_file;
use crate::reviewed::reach::tracked::{folder_of, joined, name_of};

/// The most files that are looked up in the earlier commit.
const FILES: usize = 200;

/// What the changes in the checkout around `top` leave behind, a warning each.
pub async fn left_behind(
    checkout: &ComparedCheckout,
    top: &Path,
    changes: &ChangedPaths,
    projects: &[FoundProject],
) -> Vec<Problem> {
    let Some(base) = &changes.since else { return Vec::new() };
    let is_there = |path: &str| top.join(path).symlink_metadata().is_ok();
    let is_project_file = |path: &str| Project::file_names().any(|name| name == name_of(path));
    let gone = changes.paths.iter().filter(|path| is_stack_file(path) && !is_there(path));
    let mut problems = Vec::new();
    for path in gone.take(FILES) {
        if checkout.file(base, path).await.is_none() {
            continue;
        }
        let project = project_before(checkout, base, folder_of(path)).await;
        let stack = stack_of(path);
        let has_moved = projects.iter().any(|found| {
            project.as_deref().is_none_or(|name| name == found.project)
                && found.stacks.iter().any(|one| one == stack)
        });
        if !has_moved {
            let name = project.map_or_else(|| stack.to_owned(), |project| format!("{project}/{stack}"));
            problems.push(Problem::new(
                format!("`{path}` is gone, and what the stack `{name}` has deployed may still be there"),
                format!("destroy it from an earlier commit, such as {base}, if nobody needs it"),
            ));
        }
    }
    let changed = changes.paths.iter().filter(|path| is_project_file(path) && is_there(path));
    for path in changed.take(FILES) {
        let folder = folder_of(path);
        let now = projects.iter().find(|found| found.cwd == folder || folder.is_empty() && found.cwd == ".");
        let before = checkout.file(base, path).await.and_then(|text| name_in(&text));
        if let (Some(before), Some(now)) = (before, now)
            && before != now.project
            && !projects.iter().any(|found| found.project == before)
        {
            problems.push(Problem::new(
                format!(
                    "the project `{before}` in `{}` is called `{}` now, and its stacks have their old names in the backend",
                    now.cwd, now.project
                ),
                format!("rename each: `pulumi stack rename <organization>/{}/<stack>`", now.project),
            ));
        }
    }
    problems
}

/// The name of a folder's project in an earlier commit.
async fn project_before(checkout: &ComparedCheckout, base: &str, folder: &str) -> Option<String> {
    for name in Project::file_names() {
        if let Some(text) = checkout.file(base, &joined(folder, &name)).await {
            return name_in(&text);
        }
    }
    None
}

/// The name that a project's file gives it.
fn name_in(text: &str) -> Option<String> {
    let yaml::Value::Mapping(fields) = yaml::parse(text).ok()? else { return None };
    Some(fields.get("name")?.source()?.to_owned())
}

/// The stack of a configuration's path.
fn stack_of(path: &str) -> &str {
    let name = name_of(path);
    let name = name.strip_prefix("Pulumi.").unwrap_or(name);
    let ending = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)?.strip_suffix('.'));
    ending.unwrap_or(name)
}
