//! The table of environment variables that hold secrets, lead to credentials, or must not reach an install.
//!
//! A variable without a row is a secret if its name says so ([`says_secret`]), or if the CI system lists it as one of
//! its own (`ci/variables.rs`).

/// One variable.
pub struct Variable {
    /// The variable's name.
    pub name: &'static str,
    /// The purpose of the variable.
    pub purpose: VariablePurpose,
}

/// The purpose of a variable. No install gets any of them, unless it is for a package registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariablePurpose {
    /// A secret wherever it is set.
    Secret,
    /// A secret that opens the state in a self-managed backend, or the state's secrets.
    Credential,
    /// Not a credential itself, but it leads to one: a path, a name, the first half of a pair.
    Way,
    /// A setting that no install needs.
    Setting,
}

const fn secret(name: &'static str) -> Variable {
    Variable { name, purpose: VariablePurpose::Secret }
}

const fn credential(name: &'static str) -> Variable {
    Variable { name, purpose: VariablePurpose::Credential }
}

const fn way(name: &'static str) -> Variable {
    Variable { name, purpose: VariablePurpose::Way }
}

const fn setting(name: &'static str) -> Variable {
    Variable { name, purpose: VariablePurpose::Setting }
}

/// The table.
///
/// Pulumi: <https://www.pulumi.com/docs/iac/cli/environment-variables/>.
/// AWS: <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>.
/// Azure: <https://learn.microsoft.com/azure/storage/blobs/authorize-data-operations-cli>,
/// <https://pkg.go.dev/gocloud.dev/blob/azureblob>,
/// <https://www.pulumi.com/registry/packages/azure-native/installation-configuration/>.
/// Google: <https://www.pulumi.com/registry/packages/gcp/installation-configuration/>.
pub const VARIABLES: &[Variable] = &[
    secret("PULUMI_ACCESS_TOKEN"),
    setting("PULUMI_BACKEND_URL"),
    credential("PULUMI_CONFIG_PASSPHRASE"),
    way("PULUMI_CONFIG_PASSPHRASE_FILE"),
    way("AWS_ACCESS_KEY_ID"),
    credential("AWS_SECRET_ACCESS_KEY"),
    credential("AWS_SESSION_TOKEN"),
    way("AWS_PROFILE"),
    way("AWS_WEB_IDENTITY_TOKEN_FILE"),
    way("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    way("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    secret("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    secret("ARM_ACCESS_KEY"),
    secret("ARM_CLIENT_CERTIFICATE_PASSWORD"),
    way("ARM_CLIENT_CERTIFICATE_PATH"),
    credential("ARM_CLIENT_SECRET"),
    credential("ARM_OIDC_TOKEN"),
    way("ARM_OIDC_TOKEN_FILE_PATH"),
    secret("ARM_OIDC_REQUEST_TOKEN"),
    credential("ARM_SAS_TOKEN"),
    way("ARM_USE_MSI"),
    way("AZURE_CLIENT_CERTIFICATE_PATH"),
    credential("AZURE_CLIENT_SECRET"),
    way("AZURE_FEDERATED_TOKEN_FILE"),
    credential("AZURE_STORAGEBLOB_CONNECTIONSTRING"),
    credential("AZURE_STORAGE_CONNECTION_STRING"),
    credential("AZURE_STORAGE_KEY"),
    credential("AZURE_STORAGE_SAS_TOKEN"),
    way("GOOGLE_APPLICATION_CREDENTIALS"),
    credential("GOOGLE_CREDENTIALS"),
    credential("GOOGLE_OAUTH_ACCESS_TOKEN"),
    credential("CLOUDSDK_AUTH_ACCESS_TOKEN"),
    credential("VAULT_TOKEN"),
    secret("CLOUDFLARE_API_KEY"),
    secret("CLOUDFLARE_API_TOKEN"),
    secret("DATADOG_API_KEY"),
    secret("DATADOG_APP_KEY"),
    secret("DD_API_KEY"),
    secret("DD_APP_KEY"),
    secret("DIGITALOCEAN_ACCESS_TOKEN"),
    secret("DIGITALOCEAN_TOKEN"),
    secret("HCLOUD_TOKEN"),
    secret("NPM_TOKEN"),
    secret("NODE_AUTH_TOKEN"),
    secret("GITHUB_TOKEN"),
    secret("GH_TOKEN"),
    secret("GITLAB_TOKEN"),
    secret("BITBUCKET_TOKEN"),
    secret("GITEA_TOKEN"),
    secret("AZURE_DEVOPS_EXT_PAT"),
];

/// Words in the names of secret variables.
const WORDS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "CONNECTION_STRING",
    "CONNECTIONSTRING",
];

/// Ends of names whose value only describes a secret, such as its path.
const ABOUT: &[&str] = &[
    "_FILE",
    "_PATH",
    "_DIR",
    "_FOLDER",
    "_URL",
    "_URI",
    "_HOST",
    "_ENDPOINT",
    "_ISSUER",
    "_AUDIENCE",
    "_SCOPE",
    "_ID",
    "_NAME",
    "_NAMES",
    "_USER",
    "_USERNAME",
    "_TYPE",
    "_KIND",
    "_PROVIDER",
    "_REGION",
    "_VERSION",
    "_TTL",
    "_EXPIRATION",
    "_EXPIRES",
    "_OVERRIDE",
    "_VARIABLES",
    "_ENABLED",
    "_DISABLED",
    "_HELPER",
    "_STORE",
];

/// Whether a name says that the value is a secret. For `env-file` this alone decides, because all its variables are the
/// person's own.
pub fn says_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Whether a variable of the job's environment is secret: by the table, else by its name. The environment has other
/// variables too, so a name that says that its value only describes a secret does not count.
pub fn is_secret(name: &str) -> bool {
    if let Some(variable) = row_of(name) {
        return matches!(variable.purpose, VariablePurpose::Secret | VariablePurpose::Credential);
    }
    let upper = name.to_ascii_uppercase();
    // The table of inputs tells which inputs are secret.
    let input = upper.starts_with("INPUT_") || upper.starts_with("STACKSTEP_");
    !input && says_secret(name) && !ABOUT.iter().any(|end| upper.ends_with(end))
}

/// The variables that can open the state in a self-managed backend, or its secrets.
pub fn credentials() -> impl Iterator<Item = &'static str> {
    let reaches = |purpose| matches!(purpose, VariablePurpose::Credential | VariablePurpose::Way);
    VARIABLES.iter().filter(move |variable| reaches(variable.purpose)).map(|variable| variable.name)
}

/// The row of the variable.
pub fn row_of(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_has_one_row() {
        let mut names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VARIABLES.len());
    }

    #[test]
    fn a_name_that_says_so_is_a_secret() {
        for name in [
            "AZURE_STORAGE_CONNECTION_STRING",
            "AZURE_STORAGEBLOB_CONNECTIONSTRING",
            "ARM_SAS_TOKEN",
            "DATADOG_API_KEY",
            "DB_PASSWORD",
            "db_password",
            "KUBE_TOKEN",
            "TOKEN_OF_PROD",
            "SECRET_KEY_BASE",
            "MY_PRIVATE_KEY",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_tells_of_something_about_a_secret_is_none() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "TOKEN_ISSUER",
            "VSTS_SECRET_VARIABLES",
            "PULUMI_CREDENTIALS_PATH",
            "PULUMI_CREDENTIAL_HELPER",
            "INPUT_SECRET-OUTPUTS",
            "STACKSTEP_SECRETS_PROVIDER",
            "PATH",
            "PWD",
            "GPG_KEY",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
