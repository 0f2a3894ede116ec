//! The place that a backend's URL names, the same for each of its spellings: what holds the credentials, or only says
//! how to get there, is no part of it. Two checkouts of one repository agree on a folder inside of the repository.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::dots::without_dots;
use crate::env::Env;

/// How many hexadecimal digits a fingerprint has.
const DIGITS: usize = 12;

/// The longest address that is shown, in characters.
const SHOWN: usize = 200;

/// A parameter of a URL, and the variables that say the same.
type Parameter = (&'static str, &'static [&'static str]);

/// The parameters of a URL that name the place, by its scheme.
/// <https://gocloud.dev/howto/blob/>, <https://www.pulumi.com/docs/iac/concepts/state-and-backends/>
const PARAMETERS: &[(&str, &[Parameter])] = &[
    ("s3", &[("endpoint", &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])]),
    ("azblob", &[("storage_account", &["AZURE_STORAGE_ACCOUNT"]), ("domain", &["AZURE_STORAGE_DOMAIN"])]),
    ("gs", &[("universe_domain", &[])]),
    ("postgres", &[("table", &[]), ("search_path", &[])]),
];

/// The variables with a connection string for Azure's storage, which names the account too.
const CONNECTION_STRINGS: [&str; 2] =
    ["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING"];

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
    pub fn of(url: &str, from: ReadFrom<'_>) -> Self {
        let url = url.trim();
        let Some((scheme, rest)) = url.split_once("://") else { return Self { address: url.to_owned() } };
        let scheme = scheme.to_ascii_lowercase();
        let (location, query) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        if scheme == "file" {
            return Self { address: format!("file://{}", folder_of(location, from)) };
        }
        let scheme = if scheme == "postgresql" { "postgres".to_owned() } else { scheme };
        let (authority, path) = location.split_at(location.find('/').unwrap_or(location.len()));
        let mut host = host_of(authority, &scheme);
        if host == "app.pulumi.com" {
            // The console's address; the service itself is one.
            "api.pulumi.com".clone_into(&mut host);
        }
        // <https://pkg.go.dev/gocloud.dev/blob#PrefixedBucket>
        let prefix = parameter(query, "prefix").map(|prefix| prefix.replace("%2F", "/").replace("%2f", "/"));
        let (folder, beginning): (Vec<_>, Vec<_>) =
            prefix.into_iter().partition(|prefix| prefix.ends_with('/'));
        let path = format!("{}/{path}", folder.concat());
        let segments: Vec<&str> =
            path.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
        let mut address = format!("{scheme}://{host}");
        for segment in segments {
            address.push('/');
            address.push_str(segment);
        }
        let mut sign = '?';
        let beginning = beginning.into_iter().map(|prefix| ("prefix", prefix));
        for (name, value) in beginning.chain(named(&scheme, query, from.env)) {
            address.push_str(&format!("{sign}{name}={value}"));
            sign = '&';
        }
        Self { address }
    }

    /// The fingerprint: 12 hexadecimal digits, which say nothing of the address to somebody who does not know it.
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

/// The host in small letters, without who signs in and without the scheme's own port.
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

/// The last value of `name` in `query`, unless it is empty.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .next_back()
        .filter(|value| !value.is_empty())
}

/// The parameters that name the place, where they say something that goes without saying.
fn named(scheme: &str, query: &str, env: &Env) -> Vec<(&'static str, String)> {
    let known = PARAMETERS.iter().find(|(of, _)| *of == scheme).map_or(&[][..], |(_, names)| *names);
    let value = |name: &str, variables: &[&str]| {
        let account = || (name == "storage_account").then(|| account_of_connection(env)).flatten();
        let variable = || variables.iter().find_map(|variable| env.get(variable)).map(str::to_owned);
        parameter(query, name).map(str::to_owned).or_else(variable).or_else(account)
    };
    let found = known.iter().filter_map(|(name, variables)| Some((*name, value(name, variables)?)));
    found
        .map(|(name, value)| (name, if name == "endpoint" { endpoint(&value) } else { value }))
        .filter(|(name, value)| !is_usual(name, value))
        .collect()
}

/// An endpoint as its host and path: the scheme only says how to get there.
fn endpoint(value: &str) -> String {
    let value = value.replace("%3A", ":").replace("%3a", ":").replace("%2F", "/").replace("%2f", "/");
    let place = value.split_once("://").map_or(value.as_str(), |(_, place)| place);
    let place = place.rsplit('@').next().unwrap_or_default();
    place.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether a parameter says what holds without it.
fn is_usual(name: &str, value: &str) -> bool {
    match name {
        "endpoint" => value.split(['/', ':']).next().is_some_and(|host| host.ends_with(".amazonaws.com")),
        "domain" => value == "blob.core.windows.net",
        "universe_domain" => value == "googleapis.com",
        "table" => value == "pulumi_state",
        _ => false,
    }
}

/// <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>
fn account_of_connection(env: &Env) -> Option<String> {
    let text = CONNECTION_STRINGS.iter().find_map(|name| env.get(name))?;
    text.split(';').find_map(|part| part.trim().strip_prefix("AccountName=")).map(str::to_owned)
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
        BackendPlace::of(url, ReadFrom { env: &env, folder, checkout }).address()
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
                BackendPlace::of(url, from).fingerprint()
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
        let minio = [("AWS_ENDPOINT_URL", "http://minio:9000")];
        assert_eq!(place_with("s3://acme", &minio), "s3://acme?endpoint=minio:9000");
        assert_eq!(place_with("gs://acme", &minio), "gs://acme");
    }

    #[test]
    fn two_checkouts_agree_on_a_folder_of_the_repository() {
        let of = |url: &str, checkout: &str| {
            let env = Env::from_pairs("/", [("HOME", "/root")]);
            let (checkout, folder) = (Path::new(checkout), Path::new(checkout).join("infra"));
            BackendPlace::of(url, ReadFrom { env: &env, folder: &folder, checkout }).fingerprint()
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
