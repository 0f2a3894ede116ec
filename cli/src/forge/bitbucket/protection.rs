//! What protects a repository on Bitbucket Cloud: restrictions of branches, and environments of its pipelines.
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-branch-restrictions/>,
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-deployments/>.

use serde_json::Value;

use super::{Bitbucket, repository};
use crate::base::wildcard;
use crate::forge::protection::{
    BranchProtection, EnvironmentProtection, Fact, Protection, TagProtection, Watched,
};
use crate::forge::{
    Forge as _, Place, Protections, Reading, Survey, SurveyAnswers, SurveyPart, is_true, read_each, text_at,
};

const TAGS: &str = "Bitbucket's API tells of no protection of tags: who may write can create, move and delete them unless a \
                    hook of your own says otherwise (https://support.atlassian.com/bitbucket-cloud/docs/use-branch-permissions/)";

impl Protections for Bitbucket {
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection> {
        let own = place.clone();
        let next = move |_: &SurveyAnswers| {
            let get = |name: &str, path: &str, what| {
                let path = format!("{}/{path}", repository(&own));
                let needs = Bitbucket.needed_to_read(what);
                SurveyPart::new(name, own.get_request(&path), "read what protects the repository", needs)
                    .or_unknown()
            };
            vec![
                get("restrictions", "branch-restrictions?pagelen=100", Reading::Protection),
                // Which branch is called production or development:
                // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-branching-model/
                get("model", "branching-model", Reading::Contents),
                get("environments", "environments/?pagelen=100", Reading::Environments),
            ]
        };
        let (own, seen) = (place.clone(), watched.clone());
        Survey::new(next, move |answers| Some(read_protection(&own, &seen, answers)))
    }
}

fn read_protection(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Protection {
    let page = |name: &str| Some(format!("https://bitbucket.org/{}/admin/{name}", place.repository));
    let branch = |branch: &String| BranchProtection {
        link: page("branch-restrictions"),
        ..read_branch(branch, answers)
    };
    let tags = |tags: &String| TagProtection {
        tags: tags.clone(),
        creators: Fact::NotKnown(TAGS.to_owned()),
        moves: Fact::NotKnown(TAGS.to_owned()),
        link: page("branch-restrictions"),
    };
    let environment = |name: &String| EnvironmentProtection {
        link: page("pipelines/deployment-settings"),
        ..read_environment(name, answers)
    };
    Protection {
        branches: watched.branches.iter().map(branch).collect(),
        tags: watched.tags.iter().map(tags).collect(),
        environments: watched.environments.iter().map(environment).collect(),
        open_variables: None,
    }
}

/// Whether a restriction is one of this branch: by a pattern, or by the branching model.
fn applies(restriction: &Value, branch: &str, model: Option<&Value>) -> Option<bool> {
    match restriction.get("branch_match_kind").and_then(Value::as_str) {
        Some("branching_model") => {
            let kind = text_at(restriction, "/branch_type")?;
            if kind == "production" || kind == "development" {
                return Some(text_at(model?, &format!("/{kind}/branch/name")).as_deref() == Some(branch));
            }
            let types = model?.get("branch_types")?.as_array()?;
            let own = types.iter().find(|one| one.get("kind").is_some_and(|own| *own == *kind))?;
            Some(branch.starts_with(&text_at(own, "/prefix")?))
        }
        _ => Some(wildcard::fits(&[text_at(restriction, "/pattern")?.as_str()], &[branch])),
    }
}

fn read_branch(branch: &str, answers: &SurveyAnswers) -> BranchProtection {
    let unknown = BranchProtection::not_known(branch, Bitbucket.needed_to_read(Reading::Protection));
    let Some(list) = answers.list("restrictions", "/values") else { return unknown };
    let mut own: Vec<&Value> = Vec::new();
    for restriction in list {
        match applies(restriction, branch, answers.one("model")) {
            Some(true) => own.push(restriction),
            Some(false) => {}
            None => return unknown,
        }
    }
    let of_kind = |kind: &str| own.iter().copied().find(|one| one.get("kind").is_some_and(|own| own == kind));
    // Without this a merge check only warns: https://support.atlassian.com/bitbucket-cloud/docs/suggest-or-require-checks-before-a-merge/
    let enforced = of_kind("enforce_merge_checks").is_some();
    let value = |kind: &str| of_kind(kind).and_then(|one| one.get("value")?.as_u64()).filter(|_| enforced);
    let push = of_kind("push");
    let exempt = push.map(|push| {
        let users = read_each(push.get("users"), |one| {
            text_at(one, "/nickname").or_else(|| text_at(one, "/display_name"))
        });
        let groups = read_each(push.get("groups"), |one| {
            text_at(one, "/name").map(|name| format!("the group {name}"))
        });
        [users.unwrap_or_default(), groups.unwrap_or_default()].concat()
    });
    let builds = value("require_passing_builds_to_merge");
    BranchProtection {
        branch: branch.to_owned(),
        approvals: Fact::Known(value("require_approvals_to_merge").unwrap_or(0)),
        change_requests_only: Fact::Known(exempt.as_ref().is_some_and(Vec::is_empty)),
        resets_approvals: Fact::Known(of_kind("reset_pullrequest_approvals_on_change").is_some()),
        author_counts: Fact::NoSuchThing,
        last_push_approved: Fact::NoSuchThing,
        bypass: Fact::Known(exempt.unwrap_or_default()),
        force_push: Fact::Known(of_kind("force").is_none()),
        deletion: Fact::Known(of_kind("delete").is_none()),
        required_statuses: Fact::Known(builds.map(|number| format!("{number} builds")).into_iter().collect()),
        queue: Fact::NotKnown("Bitbucket's API does not tell whether there is a merge queue".to_owned()),
        link: None,
    }
}

fn read_environment(name: &str, answers: &SurveyAnswers) -> EnvironmentProtection {
    let why = Bitbucket.needed_to_read(Reading::Environments);
    let unknown = EnvironmentProtection::not_known(name, why);
    let Some(list) = answers.list("environments", "/values") else { return unknown };
    let own =
        list.into_iter().find(|one| text_at(one, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name)));
    let Some(found) = own else { return EnvironmentProtection { exists: Fact::Known(false), ..unknown } };
    // https://support.atlassian.com/bitbucket-cloud/docs/set-up-and-monitor-deployments/#Deployment-permissions
    let admins = is_true(found, "/restrictions/admin_only");
    EnvironmentProtection {
        environment: name.to_owned(),
        exists: Fact::Known(true),
        reviewers: Fact::NoSuchThing,
        self_review: Fact::NoSuchThing,
        references: Fact::NotKnown(
            "Bitbucket shows the branches that may deploy on the environment's page only, with Bitbucket Premium".to_owned(),
        ),
        deployers: Fact::Known(admins.then(|| vec!["administrators".to_owned()])),
        link: None,
    }
}
