//! What protects a repository on GitHub: the older protection of branches, and rulesets beside it, which both apply;
//! environments, and who approved there. <https://docs.github.com/en/rest/branches/branch-protection>,
//! <https://docs.github.com/en/rest/repos/rules>, <https://docs.github.com/en/rest/deployments/environments>.

use serde_json::{Value, json};

use super::rulesets::{Ruleset, read_ruleset, read_tags};
use super::{GitHub, graphql, read_person, repository};
use crate::base::http::{Method, Request, host};
use crate::forge::protection::{BranchProtection, EnvironmentProtection, Fact, Protection, Watched};
use crate::forge::{
    Forge as _, GateApproval, GatedJob, Place, Protections, Reading, Survey, SurveyAnswers, SurveyPart,
    encoded, is_true, read_each, text_at,
};

impl Protections for GitHub {
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection> {
        let (own, seen) = (place.clone(), watched.clone());
        let next = move |answers: &SurveyAnswers| requests(&own, &seen, answers);
        let (own, seen) = (place.clone(), watched.clone());
        Survey::new(next, move |answers| Some(read_protection(&own, &seen, answers)))
    }

    // https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
    fn gate_approvals(&self, place: &Place, job: &GatedJob) -> Option<Survey<Vec<GateApproval>>> {
        let path = format!("{}/actions/runs/{}/approvals", repository(place), encoded(job.run.as_deref()?));
        let (own, environment) = (place.clone(), job.environment.clone());
        let next = move |_: &SurveyAnswers| {
            let needs = GitHub.needed_to_read(Reading::Environments);
            vec![SurveyPart::new("approvals", own.get_request(&path), "read who approved the job", needs)]
        };
        Some(Survey::new(next, move |answers| {
            let mut approvals: Vec<GateApproval> =
                answers.list("approvals", "")?.into_iter().map(read_approval).collect::<Option<_>>()?;
            // A run can have several environments.
            let of_job = |one: &GateApproval| {
                environment.as_ref().is_none_or(|environment| {
                    let asks = format!("{environment}{ASKING}");
                    one.environments.contains(environment) || one.environments.contains(&asks)
                })
            };
            approvals.retain(of_job);
            Some(approvals)
        }))
    }
}

/// The end of the name of the environment whose reviewers a job of its own asks, before the job that deploys: so is it in the
/// workflow `delivery`.
const ASKING: &str = "-approval";

fn read_approval(answer: &Value) -> Option<GateApproval> {
    Some(GateApproval {
        person: read_person(answer.get("user")?)?,
        approved: text_at(answer, "/state")? == "approved",
        environments: read_each(answer.get("environments"), |one| text_at(one, "/name"))?,
        at: None,
        comment: text_at(answer, "/comment").filter(|comment| !comment.is_empty()),
    })
}

