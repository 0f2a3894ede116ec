//! The place of the files of Pulumi's releases that the input `pulumi-mirror` names.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::base::error::{Error, Result};
use crate::base::http::Url;
use crate::base::secret::Secret;
use crate::base::text::percent_decoded;

/// The mirror in the input `pulumi-mirror`.
#[derive(Debug, Clone)]
pub struct Mirror(Url);

impl Mirror {
    /// Reads a URL: `https://…`, `http://…`, `file:///…`. An error shows no more of it than its scheme.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::input(
                format!("`pulumi-mirror` {why}"),
                "give the folder's URL: `https://mirror.example/pulumi/` or `file:///srv/pulumi/`",
            )
        };
        let url = Url::parse(text.trim()).map_err(|_| wrong("is not a URL"))?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            "file" if url.to_file_path().is_ok() => Ok(Self(url)),
            "file" => Err(wrong("names no folder of this machine")),
            other => Err(wrong(&format!("is a `{}` URL", other.escape_debug()))),
        }
    }

    /// The secrets in the address: the password, or a user name without one, which is a token; and the query, which can
    /// be a signature.
    pub fn secrets(&self) -> Vec<String> {
        let (user, password) = self.credentials();
        let written = self.0.password().unwrap_or_else(|| self.0.username()).to_owned();
        let query = self.0.query().unwrap_or_default().to_owned();
        let mut secrets = vec![if password.is_empty() { user } else { password }, written, query];
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }

    /// The address that tells one mirror from another: without credentials, and without a query, which can be a
    /// signature.
    pub fn identity(&self) -> String {
        match self.place() {
            ReleasePlace::Folder(folder) => format!("file://{}", folder.display()),
            ReleasePlace::Web { mut base, .. } => {
                base.set_query(None);
                base.to_string()
            }
        }
    }

    fn credentials(&self) -> (String, String) {
        (percent_decoded(self.0.username()), percent_decoded(self.0.password().unwrap_or_default()))
    }

    /// The place of the mirror's files.
    pub fn place(&self) -> ReleasePlace {
        if let Ok(folder) = self.0.to_file_path() {
            return ReleasePlace::Folder(folder);
        }
        let (user, password) = self.credentials();
        let mut base = self.0.clone();
        // Neither can fail for a URL with a host.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        let authorization = (!user.is_empty() || !password.is_empty())
            .then(|| Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))));
        ReleasePlace::Web { base, authorization }
    }
}

/// A place with the files of releases.
#[derive(Debug, Clone)]
pub enum ReleasePlace {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A server.
    Web {
        /// The folder's address, which ends with a slash.
        base: Url,
        /// The value of the `Authorization` header.
        authorization: Option<Secret>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_by_a_file_url() {
        let ReleasePlace::Folder(folder) = Mirror::parse("file:///srv/pulumi").unwrap().place() else {
            panic!()
        };
        assert_eq!(folder, std::path::Path::new("/srv/pulumi"));
    }

    #[test]
    fn what_is_no_mirror_is_bad_input_and_not_repeated() {
        for text in ["mirror", "ftp://user:hunter2@x/", "file://host/x", "s3://bucket"] {
            let error = Mirror::parse(text).unwrap_err();
            assert_eq!(error.exit_status(), 2, "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
