//! Containers of Azure Blob Storage: the address and the credentials that the engine would take, in its order: a key, a
//! signature (SAS), a connection string, a client's secret, a workload's identity, the machine's, the one of `az`.
//! <https://github.com/google/go-cloud/blob/master/blob/azureblob/azureblob.go>,
//! <https://learn.microsoft.com/azure/developer/go/sdk/authentication/credential-chains#defaultazurecredential-overview>

use std::path::Path;
use std::sync::Arc;

use object_store::azure::{AzureConfigKey, AzureCredential, MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::client::CredentialProvider;

use super::address::RemoteBucket;
use super::az_cli::AzCli;
use super::courier::Courier;
use super::library::{once, plain};
use crate::base::env::Env;
use crate::base::error::Problem;

/// The hint for missing credentials.
const CREDENTIALS: &str = "give the step the credentials that the engine has: `AZURE_STORAGE_KEY`, \
                           `AZURE_STORAGE_SAS_TOKEN`, or an identity (`AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and \
                           `AZURE_FEDERATED_TOKEN_FILE`, or `az login`)";

/// The variables that can hold a connection string.
const CONNECTION: [&str; 2] = ["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING"];

/// The container.
pub(super) fn open(bucket: &RemoteBucket, env: &Env, courier: &Courier) -> Result<MicrosoftAzure, Problem> {
    let connection = CONNECTION.iter().find_map(|name| env.get(name)).map(Connection);
    let has = |name: &str| env.get(name).is_some();
    let by_key = has("AZURE_STORAGE_ACCOUNT") && has("AZURE_STORAGE_KEY");
    let by_signature = has("AZURE_STORAGE_SAS_TOKEN");
    let service = match connection {
        // What signs in by it takes its address from it, too.
        Some(connection) if !by_key && !by_signature => connection.service(),
        _ => BlobService::find(bucket, env, connection),
    };
    let service = service?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(&bucket.name)
        .with_account(&service.account)
        .with_endpoint(service.address)
        .with_allow_http(true)
        .with_retry(once())
        .with_http_connector(courier.clone());
    let signing = |builder: MicrosoftAzureBuilder, kind: &str, key: &str, value: &str| {
        Ok::<_, Problem>(
            builder.with_config(name("azure_credential_type")?, kind).with_config(name(key)?, value),
        )
    };
    builder = if let Some(key) = env.get("AZURE_STORAGE_KEY").filter(|_| by_key) {
        signing(builder, "access_key", "azure_storage_account_key", key)?
    } else if let Some(token) = env.get("AZURE_STORAGE_SAS_TOKEN") {
        signing(builder, "sas_token", "azure_storage_sas_key", token)?
    } else if let Some(connection) = connection {
        match (connection.get("AccountKey"), connection.get("SharedAccessSignature")) {
            (Some(key), _) => signing(builder, "access_key", "azure_storage_account_key", key)?,
            (None, Some(token)) => signing(builder, "sas_token", "azure_storage_sas_key", token)?,
            (None, None) if connection.is_emulator() => {
                signing(builder, "access_key", "azure_storage_account_key", EMULATOR_KEY)?
            }
            (None, None) => {
                return Err(Problem::new(
                    "the connection string of the storage account holds no key",
                    CREDENTIALS,
                ));
            }
        }
    } else {
        with_identity(builder, env)?
    };
    builder.build().map_err(|error| {
        Problem::new(format!("the container `{}` can't be used: {}", bucket.name, plain(&error)), CREDENTIALS)
    })
}

fn name(text: &str) -> Result<AzureConfigKey, Problem> {
    text.parse().map_err(|_| Problem::without_hint(format!("the setting `{text}` is not known")))
}

/// The builder with the identity of an application, of the machine, or of whoever is logged in with `az`.
fn with_identity(builder: MicrosoftAzureBuilder, env: &Env) -> Result<MicrosoftAzureBuilder, Problem> {
    let of = |builder: MicrosoftAzureBuilder, kind: &str, pairs: &[(&str, &str)]| {
        pairs.iter().try_fold(
            builder.with_config(name("azure_credential_type")?, kind),
            |builder, (key, variable)| {
                Ok::<_, Problem>(match env.get(variable) {
                    Some(value) => builder.with_config(name(key)?, value),
                    None => builder,
                })
            },
        )
    };
    let client = [
        ("azure_storage_client_id", "AZURE_CLIENT_ID"),
        ("azure_storage_tenant_id", "AZURE_TENANT_ID"),
        ("azure_storage_authority_host", "AZURE_AUTHORITY_HOST"),
    ];
    let application = env.get("AZURE_CLIENT_ID").is_some() && env.get("AZURE_TENANT_ID").is_some();
    if application && env.get("AZURE_CLIENT_SECRET").is_some() {
        let secret = [("azure_storage_client_secret", "AZURE_CLIENT_SECRET")];
        return of(builder, "client_secret", &[&client[..], &secret].concat());
    }
    if application && env.get("AZURE_FEDERATED_TOKEN_FILE").is_some() {
        let file = [("azure_federated_token_file", "AZURE_FEDERATED_TOKEN_FILE")];
        return of(builder, "workload_identity", &[&client[..], &file].concat());
    }
    let machine =
        [("azure_storage_client_id", "AZURE_CLIENT_ID"), ("azure_msi_endpoint", "IDENTITY_ENDPOINT")];
    if env.get("IDENTITY_ENDPOINT").is_some() {
        return of(builder, "managed_identity", &machine);
    }
    if is_logged_in(env) {
        let provider: Arc<dyn CredentialProvider<Credential = AzureCredential>> = Arc::new(AzCli::new(env));
        return Ok(builder.with_credentials(provider));
    }
    of(builder, "managed_identity", &machine)
}

/// Whether somebody is logged in with `az`, which then keeps a list of its subscriptions.
/// <https://learn.microsoft.com/cli/azure/azure-cli-configuration#cli-configuration-file>
fn is_logged_in(env: &Env) -> bool {
    let home = env.get("HOME").or_else(|| env.get("USERPROFILE"));
    let usual = home.map(|home| Path::new(home).join(".azure"));
    let folder = env.get("AZURE_CONFIG_DIR").map(|folder| env.cwd().join(folder)).or(usual);
    folder.is_some_and(|folder| folder.join("azureProfile.json").is_file())
}

/// The key of the emulator, which is the same everywhere.
/// <https://learn.microsoft.com/azure/storage/common/storage-connect-azurite#http-connection-strings>
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// The address of a storage account's blobs.
#[derive(Debug, PartialEq, Eq)]
struct BlobService {
    account: String,
    address: String,
}

impl BlobService {
    fn find(bucket: &RemoteBucket, env: &Env, connection: Option<Connection<'_>>) -> Result<Self, Problem> {
        let account = bucket
            .parameter("storage_account")
            .or_else(|| env.get("AZURE_STORAGE_ACCOUNT"))
            .or_else(|| connection?.get("AccountName"));
        let account = account.ok_or_else(|| {
            Problem::new(
                "the storage account of the container is not known",
                "add `?storage_account=…` to the backend's URL, or set `AZURE_STORAGE_ACCOUNT`",
            )
        })?;
        let domain = bucket.parameter("domain").or_else(|| env.get("AZURE_STORAGE_DOMAIN"));
        let domain = domain.unwrap_or("blob.core.windows.net");
        let protocol = bucket.parameter("protocol").or_else(|| env.get("AZURE_STORAGE_PROTOCOL"));
        let protocol = protocol.or_else(|| connection?.get("DefaultEndpointsProtocol")).unwrap_or("https");
        let is_emulator = bucket.is_true("localemu")
            || env.is_true("AZURE_STORAGE_IS_LOCAL_EMULATOR")
            || domain.starts_with("127.0.0.1")
            || domain.starts_with("localhost");
        let address = if is_emulator {
            format!("{protocol}://{domain}/{account}")
        } else if bucket.is_true("cdn") || env.is_true("AZURE_STORAGE_IS_CDN") {
            format!("{protocol}://{domain}")
        } else {
            format!("{protocol}://{account}.{domain}")
        };
        Ok(Self { account: account.to_owned(), address })
    }
}

/// A connection string.
/// <https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string>
#[derive(Clone, Copy)]
struct Connection<'a>(&'a str);

