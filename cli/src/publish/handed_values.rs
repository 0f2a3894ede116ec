//! Hands values of environments of Pulumi ESC to later steps: in the CI system's own way, or in a file for `. file`.
//!
//! Every secret of the environments is hidden before. Nothing of it goes where it would be shown, or kept after the job.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use crate::admit::esc::exported::{ExportedValue, check_exported_names};
use crate::admit::esc::{OpenedEnvironments, write_opened_file};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::own_folder::new_private_file;
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::ci::{Append, CiSystem, Delivery, StepEnvironment, StepVariable, export_line};
use crate::engine::job::{Job, Reporting};
use crate::inputs::headings::BackendInputs;
use crate::report::Reason;

/// The beginning of the name of the folder with files for later steps. It is none of a run's own folders, which later runs
/// remove.
const FOLDER: &str = "stackstep-esc-";

/// The number of random letters after it.
const DRAWN: usize = 16;

/// Checks that this step could hand on what `esc-export` names, before anything is opened.
pub fn check(inputs: &BackendInputs, ci: &dyn CiSystem, env: &Env, ground: &Ground) -> Result<()> {
    if inputs.esc_export.is_empty() {
        return Ok(());
    }
    check_exported_names(&inputs.esc_export)?;
    match &inputs.esc_export_file {
        None if ci.handover().environment.is_there(env) => Ok(()),
        None => Err(no_way(ci)),
        Some(path) if ground.holds(path) => Err(Error::Refused {
            what: format!(
                "`esc-export-file` is refused: `{}` lies where a change that is not trusted can have written",
                path.display()
            ),
            hint: "name a file outside of the checkout, such as one in the folder that `mktemp -d` makes"
                .to_owned(),
            reason: Reason::Untrusted,
        }),
        Some(path) if std::fs::symlink_metadata(path).is_ok() => Err(already_there(path)),
        Some(_) => Ok(()),
    }
}

fn no_way(ci: &dyn CiSystem) -> Error {
    Error::input(
        format!(
            "`esc-export`: on {} this step has no way to hand a secret to later steps that neither shows nor keeps it",
            ci.name()
        ),
        "set `esc-export-file` to the path of a new file outside of the checkout, and read it in the same job: `. FILE`",
    )
}

fn already_there(path: &Path) -> Error {
    Error::input(
        format!(
            "`esc-export-file`: `{}` is there already, and secrets are written to a new file only",
            path.display()
        ),
        "remove it before, or name a file in the folder that `mktemp -d` makes",
    )
}

/// Hands what `esc-export` names of `opened` to later steps.
pub fn hand_on_values(job: &Job<'_>, opened: &OpenedEnvironments, console: &Console) -> Result<()> {
    let inputs = &job.inputs.backend;
    if inputs.esc_export.is_empty() {
        return Ok(());
    }
    if job.reporting != Reporting::All {
        return Err(Error::input(
            "`esc-export` exports the values of one run, and this is one of several stacks",
            "hand them on by a step of its own: one without `command`, before this one",
        ));
    }
    let values = opened.exported(&inputs.esc_export, console)?;
    let (variables, folder) = variables(job, &values, console)?;
    match &inputs.esc_export_file {
        Some(path) => write_export_file(path, &variables)?,
        None => deliver_to_steps(job, &job.ci.handover().environment, &variables, console)?,
    }
    // From here on it goes with the job.
    let kept = folder.map(TempDir::keep);
    console.line(&format!("handed to later steps of `esc`: {}", in_words(&values)));
    if let Some(folder) = kept {
        console.line(&format!("the files for later steps are in {}", folder.display()));
    }
    Ok(())
}

fn in_words(values: &[ExportedValue<'_>]) -> String {
    let names = |is_file: bool| {
        let of_kind = values.iter().filter(|exported| exported.value.is_file == is_file);
        of_kind.map(|exported| format!("`{}`", exported.name)).collect::<Vec<_>>().join(", ")
    };
    let lists = [("variables", names(false)), ("files", names(true))];
    let lists: Vec<String> = lists
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| format!("{kind} {names}"))
        .collect();
    if lists.is_empty() { "nothing".to_owned() } else { lists.join("; ") }
}

/// The variables, and the folder with the files whose paths they hold.
fn variables(
    job: &Job<'_>,
    values: &[ExportedValue<'_>],
    console: &Console,
) -> Result<(Vec<StepVariable>, Option<TempDir>)> {
    let (mut variables, mut folder) = (Vec::new(), None);
    for ExportedValue { name, value } in values {
        let (text, is_secret) = if value.is_file {
            let folder = match &mut folder {
                Some(folder) => folder,
                none => none.insert(new_folder(job)?),
            };
            (write_opened_file(folder.path(), name, value)?, false)
        } else {
            let text = value.text.expose();
            // A text that is none to the environment can have one in it.
            (text.to_owned(), value.is_secret || console.masker().mask(text) != text)
        };
        variables.push(StepVariable { name: (*name).to_owned(), value: Secret::new(text), is_secret });
    }
    Ok((variables, folder))
}

/// A folder for files of later steps that only this user can read, in the CI system's folder for temporary files.
fn new_folder(job: &Job<'_>) -> Result<TempDir> {
    let parent = (job.ci.folders().temporary)(job.env).unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&parent).map_err(Error::io("make", &parent))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(FOLDER).rand_bytes(DRAWN);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(&parent).map_err(Error::io("make a folder in", parent))
}

/// Writes the variables as lines for a POSIX shell into a file that was not there.
fn write_export_file(path: &Path, variables: &[StepVariable]) -> Result<()> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(already_there(path));
    }
    let text: String = variables.iter().map(export_line).collect();
    new_private_file(path)?.write_all(text.as_bytes()).map_err(Error::io("write", path))
}

/// Hands the variables on in the CI system's own way: all of them, or none.
fn deliver_to_steps(
    job: &Job<'_>,
    way: &StepEnvironment,
    variables: &[StepVariable],
    console: &Console,
) -> Result<()> {
    let mut names = BTreeSet::new();
    let refused = variables.iter().find_map(|variable| {
        let is_new = !way.names_ignore_case || names.insert(variable.name.to_ascii_lowercase());
        let twice = (!is_new).then_some("another name differs from it in case only");
        Some((&variable.name, (way.refuses)(variable).or(twice)?))
    });
    if let Some((name, why)) = refused {
        return Err(Error::input(
            format!("`esc-export`: {} can't take `{name}` as a variable: {why}", job.ci.name()),
            "take it out of `esc-export`, or set `esc-export-file`; a value of several lines can stand below `files` of the \
             environment, whose variable is a path",
        ));
    }
    match (way.delivery)(job.env, variables, &mut crate::base::random::word) {
        Some(Delivery::Append(append)) => append_privately(&append),
        Some(Delivery::Commands(lines)) => {
            console.command(&lines);
            Ok(())
        }
        None => Err(no_way(job.ci)),
    }
}

/// Appends to a file of the CI system. One that is not there yet only this user can read.
fn append_privately(append: &Append) -> Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&append.path).and_then(|mut file| file.write_all(append.text.as_bytes()));
    written.map_err(Error::io("write", &append.path))
}
