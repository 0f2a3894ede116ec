//! The parts of a backend's address that are in the parameters of its URL or in the job's variables: an endpoint, a
//! storage account, a database's host. Parameters that only describe the connection are left out.

use crate::base::env::Env;
use crate::base::http::Url;

/// The parameters of a URL, decoded; the last of several with one name counts.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The parameters in the text after the `?`.
    pub fn parse(text: &str) -> Self {
        let Ok(mut scratch) = Url::parse("scratch://x") else { return Self(Vec::new()) };
        scratch.set_query(Some(text.split('#').next().unwrap_or_default()));
        Self(scratch.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of `name`, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// A part of an address that is not in the URL's path.
type AddressPart = (&'static str, String);

/// The parts of an address with this scheme. <https://gocloud.dev/howto/blob/>,
/// <https://www.pulumi.com/docs/iac/concepts/state-and-backends/>
pub(super) fn parts(scheme: &str, query: &Query, env: &Env) -> Vec<AddressPart> {
    let given = |name: &'static str, usual: &str| {
        query.get(name).filter(|value| *value != usual).map(|value| (name, value.to_owned()))
    };
    match scheme {
        "s3" => s3(query, env),
        "azblob" => azblob(query, env),
        "gs" => given("universe_domain", "googleapis.com").into_iter().collect(),
        "postgres" => {
            [given("table", "pulumi_state"), given("search_path", "")].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

fn first<'a>(env: &'a Env, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| env.get(name))
}

/// The endpoint of another server, or the partition of AWS, within which a bucket's name is unique.
fn s3(query: &Query, env: &Env) -> Vec<AddressPart> {
    let endpoint = query.get("endpoint").or_else(|| first(env, &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
    let endpoint = endpoint.map(server);
    let host = endpoint.as_deref().and_then(|endpoint| endpoint.split(['/', ':']).next()).unwrap_or_default();
    let of_amazon = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    if let Some(endpoint) = endpoint.as_ref().filter(|_| !of_amazon) {
        return vec![("endpoint", endpoint.clone())];
    }
    let region = query.get("region").or_else(|| first(env, &["AWS_REGION", "AWS_DEFAULT_REGION"]));
    let partition = host.split('.').chain(region.filter(|_| host.is_empty())).find_map(partition);
    partition.map(|partition| ("partition", partition.to_owned())).into_iter().collect()
}

/// The partition of a region, if it is not the usual one.
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
fn partition(region: &str) -> Option<&'static str> {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning)).map(|(_, partition)| *partition)
}

/// The storage account and its domain. A connection string comes first if it is what signs in, because it names both.
/// <https://github.com/google/go-cloud/blob/master/blob/azureblob/azureblob.go>
fn azblob(query: &Query, env: &Env) -> Vec<AddressPart> {
    let connection = first(env, &["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING"]);
    let other_key = first(env, &["AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN"]).is_some();
    if let Some(connection) = connection.filter(|_| !other_key) {
        return of_connection(connection);
    }
    let account = query.get("storage_account").or_else(|| env.get("AZURE_STORAGE_ACCOUNT"));
    let domain = query.get("domain").or_else(|| env.get("AZURE_STORAGE_DOMAIN"));
    account_and_domain(account, domain)
}

fn account_and_domain(account: Option<&str>, domain: Option<&str>) -> Vec<AddressPart> {
    let account = account.map(|account| ("storage_account", account.to_ascii_lowercase()));
    let domain = domain.map(str::to_ascii_lowercase).filter(|domain| domain != "blob.core.windows.net");
    account.into_iter().chain(domain.map(|domain| ("domain", domain))).collect()
}

/// The storage account and its domain, or the endpoint, of a connection string:
/// <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>
fn of_connection(text: &str) -> Vec<AddressPart> {
    let get = |wanted: &str| {
        let fields = text.split(';').filter_map(|field| field.trim().split_once('='));
        fields
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
            .next_back()
    };
    if get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return vec![("endpoint", "127.0.0.1:10000/devstoreaccount1".to_owned())];
    }
    let Some(endpoint) = get("BlobEndpoint").map(server) else {
        let domain = get("EndpointSuffix").map(|suffix| format!("blob.{suffix}"));
        return account_and_domain(get("AccountName"), domain.as_deref());
    };
    match endpoint.split_once(".blob.") {
        Some((account, rest)) if !rest.contains('/') => {
            account_and_domain(Some(account), Some(&format!("blob.{rest}")))
        }
        _ => vec![("endpoint", endpoint)],
    }
}

/// A server's host, port and path in small letters, without the scheme, the user and the password.
fn server(address: &str) -> String {
    let place = address.split_once("://").map_or(address, |(_, place)| place);
    let place = place.split(['?', '#']).next().unwrap_or_default();
    place.rsplit('@').next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase()
}

/// A database. Its host, port and name are in the URL, its parameters or the variables of PostgreSQL's clients.
/// <https://www.postgresql.org/docs/current/libpq-envars.html>
pub(super) struct Database {
    /// The host, with a port that is not the usual one; empty for a socket.
    pub host: String,
    /// The folder of a socket.
    pub socket: Option<String>,
    /// The database's name.
    pub name: Option<String>,
}

impl Database {
    /// The database of a URL with this host (and port) and path.
    pub fn parse(authority: &str, path: &str, query: &Query, env: &Env) -> Self {
        let (named, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (authority, None),
        };
        let host =
            query.get("host").or(Some(named).filter(|host| !host.is_empty())).or_else(|| env.get("PGHOST"));
        let host = host.unwrap_or("localhost").to_owned();
        let port = query.get("port").or(port.filter(|port| !port.is_empty())).or_else(|| env.get("PGPORT"));
        let port = port.filter(|port| *port != "5432").map_or(String::new(), |port| format!(":{port}"));
        let name = Some(path.trim_matches('/')).filter(|name| !name.is_empty());
        let name = query.get("dbname").or(name).or_else(|| env.get("PGDATABASE")).map(str::to_owned);
        if host.starts_with('/') {
            return Self { host: String::new(), socket: Some(format!("{host}{port}")), name };
        }
        Self { host: format!("{}{port}", host.to_ascii_lowercase()), socket: None, name }
    }
}
