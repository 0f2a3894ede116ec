//! Whether a mask takes away a part of what differs: two secrets that stand for each other read the same afterwards.

use serde_json::Value;

use super::excerpt::differing;

/// Whether what a mask took out of two texts is not the same; `masked` is what it made of them.
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

/// The same of two values.
pub(super) fn hides_in_values(values: [&Value; 2], masked: [&Value; 2]) -> bool {
    let texts = |values: [&Value; 2]| {
        values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    hides_a_difference(&texts(values), &texts(masked))
}

/// The note where both sides read the same.
pub(crate) const HIDDEN: &str = "what differs is hidden, or not known yet";

/// What is said where both sides differ by more than can be read.
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
