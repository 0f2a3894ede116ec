//! The forge of a run: the repository there, and the token to use.

use std::fmt;

use crate::base::env::Env;
use crate::base::error::{Problem, Result};
use crate::base::git;
use crate::base::http::Http;
use crate::base::words::Words;
use crate::ci::{CiSystem, Context};
use crate::forge::client::LIMITS;
use crate::forge::place::{Clues, ForgeRepository, Tokens};
use crate::forge::{Client, Place};
use crate::inputs::Inputs;
use crate::inputs::headings::ForgeChoice;
use crate::lifecycle::RepositoryIdentity;

/// The forge of a run, with the connections to it.
pub struct ForgeAccess {
    http: Http,
    /// The repository, and the token to use.
    pub place: Place,
}

impl ForgeAccess {
    /// The access by what is known of a run. None if no forge or no token is known.
    pub fn find(ci: &dyn CiSystem, env: &Env, context: &Context, inputs: &Inputs) -> Result<Option<Self>> {
        let Ok(place) = forge_place(ci, env, context, inputs) else { return Ok(None) };
        Ok(Some(Self { http: Http::new(env, LIMITS)?, place }))
    }

    /// A client.
    pub fn client(&self) -> Client<'_> {
        Client::new(&self.http, &self.place)
    }
}

impl fmt::Debug for ForgeAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(formatter)
    }
}

/// The identity of the client's repository, by the forge's own id of it.
pub async fn repository_identity(client: &Client<'_>) -> Result<RepositoryIdentity, Problem> {
    let id = client.repository().await.map_err(|trouble| trouble.problem)?.id;
    let host = client.place().host();
    RepositoryIdentity::from_id(&host, &id)
        .ok_or_else(|| Problem::without_hint(format!("`{host}/{id}` is no id of a repository")))
}

/// The forge, the repository on it and the token to use, by the inputs, the CI system and the checkout's remote. Fails
/// with the reason why there is none.
pub fn forge_place(
    ci: &dyn CiSystem,
    env: &Env,
    context: &Context,
    inputs: &Inputs,
) -> Result<Place, Problem> {
    let origin = ci.origin(env);
    let tokens = Tokens {
        forge_token: inputs.forge.token.as_ref(),
        github_token: inputs.forge.github_token.as_ref(),
        own: origin.token.as_ref().and_then(|token| env.get(token.variable)),
        author: inputs.comment.author.as_deref(),
    };
    forge_repository(ci, env, context, inputs)?.with_token(tokens, &origin)
}

/// The forge and the repository on it, whether or not there is a token.
pub fn forge_repository(
    ci: &dyn CiSystem,
    env: &Env,
    context: &Context,
    inputs: &Inputs,
) -> Result<ForgeRepository, Problem> {
    let origin = ci.origin(env);
    let remote = git::origin(&inputs.stack.cwd);
    let clues = Clues {
        origin: &origin,
        remote: remote.as_deref(),
        repository: context.repository.as_deref(),
        forge: inputs.forge.kind.map(ForgeChoice::word),
        forge_url: inputs.forge.url.as_deref(),
    };
    clues.find_repository()
}
