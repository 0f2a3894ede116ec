//! The facts of a job in one form for every CI system, and the small readers that the systems share.

use std::path::PathBuf;

use serde::Serialize;

use crate::base::env::Env;
use crate::base::git;
use crate::base::text::percent_decoded;

/// The facts of a job. A fact that the system does not tell is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The repository as `owner/name`; for a change request the one that it goes to.
    pub repository: Option<String>,
    /// The commit that a person wrote: for a change request its head, never a merge commit.
    pub commit: Option<String>,
    /// The merge commit that the system or the forge made for this run.
    pub merge_commit: Option<String>,
    /// The branch; for a change request its source.
    pub branch: Option<String>,
    /// The tag that the run is for.
    pub tag: Option<String>,
    /// The change request's number.
    pub change_request: Option<u64>,
    /// The repository that the change comes from, as `owner/name`.
    pub source_repository: Option<String>,
    /// The branch that the change goes to.
    pub target_branch: Option<String>,
    /// Whether the change comes from another repository than the one that it goes to.
    pub fork: Option<bool>,
    /// Whether the code was written, or accepted, by people who may write to the repository.
    pub trusted: Option<bool>,
    /// Whether the run has the credentials of the repository that the change goes to by the event alone, whoever
    /// wrote the change.
    pub base_credentials: bool,
    /// The target's own commit, if the run has the target's credentials by the event alone: they are meant for this
    /// code.
    pub base_commit: Option<String>,
    /// Whether the run is about a proposed change, even if neither its number nor its origin is known.
    #[serde(skip)]
    pub proposed: bool,
    /// Commits that only people who may write to the repository can have made. If the run has the repository's
    /// credentials by the event alone, the work folder has to be at one of them.
    #[serde(skip)]
    pub own_commits: Vec<String>,
    /// The commit of a fork's change that somebody who may do that has let this run preview, by naming it: the run has the
    /// repository's credentials, and shows them to this one commit's code.
    #[serde(skip)]
    pub allowed_commit: Option<String>,
    /// Whether they have let that commit be deployed as well, to the change request's own stack and no other.
    #[serde(skip)]
    pub may_have_stack: bool,
    /// The page of this run.
    pub build_url: Option<String>,
    /// The user who started the run, by the system's own name.
    pub actor: Option<String>,
    /// Whether the actor is a program.
    pub bot: Option<bool>,
    /// The event that started the run, by the system's own name.
    pub event: Option<String>,
    /// The number of the attempt; the first is 1.
    pub attempt: Option<u64>,
    /// Whether the run is for the repository's default branch.
    pub default_branch: Option<bool>,
    /// The name of the repository's default branch.
    #[serde(skip)]
    pub default_branch_name: Option<String>,
    /// Whether the run tests a change that a merge queue or a merge train is about to merge.
    pub merge_queue: bool,
    /// Whether a schedule started the run.
    pub scheduled: Option<bool>,
    /// Whether everybody can read the repository.
    pub public: Option<bool>,
}

/// The beginning of the branches of GitHub's merge queue. A CI system without merge queues sees pushes to them.
/// <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue#triggering-merge-group-checks-with-third-party-ci-providers>
const QUEUE: &str = "gh-readonly-queue/";

impl Context {
    /// Draws the conclusions that are the same on every system: merge queue, trust.
    #[must_use]
    pub(super) fn settled(mut self) -> Self {
        if let Some(number) = self.branch.as_deref().and_then(change_of_ref) {
            self.proposed = true;
            self.change_request.get_or_insert(number);
        }
        if let Some(target) = self.branch.as_deref().and_then(queue_target) {
            self.merge_queue = true;
            self.target_branch.get_or_insert(target);
        }
        if self.merge_queue && self.merge_commit.is_none() {
            self.merge_commit = self.commit.take();
        }
        if self.is_a_change() {
            self.default_branch = Some(false);
        }
        self.trusted = match (self.fork, self.is_a_change()) {
            (Some(true), _) => Some(false),
            (_, true) if self.bot == Some(true) => Some(false),
            (None, true) => None,
            _ => self.names_a_revision().then_some(true),
        };
        self
    }

    /// Whether files of the change may not decide anything: the change is not trusted, or its origin is not known.
    pub fn may_be_a_strangers(&self) -> bool {
        self.trusted == Some(false) || (self.trusted.is_none() && self.is_a_change())
    }

