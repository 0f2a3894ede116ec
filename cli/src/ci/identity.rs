//! The source of a CI system's identity token: a token in which the system signs which job this is, and that can be
//! exchanged for one of Pulumi Cloud. Data only: no token is requested here.
//!
//! <https://www.pulumi.com/docs/administration/access-identity/oidc-issuers/>

use crate::base::text::percent_encoded;

/// The source of an identity token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityToken {
    /// This variable holds it; its audience was chosen in the pipeline's file, or is fixed.
    InVariable(&'static str),
    /// The system gives it out at an address.
    Request(TokenRequest),
    /// A program of the system prints it.
    Command(Vec<String>),
    /// There is no token.
    None {
        /// The reason, and a way to have a token.
        reason: &'static str,
    },
}

/// A request to a CI system for an identity token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `GET` or `POST` (with an empty body).
    pub method: &'static str,
    /// The whole address, with the audience if it can be chosen.
    pub url: String,
    /// The variable that holds the token to authorise the request with.
    pub bearer: &'static str,
    /// The text before that token in the `Authorization` header.
    pub scheme: &'static str,
    /// The key of the answer's JSON object that holds the identity token.
    pub answer: &'static str,
}

/// The variable for an identity token on a system without one of its own, or for a token that an earlier step made.
pub const OWN_VARIABLE: &str = "STACKSTEP_ID_TOKEN";

/// Adds a parameter to an address, which may have some already.
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
