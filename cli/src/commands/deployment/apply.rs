//! `deployment settings apply`: sends what differs, and nothing else.

use serde_json::Value;

use super::page::in_words;
use super::place::{AllCompared, SettingsPlace, or_stopped};
use crate::base::env::Env;
use crate::base::error::{EXIT_PARTIAL, Error, Result};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::ledger_verb;
use crate::deployments::tree::FROM_ENV;
use crate::process::signals::Signals;

/// Makes the service have what the files say. Returns the exit status: 80 if it still differs afterwards.
pub(super) async fn apply(
    place: &SettingsPlace<'_>,
    secrets: bool,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    ledger_verb::refuse_a_change("deployment settings apply", &place.job).await?;
    let file = place.file()?;
    let service = place.service();
    let compared = place.compare(&file, or_stopped(signals, service.read()).await?, secrets);
    let stack = place.name();
    if compared.settings.merge.is_none() && compared.schedules.is_empty() {
        console.line(&format!(
            "the deployment settings of `{stack}` are those of the files: nothing was changed"
        ));
        tell_what_is_not_known(&compared, console);
        return Ok(0);
    }
    if let Some(merge) = &compared.settings.merge {
        let mut merge = merge.clone();
        resolve(&mut merge, &place.job.seen_by_engine, console)?;
        service.0.hide_what(console.masker());
        carry_out(signals, service.merge(&merge), console).await?;
        for difference in &compared.settings.differences {
            console.line(&format!("changed {}", in_words(difference)));
        }
        if secrets {
            for path in &compared.settings.not_compared {
                console.line(&format!("sent the secret `{path}` again"));
            }
        }
    }
    for change in &compared.schedules {
        carry_out(signals, service.change_schedule(change), console).await?;
        console.line(&change.to_string());
    }
    tell_what_is_not_known(&compared, console);
    let left = place.compare(&file, or_stopped(signals, service.read()).await?, false);
    if left.is_equal() {
        console.line(&format!("`{stack}` has the deployment settings of the files"));
        return Ok(0);
    }
    let lines =
        left.settings.differences.iter().map(in_words).chain(left.schedules.iter().map(ToString::to_string));
    let message = format!(
        "the service has taken the settings of `{stack}`, and answers others: {}",
        lines.collect::<Vec<_>>().join("; ")
    );
    console.annotate(Level::Error, "stackstep", &message);
    Ok(EXIT_PARTIAL)
}

/// Waits for a change, or for the signal that stops the run, and says then what is not known.
async fn carry_out(
    signals: &Signals,
    change: impl Future<Output = Result<()>>,
    console: &Console,
) -> Result<()> {
    let done = or_stopped(signals, change).await;
    if matches!(done, Err(Error::Stopped { .. })) {
        console.line(
            "stopped during a change: whether it was carried out is not known. `stackstep deployment settings check` shows what \
             the service has",
        );
    }
    done
}

fn tell_what_is_not_known(compared: &AllCompared, console: &Console) {
    for path in &compared.unknown {
        console.line(&format!("`{path}` is not known to this version of stackstep, and left as it is"));
    }
}

/// Puts the secrets in the place of their references.
///
/// # Errors
/// A variable is not set, or empty.
fn resolve(merge: &mut Value, env: &Env, console: &mut Console) -> Result<()> {
    match merge {
        Value::Object(fields) => match fields.get(FROM_ENV).and_then(Value::as_str) {
            Some(name) => {
                let secret = env.get(name).filter(|secret| !secret.is_empty()).ok_or_else(|| {
                    Error::input(
                        format!("the variable `{name}`, which a secret of the deployment settings comes from, is not set"),
                        "give the job that variable from the CI system's own secret store",
                    )
                })?;
                console.hide(name, secret);
                *merge = serde_json::json!({ "secret": secret });
                Ok(())
            }
            None => fields.values_mut().try_for_each(|value| resolve(value, env, console)),
        },
        _ => Ok(()),
    }
}