    /// Whether the run is about a change that is not merged yet.
    fn is_a_change(&self) -> bool {
        self.change_request.is_some() || self.proposed
    }

    /// Whether the system tells the commit, branch or tag of the run.
    fn names_a_revision(&self) -> bool {
        [&self.commit, &self.merge_commit, &self.branch, &self.tag].into_iter().any(Option::is_some)
    }
}

/// The branch that a branch of GitHub's merge queue is to be merged into.
fn queue_target(branch: &str) -> Option<String> {
    let (target, _) = branch.strip_prefix(QUEUE)?.rsplit_once('/')?;
    Some(target.to_owned())
}

/// The change request that the run of a merge queue is about: the last one that was put into it. GitHub's queue names it in
/// its branch, `gh-readonly-queue/main/pr-7-<commit>`.
pub fn queued_change_request(context: &Context) -> Option<u64> {
    let by_branch = || {
        let (_, name) = context.branch.as_deref()?.strip_prefix(QUEUE)?.rsplit_once('/')?;
        name.strip_prefix("pr-")?.split('-').next()?.parse().ok()
    };
    context.change_request.filter(|_| context.merge_queue).or_else(by_branch)
}

/// A variable's value, if it is set.
pub(super) fn text(env: &Env, name: &str) -> Option<String> {
    env.get(name).map(str::to_owned)
}

/// The variable's value as a number; none if it is not one.
pub(super) fn number(env: &Env, name: &str) -> Option<u64> {
    env.get(name)?.parse().ok()
}

/// The first of these variables that is set.
pub(super) fn first_set<'e>(env: &'e Env, names: &[&str]) -> Option<&'e str> {
    names.iter().find_map(|name| env.get(name))
}

/// The folders that these variables name.
pub(super) fn named_folders(env: &Env, names: &[&str]) -> Vec<PathBuf> {
    names.iter().filter_map(|name| env.get(name)).map(PathBuf::from).collect()
}

/// The number of the change request in a ref, in the form of each forge: `refs/pull/7/merge` (GitHub, Gitea, Azure
/// Repos), `refs/merge-requests/7/head` (GitLab), `refs/pull-requests/7/from` (Bitbucket), `refs/changes/34/1234/1`
/// (Gerrit), and in the short forms of CI systems, such as `pull/7` and `origin/pr/7/merge`.
pub(super) fn change_of_ref(reference: &str) -> Option<u64> {
    let bare = reference.strip_prefix("refs/").unwrap_or(reference);
    let bare = bare.strip_prefix("remotes/").unwrap_or(bare);
    let bare = bare.strip_prefix("origin/").unwrap_or(bare);
    let (kind, rest) = bare.split_once('/')?;
    let mut parts = rest.split(['/', '^']);
    let number = if kind == "changes" { parts.nth(1) } else { parts.next() };
    let is_one = match kind {
        "pull" | "merge-requests" | "pull-requests" => true,
        // A person's branch can be called `pr/7`.
        "pr" | "mr" => matches!(parts.next(), Some("merge" | "head")),
        "changes" => bare.len() < reference.len(),
        _ => false,
    };
    number?.parse().ok().filter(|_| is_one)
}

