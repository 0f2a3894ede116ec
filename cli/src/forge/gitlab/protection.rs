//! What protects a project on GitLab: <https://docs.gitlab.com/api/protected_branches/>,
//! <https://docs.gitlab.com/api/protected_tags/>, <https://docs.gitlab.com/api/protected_environments/>; and who approved a
//! deployment: <https://docs.gitlab.com/api/deployments/>.

use serde_json::Value;

use super::{GitLab, project, read_person};
use crate::base::http::host;
use crate::base::wildcard;
use crate::forge::protection::{
    BranchProtection, EnvironmentProtection, Fact, Protection, TagCreators, TagProtection, Watched,
};
use crate::forge::{
    Forge as _, GateApproval, GatedJob, Place, Protections, Reading, Survey, SurveyAnswers, SurveyPart,
    encoded, is_true, number_at, read_each, text_at,
};

/// Parts of a variable's name that say that it holds a credential.
const CREDENTIALS: &[&str] =
    &["TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "CREDENTIALS", "ACCESS_KEY", "PRIVATE_KEY"];

impl Protections for GitLab {
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection> {
        let (own, seen) = (place.clone(), watched.clone());
        let next = move |_: &SurveyAnswers| {
            let get = |name: &str, path: &str, what| {
                let path = format!("{}{path}", project(&own));
                let needs = GitLab.needed_to_read(what);
                SurveyPart::new(name, own.get_request(&path), "read what protects the project", needs)
                    .or_unknown()
            };
            let mut parts = vec![
                get("project", "", Reading::Contents),
                get("branches", "/protected_branches?per_page=100", Reading::Protection),
                get("tags", "/protected_tags?per_page=100", Reading::Protection),
                get("approvals", "/approvals", Reading::Protection),
                get("rules", "/approval_rules?per_page=100", Reading::Protection),
                get("gates", "/protected_environments?per_page=100", Reading::Environments),
                get("variables", "/variables?per_page=100", Reading::Protection),
            ];
            for name in &seen.environments {
                let path = format!("/environments?name={}", encoded(name));
                parts.push(get(&format!("environment/{name}"), &path, Reading::Environments));
            }
            parts
        };
        let (own, seen) = (place.clone(), watched.clone());
        Survey::new(next, move |answers| Some(read_protection(&own, &seen, answers)))
    }

    fn gate_approvals(&self, place: &Place, job: &GatedJob) -> Option<Survey<Vec<GateApproval>>> {
        let (id, environment) = (job.job.clone()?, job.environment.clone()?);
        let own = place.clone();
        let wanted = id.clone();
        let next = move |answers: &SurveyAnswers| {
            let get = |name: &str, path: &str| {
                let path = format!("{}/deployments{path}", project(&own));
                let needs = GitLab.needed_to_read(Reading::Environments);
                SurveyPart::new(name, own.get_request(&path), "read who approved the deployment", needs)
            };
            // The job's own is among the latest, so one page is enough; a further one is read all the same.
            let query = format!("?environment={}&order_by=id&sort=desc&per_page=20", encoded(&environment));
            let mut parts = vec![get("deployments", &query)];
            if let Some(deployment) = deployment_of(answers, &wanted) {
                parts.push(get("deployment", &format!("/{deployment}")));
            }
            parts
        };
        Some(Survey::new(next, move |answers| {
            // A job without a deployment has come through no gate.
            if deployment_of(answers, &id).is_none() {
                return answers.list("deployments", "").map(|_| Vec::new());
            }
            let found = answers.one("deployment")?;
            let environment = text_at(found, "/environment/name");
            // GitLab Free leaves the list out.
            let Some(list) = found.get("approvals") else { return Some(Vec::new()) };
            read_each(Some(list), |one| {
                Some(GateApproval {
                    person: read_person(one.get("user")?)?,
                    approved: text_at(one, "/status")? == "approved",
                    environments: environment.clone().into_iter().collect(),
                    at: text_at(one, "/created_at"),
                    comment: text_at(one, "/comment").filter(|comment| !comment.is_empty()),
                })
            })
        }))
    }
}

/// The number of the deployment that belongs to a job.
fn deployment_of(answers: &SurveyAnswers, job: &str) -> Option<String> {
    let list = answers.list("deployments", "")?;
    let own = list.into_iter().find(|one| number_at(one, "/deployable/id").as_deref() == Some(job))?;
    number_at(own, "/id")
}

fn read_protection(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Protection {
    let page =
        |name: &str| Some(format!("https://{}/{}/-/settings/{name}", host(&place.api), place.repository));
    let branch =
        |branch: &String| BranchProtection { link: page("repository"), ..read_branch(branch, answers) };
    let tags = |tags: &String| TagProtection { link: page("repository"), ..read_tags(tags, answers) };
    let environment =
        |name: &String| EnvironmentProtection { link: page("ci_cd"), ..read_environment(name, answers) };
    Protection {
        branches: watched.branches.iter().map(branch).collect(),
        tags: watched.tags.iter().map(tags).collect(),
        environments: watched.environments.iter().map(environment).collect(),
        open_variables: Some(match answers.list("variables", "") {
            Some(list) => Fact::Known(list.into_iter().filter_map(open_credential).collect()),
            None => unknown(Reading::Protection),
        }),
    }
}

fn unknown<T>(what: Reading) -> Fact<T> {
    Fact::NotKnown(GitLab.needed_to_read(what).to_owned())
}

/// The name of a variable that looks like a credential and that the jobs of each branch get. Its value is not read.
fn open_credential(variable: &Value) -> Option<String> {
    let name = text_at(variable, "/key")?;
    let is_open = variable.get("protected") == Some(&Value::Bool(false));
    (is_open && CREDENTIALS.iter().any(|part| name.contains(part))).then_some(name)
}

/// Whether a rule's name, which can hold `*` for anything, covers a branch or tag, or a pattern of them.
fn covers(rule: &str, name: &str) -> bool {
    wildcard::fits(&[rule], &[name])
}

/// The access levels of a rule in words, without "No one".
fn levels(rule: &Value, field: &str) -> Option<Vec<String>> {
    let read = |level: &Value| {
        let nobody = level.get("access_level").and_then(Value::as_u64) == Some(0);
        let words = text_at(level, "/access_level_description").unwrap_or_else(|| "somebody".to_owned());
        Some((!nobody).then_some(words))
    };
    Some(read_each(rule.get(field), read)?.into_iter().flatten().collect())
}

fn read_branch(branch: &str, answers: &SurveyAnswers) -> BranchProtection {
    let unknown_branch = BranchProtection::not_known(branch, GitLab.needed_to_read(Reading::Protection));
    let Some(list) = answers.list("branches", "") else { return unknown_branch };
    // Of several rules the most permissive one holds: https://docs.gitlab.com/user/project/repository/branches/protected/#when-a-branch-matches-multiple-rules
    let rules: Vec<&Value> = list
        .into_iter()
        .filter(|rule| text_at(rule, "/name").is_some_and(|name| covers(&name, branch)))
        .collect();
    let mut pushers = Vec::new();
    for rule in &rules {
        match levels(rule, "push_access_levels") {
            Some(levels) => pushers.extend(levels),
            None => return unknown_branch,
        }
    }
    let is_protected = !rules.is_empty();
    let setting = |field: &str, expected: bool| match answers.one("approvals") {
        Some(settings) => Fact::Known(settings.get(field) == Some(&Value::Bool(expected))),
        None => Fact::NotKnown(premium()),
    };
    let of_project = |field: &str| match answers.one("project") {
        Some(project) => Fact::Known(is_true(project, field)),
        None => unknown(Reading::Contents),
    };
    BranchProtection {
        branch: branch.to_owned(),
        approvals: read_approvals(branch, answers),
        change_requests_only: Fact::Known(is_protected && pushers.is_empty()),
        resets_approvals: setting("reset_approvals_on_push", true),
        author_counts: setting("merge_requests_author_approval", true),
        last_push_approved: setting("merge_requests_disable_committers_approval", true),
        bypass: Fact::Known(pushers),
        force_push: Fact::Known(!is_protected || rules.iter().any(|rule| is_true(rule, "/allow_force_push"))),
        deletion: Fact::Known(!is_protected),
        required_statuses: of_project("/only_allow_merge_if_pipeline_succeeds")
            .map(|needed| if needed { vec!["the pipeline".to_owned()] } else { Vec::new() }),
        queue: of_project("/merge_trains_enabled"),
        link: None,
    }
}

fn premium() -> String {
    "approvals can be required with GitLab Premium only; there the token needs the scope `read_api` and the role Maintainer \
     (https://docs.gitlab.com/api/merge_request_approvals/)"
        .to_owned()
}

fn read_approvals(branch: &str, answers: &SurveyAnswers) -> Fact<u64> {
    let Some(rules) = answers.list("rules", "") else { return Fact::NotKnown(premium()) };
    let applies = |rule: &&Value| {
        let named = rule.get("protected_branches").and_then(Value::as_array);
        named.is_none_or(|list| {
            list.is_empty()
                || list.iter().any(|one| text_at(one, "/name").is_some_and(|name| covers(&name, branch)))
        })
    };
    let needed =
        rules.iter().copied().filter(applies).filter_map(|rule| rule.get("approvals_required")?.as_u64());
    Fact::Known(needed.max().unwrap_or(0))
}

fn read_tags(tags: &str, answers: &SurveyAnswers) -> TagProtection {
    let found = answers.list("tags", "").and_then(|list| {
        let rules =
            list.into_iter().filter(|rule| text_at(rule, "/name").is_some_and(|name| covers(&name, tags)));
        rules.map(|rule| levels(rule, "create_access_levels")).collect::<Option<Vec<_>>>()
    });
    let (creators, moves) = match found {
        Some(rules) if rules.is_empty() => (Fact::Known(TagCreators::Writers), Fact::Known(true)),
        Some(rules) => (Fact::Known(TagCreators::Only(rules.concat())), Fact::Known(false)),
        None => (unknown(Reading::Protection), unknown(Reading::Protection)),
    };
    TagProtection { tags: tags.to_owned(), creators, moves, link: None }
}

fn read_environment(name: &str, answers: &SurveyAnswers) -> EnvironmentProtection {
    let exists = match answers.list(&format!("environment/{name}"), "") {
        Some(list) => Fact::Known(!list.is_empty()),
        None => unknown(Reading::Environments),
    };
    let why = GitLab.needed_to_read(Reading::Environments);
    let unknown_gate = EnvironmentProtection { exists, ..EnvironmentProtection::not_known(name, why) };
    let Some(gates) = answers.list("gates", "") else { return unknown_gate };
    let gate = gates.into_iter().find(|gate| text_at(gate, "/name").as_deref() == Some(name));
    let described = |field: &str, words: &str| {
        let list = gate.and_then(|gate| gate.get(field));
        read_each(list, |one| text_at(one, &format!("/{words}"))).unwrap_or_default()
    };
    let mut reviewers = described("approval_rules", "access_level_description");
    let count = gate.and_then(|gate| gate.get("required_approval_count")?.as_u64()).unwrap_or(0);
    if reviewers.is_empty() && count > 0 {
        reviewers.push(format!("{count} of those who may deploy"));
    }
    let self_review = match answers.one("project") {
        // https://docs.gitlab.com/ci/environments/deployment_approvals/#allow-self-approval
        Some(project) => Fact::Known(is_true(project, "/allow_pipeline_trigger_approve_deployment")),
        None => unknown(Reading::Contents),
    };
    EnvironmentProtection {
        reviewers: Fact::Known(reviewers),
        self_review,
        references: Fact::NoSuchThing,
        deployers: Fact::Known(gate.map(|_| described("deploy_access_levels", "access_level_description"))),
        ..unknown_gate
    }
}