fn requests(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Vec<SurveyPart> {
    let needs = GitHub.needed_to_read(Reading::Protection);
    let get = |name: String, path: String, needs| {
        let path = format!("{}/{path}", repository(place));
        SurveyPart::new(&name, place.get_request(&path), "read what protects the repository", needs)
            .or_unknown()
    };
    let mut parts = Vec::new();
    for branch in &watched.branches {
        let encoded = encoded(branch);
        parts.push(get(format!("branch/{branch}"), format!("branches/{encoded}"), needs));
        parts.push(get(format!("classic/{branch}"), format!("branches/{encoded}/protection"), needs));
        parts.push(get(format!("rules/{branch}"), format!("rules/branches/{encoded}?per_page=100"), needs));
        parts.push(queue_of(place, branch));
    }
    parts.push(get("rulesets".to_owned(), "rulesets?includes_parents=true&per_page=100".to_owned(), needs));
    for ruleset in answers.list("rulesets", "").unwrap_or_default() {
        let Some(id) = ruleset.get("id").and_then(Value::as_u64) else { continue };
        parts.push(get(format!("ruleset/{id}"), format!("rulesets/{id}?includes_parents=true"), needs));
    }
    let needs = GitHub.needed_to_read(Reading::Environments);
    for environment in &watched.environments {
        let path = format!("environments/{}", encoded(environment));
        parts.push(get(format!("environment/{environment}"), path.clone(), needs));
        let custom = answers.one(&format!("environment/{environment}"));
        if custom.is_some_and(|one| is_true(one, "/deployment_branch_policy/custom_branch_policies")) {
            let path = format!("{path}/deployment-branch-policies?per_page=100");
            parts.push(get(format!("policies/{environment}"), path, needs));
        }
    }
    parts
}

/// The request for a branch's merge queue, which the REST API does not have.
/// <https://docs.github.com/en/graphql/reference/objects#mergequeue>
fn queue_of(place: &Place, branch: &str) -> SurveyPart {
    let (owner, name) = place.repository.split_once('/').unwrap_or_default();
    let query = "query($owner: String!, $name: String!, $branch: String!) \
                 { repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { id } } }";
    let body = json!({ "query": query, "variables": { "owner": owner, "name": name, "branch": branch } });
    let request = Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) };
    let needs = GitHub.needed_to_read(Reading::Reviews);
    SurveyPart::new(&format!("queue/{branch}"), place.signed(request), "ask for the merge queue", needs)
        .or_unknown()
}

fn read_protection(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Protection {
    Protection {
        branches: watched.branches.iter().map(|branch| read_branch(place, branch, answers)).collect(),
        tags: watched.tags.iter().map(|tags| read_tags(tags, answers, &page(place, "rules"))).collect(),
        environments: watched
            .environments
            .iter()
            .map(|name| read_environment(place, name, answers))
            .collect(),
        open_variables: None,
    }
}

/// A page of the repository's settings.
fn page(place: &Place, name: &str) -> String {
    let server = match host(&place.api).as_str() {
        "api.github.com" => "github.com".to_owned(),
        own => own.strip_prefix("api.").unwrap_or(own).to_owned(),
    };
    format!("https://{server}/{}/settings/{name}", place.repository)
}

fn read_branch(place: &Place, branch: &str, answers: &SurveyAnswers) -> BranchProtection {
    let link = Some(page(place, "rules"));
    let unknown = GitHub.needed_to_read(Reading::Protection);
    let Some(rules) = answers.list(&format!("rules/{branch}"), "") else {
        return BranchProtection { link, ..BranchProtection::not_known(branch, unknown) };
    };
    // Whether there is the older protection at all is told to everybody who sees the branch.
    let has_classic = answers
        .one(&format!("branch/{branch}"))
        .and_then(|one| one.pointer("/protection/enabled").or_else(|| one.get("protected")))
        .and_then(Value::as_bool);
    let classic = match (answers.one(&format!("classic/{branch}")), has_classic) {
        (Some(classic), _) => Fact::Known(Some(classic)),
        (None, Some(false)) => Fact::Known(None),
        (None, _) => Fact::NotKnown(unknown.to_owned()),
    };
    let rulesets: Vec<Ruleset<'_>> = read_ruleset(&rules, answers);
    let both = Both { classic, rulesets };
    BranchProtection {
        branch: branch.to_owned(),
        approvals: both.approvals(),
        change_requests_only: both.is_set("/required_pull_request_reviews", "pull_request", None),
        resets_approvals: both.is_set(
            "/required_pull_request_reviews/dismiss_stale_reviews",
            "pull_request",
            Some("dismiss_stale_reviews_on_push"),
        ),
        // Nobody can approve a pull request of their own.
        author_counts: Fact::Known(false),
        last_push_approved: both.is_set(
            "/required_pull_request_reviews/require_last_push_approval",
            "pull_request",
            Some("require_last_push_approval"),
        ),
        bypass: both.bypass(),
        force_push: both.allows("/allow_force_pushes/enabled", "non_fast_forward"),
        deletion: both.allows("/allow_deletions/enabled", "deletion"),
        required_statuses: both.statuses(),
        queue: read_queue(branch, answers, &both),
        link,
    }
}

fn read_queue(branch: &str, answers: &SurveyAnswers, both: &Both<'_>) -> Fact<bool> {
    if both.rulesets.iter().any(|ruleset| ruleset.rule("merge_queue").is_some()) {
        return Fact::Known(true);
    }
    match answers
        .one(&format!("queue/{branch}"))
        .and_then(|answer| answer.pointer("/data/repository/mergeQueue"))
    {
        Some(queue) => Fact::Known(!queue.is_null()),
        None => Fact::NotKnown(GitHub.needed_to_read(Reading::Reviews).to_owned()),
    }
}

/// Both kinds of protection of a branch. Each of their rules has to be kept.
struct Both<'a> {
    /// The older kind, if there is one.
    classic: Fact<Option<&'a Value>>,
    /// The rulesets that apply.
    rulesets: Vec<Ruleset<'a>>,
}

