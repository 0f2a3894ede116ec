"""Begins, follows and cancels deployments of the fake of Pulumi Cloud with the official client, whose decoding is strict."""

import os

from pulumi_cloud_sdk.api_client import ApiClient
from pulumi_cloud_sdk.apis.deployments_api_ import DeploymentsApi
from pulumi_cloud_sdk.apis.stacks_api_ import StacksApi
from pulumi_cloud_sdk.configuration import Configuration
from pulumi_cloud_sdk.models import CreateDeploymentRequest, JobStatus, PulumiOperation

STACK = ("acme", "shop", "prod")

configuration = Configuration()
configuration.host = os.environ["URL"]
configuration.access_token = os.environ["TOKEN"]
client = ApiClient(configuration)
api = DeploymentsApi(client)

# What stackstep has begun is listed and read like any other.
listed = api.list_stack_deployments_handler_v2(*STACK)
assert listed.total == 1, listed
assert listed.deployments[0].pulumi_operation == PulumiOperation.Update, listed
own = api.get_deployment(*STACK, listed.deployments[0].id)
assert own.status == JobStatus.Succeeded, own
assert [variable.name for variable in own.configuration.environment_variables] == ["STACKSTEP_RUN"], own
assert own.jobs[0].steps[0].name == "pulumi update", own
logs = api.get_deployment_logs(*STACK, own.id)
assert logs.lines[1].line == "Cloning\n", logs
updates = api.get_deployment_updates(*STACK, own.id)
assert updates[0].info.kind == "update", updates
assert api.stack_deployments_metadata(*STACK).organization_paused is False
assert api.list_org_deployments("acme").deployments[0].stack_name == "prod"

begun = api.create_api_deployment_handler_v2(
    *STACK, CreateDeploymentRequest(operation=PulumiOperation.Preview, inherit_settings=True)
)
assert begun.version == 2 and begun.console_url.startswith("https://"), begun
api.cancel_deployment(*STACK, begun.id)
assert api.get_deployment(*STACK, begun.id).status == JobStatus.Failed