/// Whether a variable is `true` or `false`; none for any other value.
pub(super) fn yes_or_no(env: &Env, name: &str) -> Option<bool> {
    match env.get(name)?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The branch of `refs/heads/main` or of `main`; none for any other ref.
pub(super) fn branch_of(reference: &str) -> Option<String> {
    match reference.strip_prefix("refs/heads/") {
        Some(branch) => Some(branch.to_owned()),
        None if reference.starts_with("refs/") => None,
        None => Some(reference.to_owned()),
    }
}

/// The tag of `refs/tags/v1`.
pub(super) fn tag_of(reference: &str) -> Option<String> {
    reference.strip_prefix("refs/tags/").map(str::to_owned)
}

/// A commit's full or short hash; none for a name such as `HEAD`.
pub(super) fn commit_hash(text: &str) -> Option<String> {
    let hash = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hash.then(|| text.to_owned())
}

/// `owner/name` of a repository's address in any of git's forms, without a token or anything else in it. Azure's
/// `…/project/_git/name` becomes `project/name`.
pub(super) fn slug(url: &str) -> Option<String> {
    let (_, _, path) = git::address(url)?;
    if let Some((before, name)) = percent_decoded(path).split_once("_git/") {
        let project = before.trim_end_matches('/').rsplit('/').next().filter(|project| !project.is_empty());
        return Some(format!("{}/{name}", project.unwrap_or(name)));
    }
    path.contains('/').then(|| path.to_owned())
}

/// Whether two repositories differ. Forges ignore the case of names.
pub(super) fn differ(source: Option<&str>, target: Option<&str>) -> Option<bool> {
    Some(!source?.eq_ignore_ascii_case(target?))
}

/// Whether `actor` has a name that only a GitHub App can have, such as `dependabot[bot]`. Another name can be a
/// program's too, so it gives none.
pub(super) fn is_app(actor: Option<&str>) -> Option<bool> {
    actor?.ends_with("[bot]").then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_in_each_form_of_its_address() {
        for url in [
            "https://github.com/acme/shop.git",
            "https://x-access-token:secret@github.com/acme/shop",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com:22/acme/shop.git",
            "git://github.com/acme/shop.git",
        ] {
            assert_eq!(slug(url).as_deref(), Some("acme/shop"), "{url}");
        }
        assert_eq!(slug("https://gitlab.com/acme/team/shop.git").as_deref(), Some("acme/team/shop"));
        assert_eq!(slug("https://dev.azure.com/acme/web/_git/shop").as_deref(), Some("web/shop"));
        assert_eq!(slug("https://dev.azure.com/acme/web%20shop/_git/a").as_deref(), Some("web shop/a"));
        assert_eq!(slug("https://dev.azure.com/acme/B%C3%BCro/_git/a").as_deref(), Some("Büro/a"));
        assert_eq!(slug("https://dev.azure.com/acme/_git/shop").as_deref(), Some("acme/shop"));
        assert_eq!(slug("s3://bucket"), None);
        assert_eq!(slug("shop"), None);
    }

    #[test]
    fn a_ref_of_a_change_request_is_known_in_each_forges_words() {
        for reference in [
            "refs/pull/7/merge",
            "pull/7/head",
            "pull/7",
            "refs/remotes/pull/7/merge",
            "origin/pr/7/merge",
            "refs/pull/7/head^{8d08154}",
            "refs/merge-requests/7/head",
            "pull-requests/7/from",
            "refs/changes/07/7/1",
        ] {
            assert_eq!(change_of_ref(reference), Some(7), "{reference}");
        }
        for reference in [
            "main",
            "refs/heads/pull/7",
            "pull/request",
            "fix/7",
            "refs/tags/v7",
            "7/merge",
            "pull/",
            "7",
            "pr/7",
            "changes/1/2",
        ] {
            assert_eq!(change_of_ref(reference), None, "{reference}");
        }
    }

    #[test]
    fn a_branch_that_is_a_change_requests_ref_is_no_branch_of_our_own() {
        let context = Context { branch: Some("pull/7/head".into()), ..Context::default() }.settled();
        assert_eq!((context.change_request, context.trusted), (Some(7), None));
        assert!(context.may_be_a_strangers());
    }

    #[test]
    fn only_a_hash_is_a_commit() {
        assert_eq!(commit_hash("HEAD"), None);
        assert_eq!(commit_hash("arn:aws:s3:::bucket/key"), None);
        assert_eq!(commit_hash("8d08154").as_deref(), Some("8d08154"));
    }

    #[test]
    fn a_push_to_a_branch_of_the_merge_queue_is_a_run_of_the_merge_queue() {
        let context = Context {
            branch: Some("gh-readonly-queue/release/2/pr-7-8d08154".into()),
            commit: Some("abc".into()),
            ..Context::default()
        }
        .settled();
        assert!(context.merge_queue);
        assert_eq!(context.target_branch.as_deref(), Some("release/2"));
        assert_eq!(queued_change_request(&context), Some(7));
        assert_eq!((context.commit, context.merge_commit.as_deref()), (None, Some("abc")));
    }

    #[test]
    fn a_change_request_whose_origin_is_not_told_is_neither_trusted_nor_untrusted() {
        let context = Context { change_request: Some(7), ..Context::default() }.settled();
        assert_eq!(context.trusted, None);
    }
}