impl Both<'_> {
    fn approvals(&self) -> Fact<u64> {
        let field = "required_approving_review_count";
        let count = |ruleset: &Ruleset<'_>| ruleset.rule("pull_request")?.get(field)?.as_u64();
        let by_rules = self.rulesets.iter().filter_map(count).max().unwrap_or(0);
        match &self.classic {
            Fact::Known(classic) => {
                let pointer = format!("/required_pull_request_reviews/{field}");
                let own = classic.and_then(|one| one.pointer(&pointer)?.as_u64()).unwrap_or(0);
                Fact::Known(own.max(by_rules))
            }
            // It is at least as strict as the rulesets.
            _ if by_rules > 0 => Fact::Known(by_rules),
            other => other.clone().map(|_| 0),
        }
    }

    /// Whether one of both sets something: the older kind at `pointer`, a ruleset by a rule of this kind, in its field.
    fn is_set(&self, pointer: &str, kind: &str, field: Option<&str>) -> Fact<bool> {
        let by_rules =
            self.rulesets.iter().filter_map(|ruleset| ruleset.rule(kind)).any(|parameters| {
                field.is_none_or(|field| parameters.get(field) == Some(&Value::Bool(true)))
            });
        match &self.classic {
            _ if by_rules => Fact::Known(true),
            Fact::Known(classic) => {
                let value = classic.and_then(|one| one.pointer(pointer));
                Fact::Known(value.is_some_and(|value| value.is_object() || value == true))
            }
            other => other.clone().map(|_| false),
        }
    }

    /// Whether neither of both forbids something, which the older kind allows at `pointer`.
    fn allows(&self, pointer: &str, kind: &str) -> Fact<bool> {
        match &self.classic {
            _ if self.rulesets.iter().any(|ruleset| ruleset.rule(kind).is_some()) => Fact::Known(false),
            Fact::Known(classic) => Fact::Known(classic.is_none_or(|one| is_true(one, pointer))),
            other => other.clone().map(|_| true),
        }
    }

    fn statuses(&self) -> Fact<Vec<String>> {
        let by_rules = self.rulesets.iter().filter_map(|ruleset| ruleset.rule("required_status_checks"));
        let mut names: Vec<String> = by_rules
            .filter_map(|rule| read_each(rule.get("required_status_checks"), |one| text_at(one, "/context")))
            .flatten()
            .collect();
        match &self.classic {
            Fact::Known(classic) => {
                let own = classic.and_then(|one| one.pointer("/required_status_checks/contexts"));
                names.extend(read_each(own, |one| one.as_str().map(str::to_owned)).unwrap_or_default());
                Fact::Known(names)
            }
            other => other.clone().map(|_| names),
        }
    }

    /// Who gets past the need for a pull request. Past several rules gets only who gets past each of them, so one rule that
    /// nobody gets past is enough.
    fn bypass(&self) -> Fact<Vec<String>> {
        let by_rules = self.rulesets.iter().filter(|ruleset| ruleset.rule("pull_request").is_some());
        let mut each: Vec<Fact<Vec<String>>> = by_rules.map(Ruleset::bypass).collect();
        match &self.classic {
            Fact::Known(Some(classic)) if classic.get("required_pull_request_reviews").is_some() => {
                each.push(Fact::Known(classic_bypass(classic)));
            }
            Fact::Known(_) => {}
            other => each.push(other.clone().map(|_| Vec::new())),
        }
        if each.iter().any(|one| one.known().is_some_and(Vec::is_empty)) {
            return Fact::Known(Vec::new());
        }
        let mut everybody: Vec<String> = Vec::new();
        for one in each {
            match one {
                Fact::Known(people) => {
                    everybody.extend(
                        people.into_iter().filter(|one| !everybody.contains(one)).collect::<Vec<_>>(),
                    );
                }
                other => return other,
            }
        }
        Fact::Known(everybody)
    }
}

