//! `env-file`: lines of `NAME=value` for the engine.

use std::path::Path;

use crate::error::{Error, Result};

/// Reads the file. Blank lines and lines that begin with `#` are left out, `export ` before a name too; a value may
/// stand in single or double quotes; nothing in it is expanded.
pub fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).map_err(|source| {
        Error::input(
            format!("could not read `env-file` `{}`: {source}", path.display()),
            "write it in a step before",
        )
    })?;
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let pair = line.split_once('=').map(|(name, value)| (name.trim(), unquote(value.trim())));
        match pair {
            Some((name, value)) if is_name(name) => pairs.push((name.to_owned(), value.to_owned())),
            // The line itself can hold a secret: only its number shows.
            _ => {
                return Err(Error::input(
                    format!("line {} of `env-file` `{}` is no `NAME=value`", index + 1, path.display()),
                    "write one variable a line",
                ));
            }
        }
    }
    Ok(pairs)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}
