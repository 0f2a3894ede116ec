//! Whether masking hides a part of a difference: two different secrets look the same afterwards.

use serde_json::Value;

use super::excerpt::differing;

/// Whether two texts differ in something that masking replaced; `masked` are the masked texts.
pub(super) fn hides_a_difference(texts: &[String; 2], masked: &[String; 2]) -> bool {
    let [old, new] = texts;
    if old == new || texts == masked {
        return false;
    }
    let taken = |text: &str, masked: &str| -> Vec<String> {
        let places = differing(text, masked).into_iter();
        places.map(|(place, _)| text.get(place).unwrap_or_default().to_owned()).collect()
    };
    let [masked_old, masked_new] = masked;
    masked_old == masked_new || taken(old, masked_old) != taken(new, masked_new)
}

/// Whether two values differ in something that masking replaced.
pub(super) fn hides_in_values(values: [&Value; 2], masked: [&Value; 2]) -> bool {
    let texts = |values: [&Value; 2]| {
        values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    hides_a_difference(&texts(values), &texts(masked))
}

/// The note if both sides look the same.
pub(crate) const HIDDEN: &str = "what differs is hidden, or not known yet";

/// The note if only a part of the difference can be seen.
pub(crate) const PARTLY_HIDDEN: &str = "a part of what differs is hidden";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_mask_took_away_counts() {
        let mask = |text: &str| text.replace("hunter2", "***").replace("letmein", "***");
        for (old, new, hides) in [
            ("hunter2\nx", "letmein\ny", true),
            ("pw=hunter2 a", "pw=letmein b", true),
            ("hunter2", "letmein", true),
            ("hunter2 letmein", "letmein hunter2", true),
            ("hunter2\nx", "hunter2\ny", false),
            ("a", "b", false),
            ("hunter2", "hunter2", false),
        ] {
            let texts = [old.to_owned(), new.to_owned()];
            let masked = texts.each_ref().map(|text| mask(text));
            assert_eq!(hides_a_difference(&texts, &masked), hides, "{old:?} {new:?}");
        }
    }
}
