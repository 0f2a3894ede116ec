//! The user and password in a repository's URL: a secret, but for the name of a user of SSH.

use super::tree::HIDDEN;

/// The URL with `[secret]` in the place of its user and password, if they are a secret.
pub(super) fn without_user(url: &str) -> String {
    match secret_user(url) {
        Some((before, after)) => format!("{before}{HIDDEN}@{after}"),
        None => url.to_owned(),
    }
}

/// Whether there is a user or a password in the URL that is a secret.
pub(super) fn has_secret_user(url: &str) -> bool {
    secret_user(url).is_some()
}

/// What stands before and after the user and the password. None if there is none, or only the name of a user of SSH:
/// `git@github.com:acme/shop.git`. Over HTTP the name alone can be a token.
/// <https://git-scm.com/docs/git-clone#_git_urls>
fn secret_user(url: &str) -> Option<(&str, &str)> {
    let (scheme, start) = match url.find("://") {
        Some(at) => (url[..at].trim_start(), at + 3),
        None => ("", 0),
    };
    let rest = &url[start..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // A password can have a slash in it that nobody has encoded: what follows the colon is then no port.
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let has_port = port.bytes().all(|byte| byte.is_ascii_digit());
    let at = match authority.rfind('@') {
        None if !has_port && !scheme.is_empty() => rest.rfind('@')?,
        at => at?,
    };
    let is_ssh = scheme.is_empty() || scheme.to_ascii_lowercase().contains("ssh");
    let is_secret = rest[..at].contains(':') || !is_ssh;
    (is_secret && at > 0).then(|| (&url[..start], &rest[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_a_user_over_http_are_secrets() {
        for (url, expected) in [
            ("https://u:hunter2@host/x.git", "https://[secret]@host/x.git"),
            ("https://hunter2@host/x", "https://[secret]@host/x"),
            ("HTTP://:hunter2@host", "HTTP://[secret]@host"),
            ("https://u:hun/ter2@host/x", "https://[secret]@host/x"),
            ("https://u:hunter2@a@host:8443/x", "https://[secret]@host:8443/x"),
            ("ssh://git:hunter2@host/x", "ssh://[secret]@host/x"),
            ("git:hunter2@host/x", "[secret]@host/x"),
        ] {
            assert_eq!(without_user(url), expected);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for url in [
            "https://github.com/acme/shop.git",
            "https://host:8443/acme/@scope/x",
            "https://[::1]:8443/x",
            "git@github.com:acme/shop.git",
            "ssh://git@github.com/acme/shop",
            "registry://templates/private/acme/x@1.2.0",
            "../shop",
            "",
        ] {
            assert_eq!(without_user(url), url);
            assert!(!has_secret_user(url), "{url}");
        }
    }
}
