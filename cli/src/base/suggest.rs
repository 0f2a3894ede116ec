//! The nearest of the names that exist, for "did you mean".

/// The candidate that is most similar to `word`; none if no candidate is similar.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_name_and_a_stranger_finds_none() {
        let names = ["stack", "target", "target-dependents"];
        assert_eq!(nearest("targt", names), Some("target"));
        assert_eq!(nearest("zzz", names), None);
    }
}
