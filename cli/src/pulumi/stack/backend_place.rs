//! The place that a backend's URL names, the same for all forms of the URL: credentials, and parameters that only
//! describe the connection, are not a part of it. Two checkouts of one repository agree on a folder inside of the
//! repository.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::place_parts::{Database, Query, parts};
use crate::base::dots::without_dots;
use crate::base::env::Env;

/// The number of hexadecimal digits of a fingerprint.
const DIGITS: usize = 12;

/// The longest address that is shown, in characters.
const SHOWN: usize = 200;

/// The place of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendPlace {
    address: String,
}

/// The folders that a relative path and `~` in a backend's URL are relative to.
#[derive(Debug, Clone, Copy)]
pub struct ReadFrom<'a> {
    /// The engine's environment.
    pub env: &'a Env,
    /// The folder that the engine is started in.
    pub folder: &'a Path,
    /// The root of the checkout.
    pub checkout: &'a Path,
}

impl BackendPlace {
    /// The place that `url` names.
    pub fn from_url(url: &str, from: ReadFrom<'_>) -> Self {
        let url = url.trim();
        let Some((scheme, rest)) = url.split_once("://") else { return Self { address: url.to_owned() } };
        let scheme = scheme.to_ascii_lowercase();
        let (location, query) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        if scheme == "file" {
            return Self { address: format!("file://{}", folder_of(location, from)) };
        }
        let scheme = if scheme == "postgresql" { "postgres".to_owned() } else { scheme };
        let query = Query::parse(query);
        let (authority, path) = location.split_at(location.find('/').unwrap_or(location.len()));
        let mut host = host_of(authority, &scheme);
        if host == "app.pulumi.com" {
            // The console's address stands for the service.
            "api.pulumi.com".clone_into(&mut host);
        }
        let mut parts = parts(&scheme, &query, from.env);
        // <https://pkg.go.dev/gocloud.dev/blob#PrefixedBucket>
        let prefix = query.get("prefix").filter(|_| scheme != "postgres");
        let folder = prefix.filter(|prefix| prefix.ends_with('/')).unwrap_or_default();
        if let Some(beginning) = prefix.filter(|prefix| !prefix.ends_with('/')) {
            parts.insert(0, ("prefix", beginning.to_owned()));
        }
        let mut path = format!("{folder}/{path}");
        if scheme == "postgres" {
            let database = Database::parse(&host, &path, &query, from.env);
            host = database.host;
            path = database.name.unwrap_or_default();
            parts.extend(database.socket.map(|socket| ("host", socket)));
        }
        let mut address = format!("{scheme}://{host}");
        for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
            address.push('/');
            address.push_str(segment);
        }
        for (index, (name, value)) in parts.into_iter().enumerate() {
            address.push_str(&format!("{}{name}={value}", if index == 0 { '?' } else { '&' }));
        }
        Self { address }
    }

    /// The fingerprint: 12 hexadecimal digits, which do not reveal the address to somebody who does not know it.
    pub fn fingerprint(&self) -> String {
        let mut digits = format!("{:x}", Sha256::digest(self.address.as_bytes()));
        digits.truncate(DIGITS);
        digits
    }

    /// The address for people, without user, password and keys.
    pub fn address(&self) -> String {
        self.address.chars().take(SHOWN).collect()
    }
}

/// Whether `text` is a fingerprint.
pub(super) fn is_fingerprint(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The host in small letters, without user and password and without the scheme's own port.
fn host_of(authority: &str, scheme: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        "postgres" => ":5432",
        _ => return host,
    };
    host.strip_suffix(port).map_or(host.clone(), str::to_owned)
}

/// The folder of a `file://` URL: `./…` inside of the checkout, `~/…` inside of the user's home, else the whole path.
fn folder_of(location: &str, from: ReadFrom<'_>) -> String {
    let windows =
        location.trim_start_matches('/').as_bytes().get(1) == Some(&b':') || location.contains('\\');
    let location =
        if windows { location.trim_start_matches('/').replace('\\', "/") } else { location.to_owned() };
    let home = from.env.get("HOME").or_else(|| from.env.get("USERPROFILE")).map(PathBuf::from);
    if let Some(rest) = location.strip_prefix('~') {
        let rest = without_dots(Path::new(rest.trim_start_matches('/')));
        return joined("~", &rest);
    }
    let path = without_dots(&from.folder.join(&location));
    let inside = |root: &Path| path.strip_prefix(without_dots(root)).ok().map(Path::to_owned);
    match (inside(from.checkout), home.as_deref().and_then(inside)) {
        (Some(rest), _) => joined(".", &rest),
        (None, Some(rest)) => joined("~", &rest),
        (None, None) => slashed(&path),
    }
}

