"""Uses GitLab as a program of somebody else does: what it reads and writes goes through python-gitlab.

The address comes in URL, the token in TOKEN. https://python-gitlab.readthedocs.io/en/v8.6.0/
"""

import os

import gitlab

HEAD = "8d08154cabb1c4f71a535de986600303936780f8"

server = gitlab.Gitlab(os.environ["URL"], oauth_token=os.environ["TOKEN"])
server.auth()
assert server.user.username == "ci-bot", server.user
project = server.projects.get("acme/shop", lazy=True)
request = project.mergerequests.get(7)
assert (request.state, request.source_branch, request.sha) == ("opened", "feature/a b", HEAD), request

# All pages, as the `Link` header names them.
notes = request.notes.list(get_all=True, per_page=100, sort="asc", order_by="created_at")
assert len(notes) == 131, len(notes)
ours = [note for note in notes if note.author["username"] == "ci-bot"]
assert len(ours) == 1 and ours[0].body.startswith("<!-- stackstep "), ours
assert [note.body for note in notes if note.system] == ["added 1 commit"]

created = request.notes.create({"body": "by somebody else's client"})
created.body = "edited"
created.save()
assert (created.body, created.author["username"]) == ("edited", "ci-bot")
created.delete()
try:
    request.notes.delete(created.id)
except gitlab.exceptions.GitlabDeleteError as error:
    assert error.response_code == 404, error
else:
    raise AssertionError("what is gone can be deleted")
# Our own comment, changed by another client: the next run has to find it.
ours[0].body = ours[0].body + "\n\nedited"
ours[0].save()

commit = project.commits.get(HEAD, lazy=True)
assert [one["iid"] for one in commit.merge_requests()] == [7]
found = project.mergerequests.list(state="opened", source_branch="feature/a b", get_all=True)
assert [one.iid for one in found] == [7]
status = commit.statuses.create({"state": "success", "name": "stackstep / shop / dev", "description": "fine"})
assert status.id
deployment = project.deployments.create(
    {"environment": "production", "sha": HEAD, "ref": "main", "tag": False, "status": "success"}
)
environment = project.environments.get(deployment.environment["id"], lazy=True)
environment.external_url = "https://shop.example"
environment.save()
environment.stop()

wrong = gitlab.Gitlab(os.environ["URL"], oauth_token="wrong")
try:
    wrong.auth()
except gitlab.exceptions.GitlabAuthenticationError as error:
    assert error.response_code == 401, error
else:
    raise AssertionError("a wrong token is taken")
