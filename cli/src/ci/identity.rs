//! Where a CI system's identity token comes from: a token that says, signed by the system, which job this is, and
//! that can be exchanged for one of Pulumi Cloud. Data only: nothing is asked for here.
//!
//! <https://www.pulumi.com/docs/administration/access-identity/oidc-issuers/>

use crate::base::text::percent_encoded;

/// Where the identity token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityToken {
    /// It lies in this variable; its audience was chosen in the pipeline's file or is fixed.
    InVariable(&'static str),
    /// The system hands it out.
    Request(TokenRequest),
    /// A program of the system prints it.
    Command(Vec<String>),
    /// There is none.
    None {
        /// Why, and what would make one.
        reason: &'static str,
    },
}

/// How to ask a CI system for an identity token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `GET` or `POST` (with an empty body).
    pub method: &'static str,
    /// The whole address, the audience included where it can be chosen.
    pub url: String,
    /// The variable that holds the token to ask with.
    pub bearer: &'static str,
    /// What stands before it in the `Authorization` header.
    pub scheme: &'static str,
    /// The key of the answer's JSON object that holds the identity token.
    pub answer: &'static str,
}

/// The variable for a system that has no way of its own, or whose token was made by an earlier step.
pub const OWN_VARIABLE: &str = "STACKSTEP_ID_TOKEN";

/// Adds a parameter to an address that may have some.
pub(super) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{name}={}", percent_encoded(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_added_to_an_address() {
        assert_eq!(with_parameter("https://x/?a=1", "audience", "urn:p"), "https://x/?a=1&audience=urn%3Ap");
        assert_eq!(with_parameter("https://x/", "audience", "p q"), "https://x/?audience=p%20q");
    }
}
