//! Finds the engine for `doctor`, and checks that its version is the one that the inputs require.

use super::{Diagnosis, EngineFound};
use crate::base::error::Result;
use crate::base::own_folder::OwnFolder;
use crate::ci::console::Console;
use crate::engine::install::version::limit;
use crate::engine::locate::{LocatedEngine, locate, trusted_on_path};
use crate::engine::{args, version};
use crate::process::helper;
use crate::process::signals::Signals;
use crate::run::prepare::Prepared;

/// Finds the engine and asks for its version, which needs no network.
pub async fn find(
    found: &mut Diagnosis,
    prepared: &Prepared<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let Some(inputs) = &prepared.inputs else { return Ok(()) };
    let (env, demand) = (prepared.env, &prepared.demand);
    let own = std::env::current_exe().ok();
    if inputs.engine.engine.is_none()
        && trusted_on_path("pulumi", env, &prepared.ground).is_none()
        && !inputs.engine.offline
    {
        found.warn(
            "there is no `pulumi` on the PATH: a run fetches and verifies it",
            "install it in a step before where the job can't reach a download server or a mirror",
        );
        return Ok(());
    }
    let Some(engine) =
        found.value_of(locate(inputs.engine.engine.as_deref(), env, own.as_deref(), &prepared.ground))
    else {
        return Ok(());
    };
    // The engine writes a log of everything it does into its home.
    let home = OwnFolder::new()?;
    let set = vec![
        ("PULUMI_SKIP_UPDATE_CHECK".to_owned(), "true".to_owned()),
        ("PULUMI_CREDENTIAL_HELPER".to_owned(), "none".to_owned()),
        ("PULUMI_HOME".to_owned(), home.path().to_string_lossy().into_owned()),
    ];
    let change = helper::VariableChange { set, remove: Vec::new() };
    let said =
        helper::read(engine.path.clone(), &args::version(), env.cwd(), change, console.masker(), signals)
            .await?;
    match said {
        Err(why) => found.missing(
            format!("`{}` does not tell its version: {why}", engine.path.display()),
            "is it a Pulumi CLI? Set `engine` to the path of one",
        ),
        Ok(printed) => {
            if let Some((engine, version)) =
                found.value_of(version::tell_version(engine.clone(), printed.expose()))
            {
                found.engine = Some(shown(&engine));
                if let Some((what, hint)) = limit(&version).filter(|_| !engine.sandbox) {
                    found.warn(what, hint);
                }
                if let Some((demand, place)) = demand {
                    found.value_of(version::allowed(&engine, &version, demand, place));
                }
                return Ok(());
            }
        }
    }
    found.engine = Some(shown(&engine));
    Ok(())
}

fn shown(engine: &LocatedEngine) -> EngineFound {
    EngineFound {
        path: engine.path.display().to_string(),
        version: engine.version.clone(),
        sandbox: engine.sandbox,
    }
}
