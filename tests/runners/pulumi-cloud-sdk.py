"""Reads and changes what the fake of Pulumi Cloud keeps, with the official client, whose decoding is strict."""

import os

from pulumi_cloud_sdk.api_client import ApiClient
from pulumi_cloud_sdk.apis.deployments_api_ import DeploymentsApi
from pulumi_cloud_sdk.configuration import Configuration
from pulumi_cloud_sdk.models import (
    CreateScheduledDriftDeploymentRequest,
    DeploymentSettingsRequest,
    SourceContextGitRequest,
    SourceContextRequest,
)

STACK = ("acme", "shop", "prod")

configuration = Configuration()
configuration.host = os.environ["URL"]
configuration.access_token = os.environ["TOKEN"]
api = DeploymentsApi(ApiClient(configuration))

settings = api.get_deployment_settings(*STACK)
assert settings.source_context.git.branch == "main", settings
assert settings.source_context.git.git_auth.access_token.secret == "", settings
assert type(settings.vcs).__name__ == "DeploymentSettingsVCSGitHub", settings
assert settings.vcs.paths == ["infra/**"] and settings.vcs.installation_id == "1742", settings
assert settings.operation_context.oidc.aws.role_arn == "arn:aws:iam::1:role/deploy", settings
assert settings.executor_context.executor_image.reference == "acme/deployer:1", settings
assert settings.cache_options.enable is True, settings

schedules = api.list_scheduled_deployment(*STACK).schedules
operations = [schedule.definition["request"]["operation"] for schedule in schedules]
assert operations == ["refresh", "detect-drift", "destroy"], operations

git = SourceContextGitRequest(branch="other")
api.patch_deployment_settings(*STACK, DeploymentSettingsRequest(source_context=SourceContextRequest(git=git)))
drift = CreateScheduledDriftDeploymentRequest(schedule_cron="30 6 * * *", auto_remediate=False)
api.update_scheduled_drift_deployment(*STACK, schedules[1].id, drift)
api.delete_scheduled_deployment(*STACK, schedules[2].id)