/// Who gets past the older kind of protection.
fn classic_bypass(classic: &Value) -> Vec<String> {
    let mut people = Vec::new();
    if !is_true(classic, "/enforce_admins/enabled") {
        people.push("administrators".to_owned());
    }
    let allowances = "/required_pull_request_reviews/bypass_pull_request_allowances";
    for (kind, field, word) in
        [("users", "login", "user"), ("teams", "slug", "team"), ("apps", "slug", "app")]
    {
        let list = classic.pointer(&format!("{allowances}/{kind}"));
        let names = read_each(list, |one| text_at(one, &format!("/{field}"))).unwrap_or_default();
        people.extend(names.into_iter().map(|name| format!("the {word} `{name}`")));
    }
    people
}

fn read_environment(place: &Place, name: &str, answers: &SurveyAnswers) -> EnvironmentProtection {
    let part = format!("environment/{name}");
    let link = Some(page(place, "environments"));
    let Some(found) = answers.one(&part) else {
        let why = GitHub.needed_to_read(Reading::Environments);
        let unknown = EnvironmentProtection { link, ..EnvironmentProtection::not_known(name, why) };
        // A token that may not see environments is refused in other words.
        let exists = if answers.is_missing(&part) { Fact::Known(false) } else { unknown.exists.clone() };
        return EnvironmentProtection { exists, ..unknown };
    };
    let rules = found.get("protection_rules").and_then(Value::as_array);
    let rule =
        |kind: &str| rules.into_iter().flatten().find(|rule| rule.get("type").is_some_and(|own| own == kind));
    let reviewers = rule("required_reviewers");
    let names = read_each(reviewers.and_then(|rule| rule.get("reviewers")), |one| {
        text_at(one, "/reviewer/login")
            .or_else(|| text_at(one, "/reviewer/slug").map(|team| format!("the team {team}")))
    });
    let policy = found.get("deployment_branch_policy").filter(|policy| !policy.is_null());
    let references = match policy {
        None => Fact::Known(None),
        Some(policy) if is_true(policy, "/protected_branches") => {
            Fact::Known(Some(vec!["branches that are protected".to_owned()]))
        }
        Some(_) => match answers.list(&format!("policies/{name}"), "/branch_policies") {
            Some(list) => Fact::Known(
                list.into_iter()
                    .map(|one| {
                        let kind =
                            text_at(one, "/type").filter(|kind| kind == "tag").map_or("", |_| "the tags ");
                        text_at(one, "/name").map(|name| format!("{kind}`{name}`"))
                    })
                    .collect(),
            ),
            None => Fact::NotKnown(GitHub.needed_to_read(Reading::Environments).to_owned()),
        },
    };
    EnvironmentProtection {
        environment: name.to_owned(),
        exists: Fact::Known(true),
        reviewers: Fact::Known(names.unwrap_or_default()),
        self_review: Fact::Known(!reviewers.is_some_and(|rule| is_true(rule, "/prevent_self_review"))),
        references,
        deployers: Fact::NoSuchThing,
        link,
    }
}
