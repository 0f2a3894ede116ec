//! Buckets of S3, and of servers that speak its protocol: the address and the credentials that the engine would take.
//!
//! The order of credentials is that of the engine's SDK: a `profile` of the URL, keys in the environment, an identity
//! token, the profile of `AWS_PROFILE`, the container, the machine.
//! <https://docs.aws.amazon.com/sdk-for-go/v2/developer-guide/configure-gosdk.html#specifying-credentials>

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum};

use super::address::RemoteBucket;
use super::aws_profile::AwsProfile;
use super::courier::Courier;
use super::library::{once, plain};
use crate::base::env::Env;
use crate::base::error::Problem;
use crate::base::http::Url;

/// The bucket.
pub(super) fn open(bucket: &RemoteBucket, env: &Env, courier: &Courier) -> Result<AmazonS3, Problem> {
    if bucket.parameter("role").is_some() {
        return Err(Problem::new(
            "`role` in the backend's URL is not supported beside the engine",
            "assume the role before this step, so that its keys are in the environment",
        ));
    }
    let named = bucket.parameter("profile");
    let profile = AwsProfile::read(named.or_else(|| env.get("AWS_PROFILE")), env);
    let region = region(bucket, env, &profile)?;
    let endpoint = Endpoint::find(bucket, env, &region)?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&region)
        .with_endpoint(endpoint.address)
        .with_virtual_hosted_style_request(endpoint.names_the_bucket)
        .with_allow_http(true)
        // Not each server of this protocol knows how to delete several objects at once.
        .with_disable_bulk_delete(true)
        .with_retry(once())
        .with_http_connector(courier.clone());
    if is_amazon(bucket, env) {
        // Buckets that keep objects from being overwritten want a checksum:
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-put-object
        builder = builder.with_checksum_algorithm(Checksum::SHA256);
    }
    if let Some(kind) = bucket.parameter("ssetype") {
        builder = builder.with_config(key("aws_server_side_encryption")?, kind);
    }
    if let Some(id) = bucket.parameter("kmskeyid") {
        builder = builder.with_config(key("aws_sse_kms_key_id")?, id);
    }
    builder = signed(builder, bucket, env, &profile, &region)?;
    builder.build().map_err(|error| {
        let why = plain(&error);
        Problem::new(format!("the bucket `{}` can't be used: {why}", bucket.name), CREDENTIALS)
    })
}

/// The hint for missing credentials.
const CREDENTIALS: &str = "give the step the credentials that the engine has: `AWS_ACCESS_KEY_ID` and \
                           `AWS_SECRET_ACCESS_KEY`, or an identity (`AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`)";

/// The builder with the credentials.
fn signed(
    builder: AmazonS3Builder,
    bucket: &RemoteBucket,
    env: &Env,
    profile: &AwsProfile,
    region: &str,
) -> Result<AmazonS3Builder, Problem> {
    if bucket.is_true("anonymous") {
        return Ok(builder.with_skip_signature(true));
    }
    let keys = |id: &str, secret: &str, token: Option<&str>| {
        let builder = builder.clone().with_access_key_id(id).with_secret_access_key(secret);
        token.map_or(builder.clone(), |token| builder.with_token(token))
    };
    let of_profile = || profile.keys().map(|(id, secret, token)| keys(id, secret, token));
    if bucket.parameter("profile").is_some() {
        return of_profile().ok_or_else(|| profile.without_keys());
    }
    if let (Some(id), Some(secret)) = (env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")) {
        return Ok(keys(id, secret, env.get("AWS_SESSION_TOKEN")));
    }
    if let (Some(file), Some(role)) = (env.get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.get("AWS_ROLE_ARN")) {
        let sts = env
            .get("AWS_ENDPOINT_URL_STS")
            .map_or_else(|| format!("https://sts.{region}.{}", domain(region)), str::to_owned);
        let file = env.cwd().join(file).display().to_string();
        return Ok(builder
            .with_config(key("aws_web_identity_token_file")?, file)
            .with_config(key("aws_role_arn")?, role)
            .with_config(
                key("aws_role_session_name")?,
                env.get("AWS_ROLE_SESSION_NAME").unwrap_or("stackstep"),
            )
            .with_config(key("aws_endpoint_url_sts")?, sts));
    }
    if let Some(builder) = of_profile() {
        return Ok(builder);
    }
    if profile.is_more_than_keys() {
        return Err(profile.without_keys());
    }
    let mut builder = builder;
    for (variable, name) in [
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "aws_container_credentials_relative_uri"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "aws_container_credentials_full_uri"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "aws_container_authorization_token_file"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "aws_metadata_endpoint"),
    ] {
        if let Some(value) = env.get(variable) {
            builder = builder.with_config(key(name)?, value);
        }
    }
    let in_container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        .map(|name| env.get(name));
    if in_container.iter().flatten().next().is_none() && env.is_true("AWS_EC2_METADATA_DISABLED") {
        return Err(Problem::new("there are no credentials for the bucket", CREDENTIALS));
    }
    Ok(builder)
}

