//! `stackstep inputs`: prints each input, its value and the source of the value.

use crate::base::env::Env;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, show};
use crate::run::prepare::{RunRequest, Until, prepare};

/// Prints the inputs. Returns the exit status.
pub fn show(flags: &Flags, env: &Env, console: &mut Console) -> Result<u8> {
    let request = RunRequest::new(Some(Command::Up), flags, env);
    let mut found = prepare(&request, Until::TheInputs, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    console.print(&found.resolved.as_ref().map(show::table).unwrap_or_default());
    Ok(0)
}
