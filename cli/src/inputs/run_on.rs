//! The inputs that a deployment by Pulumi Deployments can't be given: what the request for one has no place for.

use super::headings::{Deps, RunOn};
use super::{Command, Inputs};
use crate::base::error::{Error, Result};

impl Inputs {
    /// Refuses inputs that only the Pulumi CLI of this job could follow, where Pulumi Deployments runs it: one that is left out
    /// silently would deploy something else than what was asked for. The same the other way round.
    pub(super) fn check_run_on(&self) -> Result<()> {
        if self.engine.run_on == RunOn::Local {
            let alone = [
                ("wait-timeout", self.engine.wait_timeout.is_some()),
                ("cancel-running", self.engine.cancel_running),
            ];
            return match alone.into_iter().find(|(_, is_set)| *is_set) {
                Some((name, _)) => Err(Error::input(
                    format!("`{name}` without `run-on: deployments`"),
                    "set `run-on: deployments` too, or take it away; `timeout` limits the Pulumi CLI of this job",
                )),
                None => Ok(()),
            };
        }
        let names: Vec<String> = self
            .only_here()
            .into_iter()
            .filter(|(_, is_set)| *is_set)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        Err(Error::input(
            format!("`run-on: deployments` can't pass on {}", names.join(", ")),
            "take it away, or run in this job (`run-on: local`); the deployment settings of the stack \
             (`deployment.yaml`) hold commands before the run, variables and the image, and `wait-timeout` limits the wait",
        ))
    }

    /// The inputs that only the Pulumi CLI of this job follows, each with whether it is set.
    fn only_here(&self) -> Vec<(&'static str, bool)> {
        let (engine, operation, safety) = (&self.engine, &self.operation, &self.safety);
        let is_refresh = matches!(self.command, Command::Refresh | Command::Drift);
        vec![
            ("engine", engine.engine.is_some()),
            ("pulumi-version", engine.pulumi_version.is_some()),
            ("pulumi-version-file", engine.pulumi_version_file.is_some()),
            ("pulumi-mirror", engine.pulumi_mirror.is_some()),
            ("pulumi-sha256", engine.pulumi_sha256.is_some()),
            ("deps", engine.deps == Deps::Always),
            ("plugin-token", engine.plugin_token.is_some()),
            ("message", operation.message.is_some()),
            ("refresh", operation.refresh),
            ("run-program", operation.run_program.is_some()),
            ("preview-only", operation.preview_only && !is_refresh),
            ("replace", !operation.replace.is_empty()),
            ("target", !operation.target.is_empty()),
            ("target-dependents", operation.target_dependents),
            ("exclude", !operation.exclude.is_empty()),
            ("exclude-dependents", operation.exclude_dependents),
            ("exclude-protected", operation.exclude_protected),
            ("parallel", operation.parallel.is_some()),
            ("continue-on-error", operation.continue_on_error.is_some()),
            ("plan", operation.plan.is_some()),
            ("args", !operation.args.is_empty()),
            ("expect-no-changes", safety.expect_no_changes),
            ("policy-pack", !safety.policy_pack.is_empty()),
            ("timeout", safety.timeout.is_some()),
            ("lock-timeout", !safety.lock_timeout.is_zero()),
            ("grace-period", safety.grace_period.is_some()),
            ("config", !self.config.items.is_empty()),
            ("config-file", self.config.file.is_some()),
            ("env-file", self.config.env_file.is_some()),
            ("upsert", self.stack.upsert),
            ("remove", self.stack.remove),
            ("esc", !self.backend.esc.is_empty()),
            ("mask-config", self.backend.mask_config),
            ("base-passphrase", self.backend.base_passphrase.is_some()),
            ("secrets-provider", self.backend.secrets_provider.is_some()),
            ("debug", self.log.debug),
            ("log-flow", self.log.flow),
            ("log-verbosity", self.log.verbosity.is_some()),
        ]
    }
}
