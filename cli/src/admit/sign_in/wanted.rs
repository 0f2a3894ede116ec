//! The token that the inputs ask Pulumi Cloud for.

use crate::base::error::Error;
use crate::base::http::{Failure, Request, Url};
use crate::base::secret::Secret;
use crate::inputs::Inputs;
use std::time::Duration;

/// The token to ask Pulumi Cloud for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedToken {
    /// The organisation.
    pub organization: String,
    /// `team:NAME`, `user:NAME` or `admin`; none for an ordinary token of the organisation.
    pub scope: Option<String>,
    /// The lifetime to ask for.
    pub expiration: Option<Duration>,
}

impl WantedToken {
    /// The token that the inputs ask for; none if they ask for no sign-in.
    pub fn from_inputs(inputs: &Inputs) -> Option<Self> {
        let team = inputs.backend.oidc_team.as_ref().map(|team| format!("team:{team}"));
        let user = inputs.backend.oidc_user.as_ref().map(|user| format!("user:{user}"));
        Some(Self {
            organization: inputs.backend.oidc_organization.clone()?,
            scope: team.or(user).or_else(|| inputs.backend.oidc_scope.clone()),
            expiration: inputs.backend.oidc_expiration,
        })
    }

    /// The audience that the identity token must have.
    pub fn audience(&self) -> String {
        format!("urn:pulumi:org:{}", self.organization)
    }

    pub(super) fn token_type(&self) -> &'static str {
        match self.scope.as_deref().and_then(|scope| scope.split_once(':')) {
            Some(("team", _)) => "urn:pulumi:token-type:access_token:team",
            Some(("user", _)) => "urn:pulumi:token-type:access_token:personal",
            _ => "urn:pulumi:token-type:access_token:organization",
        }
    }

    /// The request for an access token.
    pub(super) fn request(&self, endpoint: Url, identity: &Secret) -> Request {
        let audience = self.audience();
        let seconds = self.expiration.map(|expiration| expiration.as_secs().to_string());
        let mut fields = vec![
            ("audience", audience.as_str()),
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            ("requested_token_type", self.token_type()),
            ("subject_token", identity.expose()),
        ];
        fields.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        fields.extend(seconds.as_deref().map(|seconds| ("expiration", seconds)));
        // Repeating it is harmless: a second exchange only makes a second token.
        Request { repeatable: true, ..Request::form(endpoint, &fields) }
    }
}

pub(super) fn not_reached(failure: &Failure, what: &str) -> Error {
    Error::auth(format!("{what}: {failure}"), failure.hint())
}
