"""Uses Azure Repos as a program of somebody else does: what it reads and writes goes through Microsoft's client.

The address comes in URL, the token in TOKEN. https://github.com/microsoft/azure-devops-python-api
"""

import os

from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.git import GitClient
from azure.devops.v7_1.git.models import (
    Comment,
    GitPullRequestCommentThread,
    GitPullRequestQuery,
    GitPullRequestQueryInput,
    GitPullRequestSearchCriteria,
    GitStatus,
    GitStatusContext,
)
from msrest.authentication import BasicAuthentication

HEAD = "8d08154cabb1c4f71a535de986600303936780f8"
WHERE = {"repository_id": "shop", "project": "acme"}

client = GitClient(os.environ["URL"], BasicAuthentication("", os.environ["TOKEN"]))
request = client.get_pull_request(pull_request_id=7, **WHERE)
assert (request.status, request.source_ref_name) == ("active", "refs/heads/feature/a b"), request
assert request.last_merge_source_commit.commit_id == HEAD

threads = client.get_threads(pull_request_id=7, **WHERE)
assert len(threads) == 131, len(threads)
ours = [thread for thread in threads if thread.comments[0].author.id == "ci-bot"]
assert len(ours) == 1 and ours[0].comments[0].content.startswith("<!-- stackstep "), ours
assert ours[0].status is None and ours[0].comments[0].comment_type == "text"

thread = GitPullRequestCommentThread(comments=[Comment(parent_comment_id=0, content="by another client", comment_type="text")])
created = client.create_thread(thread, pull_request_id=7, **WHERE)
comment = {"thread_id": created.id, "comment_id": created.comments[0].id, "pull_request_id": 7, **WHERE}
edited = client.update_comment(Comment(content="edited"), **comment)
assert edited.content == "edited", edited
closed = client.update_thread(GitPullRequestCommentThread(status="closed"), thread_id=created.id, pull_request_id=7, **WHERE)
assert (closed.id, closed.status) == (created.id, "closed"), closed
client.delete_comment(**comment)
try:
    client.delete_comment(**comment)
except AzureDevOpsServiceError as error:
    assert "Not Found" in str(error), error
else:
    raise AssertionError("what is gone can be deleted")

inputs = [GitPullRequestQueryInput(items=[HEAD], type="commit"), GitPullRequestQueryInput(items=[HEAD], type="lastMergeCommit")]
found = client.get_pull_request_query(GitPullRequestQuery(queries=inputs), **WHERE)
assert [one.pull_request_id for one in found.results[0][HEAD]] == [7], found.results
criteria = GitPullRequestSearchCriteria(status="active", source_ref_name="refs/heads/feature/a b")
found = client.get_pull_requests(search_criteria=criteria, **WHERE)
assert [one.pull_request_id for one in found] == [7]
context = GitStatusContext(name="stackstep / shop / dev", genre="stackstep")
status = GitStatus(state="succeeded", context=context, description="fine", target_url="https://ci.example/1")
assert client.create_commit_status(status, commit_id=HEAD, **WHERE).id == 1
