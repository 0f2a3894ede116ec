//! What it takes to know secrets: room and time that grow with their length.

use stackstep::base::secret::Masker;
use std::time::Instant;

/// The table's rows.
pub fn rows() -> Vec<(String, String)> {
    let signs: String = (' '..='~').collect();
    let one = vec![text(1 << 20, &signs)];
    let many = text(600_000, &signs);
    let many = (0..10_000).map(|index| many[index * 60..][..60].to_owned()).collect();
    [
        ("one secret of 1 MB", one),
        ("10,000 secrets of 60 characters", many),
        ("100 kB of one letter", vec!["a".repeat(100_000)]),
    ]
    .into_iter()
    .map(|(name, secrets)| row(name, &secrets))
    .collect()
}

fn row(name: &str, secrets: &[String]) -> (String, String) {
    let began = Instant::now();
    let mut masker = Masker::new();
    for secret in secrets {
        masker.add("secret", secret);
    }
    let kilobytes = masker.bytes() / 1024;
    (format!("to know {name}"), format!("{} ms, {kilobytes} KiB", began.elapsed().as_millis()))
}

/// Letters that look random and are always the same.
fn text(length: usize, alphabet: &str) -> String {
    let alphabet = alphabet.as_bytes();
    let mut state = 0x5eed_u64;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = usize::try_from(state >> 33).unwrap_or_default() % alphabet.len();
        char::from(alphabet[index])
    };
    (0..length).map(letter).collect()
}
