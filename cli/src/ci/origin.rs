//! The facts that a CI system tells about the forge of the repository. Data only: whether they are used is decided
//! elsewhere.

use super::context::{first_set, number};
use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::base::origin::OwnToken;

/// The facts about the forge from Woodpecker's variables, which its relatives share.
/// <https://woodpecker-ci.org/docs/usage/environment>
pub(super) fn origin_by_forge_type(env: &Env) -> Origin {
    let forge = match env.get("CI_FORGE_TYPE") {
        Some("github") => Some("github"),
        Some("gitlab") => Some("gitlab"),
        Some("bitbucket") => Some("bitbucket"),
        Some("gitea" | "forgejo") => Some("gitea"),
        _ => None,
    };
    Origin {
        forge,
        remote: first_set(env, &["CI_REPO_CLONE_URL", "CI_REPO_URL"]).map(str::to_owned),
        run: number(env, "CI_PIPELINE_NUMBER"),
        ..Origin::default()
    }
}

/// The first of these variables that holds a token.
pub(super) fn own_token(env: &Env, variables: &[&'static str]) -> Option<OwnToken> {
    let variable = variables.iter().find(|name| env.get(name).is_some())?;
    Some(OwnToken { variable, mute: None })
}
