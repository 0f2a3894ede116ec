//! What protects a repository on Azure Repos, and the environments of Azure Pipelines: policies of branches, checks of
//! environments. <https://learn.microsoft.com/azure/devops/repos/git/branch-policies>,
//! <https://learn.microsoft.com/azure/devops/pipelines/process/approvals>.
//!
//! Who may push, force and tag are permissions, which the API tells by bits of a security namespace only.

use serde_json::Value;

use super::{AzureRepos, VERSION, read_person, repository};
use crate::base::http::host;
use crate::forge::protection::{
    BranchProtection, EnvironmentProtection, Fact, Protection, TagProtection, Watched,
};
use crate::forge::{
    Forge as _, GateApproval, GatedJob, Place, Protections, Reading, Survey, SurveyAnswers, SurveyPart,
    encoded, encoded_path, is_true, number_at, read_each, text_at,
};

/// The policies by which a change request needs approvals, by their types.
/// <https://learn.microsoft.com/rest/api/azure/devops/policy/configurations/create>
const MINIMUM_REVIEWERS: &str = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd";
const STATUS: &str = "cbdc66da-9728-4af8-aada-9a5a32e4a226";
const BUILD: &str = "0609b952-1397-4640-95ec-e00a01b2c241";

/// The check by which people approve.
const APPROVAL: &str = "8c6f20a7-a545-4486-9777-f762fafe0d4d";

/// What only the page of permissions shows.
const PERMISSIONS: &str = "Azure Repos shows it under Project settings, Repositories, Security only: see who has \"Bypass \
                           policies\", \"Force push\" and \"Create tag\" \
                           (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)";

impl Protections for AzureRepos {
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection> {
        let (own, seen) = (place.clone(), watched.clone());
        let next = move |answers: &SurveyAnswers| requests(&own, &seen, answers);
        let (own, seen) = (place.clone(), watched.clone());
        Survey::new(next, move |answers| Some(read_protection(&own, &seen, answers)))
    }

    // The approvals that a stage waited for stand in the run's timeline, by their ids.
    // https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/approvals/query
    fn gate_approvals(&self, place: &Place, job: &GatedJob) -> Option<Survey<Vec<GateApproval>>> {
        let (run, stage) = (job.run.clone()?, job.job.clone());
        let own = place.clone();
        let wanted = stage.clone();
        let next = move |answers: &SurveyAnswers| {
            let get = |name: &str, path: &str| {
                let path = format!("{}/_apis/{path}{VERSION}", project(&own));
                let needs = AzureRepos.needed_to_read(Reading::Environments);
                SurveyPart::new(name, own.get_request(&path), "read who approved the stage", needs)
            };
            let mut parts = vec![get("timeline", &format!("build/builds/{}/timeline?", encoded(&run)))];
            let ids = approvals_of(answers, wanted.as_deref()).unwrap_or_default();
            if !ids.is_empty() {
                let path =
                    format!("pipelines/approvals?approvalIds={}&$expand=steps&", encoded(&ids.join(",")));
                parts.push(get("approvals", &path));
            }
            parts
        };
        Some(Survey::new(next, move |answers| {
            if approvals_of(answers, stage.as_deref())?.is_empty() {
                return Some(Vec::new());
            }
            let mut approvals = Vec::new();
            for approval in answers.list("approvals", "/value")? {
                for step in approval.get("steps")?.as_array()? {
                    let status = text_at(step, "/status")?;
                    if !["approved", "rejected"].contains(&status.as_str()) {
                        continue;
                    }
                    approvals.push(GateApproval {
                        person: read_person(step.get("actualApprover")?)?,
                        approved: status == "approved",
                        environments: Vec::new(),
                        at: text_at(step, "/lastModifiedOn"),
                        comment: text_at(step, "/comment").filter(|comment| !comment.is_empty()),
                    });
                }
            }
            Some(approvals)
        }))
    }
}

