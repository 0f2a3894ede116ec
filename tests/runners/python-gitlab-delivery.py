"""Reads of GitLab what delivery reads, as a program of somebody else does: through python-gitlab.

The address comes in URL, the token in TOKEN, the hashes in MERGE and BASE. https://python-gitlab.readthedocs.io/en/v8.6.0/
"""

import os

import gitlab

MERGE, BASE = os.environ["MERGE"], os.environ["BASE"]

server = gitlab.Gitlab(os.environ["URL"], oauth_token=os.environ["TOKEN"])
settings = server.projects.get("acme/shop")
assert settings.default_branch == "main" and settings.merge_trains_enabled, settings
project = server.projects.get("acme/shop", lazy=True)
request = project.mergerequests.get(7, lazy=True)
approved = request.approvals.get().approved_by
assert [(one["user"]["username"], one["approved_at"]) for one in approved] == [("ann", "2026-11-21T12:30:00Z")], approved
assert [(one.user["username"], one.state) for one in request.reviewer_details.list()] == [("bob", "requested_changes")]
versions = request.diffs.list(get_all=True)
assert [one.head_commit_sha for one in versions] == [MERGE, BASE], versions
notes = request.notes.list(get_all=True, per_page=100, sort="asc", order_by="created_at")
assert {note.body for note in notes if note.system} == {"approved this merge request", "requested changes"}, notes
group = server.groups.get("acme/platform", lazy=True)
assert [one.username for one in group.members_all.list(get_all=True)] == ["ann"]

assert project.branches.get("main").commit["id"] == MERGE
assert project.commits.get(MERGE).parent_ids == [BASE]
assert [one.id for one in project.commits.list(ref_name=f"{BASE}..{MERGE}", get_all=True)] == [MERGE]
assert project.repository_merge_base([BASE, MERGE])["id"] == BASE
assert project.files.get("stackstep.yaml", ref=MERGE).decode() == b"deploy: {}\n"
statuses = project.commits.get(MERGE, lazy=True).statuses.list(name="stackstep / shop / prod", get_all=True)
assert [one.status for one in statuses] == ["success"]

protected = project.protectedbranches.list(get_all=True)[0]
assert protected.push_access_levels[1]["access_level_description"] == "Maintainers" and not protected.allow_force_push
assert project.protectedtags.list(get_all=True)[0].create_access_levels[0]["access_level"] == 40
assert project.approvals.get().reset_approvals_on_push
assert project.approvalrules.list(get_all=True)[0].approvals_required == 2
gate = project.protected_environments.list(get_all=True)[0]
assert (gate.name, gate.deploy_access_levels[0]["access_level"]) == ("production", 40)
assert [one.key for one in project.variables.list(get_all=True) if not one.protected] == ["REGION"]
assert project.environments.list(name="production", get_all=True)[0].name == "production"
latest = project.deployments.list(environment="production", order_by="id", sort="desc", iterator=True)
assert next(latest).deployable["id"] == 99
decided = project.deployments.get(42).approvals
assert [(one["user"]["username"], one["status"]) for one in decided] == [("ann", "approved")], decided
