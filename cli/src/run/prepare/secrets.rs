//! The secrets of a run's environment, inputs and `env-file`, hidden as soon as they are known.

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::secret::{SHORTEST, is_long_enough};
use crate::ci::CiSystem;
use crate::ci::console::Console;
use crate::engine::env_file;
use crate::inputs::Inputs;
use crate::inputs::config_map::ConfigValue;
use crate::pulumi::mirror::Mirror;
use crate::pulumi::secret_names;

/// Hides the secrets of the inputs, after those of the environment. Returns a message for each that is too short to be
/// hidden.
pub(super) fn hide_secrets(inputs: &Inputs, console: &mut Console) -> Vec<String> {
    for (name, secret) in [
        ("access-token", &inputs.backend.access_token),
        ("oidc-token", &inputs.backend.oidc_token),
        ("github-token", &inputs.forge.github_token),
        ("forge-token", &inputs.forge.token),
        ("plugin-token", &inputs.engine.plugin_token),
        ("base-passphrase", &inputs.backend.base_passphrase),
    ] {
        if let Some(secret) = secret {
            console.hide(name, secret.expose());
        }
    }
    // A person's token for Bitbucket comes with their address.
    if let Some((_, token)) = inputs.forge.token.as_ref().and_then(|token| token.expose().split_once(':')) {
        console.hide("forge-token", token);
    }
    for item in &inputs.config.items {
        if let ConfigValue::Secret(secret) = &item.value {
            console.hide(&item.key, secret.expose());
        }
    }
    for secret in inputs.engine.pulumi_mirror.iter().flat_map(Mirror::secrets) {
        console.hide("pulumi-mirror", &secret);
    }
    let too_short = console.masker().too_short().iter();
    too_short
        .map(|name| format!("`{name}` is shorter than {SHORTEST} characters: it can't be hidden in the log"))
        .collect()
}

/// The variables of `env-file`. Those whose names say that they are secret are hidden from now on.
pub(super) fn hide_env_file(inputs: &Inputs, console: &mut Console) -> Result<Vec<(String, String)>> {
    let file = inputs.config.env_file.as_deref().map(env_file::read).transpose()?.unwrap_or_default();
    for (name, value) in file.iter().filter(|(name, _)| secret_names::says_secret(name)) {
        console.hide(name, value);
    }
    Ok(file)
}

/// Hides the variables that hold a secret: the CI system's own, and those that the table or their name
/// says are secret.
pub(super) fn hide_environment(env: &Env, ci: &dyn CiSystem, console: &mut Console) {
    for (name, value) in crate::ci::secrets(ci, env) {
        console.hide(name, value);
    }
    let known = |name: &str| secret_names::row_of(name).is_some();
    for (name, value) in env.iter().filter(|(name, _)| secret_names::is_secret(name)) {
        // A variable that is secret by its name only may be a switch with a short value: it can't be hidden, and need
        // not be.
        if known(name) || is_long_enough(value.trim()) {
            console.hide(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ci::SYSTEMS;
    use crate::pulumi::secret_names;

    #[test]
    fn a_secret_stands_in_one_list() {
        for system in SYSTEMS {
            for name in system.variables().secret {
                assert!(
                    secret_names::row_of(name).is_none(),
                    "{name} of {} has a row already",
                    system.name()
                );
            }
        }
    }
}