/// The ids of the approvals that a stage of a run waited for; those of all stages if none is named.
fn approvals_of(answers: &SurveyAnswers, stage: Option<&str>) -> Option<Vec<String>> {
    let records = answers.list("timeline", "/records")?;
    let is = |record: &Value, field: &str, word: &str| record.get(field).is_some_and(|own| own == word);
    let by_id = |id: &str| records.iter().find(|record| is(record, "id", id));
    let of_stage = |record: &&&Value| {
        let Some(stage) = stage else { return true };
        let mut at = Some(**record);
        // An approval hangs below a checkpoint, and that below its stage.
        for _ in 0..4 {
            let Some(record) = at else { return false };
            if is(record, "type", "Stage") {
                return is(record, "identifier", stage) || is(record, "name", stage);
            }
            at = text_at(record, "/parentId").and_then(|id| by_id(&id).copied());
        }
        false
    };
    let approvals = records.iter().filter(|record| is(record, "type", "Checkpoint.Approval"));
    approvals.filter(of_stage).map(|record| text_at(record, "/id")).collect()
}

fn project(place: &Place) -> String {
    encoded_path(place.repository.split('/').next().unwrap_or_default())
}

fn requests(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Vec<SurveyPart> {
    let get = |name: &str, path: &str, what| {
        let needs = AzureRepos.needed_to_read(what);
        SurveyPart::new(name, place.get_request(path), "read what protects the repository", needs)
            .or_unknown()
    };
    let mut parts = vec![get("repository", &format!("{}?{VERSION}", repository(place)), Reading::Contents)];
    if let Some(id) = answers.one("repository").and_then(|found| text_at(found, "/id")) {
        for branch in &watched.branches {
            // https://learn.microsoft.com/rest/api/azure/devops/git/policy-configurations/get
            let path = format!(
                "{}/_apis/git/policy/configurations?repositoryId={}&refName={}&$top=500&{VERSION}",
                project(place),
                encoded(&id),
                encoded(&format!("refs/heads/{branch}"))
            );
            parts.push(get(&format!("policies/{branch}"), &path, Reading::Protection));
        }
    }
    for name in &watched.environments {
        let path =
            format!("{}/_apis/distributedtask/environments?name={}&{VERSION}", project(place), encoded(name));
        parts.push(get(&format!("environment/{name}"), &path, Reading::Environments));
        let found = answers.list(&format!("environment/{name}"), "/value");
        if let Some(id) = found.and_then(|found| environment_of(name, &found)) {
            let path = format!(
                "{}/_apis/pipelines/checks/configurations?resourceType=environment&resourceId={id}&$expand=settings\
                 &api-version=7.1-preview.1",
                project(place)
            );
            parts.push(get(&format!("checks/{name}"), &path, Reading::Environments));
        }
    }
    parts
}

/// The number of the environment with this name among those that were found.
fn environment_of(name: &str, found: &[&Value]) -> Option<String> {
    let own = |one: &&&Value| text_at(one, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name));
    found.iter().find(own).and_then(|one| number_at(one, "/id"))
}

fn read_protection(place: &Place, watched: &Watched, answers: &SurveyAnswers) -> Protection {
    let base = format!("https://{}{}{}", host(&place.api), place.api.path(), project(place));
    let branch = |branch: &String| BranchProtection {
        link: Some(format!("{base}/_settings/repositories?_a=policies")),
        ..read_branch(branch, answers)
    };
    let tags = |tags: &String| TagProtection {
        tags: tags.clone(),
        creators: Fact::NotKnown(PERMISSIONS.to_owned()),
        moves: Fact::NotKnown(PERMISSIONS.to_owned()),
        link: Some(format!("{base}/_settings/repositories?_a=permissions")),
    };
    let environment = |name: &String| EnvironmentProtection {
        link: Some(format!("{base}/_environments")),
        ..read_environment(name, answers)
    };
    Protection {
        branches: watched.branches.iter().map(branch).collect(),
        tags: watched.tags.iter().map(tags).collect(),
        environments: watched.environments.iter().map(environment).collect(),
        open_variables: None,
    }
}

