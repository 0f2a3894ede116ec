//! What protects a repository, in sentences: what is open, what is closed and what is not known. Pure.

use super::found::{RemoteLine, RemoteState};
use crate::forge::protection::{
    BranchProtection, EnvironmentProtection, Fact, Protection, TagCreators, TagProtection,
};

/// The sentences, the open ones of each thing first.
pub fn sentences(protection: &Protection) -> Vec<RemoteLine> {
    let mut lines = Vec::new();
    for branch in &protection.branches {
        let mut own = ProtectionLines::new(format!("branch {}", branch.branch), branch.link.as_deref());
        about_branch(&mut own, branch);
        lines.extend(own.sorted());
    }
    for tags in &protection.tags {
        let mut own = ProtectionLines::new(format!("tags {}", tags.tags), tags.link.as_deref());
        about_tags(&mut own, tags);
        lines.extend(own.sorted());
    }
    for environment in &protection.environments {
        let mut own = ProtectionLines::new(
            format!("environment {}", environment.environment),
            environment.link.as_deref(),
        );
        about_environment(&mut own, environment);
        lines.extend(own.sorted());
    }
    if let Some(variables) = &protection.open_variables {
        let mut own = ProtectionLines::new("variables".to_owned(), None);
        about_variables(&mut own, variables);
        lines.extend(own.sorted());
    }
    lines
}

/// The lines about one thing.
struct ProtectionLines<'a> {
    about: String,
    link: Option<&'a str>,
    lines: Vec<RemoteLine>,
    /// The things that are not known, with the reason of each.
    unknown: Vec<(String, String)>,
}

impl<'a> ProtectionLines<'a> {
    fn new(about: String, link: Option<&'a str>) -> Self {
        Self { about, link, lines: Vec::new(), unknown: Vec::new() }
    }

    fn add(&mut self, state: RemoteState, what: String, hint: Option<String>) {
        self.lines.push(RemoteLine { state, about: self.about.clone(), what, hint });
    }

    /// Something open, with the way to close it; the page of the settings is added.
    fn open(&mut self, what: String, hint: &str) {
        let hint = self.link.map_or_else(|| hint.to_owned(), |link| format!("{hint} ({link})"));
        self.add(RemoteState::Open, what, Some(hint));
    }

    fn closed(&mut self, what: String) {
        self.add(RemoteState::Closed, what, None);
    }

    fn note(&mut self, what: String, hint: &str) {
        self.add(RemoteState::Note, what, Some(hint.to_owned()));
    }

    /// The value of a fact. One that is not known is noted by the name of what it is about.
    fn value<'f, T>(&mut self, fact: &'f Fact<T>, name: &str) -> Option<&'f T> {
        if let Fact::NotKnown(why) = fact {
            self.unknown.push((name.to_owned(), why.clone()));
        }
        fact.known()
    }

    /// The lines, the open ones first; what is not known for one reason is one line.
    fn sorted(mut self) -> Vec<RemoteLine> {
        let unknown = std::mem::take(&mut self.unknown);
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for (name, why) in unknown {
            match reasons.iter_mut().find(|(own, _)| *own == why) {
                Some((_, names)) => names.push(name),
                None => reasons.push((why, vec![name])),
            }
        }
        for (why, names) in reasons {
            self.add(RemoteState::NotKnown, format!("it is not known {}", names.join(", ")), Some(why));
        }
        let order = |line: &RemoteLine| match line.state {
            RemoteState::Open => 0,
            RemoteState::NotKnown => 1,
            RemoteState::Note => 2,
            RemoteState::Closed => 3,
        };
        self.lines.sort_by_key(order);
        self.lines
    }
}

