//! What protects a repository on Gitea and Forgejo: <https://docs.gitea.com/usage/access-control/protected-branches>,
//! <https://docs.gitea.com/usage/access-control/protected-tags>.

use serde_json::Value;

use super::{Gitea, repository};
use crate::base::wildcard;
use crate::forge::protection::{
    BranchProtection, EnvironmentProtection, Fact, Protection, TagCreators, TagProtection, Watched,
};
use crate::forge::{
    Forge as _, Place, Protections, Reading, Survey, SurveyAnswers, SurveyPart, encoded_path, is_true,
    read_each, text_at,
};

impl Protections for Gitea {
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection> {
        let (own, seen) = (place.clone(), watched.clone());
        let next = move |_: &SurveyAnswers| {
            let get = |name: &str, path: &str, what| {
                let path = format!("{}/{path}", repository(&own));
                let needs = Gitea.needed_to_read(what);
                SurveyPart::new(name, own.get_request(&path), "read what protects the repository", needs)
                    .or_unknown()
            };
            let mut parts = vec![
                get("rules", "branch_protections", Reading::Protection),
                get("tags", "tag_protections", Reading::Protection),
            ];
            for branch in &seen.branches {
                let path = format!("branches/{}", encoded_path(branch));
                parts.push(get(&format!("branch/{branch}"), &path, Reading::Contents));
            }
            parts
        };
        let (own, seen) = (place.clone(), watched.clone());
        Survey::new(next, move |answers| Some(read_protection(&own, &seen, answers)))
    }
}

fn read_protection(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Protection {
    let page = |name: &str| {
        let page = place.api.join(&format!("../../{}/settings/{name}", encoded_path(&place.repository)));
        page.ok().map(String::from)
    };
    let branch =
        |branch: &String| BranchProtection { link: page("branches"), ..read_branch(branch, answers) };
    let tags = |tags: &String| TagProtection { link: page("tags"), ..read_tags(tags, answers) };
    let environment = |name: &String| EnvironmentProtection {
        environment: name.clone(),
        exists: Fact::NoSuchThing,
        reviewers: Fact::NoSuchThing,
        self_review: Fact::NoSuchThing,
        references: Fact::NoSuchThing,
        deployers: Fact::NoSuchThing,
        link: None,
    };
    Protection {
        branches: watched.branches.iter().map(branch).collect(),
        tags: watched.tags.iter().map(tags).collect(),
        environments: watched.environments.iter().map(environment).collect(),
        open_variables: None,
    }
}

fn unknown() -> &'static str {
    Gitea.needed_to_read(Reading::Protection)
}

fn read_branch(name: &str, answers: &SurveyAnswers) -> BranchProtection {
    let queue = Fact::NoSuchThing;
    let not_known = BranchProtection { queue, ..BranchProtection::not_known(name, unknown()) };
    let Some(branch) = answers.one(&format!("branch/{name}")) else { return not_known };
    let approvals = branch.get("required_approvals").and_then(Value::as_u64).unwrap_or(0);
    // Everybody who sees the branch is told whether it is protected and how many approvals it takes; the rest is for
    // administrators.
    if !is_true(branch, "/protected") {
        return BranchProtection {
            branch: name.to_owned(),
            approvals: Fact::Known(0),
            change_requests_only: Fact::Known(false),
            resets_approvals: Fact::Known(false),
            author_counts: Fact::Known(false),
            last_push_approved: Fact::NoSuchThing,
            bypass: Fact::Known(Vec::new()),
            force_push: Fact::Known(true),
            deletion: Fact::Known(true),
            required_statuses: Fact::Known(Vec::new()),
            ..not_known
        };
    }
    let not_known = BranchProtection {
        approvals: Fact::Known(approvals),
        author_counts: Fact::Known(false),
        last_push_approved: Fact::NoSuchThing,
        deletion: Fact::Known(false),
        ..not_known
    };
    let effective = text_at(branch, "/effective_branch_protection_name").filter(|name| !name.is_empty());
    let rules = answers.list("rules", "").unwrap_or_default();
    let own = |rule: &&Value| {
        let rule = text_at(rule, "/rule_name").unwrap_or_default();
        effective.as_ref().map_or_else(|| covers(&rule, name), |effective| *effective == rule)
    };
    let Some(rule) = rules.into_iter().find(own) else { return not_known };
    let listed = |field: &str, before: &str| {
        let names = read_each(rule.get(field), |one| one.as_str().map(|name| format!("{before}`{name}`")));
        names.unwrap_or_default()
    };
    let mut bypass = Vec::new();
    if is_true(rule, "/enable_push") && is_true(rule, "/enable_push_whitelist") {
        bypass =
            [listed("push_whitelist_usernames", "the user "), listed("push_whitelist_teams", "the team ")]
                .concat();
        if is_true(rule, "/push_whitelist_deploy_keys") {
            bypass.push("deploy keys".to_owned());
        }
    }
    if !is_true(rule, "/block_admin_merge_override") {
        bypass.push("administrators, who can merge without the approvals".to_owned());
    }
    let statuses =
        if is_true(rule, "/enable_status_check") { listed("status_check_contexts", "") } else { Vec::new() };
    BranchProtection {
        change_requests_only: Fact::Known(
            !is_true(rule, "/enable_push") || is_true(rule, "/enable_push_whitelist"),
        ),
        resets_approvals: Fact::Known(
            is_true(rule, "/dismiss_stale_approvals") || is_true(rule, "/ignore_stale_approvals"),
        ),
        bypass: Fact::Known(bypass),
        force_push: Fact::Known(is_true(rule, "/enable_force_push")),
        required_statuses: Fact::Known(statuses),
        ..not_known
    }
}

/// Whether a rule's pattern covers a branch, or a pattern of tags.
fn covers(pattern: &str, name: &str) -> bool {
    let parts: Vec<&str> = pattern.split('/').collect();
    wildcard::fits(&parts, &name.split('/').collect::<Vec<_>>())
}

fn read_tags(tags: &str, answers: &SurveyAnswers) -> TagProtection {
    let found = |creators, moves| TagProtection { tags: tags.to_owned(), creators, moves, link: None };
    let not_known = |why: String| found(Fact::NotKnown(why.clone()), Fact::NotKnown(why));
    let Some(rules) = answers.list("tags", "") else { return not_known(unknown().to_owned()) };
    let mut creators: Option<Vec<String>> = None;
    for rule in rules {
        let pattern = text_at(rule, "/name_pattern").unwrap_or_default();
        if pattern.starts_with('/') && pattern.ends_with('/') {
            return not_known(format!(
                "whether the pattern `{pattern}` covers all of `{tags}` can't be told"
            ));
        }
        if covers(&pattern, tags) {
            let listed = |field: &str, before: &str| {
                let names =
                    read_each(rule.get(field), |one| one.as_str().map(|name| format!("{before}`{name}`")));
                names.unwrap_or_default()
            };
            let own =
                [listed("whitelist_usernames", "the user "), listed("whitelist_teams", "the team ")].concat();
            creators.get_or_insert_default().extend(own);
        }
    }
    match creators {
        Some(creators) => found(Fact::Known(TagCreators::Only(creators)), Fact::Known(false)),
        None => found(Fact::Known(TagCreators::Writers), Fact::Known(true)),
    }
}
