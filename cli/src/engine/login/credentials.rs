//! The CLI's file of logins. It is changed in the way of the CLI: in place, under a lock of the file, so that neither
//! loses changes of the other.
//! <https://github.com/pulumi/pulumi/blob/1b5949891b3cefcb9974752b24a5ecef0acc86c8/sdk/go/common/workspace/creds.go>

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::base::error::{Error, Result};
use crate::base::secret::Secret;

/// The field that marks files which the CLI has encrypted.
const ENCRYPTED: &str = "$pulumiSecureStore";

/// The time of a check that has never happened: the CLI then asks the backend whose token it is.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Makes `key` the current backend, with the token.
pub fn store(path: &Path, key: &str, token: Option<&Secret>) -> Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut file = private_file(path)?;
    file.lock().map_err(Error::io("lock", path))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(Error::io("read", path))?;
    let changed = with_login(&text, path, key, token)?;
    file.rewind().map_err(Error::io("write", path))?;
    file.set_len(0).map_err(Error::io("write", path))?;
    file.write_all(&super::json(&changed)).map_err(Error::io("write", path))
}

/// The file's value with the login added.
fn with_login(text: &[u8], path: &Path, key: &str, token: Option<&Secret>) -> Result<Value> {
    let refused = |why: &str, hint: &str| {
        Error::input(format!("`{}` is left alone: {why}", path.display()), hint.to_owned())
    };
    let mut file: Map<String, Value> = match text {
        [] => Map::new(),
        text => serde_json::from_slice(text)
            .map_err(|_| refused("it is not a file of logins", "remove it, or run `pulumi logout --all`"))?,
    };
    if file.contains_key(ENCRYPTED) {
        return Err(refused("it is encrypted", "run `pulumi login` in a step of its own"));
    }
    let token = token.map_or("", Secret::expose);
    let known = file.get("accounts").and_then(|accounts| accounts.get(key)).filter(|account| {
        !token.is_empty() && account.get("accessToken").and_then(Value::as_str) == Some(token)
    });
    let account = match known {
        Some(account) => account.clone(),
        None if token.is_empty() => json!({ "lastValidatedAt": NEVER }),
        None => json!({ "accessToken": token, "lastValidatedAt": NEVER }),
    };
    file.insert("current".into(), key.into());
    for (field, value) in [("accessTokens", token.into()), ("accounts", account)] {
        let entries = file.entry(field).or_insert_with(|| json!({}));
        if !entries.is_object() {
            *entries = json!({});
        }
        if let Some(entries) = entries.as_object_mut() {
            entries.insert(key.to_owned(), value);
        }
    }
    Ok(Value::Object(file))
}

/// Creates a folder that only its owner can read, unless it exists.
pub(super) fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(Error::io("create", folder))
}

fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Error::io("open", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that `pulumi login file:///srv/state` of the CLI 3.276.0 wrote into an empty home folder.
    const LOCAL: &str = "{
    \"current\": \"file:///srv/state\",
    \"accessTokens\": {
        \"file:///srv/state\": \"\"
    },
    \"accounts\": {
        \"file:///srv/state\": {
            \"lastValidatedAt\": \"0001-01-01T00:00:00Z\"
        }
    }
}";

    fn logins(folder: &tempfile::TempDir) -> std::path::PathBuf {
        folder.path().join("home/credentials.json")
    }

    fn read(path: &Path) -> Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn the_first_login_is_written_as_the_cli_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        store(&logins(&folder), "file:///srv/state", None).unwrap();
        assert_eq!(std::fs::read_to_string(logins(&folder)).unwrap(), LOCAL);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        store(&logins(&folder), "https://api.pulumi.com", Some(&Secret::new("pul-1"))).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&logins(&folder)), 0o600);
        assert_eq!(mode(logins(&folder).parent().unwrap()), 0o700);
    }

    #[test]
    fn other_logins_and_what_is_not_known_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = logins(&folder);
        store(&path, "file:///srv/state", None).unwrap();
        let mut before = read(&path);
        before["later"] = json!([1]);
        std::fs::write(&path, before.to_string()).unwrap();
        store(&path, "https://api.pulumi.com", Some(&Secret::new("pul-1"))).unwrap();
        let after = read(&path);
        assert_eq!(after["current"], "https://api.pulumi.com");
        assert_eq!(
            after["accessTokens"],
            json!({ "file:///srv/state": "", "https://api.pulumi.com": "pul-1" })
        );
        assert_eq!(after["later"], json!([1]));
    }

    #[test]
    fn what_the_cli_has_found_out_about_a_token_stays_until_the_token_is_another() {
        let account =
            json!({ "accessToken": "pul-1", "username": "ada", "lastValidatedAt": "2026-01-01T00:00:00Z" });
        let file = json!({ "accounts": { "https://api.pulumi.com": account } }).to_string();
        let with = |token| {
            let path = Path::new("credentials.json");
            let changed =
                with_login(file.as_bytes(), path, "https://api.pulumi.com", Some(&Secret::new(token)));
            changed.unwrap()["accounts"]["https://api.pulumi.com"].clone()
        };
        assert_eq!(with("pul-1"), account);
        assert_eq!(with("pul-2"), json!({ "accessToken": "pul-2", "lastValidatedAt": NEVER }));
    }

    #[test]
    fn what_can_not_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{\"current\":", "[]", "{\"$pulumiSecureStore\": 1, \"data\": \"x\"}"] {
            let path = folder.path().join("credentials.json");
            std::fs::write(&path, text).unwrap();
            let error = store(&path, "file:///srv/state", None).unwrap_err().to_string();
            assert!(error.contains("is left alone"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