fn joined(root: &str, rest: &Path) -> String {
    let rest = slashed(rest);
    if rest.is_empty() { root.to_owned() } else { format!("{root}/{rest}") }
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_with(url: &str, variables: &[(&str, &str)]) -> String {
        let pairs = [("HOME", "/home/runner")].into_iter().chain(variables.iter().copied());
        let env = Env::from_pairs("/", pairs);
        let (folder, checkout) =
            (Path::new("/home/runner/work/shop/infra"), Path::new("/home/runner/work/shop"));
        BackendPlace::from_url(url, ReadFrom { env: &env, folder, checkout }).address()
    }

    fn place(url: &str) -> String {
        place_with(url, &[])
    }

    #[test]
    fn each_spelling_of_one_place_is_the_same_place() {
        for (spellings, address) in [
            (
                &["s3://acme", "S3://Acme/", "s3://acme?region=eu-central-1&awssdk=v2", " s3://acme//. "][..],
                "s3://acme",
            ),
            (&["s3://acme/a/b", "s3://acme/a/b/", "s3://acme/b?prefix=a/&profile=x"], "s3://acme/a/b"),
            (&["s3://acme?endpoint=s3.eu-central-1.amazonaws.com", "s3://acme?endpoint="], "s3://acme"),
            (
                &[
                    "s3://acme?endpoint=http://Minio:9000/",
                    "s3://acme?endpoint=minio:9000&disableSSL=true",
                    "s3://acme?endpoint=https%3A%2F%2Fminio:9000",
                ],
                "s3://acme?endpoint=minio:9000",
            ),
            (
                &[
                    "https://api.pulumi.com",
                    "https://app.pulumi.com/",
                    "HTTPS://API.pulumi.com:443",
                    "https://user:secret@api.pulumi.com",
                ],
                "https://api.pulumi.com",
            ),
            (
                &[
                    "postgres://me:hunter2@db/state?sslmode=require",
                    "postgresql://you@DB:5432/state?table=pulumi_state",
                ],
                "postgres://db/state",
            ),
            (
                &["file://./state", "file://state", "file:///home/runner/work/shop/infra/state/"],
                "file://./infra/state",
            ),
            (&["file://../state", "file:///home/runner/work/shop/state?no_tmp_dir=true"], "file://./state"),
            (&["file://~", "file://~/", "file:///home/runner"], "file://~"),
            (&["file:///srv/state", "file:///srv/./x/../state/"], "file:///srv/state"),
            (
                &["azblob://state?storage_account=acme&domain=blob.core.windows.net&sig=abc"],
                "azblob://state?storage_account=acme",
            ),
            (
                &[
                    "s3://acme?region=cn-north-1",
                    "s3://acme?endpoint=https://s3.cn-northwest-1.amazonaws.com.cn",
                ],
                "s3://acme?partition=aws-cn",
            ),
            (
                &["s3://acme?endpoint=http%3a%2f%2fu%3apw123456%40h:9", "s3://acme?endpoint=u:pw@H:9/"],
                "s3://acme?endpoint=h:9",
            ),
            (&["postgres:///state?host=db", "postgres://db:5432/other?dbname=state"], "postgres://db/state"),
        ] {
            for spelling in spellings {
                assert_eq!(place(spelling), address, "{spelling}");
            }
        }
    }

    #[test]
    fn different_places_are_different() {
        let urls = [
            "s3://acme",
            "s3://acme-2",
            "s3://acme/a",
            "s3://acme?prefix=a",
            "s3://acme?endpoint=minio:9000",
            "gs://acme",
            "azblob://acme?storage_account=a",
            "azblob://acme?storage_account=b",
            "azblob://acme",
            "azblob://acme?storage_account=a&domain=blob.core.chinacloudapi.cn",
            "https://api.pulumi.com",
            "https://pulumi.acme.corp",
            "https://pulumi.acme.corp:8443",
            "postgres://db/a",
            "postgres://db/b",
            "postgres://db/a?table=other",
            "postgres://db:5433/a",
            "postgres:///a?host=/cloudsql/p:eu:a",
            "postgres:///a?host=/cloudsql/p:eu:b",
            "postgres:///a",
            "s3://acme?region=cn-north-1",
            "s3://acme?region=us-gov-west-1",
            "s3://acme?endpoint=s3.us-iso-east-1.amazonaws.com",
            "file:///srv/a",
            "file:///srv/b",
            "file://./a",
            "file://~/a",
            "file://~/../a",
        ];
        let mut seen: Vec<String> = urls
            .iter()
            .map(|url| {
                let env = Env::from_pairs("/", [("HOME", "/home/runner")]);
                let from =
                    ReadFrom { env: &env, folder: Path::new("/w/shop"), checkout: Path::new("/w/shop") };
                BackendPlace::from_url(url, from).fingerprint()
            })
            .collect();
        assert!(seen.iter().all(|fingerprint| is_fingerprint(fingerprint)), "{seen:?}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), urls.len());
    }

    #[test]
    fn variables_name_the_place_where_the_engine_reads_them() {
        let account = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=c2VjcmV0";
        let named = "azblob://state?storage_account=acme";
        assert_eq!(place_with("azblob://state", &[("AZURE_STORAGE_ACCOUNT", "acme")]), named);
        assert_eq!(place_with("azblob://state", &[("AZURE_STORAGE_CONNECTION_STRING", account)]), named);
        assert_eq!(place_with(named, &[("AZURE_STORAGE_ACCOUNT", "other")]), named);
        let lower = "accountname=acme;accountkey=c2VjcmV0";
        assert_eq!(place_with("azblob://state", &[("AZURE_STORAGEBLOB_CONNECTIONSTRING", lower)]), named);
        for (endpoint, address) in [
            ("BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x", named),
            (
                "BlobEndpoint=https://other.blob.core.windows.net;SharedAccessSignature=sv=1",
                "azblob://state?storage_account=other",
            ),
            (
                "AccountName=a;EndpointSuffix=core.chinacloudapi.cn",
                "azblob://state?storage_account=a&domain=blob.core.chinacloudapi.cn",
            ),
            ("BlobEndpoint=http://azurite:10000/acme", "azblob://state?endpoint=azurite:10000/acme"),
        ] {
            assert_eq!(
                place_with("azblob://state", &[("AZURE_STORAGE_CONNECTION_STRING", endpoint)]),
                address
            );
        }
        let with_key = [
            ("AZURE_STORAGE_CONNECTION_STRING", account),
            ("AZURE_STORAGE_KEY", "k"),
            ("AZURE_STORAGE_ACCOUNT", "b"),
        ];
        assert_eq!(
            place_with("azblob://state", &with_key),
            "azblob://state?storage_account=b",
            "the key signs in"
        );
        assert_eq!(place_with("s3://acme", &[("AWS_REGION", "cn-north-1")]), "s3://acme?partition=aws-cn");
        assert_eq!(place_with("s3://acme?region=eu-west-1", &[("AWS_REGION", "cn-north-1")]), "s3://acme");
        let database = [("PGHOST", "db"), ("PGPORT", "5433"), ("PGDATABASE", "state")];
        assert_eq!(place_with("postgres://", &database), "postgres://db:5433/state");
        assert_eq!(place_with("postgres://me:pw@x/y", &database), "postgres://x:5433/y");
        let minio = [("AWS_ENDPOINT_URL", "http://minio:9000")];
        assert_eq!(place_with("s3://acme", &minio), "s3://acme?endpoint=minio:9000");
        assert_eq!(place_with("gs://acme", &minio), "gs://acme");
    }

    #[test]
    fn two_checkouts_agree_on_a_folder_of_the_repository() {
        let of = |url: &str, checkout: &str| {
            let env = Env::from_pairs("/", [("HOME", "/root")]);
            let (checkout, folder) = (Path::new(checkout), Path::new(checkout).join("infra"));
            BackendPlace::from_url(url, ReadFrom { env: &env, folder: &folder, checkout }).fingerprint()
        };
        let one = of("file://./state", "/builds/7/acme/shop");
        assert_eq!(one, of("file://./state", "/var/jenkins/shop@2"));
        assert_eq!(one, of("file:///agent/_work/1/s/infra/state", "/agent/_work/1/s"));
        assert_ne!(one, of("file://../state", "/builds/7/acme/shop"));
    }

    #[test]
    fn windows_paths_are_read_as_the_engine_reads_them() {
        for url in ["file://C:\\state\\dev", "file:///C:/state/dev", "file://C:/state/dev"] {
            assert!(place(url).ends_with("C:/state/dev"), "{}", place(url));
        }
    }

    #[test]
    fn no_key_is_in_an_address() {
        for url in [
            "s3://AKIA:hunter2@acme/x?secret=hunter2&endpoint=http://u:hunter2@minio",
            "azblob://state?sig=hunter2",
            "postgres://me:hunter2@db/state?password=hunter2",
            "https://hunter2@pulumi.acme.corp/#hunter2",
        ] {
            assert!(!place(url).contains("hunter2"), "{}", place(url));
        }
    }
}
