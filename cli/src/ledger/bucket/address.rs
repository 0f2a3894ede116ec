//! The URL of a self-managed backend, read as the engine reads it: the folder or bucket, and the place in it that the
//! engine's own objects lie below.

use std::path::{Path, PathBuf};

use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::Url;

/// The folder and the variables that a backend's URL is read with.
#[derive(Debug, Clone, Copy)]
pub struct ReadWith<'a> {
    /// The environment that the engine gets, with what `env-file` adds to it.
    pub env: &'a Env,
    /// The folder that the engine is started in.
    pub folder: &'a Path,
}

/// The root of a self-managed backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BucketAddress {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of S3, or of a server that speaks its protocol.
    S3(RemoteBucket),
    /// A bucket of Google Cloud Storage.
    Google(RemoteBucket),
    /// A container of Azure Blob Storage.
    Azure(RemoteBucket),
}

/// A bucket on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteBucket {
    /// The bucket's name.
    pub name: String,
    /// The beginning of each key: empty, or with a `/` at its end unless the URL's `prefix` has none.
    pub prefix: String,
    /// The parameters of the URL, decoded, without `prefix`.
    pub parameters: Vec<(String, String)>,
}

impl RemoteBucket {
    /// The parameter's value, unless it is empty. Of several the first counts, as in the engine.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the parameter is set to what the engine reads as true: `strconv.ParseBool` of Go.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.parameter(name), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
    }
}

impl BucketAddress {
    /// Reads `url`. Fails for a URL that is not one of a folder or bucket.
    ///
    /// The engine's own reading:
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/backend.go>,
    /// <https://pkg.go.dev/gocloud.dev/blob#hdr-URLs>
    pub fn parse(url: &str, with: ReadWith<'_>) -> Result<Self, Problem> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        if scheme == "file" {
            let path = rest.split(['?', '#']).next().unwrap_or_default();
            return folder(path, with).map(Self::Folder);
        }
        let variant = match scheme {
            "s3" => Self::S3 as fn(RemoteBucket) -> Self,
            "gs" => Self::Google,
            "azblob" => Self::Azure,
            _ => {
                return Err(Problem::without_hint(format!(
                    "a backend with the scheme `{}` keeps no objects beside the state",
                    scheme.escape_debug()
                )));
            }
        };
        remote(url).map(variant).ok_or_else(|| {
            Problem::new(
                "the backend's URL can't be read",
                "write it as `s3://bucket/folder?region=eu-central-1`, `gs://bucket/folder` or `azblob://container`",
            )
        })
    }
}

fn remote(url: &str) -> Option<RemoteBucket> {
    let url = Url::parse(url).ok()?;
    let name = url.host_str().filter(|name| !name.is_empty())?.to_owned();
    let mut parameters: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let first = parameters.iter().find(|(name, _)| name == "prefix").map(|(_, value)| value.clone());
    parameters.retain(|(name, _)| name != "prefix" && name != "awssdk");
    let path = percent_encoding::percent_decode_str(url.path().trim_start_matches('/')).decode_utf8().ok()?;
    let mut prefix = first.unwrap_or_default();
    prefix.push_str(&path);
    if !path.is_empty() && !path.ends_with('/') {
        prefix.push('/');
    }
    Some(RemoteBucket { name, prefix, parameters })
}

/// The folder of `file://…`: `~` is the home, and a relative path is one of the engine's folder.
fn folder(path: &str, with: ReadWith<'_>) -> Result<PathBuf, Problem> {
    let on_windows = cfg!(windows) && path.starts_with('/') && path.as_bytes().get(2) == Some(&b':');
    let path = if on_windows { path.trim_start_matches('/') } else { path };
    let Some(of_home) = path.strip_prefix('~') else { return Ok(with.folder.join(path)) };
    let home = with.env.get("HOME").or_else(|| with.env.get("USERPROFILE")).ok_or_else(|| {
        Problem::new("the folder of `file://~` is not known, as `HOME` is not set", "write the whole path")
    })?;
    Ok(Path::new(home).join(of_home.trim_start_matches(['/', '\\'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> BucketAddress {
        let env = Env::from_pairs("/", [("HOME", "/home/runner")]);
        BucketAddress::parse(url, ReadWith { env: &env, folder: Path::new("/builds/shop/infra") }).unwrap()
    }

    #[test]
    fn folders_are_those_of_the_engine() {
        for (url, folder) in [
            ("file:///srv/state", "/srv/state"),
            ("file://~", "/home/runner/"),
            ("file://~/state?no_tmp_dir=true", "/home/runner/state"),
            ("file://./state", "/builds/shop/infra/./state"),
            ("file://state", "/builds/shop/infra/state"),
        ] {
            assert_eq!(read(url), BucketAddress::Folder(folder.into()), "{url}");
        }
    }

    #[test]
    fn the_place_in_a_bucket_is_prefix_and_path() {
        for (url, prefix) in [
            ("s3://acme", ""),
            ("s3://acme/", ""),
            ("s3://acme/a/b?region=eu-west-1", "a/b/"),
            ("s3://acme/b?prefix=a/", "a/b/"),
            ("s3://acme?prefix=team-", "team-"),
            ("s3://acme/x%20y/", "x y/"),
        ] {
            let BucketAddress::S3(bucket) = read(url) else { panic!("{url}") };
            assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("acme", prefix), "{url}");
        }
    }

    #[test]
    fn parameters_are_decoded_and_an_empty_one_is_none() {
        let BucketAddress::S3(bucket) =
            read("s3://acme?endpoint=http%3A%2F%2Fminio:9000&region=&s3ForcePathStyle=true&awssdk=v2")
        else {
            panic!()
        };
        assert_eq!(bucket.parameter("endpoint"), Some("http://minio:9000"));
        assert_eq!(bucket.parameter("region"), None);
        assert!(bucket.is_true("s3ForcePathStyle") && !bucket.is_true("awssdk"));
    }

    #[test]
    fn other_backends_have_no_objects() {
        let env = Env::from_pairs("/", [("A", "b")]);
        let with = ReadWith { env: &env, folder: Path::new("/") };
        for url in ["https://api.pulumi.com", "postgres://db/state", "bucket", "s3://"] {
            assert!(BucketAddress::parse(url, with).is_err(), "{url}");
        }
    }
}
