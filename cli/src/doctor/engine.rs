//! The engine: whether it is there, and of the version that the inputs ask for.

use super::{Diagnosis, EngineFound};
use crate::console::Console;
use crate::engine::locate::{Engine, locate};
use crate::engine::signals::Signals;
use crate::engine::{args, helper, version};
use crate::env::Env;
use crate::error::Result;
use crate::inputs::Inputs;
use crate::job;

/// Finds it and asks for its version, which needs no network.
pub async fn look(
    found: &mut Diagnosis,
    inputs: &Inputs,
    env: &Env,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let own = std::env::current_exe().ok();
    let demand = found.unless(version::demand(inputs)).flatten();
    let Some(engine) = found.unless(locate(inputs.engine.as_deref(), env, own.as_deref())) else {
        return Ok(());
    };
    // The engine writes a log of whatever it does into its home.
    let home = job::own_folder()?;
    let set = vec![
        ("PULUMI_SKIP_UPDATE_CHECK".to_owned(), "true".to_owned()),
        ("PULUMI_HOME".to_owned(), home.path().to_string_lossy().into_owned()),
    ];
    let said = helper::read(engine.path.clone(), &args::version(), env.cwd(), set, console.masker(), signals)
        .await?;
    match said {
        Err(why) => found.missing(
            format!("`{}` does not tell its version: {why}", engine.path.display()),
            "is it a Pulumi CLI? Set `engine` to the path of one",
        ),
        Ok(printed) => {
            let any = version::Demand::Any;
            if let Some(engine) = found.unless(version::checked(
                engine.clone(),
                printed.expose(),
                demand.as_ref().unwrap_or(&any),
            )) {
                found.engine = Some(shown(&engine));
                return Ok(());
            }
        }
    }
    found.engine = Some(shown(&engine));
    Ok(())
}

fn shown(engine: &Engine) -> EngineFound {
    EngineFound {
        path: engine.path.display().to_string(),
        version: engine.version.clone(),
        sandbox: engine.sandbox,
    }
}