impl<'a> Connection<'a> {
    fn get(self, wanted: &str) -> Option<&'a str> {
        let fields = self.0.split(';').filter_map(|field| field.trim().split_once('='));
        fields
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
            .next_back()
            .filter(|value| !value.is_empty())
    }

    fn is_emulator(self) -> bool {
        self.get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn service(self) -> Result<BlobService, Problem> {
        if self.is_emulator() {
            let account = "devstoreaccount1".to_owned();
            return Ok(BlobService { address: format!("http://127.0.0.1:10000/{account}"), account });
        }
        let protocol = self.get("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = self.get("EndpointSuffix").unwrap_or("core.windows.net");
        let endpoint = self.get("BlobEndpoint").map(|endpoint| endpoint.trim_end_matches('/').to_owned());
        // An endpoint names its account in its host, or in its path.
        let of_endpoint = || {
            let (_, rest) = endpoint.as_deref()?.split_once("://")?;
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let first = if path.is_empty() { host.split('.').next()? } else { path.split('/').next()? };
            Some(first.to_owned())
        };
        let account = self.get("AccountName").map(str::to_owned).or_else(of_endpoint).ok_or_else(|| {
            Problem::new("the connection string names no storage account", "add `AccountName=…` to it")
        })?;
        let address = endpoint.clone().unwrap_or_else(|| format!("{protocol}://{account}.blob.{suffix}"));
        Ok(BlobService { account, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::bucket::address::{BucketAddress, ReadWith};

    fn bucket(url: &str) -> RemoteBucket {
        let env = Env::from_pairs("/", [("A", "b")]);
        let with = ReadWith { env: &env, folder: Path::new("/") };
        let BucketAddress::Azure(bucket) = BucketAddress::parse(url, with).unwrap() else { panic!() };
        bucket
    }

    fn address(url: &str, variables: &[(&str, &str)]) -> String {
        let env = Env::from_pairs("/", variables.iter().copied());
        let service = BlobService::find(&bucket(url), &env, None).unwrap();
        format!("{} of {}", service.address, service.account)
    }

    #[test]
    fn the_account_s_address_is_the_one_that_the_engine_takes() {
        for (url, expected) in [
            ("azblob://state?storage_account=acme", "https://acme.blob.core.windows.net of acme"),
            (
                "azblob://state?storage_account=acme&domain=blob.core.chinacloudapi.cn",
                "https://acme.blob.core.chinacloudapi.cn of acme",
            ),
            (
                "azblob://state?storage_account=x&domain=127.0.0.1:10000&protocol=http",
                "http://127.0.0.1:10000/x of x",
            ),
            ("azblob://state?storage_account=x&domain=cdn.acme.com&cdn=true", "https://cdn.acme.com of x"),
            ("azblob://state", "https://env.blob.core.windows.net of env"),
        ] {
            assert_eq!(address(url, &[("AZURE_STORAGE_ACCOUNT", "env")]), expected, "{url}");
        }
        let nobody = Env::from_pairs("/", [("A", "b")]);
        assert!(BlobService::find(&bucket("azblob://state"), &nobody, None).is_err());
    }

    #[test]
    fn a_connection_string_names_account_and_address() {
        for (text, account, address) in [
            ("AccountName=acme;AccountKey=a2V5==", "acme", "https://acme.blob.core.windows.net"),
            (
                "BlobEndpoint=https://acme.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x",
                "acme",
                "https://acme.blob.core.windows.net",
            ),
            ("BlobEndpoint=http://127.0.0.1:10000/dev1;AccountKey=x", "dev1", "http://127.0.0.1:10000/dev1"),
            ("UseDevelopmentStorage=true", "devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1"),
        ] {
            let service = Connection(text).service().unwrap();
            assert_eq!((service.account.as_str(), service.address.as_str()), (account, address), "{text}");
        }
        assert_eq!(Connection("AccountName=acme;AccountKey=a2V5==").get("accountkey"), Some("a2V5=="));
        assert!(Connection("AccountKey=x").service().is_err());
    }
}
