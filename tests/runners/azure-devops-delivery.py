"""Reads of Azure Repos and Azure Pipelines what delivery reads, as a program of somebody else does: through Microsoft's client.

The address comes in URL, the token in TOKEN, the hashes in MERGE and BASE. https://github.com/microsoft/azure-devops-python-api
"""

import os

from azure.devops.v7_1.build import BuildClient
from azure.devops.v7_1.core import CoreClient
from azure.devops.v7_1.git import GitClient
from azure.devops.v7_1.git.models import GitQueryCommitsCriteria, GitVersionDescriptor
from azure.devops.v7_1.pipelines_checks import PipelinesChecksClient
from azure.devops.v7_1.task_agent import TaskAgentClient
from msrest.authentication import BasicAuthentication

MERGE, BASE = os.environ["MERGE"], os.environ["BASE"]
WHERE = {"repository_id": "shop", "project": "acme"}

url, credentials = os.environ["URL"], BasicAuthentication("", os.environ["TOKEN"])
git = GitClient(url, credentials)
repository = git.get_repository("shop", project="acme")
assert (repository.id, repository.default_branch) == ("2f3d", "refs/heads/main"), repository
votes = {one.unique_name: one.vote for one in git.get_pull_request_reviewers(pull_request_id=7, **WHERE) if not one.is_container}
assert votes == {"ann@example.com": 10, "bob@example.com": -5}, votes
iterations = git.get_pull_request_iterations(pull_request_id=7, **WHERE)
assert [one.source_ref_commit.commit_id for one in iterations] == [BASE, MERGE]
threads = git.get_threads(pull_request_id=7, **WHERE)
results = [one.properties["CodeReviewVoteResult"]["$value"] for one in threads if one.properties]
assert results == ["10", "-5"] and threads[-1].identities["1"].unique_name == "bob@example.com", threads

assert git.get_branch(name="main", **WHERE).commit.commit_id == MERGE
assert git.get_commit(commit_id=MERGE, **WHERE).parents == [BASE]
assert [one.commit_id for one in git.get_merge_bases("shop", BASE, MERGE, project="acme")] == [BASE]
version = lambda commit: GitVersionDescriptor(version=commit, version_type="commit")
between = GitQueryCommitsCriteria(item_version=version(BASE), compare_version=version(MERGE))
assert [one.commit_id for one in git.get_commits_batch(between, **WHERE)] == [MERGE]
item = git.get_item(path="/stackstep.yaml", version_descriptor=version(MERGE), include_content=True, **WHERE)
assert item.content == "deploy: {}\n", item
statuses = git.get_statuses(commit_id=MERGE, latest_only=True, **WHERE)
assert [(one.context.genre, one.state) for one in statuses] == [("stackstep", "succeeded")], statuses

policies = git.get_policy_configurations("acme", repository_id="2f3d", ref_name="refs/heads/main").policy_configurations
assert policies[0].settings["minimumApproverCount"] == 2 and policies[0].is_blocking, policies
environments = TaskAgentClient(url, credentials).get_environments("acme", name="production")
assert [one.name for one in environments] == ["production-2", "production"]
checks = PipelinesChecksClient(url, credentials).get_check_configurations_on_resource(
    "acme", resource_type="environment", resource_id="11", expand="settings"
)
assert [one.type.name for one in checks] == ["Approval", "Task Check"], checks
timeline = BuildClient(url, credentials).get_build_timeline("acme", 4711)
assert [one.id for one in timeline.records if one.type == "Checkpoint.Approval"] == ["a1", "a2"]
members = CoreClient(url, credentials).get_team_members_with_extended_properties("acme", "platform")
assert [one.identity.unique_name for one in members] == ["ann@example.com"], members
