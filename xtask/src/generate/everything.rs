//! Everything that is generated.

use super::{
    command_line, comment_commands, deployments, notifications, reference, rules, sample, schema, tried,
};
use crate::generate::generated::{Generated, Suite};
use crate::generate::renderer::Renderer;
use crate::generate::spec::folders;
use crate::release::table::{self, Release};
use stackstep::base::error::Result;
use std::path::Path;

/// Every generated file, as it should be now.
pub fn files(root: &Path) -> Result<Vec<Generated>> {
    let release = Release::read(&root.join(table::PATH))?;
    let suite = Suite::read(root)?;
    let mut files = vec![
        sample::readme(root)?,
        reference::inputs(&suite),
        schema::stackstep_yaml(),
        schema::result(),
        schema::status(),
        schema::sweep(),
        schema::fleet(),
        schema::fleet_plan(),
        schema::deployment_check(),
        deployments::schema(),
    ];
    files.push(rules::page(root)?);
    files.push(notifications::page(root)?);
    files.push(comment_commands::page(root)?);
    files.push(tried::versions(root)?);
    files.extend(command_line::files()?);
    files.extend(wrappers(root, &release)?);
    Ok(files)
}

/// The files of the wrappers' folders, when they fetch `release`.
pub fn wrappers(root: &Path, release: &Release) -> Result<Vec<Generated>> {
    let suite = Suite::read(root)?;
    let renderer = Renderer::new(root, &suite, release);
    let mut files = Vec::new();
    for folder in folders(root)? {
        files.extend(folder.render(root, &renderer)?);
    }
    Ok(files)
}
