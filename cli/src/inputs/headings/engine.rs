//! The heading "Engine".

use std::path::PathBuf;
use std::time::Duration;

use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::secret::Secret;
use crate::base::words::enum_of_words;
use crate::inputs::command::{ALL_BUT_REPORT, OPERATIONS};
use crate::inputs::row::{choice, duration, flag, heading, path, secret, text, trimmed_text};
use crate::pulumi::mirror::Mirror;

heading! {
    /// The inputs about the Pulumi CLI itself.
    pub struct EngineInputs under Engine {
        engine: Option<String> = text("engine", ALL_BUT_REPORT, "The engine that runs: a path to a Pulumi CLI, or `sandbox` for the rehearsal that deploys nothing.")
            .default_in_words("`pulumi` of the PATH, else one that is installed"),
        pulumi_version: Option<String> = text("pulumi-version", ALL_BUT_REPORT, "The version of the Pulumi CLI that this run needs: exact (`3.260.0`), a range (`^3.200`), `latest`, or `latest-14` for the newest that is 14 days old.")
            .default_in_words("what a version file of the project asks for, else what is there, else the newest that is 7 days old"),
        pulumi_version_file: Option<PathBuf> = path("pulumi-version-file", ALL_BUT_REPORT, "A file that holds the version, such as `.pulumi.version`, `.tool-versions` or `mise.toml`."),
        pulumi_mirror: Option<Mirror> = trimmed_text("pulumi-mirror", ALL_BUT_REPORT, "Where to install the Pulumi CLI from: the `https://`, `http://` or `file://` URL of a folder with the release's files under their own names. It may hold credentials.")
            .default_in_words("get.pulumi.com, else the releases on GitHub")
            .read(|mirror| mirror.trimmed_text()?.map(|url| Mirror::parse(&url)).transpose()),
        pulumi_sha256: Option<Digest> = trimmed_text("pulumi-sha256", ALL_BUT_REPORT, "The SHA-256 that the archive of the Pulumi CLI has to have, as 64 hexadecimal digits. It goes with an exact `pulumi-version`.")
            .read(|hash| hash.trimmed_text()?.map(|digits| digest(&digits)).transpose()),
        verify: Verify = choice("verify", ALL_BUT_REPORT, "What an archive has to prove before it is installed: `known` takes the release's checksum file for a version that this release of stackstep does not pin, `strict` refuses it.")
            .default("known"),
        deps: Deps = choice("deps", OPERATIONS, "Whether the program's dependencies are installed first: `auto` does it when they are missing and the operation runs the program. A lock file is kept to.")
            .default("auto"),
        plugin_token: Option<Secret> = secret("plugin-token", OPERATIONS, "A GitHub token for the download of plugins. Only the process that installs them gets it."),
        offline: bool = flag("offline", ALL_BUT_REPORT, "Never use the network to install the Pulumi CLI.")
            .default("false"),
        run_on: RunOn = choice("run-on", OPERATIONS, "Where the operation runs: in this job, or by Pulumi Deployments with the stack's deployment settings. Rules, reviews, the report and the comment are the same.")
            .default("local"),
        wait_timeout: Option<Duration> = duration("wait-timeout", OPERATIONS, "With `run-on: deployments`: how long the job waits for the deployment, in the queue and while it runs. Then the step fails (exit status 70), and the deployment is not cancelled.")
            .default_in_words("as long as the job may take"),
        cancel_running: bool = flag("cancel-running", OPERATIONS, "With `run-on: deployments`: a job that is cancelled cancels a deployment that runs already, at once and in the middle of its work. One that waits in the queue is always cancelled with the job.")
            .default("false"),
        cache_folder: Option<PathBuf> = path("cache-folder", ALL_BUT_REPORT, "Where installed CLIs are kept.")
            .default_in_words("stackstep's folder in the user's cache folder"),
    }
}

enum_of_words! {
    /// The place where the operation runs.
    pub enum RunOn {
        /// In this job, by the Pulumi CLI on its machine.
        Local = "local",
        /// By Pulumi Deployments.
        Deployments = "deployments",
    }
}

enum_of_words! {
    /// The proof that an archive needs before it is installed.
    pub enum Verify {
        /// A hash that this release pins, else the one in the release's checksum file.
        Known = "known",
        /// A hash that this release pins, or one that was given by hand.
        Strict = "strict",
    }
}

enum_of_words! {
    /// The policy of installing the program's dependencies first.
    pub enum Deps {
        /// When they are missing.
        Auto = "auto",
        /// In any case.
        Always = "always",
        /// Not at all.
        Never = "never",
    }
}

/// The digest of `pulumi-sha256`.
fn digest(text: &str) -> Result<Digest> {
    Digest::parse(text).ok_or_else(|| {
        Error::input(
            "`pulumi-sha256` is not a SHA-256",
            "write the 64 hexadecimal digits that `sha256sum` prints",
        )
    })
}
