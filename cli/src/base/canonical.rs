//! The one way to write a JSON value, so that equal values have equal hashes: no blanks, members sorted, numbers and texts
//! as JavaScript writes them. <https://www.rfc-editor.org/rfc/rfc8785>

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

/// The largest whole number of which JavaScript knows each smaller one.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_991.0;

/// `value` in its canonical form. A number that JavaScript can't hold keeps the digits that it is written with, as two
/// such numbers would look the same otherwise.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// The hash of `value` in its canonical form: `sha256:` and 64 hexadecimal digits.
pub fn canonical_digest(value: &Value) -> String {
    format!("sha256:{:x}", Sha256::digest(canonical(value)))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            out.push('{');
            for (at, (name, field)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                // A text is written as `serde_json` does: the shortest escapes, and no others than JSON needs.
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(field, out);
            }
            out.push('}');
        }
        Value::Number(it) => out.push_str(&number(it)),
        plain => out.push_str(&plain.to_string()),
    }
}

/// A number in its canonical form.
fn number(number: &Number) -> String {
    let written = number.to_string();
    match written.parse::<f64>() {
        Ok(float) if float.is_finite() && holds(&written, float) => of_javascript(float),
        _ => written,
    }
}

/// Whether JavaScript can hold the number: a whole one only up to its limit.
fn holds(written: &str, float: f64) -> bool {
    let whole = written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    !whole || float.abs() <= LARGEST_WHOLE
}

/// A number as JavaScript writes it. <https://tc39.es/ecma262/#sec-numeric-types-number-tostring>
fn of_javascript(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let shortest = format!("{:e}", float.abs());
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits = digits.replace('.', "");
    let (count, point) = (count_of(&digits), exponent.parse::<i32>().unwrap_or(0) + 1);
    let zeros = |number: i32| "0".repeat(usize::try_from(number).unwrap_or(0));
    let at = |place: i32| digits.split_at(usize::try_from(place).unwrap_or(0).min(digits.len()));
    let text = match point {
        _ if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        1..=21 => format!("{}.{}", at(point).0, at(point).1),
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let exponent = format!("{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs());
            let fraction = if count == 1 { String::new() } else { format!(".{}", at(1).1) };
            format!("{}{fraction}e{exponent}", at(1).0)
        }
    };
    format!("{sign}{text}")
}

fn count_of(digits: &str) -> i32 {
    i32::try_from(digits.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        canonical(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn the_example_of_the_standard_is_written_as_it_says() {
        // <https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2>
        let example = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(of(example), expected);
    }

    #[test]
    fn members_are_sorted_as_javascript_sorts_them() {
        // <https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3>
        let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
        let object: serde_json::Map<_, _> =
            names.iter().map(|name| ((*name).to_owned(), Value::from(1))).collect();
        let order: Vec<String> = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"]
            .map(|name| format!("{}:1", Value::from(name)))
            .into();
        assert_eq!(canonical(&Value::Object(object)), format!("{{{}}}", order.join(",")));
    }

    #[test]
    fn numbers_are_those_of_javascript() {
        // <https://www.rfc-editor.org/rfc/rfc8785#appendix-B>
        for (written, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("5e-324", "5e-324"),
            ("-5e-324", "-5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("9007199254740991", "9007199254740991"),
            ("9.999999999999997e22", "9.999999999999997e+22"),
            ("1e23", "1e+23"),
            ("1.0e21", "1e+21"),
            ("999999999999999900000.0", "999999999999999900000"),
            ("0.000001", "0.000001"),
            ("0.0000009999999999999997", "9.999999999999997e-7"),
            ("333333333.33333343", "333333333.33333343"),
            ("-12.5e1", "-125"),
            ("0.10", "0.1"),
        ] {
            assert_eq!(of(written), expected, "{written}");
        }
    }

    #[test]
    fn whole_numbers_beyond_javascript_stay_apart() {
        assert_ne!(of("9007199254740993"), of("9007199254740992"));
        assert_eq!(of("1e999"), "1e+999");
    }
}
