//! The forge, and what is recorded there: the last part of "Result and report".

use crate::base::secret::Secret;
use crate::base::words::enum_of_words;
use crate::inputs::command::{OPERATIONS_AND_REPORT, UP_REFRESH_DESTROY_AND_REPORT};
use crate::inputs::row::{flag, heading, optional_choice, secret, trimmed_text};

heading! {
    /// The inputs about the forge, and what is recorded there.
    pub struct ForgeInputs under Report {
        commit_status: bool = flag("commit-status", OPERATIONS_AND_REPORT, "Set a status called `stackstep / project / stack` on the commit, with the backend's address and the `comment-key` behind it where there are such.")
            .default("false"),
        environment: Option<String> = trimmed_text("environment", UP_REFRESH_DESTROY_AND_REPORT, "The environment that the forge records this deployment for. GitHub and GitLab show it."),
        environment_url: Option<String> = trimmed_text("environment-url", UP_REFRESH_DESTROY_AND_REPORT, "The environment's address: a URL, or the name of the stack output that holds it."),
        kind: Option<ForgeChoice> = optional_choice("forge", OPERATIONS_AND_REPORT, "Where the change request is.")
            .default_in_words("what the CI system and the remote's URL say"),
        url: Option<String> = trimmed_text("forge-url", OPERATIONS_AND_REPORT, "The forge's own address, for one that is not the public one: `https://git.example.com`.")
            .default_in_words("what the CI system and the remote's URL say"),
        token: Option<Secret> = secret("forge-token", OPERATIONS_AND_REPORT, "The token that comments.")
            .default_in_words("the CI system's own where it has one that can"),
        github_token: Option<Secret> = secret("github-token", OPERATIONS_AND_REPORT, "The token that comments on GitHub, where `forge-token` is not set."),
    }
}

enum_of_words! {
    /// A forge that can be chosen. The words are the names of [`crate::forge::FORGES`].
    pub enum ForgeChoice {
        /// GitHub.
        GitHub = "github",
        /// GitLab.
        GitLab = "gitlab",
        /// Azure Repos.
        AzureRepos = "azure-repos",
        /// Bitbucket.
        Bitbucket = "bitbucket",
        /// Gitea or Forgejo.
        Gitea = "gitea",
    }
}
