//! Finds the forge, the repository on it and the token to use, from the CI system, the remote's address and the inputs.
//! Pure. The job's own token is sent to the CI system's own forge only, whatever an address says.

use super::{FORGES, Forge, forge_by_name};
use crate::base::error::Problem;
use crate::base::git;
use crate::base::http::{Url, host};
use crate::base::origin::Origin;
use crate::base::secret::Secret;
use crate::base::text::percent_decoded;
use crate::forge::Place;

/// A repository on a forge.
#[derive(Clone)]
pub struct ForgeRepository {
    /// The forge.
    pub forge: &'static dyn Forge,
    /// The address of the forge's API, with a `/` at its end.
    pub api: Url,
    /// The repository's name on the forge: `owner/name`, on GitLab with all groups, on Azure Repos `project/name`.
    pub repository: String,
}

/// The facts that tell the address of the repository.
#[derive(Debug, Clone, Copy)]
pub struct Clues<'a> {
    /// The facts from the CI system.
    pub origin: &'a Origin,
    /// The remote of the work folder.
    pub remote: Option<&'a str>,
    /// The repository's name from the CI system.
    pub repository: Option<&'a str>,
    /// The input `forge`.
    pub forge: Option<&'a str>,
    /// The input `forge-url`.
    pub forge_url: Option<&'a str>,
}

impl Clues<'_> {
    /// Finds the forge, and the repository on it.
    pub fn find_repository(&self) -> Result<ForgeRepository, Problem> {
        let told = self.forge.or(self.origin.forge).and_then(forge_by_name);
        let remote = self.server_of_remote(told);
        let forge = match (told, &remote) {
            (Some(forge), _) => forge,
            (None, Some((server, _))) => forge_of_host(server).ok_or_else(|| {
                Problem::new(
                    format!("which forge {} is can't be told", host(server)),
                    "set `forge` to `github`, `gitlab`, `azure-repos`, `bitbucket` or `gitea`",
                )
            })?,
            (None, None) => {
                return Err(Problem::new(
                    "where the repository lies can't be told: neither the CI system nor a git remote says so",
                    "set `forge`, and `forge-url` for one that is not the public one",
                ));
            }
        };
        let (api, repository) = self.api_and_repository(forge, remote.as_ref()).ok_or_else(|| {
            Problem::new(
                format!("the repository's name on {} can't be told", forge.title()),
                "check out the repository with its git folder, or run where the CI system names it",
            )
        })?;
        Ok(ForgeRepository { forge, api, repository })
    }

    /// The server and path of the remote. The CI system's remote comes first, unless it is on another forge.
    fn server_of_remote(&self, told: Option<&'static dyn Forge>) -> Option<(Url, String)> {
        let own = self.origin.remote.as_deref().filter(|_| told.is_none_or(|forge| self.is_told_of(forge)));
        own.and_then(server_and_path).or_else(|| self.remote.and_then(server_and_path))
    }

    /// Whether the CI system's facts are about this forge.
    fn is_told_of(&self, forge: &dyn Forge) -> bool {
        self.origin.forge.is_none_or(|name| name == forge.name())
    }

    fn api_and_repository(
        &self,
        forge: &'static dyn Forge,
        remote: Option<&(Url, String)>,
    ) -> Option<(Url, String)> {
        let named = self.repository.filter(|name| name.contains('/'));
        // An address of Azure Repos tells more than the name.
        let whole = remote
            .map(|(_, path)| path.as_str())
            .filter(|path| path.contains("_git/") || path.starts_with("v3/"));
        let path = named.or(remote.map(|(_, path)| path.as_str()));
        if let Some(url) = self.forge_url {
            return forge.locate(&base_address(url)?, path?);
        }
        if let Some(api) = self.origin.api.as_deref().filter(|_| self.is_told_of(forge)) {
            let (_, repository) = forge.locate(&base_address(api)?, path?)?;
            return Some((base_address(api)?, repository));
        }
        match remote {
            Some((server, _)) => forge.locate(server, whole.or(path)?),
            None => forge.locate(&base_address(forge.public())?, path?),
        }
    }
}

/// The tokens of the run, and the author of its comments.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    /// The input `forge-token`.
    pub forge_token: Option<&'a Secret>,
    /// The input `github-token`.
    pub github_token: Option<&'a Secret>,
    /// The value of the variable that [`Origin::token`] names.
    pub own: Option<&'a str>,
    /// The input `comment-author`.
    pub author: Option<&'a str>,
}

impl ForgeRepository {
    /// The repository with the token to use: `forge-token`, then `github-token`, then the job's own.
    pub fn with_token(self, tokens: Tokens<'_>, origin: &Origin) -> Result<Place, Problem> {
        let home =
            origin.api.as_deref().and_then(base_address).is_some_and(|api| api.origin() == self.api.origin())
                && origin.forge == Some(self.forge.name());
        let github = self.forge.name() == "github" || (home && origin.token_in_github_input);
        let own = tokens.own.filter(|_| home);
        let jobs_own = home && tokens.forge_token.is_none();
        let given = tokens.forge_token.or(tokens.github_token.filter(|_| github)).cloned();
        let token = match (given, own, origin.token.as_ref().and_then(|token| token.mute)) {
            (Some(given), ..) => given,
            (None, Some(_), Some(mute)) => {
                return Err(Problem::new("the job has no token that can comment", mute));
            }
            (None, Some(own), None) => Secret::new(own),
            (None, None, _) => {
                let permission = self.forge.permission(jobs_own);
                let hint = format!("set `{}`; {permission}", origin.forge_token());
                return Err(Problem::new(format!("there is no token for {}", self.forge.title()), hint));
            }
        };
        let is_own = own == Some(token.expose());
        let likely_author = origin.author.filter(|_| home && tokens.forge_token.is_none());
        let author = tokens.author.or(likely_author.filter(|_| is_own)).map(str::to_owned);
        let Self { forge, api, repository } = self;
        Ok(Place { forge, api, repository, token, author, likely_author, jobs_own })
    }
}

/// The forge that this host is known to be.
fn forge_of_host(server: &Url) -> Option<&'static dyn Forge> {
    let host = server.host_str()?;
    FORGES.iter().copied().find(|forge| forge.is_host(host))
}

/// An address to which paths can be joined.
fn base_address(url: &str) -> Option<Url> {
    let url = Url::parse(&format!("{}/", url.trim_end_matches('/'))).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(url)
}

/// The server and the path of a repository's address in any of git's forms, or of a page of it, without a token or
/// anything else in it.
fn server_and_path(address: &str) -> Option<(Url, String)> {
    let (scheme, authority, path) = git::address(address.trim())?;
    let host = authority.rsplit('@').next()?;
    let server = match scheme {
        "http" | "https" => format!("{scheme}://{host}"),
        // The port is one for SSH, not for the pages.
        _ => format!("https://{}", host.split(':').next()?),
    };
    let path = percent_decoded(path);
    (!path.is_empty()).then_some((base_address(&server)?, path))
}

#[cfg(test)]
mod tests;
