//! Inputs that contradict each other, or that mean nothing alone.

use super::{Command, Inputs};
use crate::base::error::{Error, Result};

impl Inputs {
    /// Refuses what contradicts itself.
    pub(super) fn check(&self) -> Result<()> {
        let exclusive = |a: &str, a_set: bool, b: &str, b_set: bool| {
            if a_set && b_set {
                return Err(Error::input(
                    format!("`{a}` and `{b}` contradict each other"),
                    "set one of them",
                ));
            }
            Ok(())
        };
        exclusive("target", !self.target.is_empty(), "exclude", !self.exclude.is_empty())?;
        exclusive(
            "pulumi-version",
            self.pulumi_version.is_some(),
            "pulumi-version-file",
            self.pulumi_version_file.is_some(),
        )?;
        exclusive("preview-only", self.preview_only, "remove", self.remove)?;
        exclusive("preview-only", self.preview_only, "skip-preview", self.skip_preview == Some(true))?;
        exclusive(
            "skip-preview",
            self.skip_preview == Some(true),
            "expect-no-changes",
            self.expect_no_changes && self.command != Command::Preview,
        )?;
        exclusive(
            "exclude-protected",
            self.exclude_protected,
            "target or exclude",
            !self.target.is_empty() || !self.exclude.is_empty(),
        )?;
        exclusive(
            "access-token",
            self.access_token.is_some(),
            "oidc-organization",
            self.oidc_organization.is_some(),
        )?;
        exclusive("oidc-team", self.oidc_team.is_some(), "oidc-user", self.oidc_user.is_some())?;
        exclusive(
            "oidc-scope",
            self.oidc_scope.is_some(),
            "oidc-team or oidc-user",
            self.oidc_team.is_some() || self.oidc_user.is_some(),
        )?;
        self.check_outputs_prefix()?;
        let needs = |a: &str, a_set: bool, b: &str, b_set: bool| {
            if a_set && !b_set {
                return Err(Error::input(format!("`{a}` without `{b}`"), format!("set `{b}` too")));
            }
            Ok(())
        };
        for (name, set) in [
            ("oidc-team", self.oidc_team.is_some()),
            ("oidc-user", self.oidc_user.is_some()),
            ("oidc-scope", self.oidc_scope.is_some()),
            ("oidc-expiration", self.oidc_expiration.is_some()),
            ("oidc-token", self.oidc_token.is_some()),
        ] {
            needs(name, set, "oidc-organization", self.oidc_organization.is_some())?;
        }
        needs(
            "policy-pack-config",
            !self.policy_pack_config.is_empty(),
            "policy-pack",
            !self.policy_pack.is_empty(),
        )
    }
    /// What names of variables begin with has to be one.
    fn check_outputs_prefix(&self) -> Result<()> {
        let prefix = &self.outputs_prefix;
        let begins = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if self.outputs_file.is_none() && prefix.is_empty()
            || begins && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Ok(());
        }
        Err(Error::input(
            format!("`outputs-prefix` is `{prefix}`, and no variable's name can begin like that"),
            "use letters, digits and `_`, and no digit in front: `STACK_`",
        ))
    }
}
