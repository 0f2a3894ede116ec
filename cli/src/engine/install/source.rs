//! The places of a release's files: a mirror, else Pulumi's own servers. A mirror is a folder or a server that has the
//! files of a release under their original names.

use std::time::{Duration, SystemTime};

use semver::Version;

use super::fault;
use crate::base::error::{Error, Result};
use crate::base::http::{Http, Request, Url, host};
use crate::base::retry::Retries;
use crate::pulumi::mirror::ReleasePlace;

/// Pulumi's own servers; the second is used if the first can't be reached.
/// <https://www.pulumi.com/docs/iac/download-install/>, <https://github.com/pulumi/pulumi/releases>
const OWN: [&str; 2] = [
    "https://get.pulumi.com/releases/sdk/",
    "https://github.com/pulumi/pulumi/releases/download/v{version}/",
];

/// The size limit in bytes of a list of releases or checksums.
const TEXT: usize = 8 << 20;

/// The time limits and retries for a server.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The longest silence of the server.
    pub idle: Duration,
    /// The longest time of a whole download.
    pub whole: Duration,
    /// The number of failures in a row that end the download.
    pub tries: u32,
    /// The first pause between two tries; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause that a server may ask for.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            whole: Duration::from_secs(15 * 60),
            tries: 4,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// The first try of a request.
    pub fn retries(&self) -> Retries {
        Retries::new(self.tries, self.pause, self.longest_pause)
    }
}

/// The addresses of `version` on Pulumi's own servers.
pub fn own(version: &Version) -> Vec<ReleasePlace> {
    OWN.iter()
        .filter_map(|base| Url::parse(&base.replace("{version}", &version.to_string())).ok())
        .map(|base| ReleasePlace::Web { base, authorization: None })
        .collect()
}

/// The place and the file's name of one address.
pub fn address(url: &str) -> Option<(ReleasePlace, String)> {
    let (base, file) = url.rsplit_once('/')?;
    Some((
        ReleasePlace::Web { base: Url::parse(&format!("{base}/")).ok()?, authorization: None },
        file.to_owned(),
    ))
}

/// A small file, with the time of the server.
#[derive(Debug)]
pub struct Text {
    /// The file's content.
    pub text: String,
    /// The server's clock when it answered.
    pub date: Option<SystemTime>,
}

impl ReleasePlace {
    /// The place in words, without credentials.
    pub fn words(&self) -> String {
        match self {
            Self::Folder(folder) => format!("`{}`", folder.display()),
            Self::Web { base, .. } => host(base),
        }
    }

    /// The request for a file at this place; none for a folder.
    pub fn request(&self, file: &str) -> Option<Request> {
        let Self::Web { base, authorization } = self else { return None };
        let mut url = base.join(file).ok()?;
        url.set_query(base.query());
        Some(Request { authorization: authorization.clone(), ..Request::get(url) })
    }

    /// The text of a small file at this place. None if there is no such file.
    pub async fn text(&self, file: &str, http: Option<&Http>, patience: Patience) -> Result<Option<Text>> {
        match (self, self.request(file), http) {
            (Self::Folder(folder), ..) => match std::fs::read_to_string(folder.join(file)) {
                Ok(text) => {
                    let text = text.trim_start_matches('\u{feff}').to_owned();
                    Ok(Some(Text { text, date: None }))
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(&folder.join(file), &error)),
            },
            (_, Some(request), Some(http)) => fetch_text(http, &request, file, patience).await,
            _ => Ok(None),
        }
    }
}

/// The error for a file of a mirror's folder that could not be read.
pub fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Error {
    fault(
        format!("could not read `{}`: {error}", path.display()),
        "check the folder that `pulumi-mirror` names",
    )
}

async fn fetch_text(http: &Http, request: &Request, file: &str, patience: Patience) -> Result<Option<Text>> {
    let mut retries = patience.retries();
    loop {
        let (error, wait) = match read_text(http, request, patience).await {
            Ok((200, Some(text), _)) => return Ok(Some(text)),
            Ok((404 | 410, ..)) => return Ok(None),
            Ok((status, _, wait)) => {
                (refused(&request.url, file, status), wait.filter(|_| temporary(status)))
            }
            Err(failure) => (
                fault(format!("{file} could not be fetched: {failure}"), failure.hint()),
                Some(retries.pause()),
            ),
        };
        let wait = wait.and_then(|wait| retries.next(wait.max(retries.pause())));
        let Some(wait) = wait else { return Err(error) };
        tokio::time::sleep(wait).await;
    }
}

type Read = (u16, Option<Text>, Option<Duration>);

async fn read_text(
    http: &Http,
    request: &Request,
    patience: Patience,
) -> Result<Read, crate::base::http::Failure> {
    let mut download = http.open(request, None, patience.idle).await?;
    let wait = download.retry_after.or(Some(Duration::ZERO));
    if download.status != 200 {
        return Ok((download.status, None, wait));
    }
    let mut body = Vec::new();
    let deadline = tokio::time::Instant::now() + patience.whole;
    while let Some(chunk) = download.chunk(patience.idle).await? {
        body.extend_from_slice(&chunk);
        if body.len() > TEXT || tokio::time::Instant::now() > deadline {
            return Err(crate::base::http::Failure::TooBig { host: host(&request.url), limit: TEXT });
        }
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok((200, Some(Text { text, date: download.date }), wait))
}

/// Whether another answer is likely in a moment: the server is overloaded or broken.
pub fn temporary(status: u16) -> bool {
    status == 429 || status >= 500
}

/// The error for an answer with another status than the file's.
pub fn refused(url: &Url, file: &str, status: u16) -> Error {
    let hint = match status {
        401 | 403 | 407 => "check the credentials in `pulumi-mirror`: `https://user:password@host/`",
        404 | 410 => "check that the version is released and, with a mirror, that it is mirrored",
        _ => "run the job again later, or name another source in `pulumi-mirror`",
    };
    fault(format!("{} answers {status} for {file}", host(url)), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pulumi::mirror::Mirror;

    fn request(mirror: &str, file: &str) -> Request {
        Mirror::parse(mirror).unwrap().place().request(file).unwrap()
    }

    #[test]
    fn credentials_leave_the_address_for_a_header() {
        let request = request("https://ci:p%40ss@mirror.example/pulumi", "a.txt");
        assert_eq!(request.url.as_str(), "https://mirror.example/pulumi/a.txt");
        assert_eq!(request.authorization.unwrap().expose(), "Basic Y2k6cEBzcw==");
    }

    #[test]
    fn a_signature_goes_with_each_file() {
        let request = request("https://acme.blob.core.windows.net/pulumi/?sig=abc", "a.txt");
        assert_eq!(request.url.as_str(), "https://acme.blob.core.windows.net/pulumi/a.txt?sig=abc");
        assert!(request.authorization.is_none());
    }

    #[test]
    fn pulumis_own_places_have_the_version_in_their_address() {
        let [first, second] = own(&Version::new(3, 259, 0)).try_into().unwrap();
        assert_eq!(first.request("x").unwrap().url.as_str(), "https://get.pulumi.com/releases/sdk/x");
        assert_eq!(
            second.request("x").unwrap().url.as_str(),
            "https://github.com/pulumi/pulumi/releases/download/v3.259.0/x"
        );
    }
}