fn about_branch(lines: &mut ProtectionLines<'_>, found: &BranchProtection) {
    let branch = &found.branch;
    let approvals = lines.value(&found.approvals, "how many approvals a change request needs").copied();
    match approvals {
        Some(0) => lines.open(
            format!("a change of `{branch}` needs nobody's approval"),
            "require at least one approving review",
        ),
        Some(1) => lines.closed(format!("a change request for `{branch}` needs 1 approval")),
        Some(number) => lines.closed(format!("a change request for `{branch}` needs {number} approvals")),
        None => {}
    }
    let bypass = lines.value(&found.bypass, "who gets past its rules");
    match (lines.value(&found.change_requests_only, "whether it takes change requests only"), bypass) {
        (Some(false), Some(people)) if !people.is_empty() => lines.open(
            format!("{} can push to `{branch}` without a change request", people.join(", ")),
            "let nobody push to it",
        ),
        (Some(false), _) => lines.open(
            format!("everybody who may write can push to `{branch}` without a change request"),
            "require a change request before merging",
        ),
        (Some(true), Some(people)) if people.is_empty() => {
            lines.closed(format!("`{branch}` takes change requests only, and nobody gets past that"));
        }
        (Some(true), Some(people)) => lines.open(
            format!("{} get past the rules of `{branch}`", people.join(", ")),
            "take them from the list, or have deployments count the reviews themselves with `approvals`",
        ),
        (Some(true), None) => lines.closed(format!("`{branch}` takes change requests only")),
        (None, _) => {}
    }
    let needs_approval = approvals != Some(0);
    if let Some(resets) = lines.value(&found.resets_approvals, "whether approvals are reset by a push")
        && needs_approval
    {
        match resets {
            true => lines.closed("approvals are reset when commits are added".to_owned()),
            false => lines.open(
                format!("commits that are added after an approval are merged into `{branch}` with it"),
                "reset approvals when commits are added; deployments with `approvals` count only those of what was previewed",
            ),
        }
    }
    if let Some(true) = lines.value(&found.author_counts, "whether authors can approve their own") {
        lines.open(
            "authors can approve their own change requests".to_owned(),
            "do not let authors approve their own",
        );
    }
    if let Some(false) =
        lines.value(&found.last_push_approved, "whether the last push needs another's approval")
        && needs_approval
    {
        lines.open(
            "who added commits to another's change request can approve it".to_owned(),
            "require the approval of somebody who did not push",
        );
    }
    match lines.value(&found.force_push, "whether its history can be rewritten") {
        Some(true) => {
            lines.open(format!("the history of `{branch}` can be rewritten"), "forbid force pushes");
        }
        Some(false) => lines.closed(format!("the history of `{branch}` can't be rewritten")),
        None => {}
    }
    if let Some(true) = lines.value(&found.deletion, "whether it can be deleted") {
        lines.open(format!("`{branch}` can be deleted"), "forbid its deletion");
    }
    match lines.value(&found.required_statuses, "which statuses have to be good") {
        Some(names) if names.is_empty() => lines.open(
            format!("a change request is merged into `{branch}` whatever its preview says"),
            "require the status of the preview, which `commit-status: true` sets",
        ),
        Some(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            lines.closed(format!("before a merge these have to be good: {}", names.join(", ")));
        }
        None => {}
    }
    match lines.value(&found.queue, "whether there is a merge queue") {
        Some(true) => lines.note(
            "change requests are merged by a queue".to_owned(),
            "have the comparison with the review run in the queue as well, as a required check",
        ),
        Some(false) => lines.note(
            "there is no merge queue: of two change requests that were previewed side by side, the second one's preview is \
             stale after the first one's deployment"
                .to_owned(),
            "with `commit-status: true` a deployment marks the status of such a preview as stale, if its job may set \
             statuses; a queue previews again by itself",
        ),
        None => {}
    }
}

fn about_tags(lines: &mut ProtectionLines<'_>, found: &TagProtection) {
    let tags = &found.tags;
    match lines.value(&found.creators, "who can create one") {
        Some(TagCreators::Writers) => lines.open(
            format!("everybody who may write can create a tag `{tags}`"),
            "protect these tags; a tag deploys only a commit that the default branch contains",
        ),
        Some(TagCreators::Only(people)) if people.is_empty() => {
            lines.closed(format!("nobody can create a tag `{tags}`"));
        }
        Some(TagCreators::Only(people)) => {
            lines.closed(format!("a tag `{tags}` can be created by {} only", people.join(", ")));
        }
        None => {}
    }
    if let Some(true) = lines.value(&found.moves, "whether one can be moved or deleted") {
        lines.open(format!("a tag `{tags}` can be moved or deleted"), "protect these tags");
    }
}

fn about_environment(lines: &mut ProtectionLines<'_>, found: &EnvironmentProtection) {
    let name = &found.environment;
    if found.exists == Fact::NoSuchThing {
        lines.note(
            format!("the forge has no environments, so `{name}` protects nothing"),
            "bind the credentials to the branch or to a runner that only deployments use",
        );
        return;
    }
    if lines.value(&found.exists, "whether it exists") == Some(&false) {
        lines.open(
            format!("there is no environment `{name}`: the first job that names it creates it, with nothing that protects it"),
            "create it first, with its reviewers and branches",
        );
        return;
    }
    let reviewers = lines.value(&found.reviewers, "who has to approve");
    match reviewers {
        Some(people) if people.is_empty() => lines.open(
            format!("a job gets to `{name}` without anybody's approval"),
            "name reviewers, or have deployments count the reviews of the change request with `approvals`",
        ),
        Some(people) => {
            lines.closed(format!("a job gets to `{name}` with the approval of {}", people.join(", ")));
        }
        None => {}
    }
    if reviewers.is_some_and(|people| !people.is_empty())
        && lines.value(&found.self_review, "whether one can approve what one started") == Some(&true)
    {
        lines.open(format!("who started a job can approve it for `{name}`"), "forbid that");
    }
    match lines.value(&found.references, "which branches and tags may deploy") {
        Some(None) => lines.open(
            format!("jobs of any branch and tag get to `{name}`, with its secrets"),
            "let only the default branch and protected tags deploy",
        ),
        Some(Some(references)) => {
            lines.closed(format!("`{name}` takes jobs of {} only", references.join(", ")));
        }
        None => {}
    }
    match lines.value(&found.deployers, "who may deploy") {
        Some(None) => lines.open(
            format!("everybody who can start a job can deploy to `{name}`"),
            "protect the environment, with those who may deploy",
        ),
        Some(Some(people)) => lines.closed(format!("`{name}` is deployed to by {} only", people.join(", "))),
        None => {}
    }
}

fn about_variables(lines: &mut ProtectionLines<'_>, found: &Fact<Vec<String>>) {
    match lines.value(found, "which variables each branch gets") {
        Some(names) if names.is_empty() => {
            lines.closed(
                "no variable that looks like a credential goes to the jobs of each branch".to_owned(),
            );
        }
        Some(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            lines.open(
                format!("the jobs of each branch get {}", names.join(", ")),
                "protect these variables, or bind them to an environment: the rest holds for protected credentials only",
            );
        }
        None => {}
    }
}

#[cfg(test)]
mod tests;