fn key(name: &str) -> Result<AmazonS3ConfigKey, Problem> {
    name.parse().map_err(|_| Problem::without_hint(format!("the setting `{name}` is not known")))
}

/// The region, as the engine finds it.
fn region(bucket: &RemoteBucket, env: &Env, profile: &AwsProfile) -> Result<String, Problem> {
    let named = bucket
        .parameter("region")
        .or_else(|| env.get("AWS_REGION"))
        .or_else(|| env.get("AWS_DEFAULT_REGION"))
        .or_else(|| profile.region());
    let region = named.ok_or_else(|| {
        Problem::new(
            "the region of the bucket is not known",
            "add `?region=eu-central-1` to the backend's URL, or set `AWS_REGION`",
        )
    })?;
    if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(Problem::new(
            format!("`{}` is not a region", region.escape_debug()),
            "write it as `eu-central-1`",
        ));
    }
    Ok(region.to_owned())
}

/// The domain of Amazon's services in a region.
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
fn domain(region: &str) -> &'static str {
    const DOMAINS: [(&str, &str); 5] = [
        ("cn-", "amazonaws.com.cn"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("eusc-", "amazonaws.eu"),
    ];
    DOMAINS.iter().find(|(beginning, _)| region.starts_with(beginning)).map_or("amazonaws.com", |one| one.1)
}

/// The address of another server than Amazon's.
fn given_endpoint<'a>(bucket: &'a RemoteBucket, env: &'a Env) -> Option<&'a str> {
    let names = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
    bucket.parameter("endpoint").or_else(|| names.iter().find_map(|name| env.get(name)))
}

/// Whether the bucket is Amazon's own, and not one of a server that speaks its protocol.
pub(super) fn is_amazon(bucket: &RemoteBucket, env: &Env) -> bool {
    given_endpoint(bucket, env).is_none()
}

/// The server of a bucket.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint {
    /// Its address.
    address: String,
    /// Whether the bucket is in the host's name.
    names_the_bucket: bool,
}

