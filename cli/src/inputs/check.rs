//! Checks for inputs that contradict each other, or that have no effect alone.

use super::{Command, Inputs};
use crate::base::error::{Error, Result};
use crate::pulumi::esc_environment::EscEnvironment;

/// The fewest characters of a `review-key`.
const KEY: usize = 32;

impl Inputs {
    /// Refuses inputs that contradict each other, and inputs that have no effect alone.
    pub(super) fn check(&self) -> Result<()> {
        let refuse_both = |a: &str, a_set: bool, b: &str, b_set: bool| {
            if a_set && b_set {
                return Err(Error::input(
                    format!("`{a}` and `{b}` contradict each other"),
                    "set one of them",
                ));
            }
            Ok(())
        };
        refuse_both(
            "target",
            !self.operation.target.is_empty(),
            "exclude",
            !self.operation.exclude.is_empty(),
        )?;
        refuse_both(
            "pulumi-version",
            self.engine.pulumi_version.is_some(),
            "pulumi-version-file",
            self.engine.pulumi_version_file.is_some(),
        )?;
        refuse_both("preview-only", self.operation.preview_only, "remove", self.stack.remove)?;
        refuse_both(
            "preview-only",
            self.operation.preview_only,
            "skip-preview",
            self.safety.skip_preview == Some(true),
        )?;
        refuse_both(
            "skip-preview",
            self.safety.skip_preview == Some(true),
            "expect-no-changes",
            self.safety.expect_no_changes && self.command != Command::Preview,
        )?;
        refuse_both(
            "skip-preview",
            self.safety.skip_preview == Some(true),
            match &self.review {
                review if !review.reviewed.is_empty() => "reviewed",
                review if !review.approved_change.is_empty() => "approved-change",
                _ => "guard",
            },
            self.review.need_a_preview(),
        )?;
        refuse_both(
            "exclude-protected",
            self.operation.exclude_protected,
            "target or exclude",
            !self.operation.target.is_empty() || !self.operation.exclude.is_empty(),
        )?;
        refuse_both(
            "access-token",
            self.backend.access_token.is_some(),
            "oidc-organization",
            self.backend.oidc_organization.is_some(),
        )?;
        refuse_both(
            "oidc-team",
            self.backend.oidc_team.is_some(),
            "oidc-user",
            self.backend.oidc_user.is_some(),
        )?;
        refuse_both(
            "oidc-scope",
            self.backend.oidc_scope.is_some(),
            "oidc-team or oidc-user",
            self.backend.oidc_team.is_some() || self.backend.oidc_user.is_some(),
        )?;
        self.backend.esc.iter().try_for_each(|name| EscEnvironment::parse(name).map(|_| ()))?;
        self.check_outputs_prefix()?;
        self.check_review_key()?;
        let refuse_alone = |a: &str, a_set: bool, b: &str, b_set: bool| {
            if a_set && !b_set {
                return Err(Error::input(format!("`{a}` without `{b}`"), format!("set `{b}` too")));
            }
            Ok(())
        };
        for (name, set) in [
            ("oidc-team", self.backend.oidc_team.is_some()),
            ("oidc-user", self.backend.oidc_user.is_some()),
            ("oidc-scope", self.backend.oidc_scope.is_some()),
            ("oidc-expiration", self.backend.oidc_expiration.is_some()),
            ("oidc-token", self.backend.oidc_token.is_some()),
        ] {
            refuse_alone(name, set, "oidc-organization", self.backend.oidc_organization.is_some())?;
        }
        refuse_alone("esc-export", !self.backend.esc_export.is_empty(), "esc", !self.backend.esc.is_empty())?;
        refuse_alone(
            "esc-export-file",
            self.backend.esc_export_file.is_some(),
            "esc-export",
            !self.backend.esc_export.is_empty(),
        )?;
        for (name, set) in [
            ("check-contains", self.checks.contains.is_some()),
            ("check-status", !self.checks.status.is_empty()),
        ] {
            refuse_alone(name, set, "check-url", !self.checks.url.is_empty())?;
        }
        refuse_alone(
            "policy-pack-config",
            !self.safety.policy_pack_config.is_empty(),
            "policy-pack",
            !self.safety.policy_pack.is_empty(),
        )
    }

    /// Refuses a key that could be guessed: whoever guesses it knows the values behind the hashes in comments.
    fn check_review_key(&self) -> Result<()> {
        let characters = self.review.review_key.as_ref().map(|key| key.expose().chars().count());
        match characters.filter(|characters| *characters < KEY) {
            None => Ok(()),
            Some(characters) => Err(Error::input(
                format!("`review-key` has {characters} characters, and could be guessed"),
                format!("use at least {KEY} random ones, such as those of `openssl rand -hex 32`"),
            )),
        }
    }

    /// Refuses a prefix that no variable's name can begin with.
    fn check_outputs_prefix(&self) -> Result<()> {
        let prefix = &self.report.outputs_prefix;
        let begins = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if self.report.outputs_file.is_none() && prefix.is_empty()
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
