//! A profile of Amazon's shared files, which some CI systems write their keys to.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::Problem;

/// The settings of one profile.
#[derive(Default)]
pub(super) struct AwsProfile {
    name: String,
    settings: BTreeMap<String, String>,
}

impl AwsProfile {
    /// Reads the profile `named`, or `default`, from the files of `env`. A file that is not there has none.
    pub fn read(named: Option<&str>, env: &Env) -> Self {
        let name = named.unwrap_or("default").to_owned();
        let home = env.get("HOME").or_else(|| env.get("USERPROFILE")).map(PathBuf::from);
        let file = |variable: &str, usual: &str| {
            let named = env.get(variable).map(|path| env.cwd().join(path));
            let path = named.or_else(|| Some(home.as_ref()?.join(".aws").join(usual)))?;
            std::fs::read_to_string(path).ok()
        };
        let mut settings = BTreeMap::new();
        if let Some(text) = file("AWS_CONFIG_FILE", "config") {
            // The default profile is the only one without a word before its name.
            settings.extend(section(&text, &format!("profile {name}")));
            if name == "default" {
                settings.extend(section(&text, "default"));
            }
        }
        if let Some(text) = file("AWS_SHARED_CREDENTIALS_FILE", "credentials") {
            settings.extend(section(&text, &name));
        }
        Self { name, settings }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The access key's id, its secret, and the session's token.
    pub fn keys(&self) -> Option<(&str, &str, Option<&str>)> {
        let token = self.get("aws_session_token");
        Some((self.get("aws_access_key_id")?, self.get("aws_secret_access_key")?, token))
            .filter(|_| self.get("role_arn").is_none())
    }

    /// The region.
    pub fn region(&self) -> Option<&str> {
        self.get("region")
    }

    /// Whether the profile signs in by what only Amazon's own tools know.
    pub fn is_more_than_keys(&self) -> bool {
        ["role_arn", "sso_session", "sso_start_url", "credential_process", "login_session"]
            .iter()
            .any(|name| self.get(name).is_some())
    }

    /// The problem of a profile that holds no keys.
    pub fn without_keys(&self) -> Problem {
        let name = self.name.escape_debug();
        let what = if self.is_more_than_keys() {
            format!(
                "the profile `{name}` signs in by a role, SSO or a program, which is not supported beside the engine"
            )
        } else {
            format!("there are no keys in the profile `{name}`")
        };
        Problem::new(
            what,
            "put the keys into the step's environment (`aws configure export-credentials --format env`)",
        )
    }
}

/// The settings below `[name]`.
fn section(text: &str, name: &str) -> Vec<(String, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        // An indented line belongs to a setting of several.
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            inside = header.split_whitespace().eq(name.split_whitespace());
        } else if let Some((key, value)) =
            line.split_once('=').filter(|_| inside && !line.starts_with(['#', ';']))
        {
            found.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: Option<&str>) -> AwsProfile {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        let credentials = "# keys\n[default]\naws_access_key_id = AKIA1\naws_secret_access_key=s=1\n[ci]\n\
                           aws_access_key_id=AKIA2\naws_secret_access_key=s2\naws_session_token=t2\n";
        let config = "[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n[profile ci]\n\
                      region=eu-central-1\n[profile boss]\nrole_arn=arn:aws:iam::1:role/x\nsource_profile=ci\n";
        std::fs::write(folder.join("credentials"), credentials).unwrap();
        std::fs::write(folder.join("config"), config).unwrap();
        let env = Env::from_pairs("/", [("HOME", home.path().display().to_string())]);
        AwsProfile::read(name, &env)
    }

    #[test]
    fn keys_and_regions_of_both_files_are_read() {
        let default = profile(None);
        assert_eq!(default.keys(), Some(("AKIA1", "s=1", None)));
        assert_eq!(default.region(), Some("eu-west-1"));
        let ci = profile(Some("ci"));
        assert_eq!((ci.keys(), ci.region()), (Some(("AKIA2", "s2", Some("t2"))), Some("eu-central-1")));
    }

    #[test]
    fn a_profile_with_a_role_has_no_keys_and_says_so() {
        let boss = profile(Some("boss"));
        assert!(boss.keys().is_none() && boss.is_more_than_keys());
        assert!(boss.without_keys().what.contains("signs in by a role"));
        let nobody = profile(Some("nobody"));
        assert!(!nobody.is_more_than_keys());
        assert_eq!(nobody.without_keys().what, "there are no keys in the profile `nobody`");
    }
}
