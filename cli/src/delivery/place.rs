//! The forge of a run: the repository there, and the token to use.

use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::git;
use crate::base::words::Words;
use crate::ci::{CiSystem, Context};
use crate::forge::Place;
use crate::forge::place::{Clues, Tokens};
use crate::inputs::Inputs;
use crate::inputs::headings::ForgeChoice;

/// The forge, the repository on it and the token to use, by the inputs, the CI system and the checkout's remote. Fails
/// with the reason why there is none.
pub fn forge_place(
    ci: &dyn CiSystem,
    env: &Env,
    context: &Context,
    inputs: &Inputs,
) -> Result<Place, Problem> {
    let origin = ci.origin(env);
    let remote = git::origin(&inputs.stack.cwd);
    let clues = Clues {
        origin: &origin,
        remote: remote.as_deref(),
        repository: context.repository.as_deref(),
        forge: inputs.forge.kind.map(ForgeChoice::word),
        forge_url: inputs.forge.url.as_deref(),
    };
    let tokens = Tokens {
        forge_token: inputs.forge.token.as_ref(),
        github_token: inputs.forge.github_token.as_ref(),
        own: origin.token.as_ref().and_then(|token| env.get(token.variable)),
        author: inputs.comment.author.as_deref(),
    };
    clues.find_repository()?.with_token(tokens, &origin)
}