fn read_branch(branch: &str, answers: &SurveyAnswers) -> BranchProtection {
    let unknown = BranchProtection::not_known(branch, AzureRepos.needed_to_read(Reading::Protection));
    let unknown = BranchProtection { queue: Fact::NoSuchThing, ..unknown };
    let Some(list) = answers.list(&format!("policies/{branch}"), "/value") else { return unknown };
    let holds = |policy: &&Value| {
        is_true(policy, "/isEnabled") && is_true(policy, "/isBlocking") && !is_true(policy, "/isDeleted")
    };
    let policies: Vec<&Value> = list.into_iter().filter(holds).collect();
    let of_type = |kind: &str| {
        let kind = kind.to_owned();
        let own = move |policy: &&&Value| {
            text_at(policy, "/type/id").is_some_and(|id| id.eq_ignore_ascii_case(&kind))
        };
        policies.iter().filter(own).map(|policy| policy.get("settings").unwrap_or(&Value::Null))
    };
    let approvals =
        of_type(MINIMUM_REVIEWERS).filter_map(|one| one.get("minimumApproverCount")?.as_u64()).max();
    let is_set = |field: &str| of_type(MINIMUM_REVIEWERS).any(|one| is_true(one, &format!("/{field}")));
    // With one policy that has to be kept nobody can push: https://learn.microsoft.com/azure/devops/repos/git/branch-policies
    let is_protected = !policies.is_empty();
    let name = |one: &Value| text_at(one, "/statusName").or_else(|| text_at(one, "/displayName"));
    let statuses = of_type(STATUS).chain(of_type(BUILD));
    let by_permission =
        || if is_protected { Fact::Known(false) } else { Fact::NotKnown(PERMISSIONS.to_owned()) };
    BranchProtection {
        branch: branch.to_owned(),
        approvals: Fact::Known(approvals.unwrap_or(0)),
        change_requests_only: Fact::Known(is_protected),
        resets_approvals: Fact::Known(is_set("resetOnSourcePush") || is_set("requireVoteOnLastIteration")),
        author_counts: Fact::Known(is_set("creatorVoteCounts")),
        last_push_approved: Fact::Known(is_set("blockLastPusherVote")),
        bypass: Fact::NotKnown(PERMISSIONS.to_owned()),
        force_push: by_permission(),
        deletion: by_permission(),
        required_statuses: Fact::Known(
            statuses.map(|one| name(one).unwrap_or_else(|| "a build".to_owned())).collect(),
        ),
        queue: Fact::NoSuchThing,
        link: None,
    }
}

fn read_environment(name: &str, answers: &SurveyAnswers) -> EnvironmentProtection {
    let why = AzureRepos.needed_to_read(Reading::Environments);
    let unknown =
        EnvironmentProtection { deployers: Fact::NoSuchThing, ..EnvironmentProtection::not_known(name, why) };
    let Some(found) = answers.list(&format!("environment/{name}"), "/value") else { return unknown };
    let found = environment_of(name, &found);
    let unknown = EnvironmentProtection { exists: Fact::Known(found.is_some()), ..unknown };
    let Some(checks) = answers.list(&format!("checks/{name}"), "/value") else { return unknown };
    let approval =
        |check: &&&Value| text_at(check, "/type/id").is_some_and(|id| id.eq_ignore_ascii_case(APPROVAL));
    let approvals: Vec<&Value> = checks.iter().filter(approval).copied().collect();
    let settings = |check: &Value, pointer: &str| check.pointer(&format!("/settings{pointer}")).cloned();
    // An approval without settings in the answer is one of which only that it is there is known.
    let reviewers: Option<Vec<Vec<String>>> = approvals
        .iter()
        .map(|check| read_each(settings(check, "/approvers").as_ref(), |one| text_at(one, "/displayName")))
        .collect();
    let self_review =
        |check: &&Value| settings(check, "/requesterCannotBeApprover") != Some(Value::Bool(true));
    let branches = |check: &&Value| {
        // "Branch control": https://learn.microsoft.com/azure/devops/pipelines/process/approvals#branch-control
        let own = settings(check, "/definitionRef/name")?;
        (own == "evaluatebranchProtection").then(|| settings(check, "/inputs/allowedBranches"))?
    };
    let allowed = checks.iter().find_map(branches).and_then(|list| list.as_str().map(str::to_owned));
    let allowed = allowed.map(|list| list.split(',').map(|one| format!("`{}`", one.trim())).collect());
    EnvironmentProtection {
        reviewers: match reviewers {
            Some(names) => Fact::Known(names.concat()),
            None => Fact::Known(vec!["somebody whom the approval names".to_owned()]),
        },
        self_review: Fact::Known(approvals.iter().all(self_review)),
        references: Fact::Known(allowed),
        ..unknown
    }
}
