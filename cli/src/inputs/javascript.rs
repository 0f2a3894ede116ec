//! JavaScript's rules for numbers and for truth, which apply to the official action's inputs.

use crate::base::yaml::Value;

/// The result of `Number(text)`; none if that is no number. An empty text is 0.
/// <https://tc39.es/ecma262/#sec-stringtonumber>
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0.0);
    }
    let sign = text.strip_prefix(['+', '-']);
    if sign.unwrap_or(text) == "Infinity" {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let lower = text.to_ascii_lowercase();
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(base)).collect();
            let digits = digits.filter(|digits| !digits.is_empty())?;
            return Some(digits.iter().fold(0.0, |sum, digit| sum * f64::from(base) + f64::from(*digit)));
        }
    }
    // Rust also accepts words such as `inf`.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    text.parse().ok().filter(|_| plain)
}

/// The result of `Number(text)` as a whole number, if it is one that JavaScript represents exactly.
pub fn whole_number(text: &str) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "it is exact up to here")]
    const LARGEST: f64 = ((1_i64 << 53) - 1) as f64;
    let number = number(text).filter(|number| number.abs() <= LARGEST && number.fract() == 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not too large")]
    let whole = number as i64;
    Some(whole)
}

/// Whether JavaScript takes a value of a YAML document for true.
/// <https://developer.mozilla.org/docs/Glossary/Falsy>
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null(_) => false,
        Value::Bool(text) => text.eq_ignore_ascii_case("true"),
        Value::Number(text) => number_of_yaml(text).is_none_or(|number| number != 0.0 && !number.is_nan()),
        Value::Text(text) => !text.is_empty(),
        Value::List(_) | Value::Mapping(_) => true,
    }
}

/// The value in JavaScript of a number in a YAML document; none if that can't be told.
pub fn number_of_yaml(text: &str) -> Option<f64> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text.strip_prefix('+').unwrap_or(text)), |digits| (true, digits));
    let number = match digits.to_ascii_lowercase().as_str() {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ => number(digits)?,
    };
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_number_that_javascript_makes_of_it() {
        for (text, expected) in [
            ("", Some(0.0)),
            (" \n", Some(0.0)),
            ("4", Some(4.0)),
            (" 4 ", Some(4.0)),
            ("004", Some(4.0)),
            ("-1", Some(-1.0)),
            ("+5", Some(5.0)),
            ("1e2", Some(100.0)),
            ("1E+2", Some(100.0)),
            ("5.", Some(5.0)),
            (".5e1", Some(5.0)),
            ("0x10", Some(16.0)),
            ("0B11", Some(3.0)),
            ("0o17", Some(15.0)),
            ("10.5", Some(10.5)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("abc", None),
            ("10abc", None),
            ("1_000", None),
            ("-0x10", None),
            ("0x", None),
            ("inf", None),
            ("nan", None),
            (".", None),
            ("1 2", None),
            ("1e", None),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
        assert_eq!(number("1e400"), Some(f64::INFINITY));
    }

    #[test]
    fn a_whole_number_is_one_without_a_fraction_and_without_gaps() {
        for (text, expected) in [
            ("1e2", Some(100)),
            ("-1.0", Some(-1)),
            ("1e-400", Some(0)),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("10.5", None),
            ("Infinity", None),
            ("x", None),
        ] {
            assert_eq!(whole_number(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_empty_zero_or_false_is_not_true() {
        let value = |text: &str| crate::base::yaml::parse(text).unwrap();
        for text in ["", "~", "null", "false", "False", "0", "0.0", "-0", "0x0", ".nan", "''"] {
            assert!(!is_truthy(&value(text)), "{text}");
        }
        for text in [
            "true", "TRUE", "1", "-1", "0.1", ".inf", "yes", "no", "off", "'false'", "'0'", "' '", "[]", "{}",
        ] {
            assert!(is_truthy(&value(text)), "{text}");
        }
    }
}
