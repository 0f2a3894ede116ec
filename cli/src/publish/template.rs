//! The comment's template, from the file that `comment-template` names.

use std::io::Read as _;
use std::path::Path;

use super::warn;
use crate::ci::Level;
use crate::console::Console;
use crate::error::Error;
use crate::render::Template;

/// More than this is no template.
const LARGEST: u64 = 1024 * 1024;

/// The template in `path`; one that can't be read, or is broken, is a warning, and the built-in form is used.
pub fn read(path: Option<&Path>, console: &Console) -> Option<Template> {
    let path = path?;
    let mut source = String::new();
    let file = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut source));
    if let Err(error) = file.map_err(Error::io("read", path)) {
        warn(console, "the comment by its template", Err(error));
        return None;
    }
    Template::new(path.display().to_string(), source)
        .map_err(|error| console.annotate(Level::Warning, "comment-template", &error))
        .ok()
}
