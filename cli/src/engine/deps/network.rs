//! Tells from a package manager's output whether the network failed, so that another attempt may help.

/// The words of package managers and their libraries for errors of the network, in lower case.
///
/// Node: <https://nodejs.org/api/errors.html#common-system-errors>. Go: `net` and `net/http`. Python: urllib3. .NET:
/// NU1301. Maven: `Could not transfer artifact`.
const SIGNS: &[&str] = &[
    "econnreset",
    "econnrefused",
    "etimedout",
    "enotfound",
    "eai_again",
    "socket hang up",
    "socket timeout",
    "network timeout",
    "temporary failure in name resolution",
    "name or service not known",
    "could not resolve host",
    "no such host",
    "connection reset",
    "connection refused",
    "connection aborted",
    "connection timed out",
    "connect timeout",
    "read timed out",
    "i/o timeout",
    "tls handshake timeout",
    "unexpected eof",
    "remote end closed",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "gateway time-out",
    "too many requests",
    "internal server error",
    "nu1301",
    "could not transfer artifact",
];

/// Whether the output `said` reports an error of the network.
pub(super) fn is_to_blame(said: &str) -> bool {
    let said = said.to_lowercase();
    SIGNS.iter().any(|sign| said.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::is_to_blame;

    #[test]
    fn a_name_that_does_not_resolve_is_the_network() {
        assert!(is_to_blame(
            "npm error code EAI_AGAIN\nnpm error request to https://registry.npmjs.org failed"
        ));
        assert!(is_to_blame("dial tcp: lookup proxy.golang.org: no such host"));
    }

    #[test]
    fn a_lock_file_that_does_not_fit_is_not() {
        assert!(!is_to_blame(
            "npm error `npm ci` can only install packages when your package.json and \
                              package-lock.json are in sync."
        ));
        assert!(!is_to_blame("npm error code EINTEGRITY"));
    }
}
