//! The projects and stacks of a repository: each folder with a project file that git tracks, and each stack that has a
//! configuration file there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::listing::PulumiFiles;
use crate::base::error::Problem;
use crate::base::git::Way;
use crate::base::wildcard;
use crate::pulumi::project::Project;
use crate::report::natural;

/// A project of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundProject {
    /// The project's name.
    pub project: String,
    /// The folder of its file, from the top of the repository: `.` for the top itself. It is a `cwd`.
    pub cwd: String,
    /// The program's runtime, such as `nodejs`.
    pub runtime: Option<String>,
    /// The stacks that have a configuration file, in natural order.
    pub stacks: Vec<String>,
    /// The paths of these files from the top of the repository, in the same order.
    #[serde(skip)]
    pub stack_files: Vec<String>,
    /// The folder of the program from the top of the repository, with slashes; empty for the top.
    #[serde(skip)]
    pub program: String,
}

/// The projects and stacks of a repository, with what is wrong with them.
#[derive(Debug, Default)]
pub struct RepositoryStacks {
    /// The projects, in the natural order of their folders.
    pub projects: Vec<FoundProject>,
    /// Mistakes: what they concern is not among the projects, or can't be told apart.
    pub problems: Vec<Problem>,
    /// What can be meant as it is, and people should know.
    pub warnings: Vec<Problem>,
}

impl RepositoryStacks {
    /// Finds them in the repository whose top is `top`. With `wanted` only folders that fit one of these patterns count:
    /// `*`, `**` and `?` are wildcards.
    pub fn find(top: &Path, wanted: Option<&[String]>) -> Self {
        let files = PulumiFiles::list(top);
        let mut found = Self::default();
        if !files.are_tracked {
            found.warnings.push(Problem::new(
                "git's index can't be read, so that the folders were searched",
                "run it in a checkout of the repository, to have the projects that git tracks",
            ));
        }
        let mut unclaimed: BTreeSet<&String> = files.stacks.iter().collect();
        let folders: BTreeSet<&str> = files.projects.iter().map(|path| folder_of(path)).collect();
        found.check_patterns(wanted, &folders);
        for cwd in folders {
            match project_in(top, cwd) {
                Ok(project) => found.add(top, cwd, &project, &files, &mut unclaimed, fits(wanted, cwd)),
                Err(problem) if fits(wanted, cwd) => found.problems.push(problem),
                Err(_) => {}
            }
        }
        for path in unclaimed {
            if let Some(problem) = link_of(top, path) {
                found.problems.push(problem);
                continue;
            }
            found.warnings.push(Problem::new(
                format!("`{path}` belongs to no project"),
                "put it where the project's file says that stacks are configured, or remove it",
            ));
        }
        found.projects.sort_by(|one, other| natural(&one.cwd, &other.cwd));
        found.check_names();
        found
    }

    fn add<'f>(
        &mut self,
        top: &Path,
        cwd: &str,
        project: &Project,
        files: &'f PulumiFiles,
        unclaimed: &mut BTreeSet<&'f String>,
        counts: bool,
    ) {
        let mut stacks = Vec::new();
        for stack in project.stacks() {
            let file = project.stack_file(&stack);
            let path = Way::to(&file).and_then(|way| from_top(top, &way.end));
            let tracked = path.as_ref().and_then(|path| files.stacks.get(path));
            if let Some(path) = tracked {
                unclaimed.remove(path);
                stacks.push((stack.as_str().to_owned(), path.clone()));
            }
        }
        if counts {
            stacks.sort_by(|(one, _), (other, _)| natural(one, other));
            let (stacks, stack_files) = stacks.into_iter().unzip();
            let (name, runtime) = (project.name.clone(), project.runtime.clone());
            let program = Way::to(&project.program_folder()).and_then(|way| from_top(top, &way.end));
            let program = program.unwrap_or_else(|| cwd.trim_matches('.').to_owned());
            let cwd = cwd.to_owned();
            self.projects.push(FoundProject { project: name, cwd, runtime, stacks, stack_files, program });
        }
    }

    /// A pattern that fits no project is a mistake.
    fn check_patterns(&mut self, wanted: Option<&[String]>, folders: &BTreeSet<&str>) {
        for pattern in wanted.unwrap_or_default() {
            if !folders.iter().any(|folder| pattern_fits(pattern, folder)) {
                self.problems.push(Problem::new(
                    format!("`projects` names `{pattern}`, and no folder like that has a Pulumi.yaml"),
                    "correct it, or remove it",
                ));
            }
        }
    }

    /// Two projects of one name are one project to Pulumi: their stacks would meet.
    fn check_names(&mut self) {
        let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for found in &self.projects {
            folders.entry(&found.project).or_default().push(&found.cwd);
        }
        let doubled = folders.iter().filter(|(_, folders)| folders.len() > 1);
        let problems: Vec<Problem> = doubled
            .map(|(name, folders)| {
                Problem::new(
                    format!(
                        "the project `{name}` is there {} times: in `{}`",
                        folders.len(),
                        folders.join("`, `")
                    ),
                    "give each a name of its own: a backend keeps stacks by the project's name",
                )
            })
            .collect();
        self.problems.extend(problems);
    }
}

/// What is wrong with a stack's file that is a link, if it leads out of the repository or nowhere.
fn link_of(top: &Path, path: &str) -> Option<Problem> {
    let file = top.join(path);
    let is_link = file.is_symlink();
    let leads = if !file.exists() {
        "that leads nowhere"
    } else if Way::to(&file).is_none_or(|way| !way.end.starts_with(top)) {
        "that leads out of the repository"
    } else {
        return None;
    };
    is_link.then(|| {
        Problem::new(
            format!("the stack's file `{path}` is a link {leads}"),
            "commit the file itself, or remove it",
        )
    })
}

/// Why the project in a folder can't be read. None if there is none.
pub(super) fn unread_project(top: &Path, cwd: &str) -> Option<Problem> {
    let folder = top.join(cwd);
    let is_there = Project::file_names().any(|name| folder.join(&name).symlink_metadata().is_ok());
    is_there.then(|| project_in(top, cwd).err()).flatten()
}

/// The project of a folder.
fn project_in(top: &Path, cwd: &str) -> Result<Project, Problem> {
    let folder = top.join(cwd);
    let missing = || {
        Problem::new(
            format!("git tracks a project file in `{cwd}`, and the work folder has none"),
            "check out the whole repository (no sparse checkout), or commit that the file is gone",
        )
    };
    let top_is_left = |path: &Path| Way::to(path).is_none_or(|way| !way.end.starts_with(top));
    if Project::file_names().any(|name| folder.join(&name).is_symlink() && top_is_left(&folder.join(&name))) {
        return Err(Problem::new(
            format!("the project file in `{cwd}` is a link that leads out of the repository"),
            "commit the file itself",
        ));
    }
    let project = Project::find(&folder).map_err(|error| Problem::from(&error))?.ok_or_else(missing)?;
    if project.folder() == folder { Ok(project) } else { Err(missing()) }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// The path from the top of the repository, with slashes.
fn from_top(top: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(top).ok()?.components().map(|part| part.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

fn fits(wanted: Option<&[String]>, folder: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.iter().any(|pattern| pattern_fits(pattern, folder)))
}

fn pattern_fits(pattern: &str, folder: &str) -> bool {
    let parts = |text: &str| {
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let pattern = parts(pattern);
    wildcard::fits(&pattern.iter().map(String::as_str).collect::<Vec<_>>(), &parts(folder))
}

#[cfg(test)]
mod tests;
