//! What each service takes from the library of buckets in the same way.

use std::time::Duration;

use object_store::RetryConfig;

/// No tries of the library's own: [`super::courier`] has them.
pub(super) fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, retry_timeout: Duration::from_secs(120), ..RetryConfig::default() }
}

/// The innermost words of a library's error, which hold no address and no header.
pub(super) fn plain(error: &object_store::Error) -> String {
    let mut layer: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = layer.source() {
        layer = source;
    }
    let words = layer.to_string();
    if words.contains("://") { "the request could not be made".to_owned() } else { words }
}
