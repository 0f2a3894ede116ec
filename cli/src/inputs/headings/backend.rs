//! The heading "Backend and secrets".

use std::path::PathBuf;
use std::time::Duration;

use crate::base::secret::Secret;
use crate::inputs::command::{ALL_BUT_REPORT, ONLY_UP, OPERATIONS, OPERATIONS_AND_EXEC};
use crate::inputs::row::{duration, flag, heading, list, path, secret, text, trimmed_text};

heading! {
    /// The inputs about the place of the state, and who may read it.
    pub struct BackendInputs under Backend {
        cloud_url: Option<String> = text("cloud-url", ALL_BUT_REPORT, "The backend: `https://api.pulumi.com`, `s3://…`, `gs://…`, `azblob://…`, `file://…`.")
            .aliases(&["backend-url"])
            .default_in_words("`PULUMI_BACKEND_URL`, else `backend.url` of Pulumi.yaml, else an earlier `pulumi login`, else `PULUMI_API`"),
        access_token: Option<Secret> = secret("access-token", ALL_BUT_REPORT, "The access token for Pulumi Cloud.")
            .default_in_words("`PULUMI_ACCESS_TOKEN`"),
        oidc_organization: Option<String> = trimmed_text("oidc-organization", ALL_BUT_REPORT, "Sign in to this organisation of Pulumi Cloud with the identity that the CI system gives the job (OpenID Connect), instead of a stored access token. It wins over `PULUMI_ACCESS_TOKEN`.")
            .aliases(&["oidc-org"]),
        oidc_team: Option<String> = trimmed_text("oidc-team", ALL_BUT_REPORT, "Ask for a token of this team instead of one of the whole organisation."),
        oidc_user: Option<String> = trimmed_text("oidc-user", ALL_BUT_REPORT, "Ask for a personal token of this user instead of one of the organisation."),
        oidc_scope: Option<String> = trimmed_text("oidc-scope", ALL_BUT_REPORT, "What the organisation's token may do beside the usual: `admin`."),
        oidc_expiration: Option<Duration> = duration("oidc-expiration", ALL_BUT_REPORT, "How long the token is valid; Pulumi Cloud may shorten it.")
            .default_in_words("what Pulumi Cloud gives"),
        oidc_token: Option<Secret> = secret("oidc-token", ALL_BUT_REPORT, "The identity token, where the CI system does not hand one to the job by itself: the token, or `file://` and the path of a file that holds it.")
            .aliases(&["id-token"])
            .default_in_words("the one of the CI system"),
        esc: Vec<String> = list("esc", ALL_BUT_REPORT, "Environments of Pulumi ESC to open for the Pulumi CLI, as `organization/project/environment` with `@version` where one is meant: their variables count more than those of the job, and their files are there while the run is. The state may lie in any backend."),
        esc_export: Vec<String> = list("esc-export", ALL_BUT_REPORT, "Variables and files of the environments in `esc` to hand to later steps of the job, by name; `*` is all of them. It works in a step without a `command` too. Secrets are masked before. On a CI system that would show or keep them it needs `esc-export-file`."),
        esc_export_file: Option<PathBuf> = path("esc-export-file", ALL_BUT_REPORT, "Write what `esc-export` names into this new file, for `. FILE` in the same job, instead of handing it on in the CI system's own way. Only the job's own user may read it."),
        mask_config: bool = flag("mask-config", OPERATIONS_AND_EXEC, "Read the stack's configuration first, to hide its secrets wherever they show. It takes one process of the Pulumi CLI, and is always so with `debug`, `log-flow` and a `log-verbosity` from 9.")
            .default("false"),
        base_passphrase: Option<Secret> = secret("base-passphrase", ONLY_UP, "For `stackstep review up`: the passphrase of the stack that a review stack is made from, if secrets of its configuration are copied. The change's own program never gets it."),
        secrets_provider: Option<String> = text("secrets-provider", OPERATIONS, "How a stack that `upsert` creates encrypts its secrets: `default`, `passphrase`, `awskms://…`, `azurekeyvault://…`, `gcpkms://…`, `hashivault://…`."),
    }
}