impl Endpoint {
    fn find(bucket: &RemoteBucket, env: &Env, region: &str) -> Result<Self, Problem> {
        let asks_for_path = bucket.is_true("s3ForcePathStyle")
            || bucket.is_true("use_path_style")
            || bucket.is_true("hostname_immutable");
        // A dot in the name does not fit the server's certificate.
        let in_path = asks_for_path || bucket.name.contains('.');
        let insecure = bucket.is_true("disableSSL") || bucket.is_true("disable_https");
        let given = given_endpoint(bucket, env);
        let server = match given {
            Some(given) if given.contains("://") => given.to_owned(),
            Some(given) => format!("{}://{given}", if insecure { "http" } else { "https" }),
            None => format!("https://{}", of_amazon(bucket, region)),
        };
        let url = Url::parse(&server).ok().filter(|url| url.has_host() && url.scheme().starts_with("http"));
        let mut url = url.ok_or_else(|| {
            Problem::new(
                "`endpoint` in the backend's URL is not an address",
                "write it as `https://minio.example.com`",
            )
        })?;
        // Requests are signed: a user and a password in the address are nobody's.
        let _ = (url.set_username(""), url.set_password(None));
        let is_number = url.host_str().is_some_and(|host| host.parse::<std::net::IpAddr>().is_ok());
        let names_the_bucket = !in_path && !is_number;
        if names_the_bucket {
            let host = format!("{}.{}", bucket.name, url.host_str().unwrap_or_default());
            if url.set_host(Some(&host)).is_err() {
                return Err(Problem::without_hint(format!(
                    "`{}` is not a bucket's name",
                    bucket.name.escape_debug()
                )));
            }
        }
        Ok(Self { address: url.as_str().trim_end_matches('/').to_owned(), names_the_bucket })
    }
}

/// The host of S3 in a region. <https://docs.aws.amazon.com/general/latest/gr/s3.html>
fn of_amazon(bucket: &RemoteBucket, region: &str) -> String {
    let domain = domain(region);
    if bucket.is_true("accelerate") {
        return format!("s3-accelerate.{domain}");
    }
    let service = if bucket.is_true("fips") { "s3-fips" } else { "s3" };
    let stack = if bucket.is_true("dualstack") { "dualstack." } else { "" };
    format!("{service}.{stack}{region}.{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::bucket::address::{BucketAddress, ReadWith};
    use std::path::Path;

    fn endpoint(url: &str, variables: &[(&str, &str)]) -> String {
        let env = Env::from_pairs("/", variables.iter().copied());
        let with = ReadWith { env: &env, folder: Path::new("/") };
        let BucketAddress::S3(bucket) = BucketAddress::parse(url, with).unwrap() else { panic!() };
        let region = region(&bucket, &env, &AwsProfile::default()).unwrap();
        let endpoint = Endpoint::find(&bucket, &env, &region).unwrap();
        let path = if endpoint.names_the_bucket { String::new() } else { format!("/{}", bucket.name) };
        format!("{}{path}", endpoint.address)
    }

    #[test]
    fn the_server_is_the_one_that_the_engine_asks() {
        for (url, expected) in [
            ("s3://acme?region=eu-central-1", "https://acme.s3.eu-central-1.amazonaws.com"),
            ("s3://a.cme?region=eu-central-1", "https://s3.eu-central-1.amazonaws.com/a.cme"),
            ("s3://acme?region=cn-north-1", "https://acme.s3.cn-north-1.amazonaws.com.cn"),
            (
                "s3://acme?region=us-east-1&fips=true&dualstack=true",
                "https://acme.s3-fips.dualstack.us-east-1.amazonaws.com",
            ),
            (
                "s3://acme?region=us-east-1&endpoint=minio:9000&disableSSL=true&s3ForcePathStyle=true",
                "http://minio:9000/acme",
            ),
            ("s3://acme?region=us-east-1&endpoint=minio:9000", "https://acme.minio:9000"),
            ("s3://acme?region=us-east-1&endpoint=http://u:p@127.0.0.1:9000/", "http://127.0.0.1:9000/acme"),
        ] {
            assert_eq!(endpoint(url, &[]), expected, "{url}");
        }
        let minio = [("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL_S3", "https://minio.corp")];
        assert_eq!(endpoint("s3://acme?use_path_style=true", &minio), "https://minio.corp/acme");
    }

    #[test]
    fn a_region_is_needed_and_is_a_region() {
        let env = Env::from_pairs("/", [("A", "b")]);
        let with = ReadWith { env: &env, folder: Path::new("/") };
        for url in ["s3://acme", "s3://acme?region=a.b/c"] {
            let BucketAddress::S3(bucket) = BucketAddress::parse(url, with).unwrap() else { panic!() };
            assert!(region(&bucket, &env, &AwsProfile::default()).is_err(), "{url}");
        }
    }
}
