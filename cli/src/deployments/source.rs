//! Where a deployment takes its program from, and whether that is the checkout of the job that asks for it.

use std::path::Path;

use serde_json::Value;

use crate::base::error::{Error, Result};
use crate::base::git;

/// The repository and the folder of a job's project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentSource {
    /// The repository as `owner/name`, if it is known.
    pub repository: Option<String>,
    /// The project's folder from the top of the repository, `/` between its parts. Empty for the top itself.
    pub folder: Option<String>,
}

impl DeploymentSource {
    /// Of the job's checkout.
    pub fn of_checkout(repository: Option<&str>, folder: Option<&Path>) -> Self {
        let below = folder.and_then(|folder| git::below_top_of(folder, folder));
        Self {
            repository: repository.map(str::to_owned),
            folder: below.map(|below| plain_folder(&below.to_string_lossy())),
        }
    }

    /// Refuses settings by which another program would be deployed than the one that was looked at here.
    pub fn refuse_unlike(&self, settings: &Value) -> Result<()> {
        let text = |pointer: &str| settings.pointer(pointer)?.as_str().filter(|text| !text.is_empty());
        if text("/sourceContext/template/sourceUrl").is_some()
            && settings.pointer("/sourceContext/git").is_none()
        {
            return Err(Error::input(
                "the deployment settings take the program from a template, and not from this repository: what would be \
                 deployed is not what this job has looked at",
                "deploy it by Pulumi Cloud itself, or give the settings a source of git (`sourceContext.git`)",
            ));
        }
        let named =
            text("/vcs/repository").or_else(|| text("/gitHub/repository")).map(str::to_owned).or_else(|| {
                text("/sourceContext/git/repoUrl").and_then(|url| Some(git::address(url)?.2.to_owned()))
            });
        let named = named.map(|path| path.trim_matches('/').trim_end_matches(".git").to_owned());
        if let (Some(own), Some(named)) = (&self.repository, named)
            && !is_same_repository(own, &named)
        {
            return Err(Error::input(
                format!("the deployment settings are those of the repository `{named}`, and this is `{own}`"),
                "correct `vcs.repository`, `gitHub.repository` or `sourceContext.git.repoUrl` of the settings",
            ));
        }
        let folder = plain_folder(text("/sourceContext/git/repoDir").unwrap_or_default());
        match &self.folder {
            Some(own) if *own != folder => Err(Error::input(
                format!(
                    "the deployment settings deploy the folder `{}`, and the project is in `{}`",
                    shown(&folder),
                    shown(own)
                ),
                "set `sourceContext.git.repoDir` of the settings to the project's folder, or `cwd` of the step to that one",
            )),
            _ => Ok(()),
        }
    }
}

/// Whether two paths name one repository. Azure DevOps writes the organisation and `_git` in some forms and not in others: of
/// paths of different lengths the last part counts.
fn is_same_repository(own: &str, named: &str) -> bool {
    let parts = |path: &str| path.split('/').map(str::to_lowercase).collect::<Vec<_>>();
    let (own, named) = (parts(own), parts(named));
    if own.len() == named.len() { own == named } else { own.last() == named.last() }
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

/// A folder without `.`, and without a slash at either end.
fn plain_folder(folder: &str) -> String {
    let parts = folder.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_of_another_program_are_refused_and_those_of_this_one_are_not() {
        let own =
            DeploymentSource { repository: Some("acme/shop".to_owned()), folder: Some("infra".to_owned()) };
        let git = |url: &str, folder: &str| json!({ "sourceContext": { "git": { "repoUrl": url, "repoDir": folder } } });
        for fits in [
            git("https://github.com/acme/shop.git", "infra"),
            git("git@github.com:Acme/shop", "./infra/"),
            git("https://dev.azure.com/org/acme/_git/shop", "infra"),
            json!({ "sourceContext": { "git": { "repoDir": "infra" } }, "vcs": { "repository": "acme/shop" } }),
        ] {
            own.refuse_unlike(&fits).unwrap();
        }
        for (other, why) in [
            (git("https://github.com/acme/other.git", "infra"), "the repository `acme/other`"),
            (git("https://github.com/acme/shop.git", ""), "the folder `.`"),
            (json!({ "sourceContext": { "template": { "sourceUrl": "registry://x" } } }), "a template"),
        ] {
            let error = own.refuse_unlike(&other).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        DeploymentSource::default().refuse_unlike(&git("https://github.com/acme/x", "y")).unwrap();
    }
}
