//! THE table of the keys of `deployment.yaml`: the service's own names, and the three of the schedules. The reader of the files,
//! that of the service's answers, and the published schema follow it.
//!
//! The keys are those of `DeploymentSettingsRequest` of the service's description, as the official clients have it:
//! <https://pypi.org/project/pulumi-cloud-sdk/>,
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/deployments.go>

/// The form of a value.
#[derive(Debug, Clone, Copy)]
pub enum KeyShape {
    /// A text.
    Text,
    /// A repository's URL: without a password, which is a secret.
    Url,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole,
    /// A list of texts.
    Texts,
    /// A length of time: `1h30m`.
    Duration,
    /// A secret: never in the file itself.
    Secret,
    /// A text, or a secret by reference.
    TextOrSecret,
    /// A mapping with these keys.
    Keys(&'static [SettingKey]),
    /// A mapping with these keys, or a text that is the first of them.
    TextOrKeys(&'static [SettingKey]),
    /// A mapping of names to texts, or to secrets by reference.
    Variables,
    /// A list of mappings with these keys.
    List(&'static [SettingKey]),
}

/// Who sets a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner {
    /// The file.
    File,
    /// The file, or the service where the file says nothing: then it is not compared.
    FileOrService,
    /// The service alone: it is shown nowhere and compared with nothing.
    Service,
}

/// A key.
#[derive(Debug)]
pub struct SettingKey {
    /// The name.
    pub name: &'static str,
    /// The form of the value.
    pub shape: KeyShape,
    /// Who sets it.
    pub owner: KeyOwner,
    /// The meaning, in a sentence.
    pub about: &'static str,
}

const fn key(name: &'static str, shape: KeyShape, about: &'static str) -> SettingKey {
    SettingKey { name, shape, owner: KeyOwner::File, about }
}

/// A key that the service sets if nobody else does.
const fn filled_in(name: &'static str, shape: KeyShape, about: &'static str) -> SettingKey {
    SettingKey { owner: KeyOwner::FileOrService, ..key(name, shape, about) }
}

/// A key of the service's own.
const fn answered(name: &'static str) -> SettingKey {
    SettingKey { owner: KeyOwner::Service, ..key(name, KeyShape::Text, "") }
}

/// The schedules of operations.
pub const SCHEDULES: &str = "schedules";
/// The schedule of drift detection.
pub const DRIFT: &str = "drift";
/// The end of the stack's time to live.
pub const TTL: &str = "ttl";
/// The keys that are no settings but schedules.
pub const SCHEDULE_PLACES: [&str; 3] = [SCHEDULES, DRIFT, TTL];

const AUTH: KeyShape = KeyShape::Keys(&[
    key("accessToken", KeyShape::Secret, "An access token."),
    key(
        "sshAuth",
        KeyShape::Keys(&[
            key("sshPrivateKey", KeyShape::Secret, "The private key, as PEM."),
            key("password", KeyShape::Secret, "The password of the key."),
        ]),
        "An SSH key.",
    ),
    key(
        "basicAuth",
        KeyShape::Keys(&[
            key("userName", KeyShape::TextOrSecret, "The name."),
            key("password", KeyShape::Secret, "The password."),
        ]),
        "A name and a password.",
    ),
]);

const SOURCE: KeyShape = KeyShape::Keys(&[
    key(
        "git",
        KeyShape::Keys(&[
            key("repoUrl", KeyShape::Url, "The repository's URL; not needed with `vcs` or `gitHub`."),
            key("branch", KeyShape::Text, "The branch; not together with `commit`."),
            key("commit", KeyShape::Text, "The commit."),
            key("tag", KeyShape::Text, "The tag."),
            key("repoDir", KeyShape::Text, "The project's folder in the repository."),
            key("gitAuth", AUTH, "How the service signs in to the repository."),
        ]),
        "A git repository.",
    ),
    key(
        "hg",
        KeyShape::Keys(&[
            key("repoUrl", KeyShape::Url, "The repository's URL."),
            key("branch", KeyShape::Text, "The branch."),
            key("revision", KeyShape::Text, "The revision."),
            key("repoDir", KeyShape::Text, "The project's folder in the repository."),
            key("hgAuth", AUTH, "How the service signs in to the repository."),
        ]),
        "A Mercurial repository.",
    ),
    key(
        "template",
        KeyShape::Keys(&[
            key(
                "sourceUrl",
                KeyShape::Url,
                "A template: `registry://templates/source/publisher/name`, or a repository's URL.",
            ),
            key("gitAuth", AUTH, "How the service signs in to the repository."),
            answered("projectSourceUrl"),
        ]),
        "A template.",
    ),
]);

const OPERATION: KeyShape = KeyShape::Keys(&[
    key("preRunCommands", KeyShape::Texts, "Commands before Pulumi is run."),
    key("environmentVariables", KeyShape::Variables, "The environment of the deployment."),
    key(
        "oidc",
        KeyShape::Keys(&[
            key(
                "aws",
                KeyShape::Keys(&[
                    key("roleArn", KeyShape::Text, "The role."),
                    key("sessionName", KeyShape::Text, "The name of the session."),
                    key("duration", KeyShape::Duration, "The length of the session: `1h`."),
                    key("policyArns", KeyShape::Texts, "Policies that restrict the session further."),
                ]),
                "A role of AWS.",
            ),
            key(
                "azure",
                KeyShape::Keys(&[
                    key("clientId", KeyShape::Text, "The application."),
                    key("tenantId", KeyShape::Text, "The tenant."),
                    key("subscriptionId", KeyShape::Text, "The subscription."),
                ]),
                "An identity of Azure.",
            ),
            key(
                "gcp",
                KeyShape::Keys(&[
                    key("projectId", KeyShape::Text, "The number of the project."),
                    key("workloadPoolId", KeyShape::Text, "The pool of workload identities."),
                    key("providerId", KeyShape::Text, "The provider of identities."),
                    key("serviceAccount", KeyShape::Text, "The service account."),
                    key("region", KeyShape::Text, "The region."),
                    key("tokenLifetime", KeyShape::Duration, "The lifetime of the credentials: `1h`."),
                ]),
                "An identity of Google Cloud.",
            ),
        ]),
        "Credentials of clouds without a stored secret.",
    ),
    key(
        "options",
        KeyShape::Keys(&[
            key("skipInstallDependencies", KeyShape::Flag, "Do not install the program's dependencies."),
            key(
                "skipIntermediateDeployments",
                KeyShape::Flag,
                "Of those that wait, deploy the last one only.",
            ),
            key("shell", KeyShape::Text, "The shell of the commands."),
            key("deleteAfterDestroy", KeyShape::Flag, "Delete the stack after it was destroyed."),
            key("remediateIfDriftDetected", KeyShape::Flag, "Deploy again where drift was found."),
        ]),
        "Options of the deployment.",
    ),
    key(
        "role",
        KeyShape::Keys(&[
            key("id", KeyShape::Text, "The id."),
            filled_in("name", KeyShape::Text, "The name."),
            filled_in(
                "defaultIdentifier",
                KeyShape::Text,
                "The identifier of a role that the service has itself.",
            ),
        ]),
        "The role whose rights the deployment has at Pulumi Cloud.",
    ),
    answered("operation"),
]);

/// The flag of an image that the service has chosen itself.
pub const IS_DEFAULT: &str = "isDefault";

const IMAGE: KeyShape = KeyShape::TextOrKeys(&[
    key("reference", KeyShape::Text, "The image: `acme/deployer:1.2`."),
    key(
        "credentials",
        KeyShape::Keys(&[
            key("username", KeyShape::Text, "The name."),
            key("password", KeyShape::Secret, "The password."),
        ]),
        "How the service signs in to the registry of images.",
    ),
    answered(IS_DEFAULT),
]);

/// The name of the provider in `vcs`.
pub const PROVIDER: &str = "provider";
/// The settings of repositories on GitHub, in the older form.
pub const GITHUB: &str = "gitHub";
/// The settings of repositories on any forge.
pub const VCS: &str = "vcs";

/// The keys that `vcs` and `gitHub` share, without `provider`.
macro_rules! repository_keys {
    ($($first:expr),*) => {
        KeyShape::Keys(&[
            $($first,)*
            key("repository", KeyShape::Text, "The repository: `acme/shop`."),
            key("deployCommits", KeyShape::Flag, "Deploy what is pushed to the branch."),
            key("previewPullRequests", KeyShape::Flag, "Preview change requests."),
            key("pullRequestTemplate", KeyShape::Flag, "Make a review stack of each change request."),
            key("deployPullRequest", KeyShape::Whole, "The change request that the stack belongs to."),
            key("paths", KeyShape::Texts, "Deploy only where these paths have changed."),
            key("deployTags", KeyShape::Flag, "Deploy tags that are pushed; not together with `deployCommits`."),
            key("tagFilters", KeyShape::Texts, "The tags that count."),
            key("reviewStackLabels", KeyShape::Texts, "The labels that make review stacks, on GitHub."),
            filled_in("installationId", KeyShape::Text, "The integration, where there are several."),
        ])
    };
}

const CRON: &str = "The times, as five fields in UTC: `0 6 * * *`.";
const PAUSED: SettingKey = key("paused", KeyShape::Flag, "It is there, and does nothing.");

/// The keys of an entry of `schedules`.
pub const SCHEDULE_KEYS: &[SettingKey] = &[
    key("scheduleCron", KeyShape::Text, CRON),
    key("scheduleOnce", KeyShape::Text, "The one time: `2027-01-31T06:00:00Z`."),
    key("operation", KeyShape::Text, "`update`, `preview`, `refresh` or `destroy`."),
    PAUSED,
];

/// The keys of the file.
pub const KEYS: &[SettingKey] = &[
    key("sourceContext", SOURCE, "The source of the program."),
    key(
        VCS,
        repository_keys!(key(
            PROVIDER,
            KeyShape::Text,
            "`github`, `gitlab`, `azure_devops`, `bitbucket` or `custom`."
        )),
        "The repository, and what its events start.",
    ),
    key(GITHUB, repository_keys!(), "The same for GitHub alone, in the older form."),
    key("operationContext", OPERATION, "How the operation is run."),
    key(
        "executorContext",
        KeyShape::Keys(&[
            key("executorImage", IMAGE, "The image that the operation is run in."),
            key(
                "executorRootPath",
                KeyShape::Text,
                "The root folder of the executor, `/` if nothing is said.",
            ),
        ]),
        "What the operation is run in.",
    ),
    key(
        "cacheOptions",
        KeyShape::Keys(&[key("enable", KeyShape::Flag, "Keep the dependencies for the next one.")]),
        "The cache.",
    ),
    key("agentPoolID", KeyShape::Text, "The pool of own runners; without one the service's own."),
    key("tag", KeyShape::Text, "A tag of the settings."),
    key(SCHEDULES, KeyShape::List(SCHEDULE_KEYS), "Operations at certain times."),
    key(
        DRIFT,
        KeyShape::Keys(&[
            key("scheduleCron", KeyShape::Text, CRON),
            key("autoRemediate", KeyShape::Flag, "Deploy again where drift was found."),
            PAUSED,
        ]),
        "When drift is looked for.",
    ),
    key(
        TTL,
        KeyShape::Keys(&[
            key("timestamp", KeyShape::Text, "The time: `2027-01-31T06:00:00Z`."),
            key("deleteAfterDestroy", KeyShape::Flag, "Delete the stack, too."),
            PAUSED,
        ]),
        "When the stack is destroyed.",
    ),
    answered("version"),
    answered("source"),
];
