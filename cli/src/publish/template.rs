//! The comment's template, from the file that `comment-template` names.

use std::path::Path;

use super::warn;
use crate::base::error::Error;
use crate::base::text_file::{self, read_text};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::render::Template;

/// The template in `path`. If it can't be read, or is broken, there is a warning, and the built-in form is used.
pub fn read(path: Option<&Path>, console: &Console) -> Option<Template> {
    let path = path?;
    let source = match read_text(path, text_file::SETTINGS) {
        Ok(source) => source,
        Err(error) => {
            let what = format!("could not read `{}`: {error}", path.display());
            let error = Error::input(what, error.hint().unwrap_or("fix the template"));
            warn(console, "the comment by its template", Err(error));
            return None;
        }
    };
    Template::new(path.display().to_string(), source)
        .map_err(|error| console.annotate(Level::Warning, "comment-template", &error))
        .ok()
}
