//! Property values as they stand in the state: JSON, with secrets encrypted and what JSON can't say under a signature.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/stack/deployment.go>

use std::io::Write;

use serde_json::Value as Json;

use super::bucket::Trouble;
use crate::crypto::Crypter;
use crate::failure::Failure;
use crate::value::{Properties, SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, Value};

/// The signature of a number that JSON can't say.
const FLOAT_SIGNATURE: &str = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c";

/// What becomes of a secret that is read.
pub trait Unlock {
    /// The secret's value as JSON text.
    fn unlock(&self, ciphertext: &str) -> Result<String, Failure>;
    /// Told of every secret that was read: its value as it would be written, and its ciphertext.
    fn met(&self, _plaintext: String, _ciphertext: &str) {}
}

/// What becomes of a secret that is written.
pub enum Lock<'a> {
    /// It is encrypted.
    Encrypt(&'a Crypter),
    /// It is encrypted with a key that is looked up when the first one comes.
    Late(&'a dyn Fn(&str) -> Result<String, Failure>),
    /// It is written in plain text, under `plaintext`.
    Show,
    /// It stands inside another secret and needs no lock of its own.
    Inside,
    /// It is hidden, as in events.
    Hide,
}

/// Secrets within secrets are not encrypted once more.
struct Open;

impl Unlock for Open {
    fn unlock(&self, ciphertext: &str) -> Result<String, Failure> {
        Ok(ciphertext.to_owned())
    }
}

/// Reads the properties of a resource.
pub fn read_properties(json: serde_json::Map<String, Json>, key: &dyn Unlock) -> Result<Properties, Failure> {
    json.into_iter().map(|(name, value)| Ok((name, read(value, key)?))).collect()
}

/// Reads one value.
pub fn read(json: Json, key: &dyn Unlock) -> Result<Value, Failure> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) if text == UNKNOWN => Value::Unknown,
        Json::String(text) => Value::Text(text),
        Json::Array(items) => {
            Value::List(items.into_iter().map(|item| read(item, key)).collect::<Result<_, _>>()?)
        }
        Json::Object(object) => match object.get(SIGNATURE_KEY).and_then(Json::as_str) {
            Some(SECRET_SIGNATURE) => read_secret(&object, key)?,
            Some(FLOAT_SIGNATURE) => read_float(&object)?,
            _ => Value::Map(read_properties(object, key)?),
        },
    })
}

fn read_secret(object: &serde_json::Map<String, Json>, key: &dyn Unlock) -> Result<Value, Failure> {
    let text = |name| object.get(name).and_then(Json::as_str);
    let (plaintext, ciphertext) = match (text("plaintext"), text("ciphertext")) {
        (Some(plaintext), None) => (plaintext.to_owned(), None),
        (None, Some(ciphertext)) => (key.unlock(ciphertext)?, Some(ciphertext)),
        _ => {
            return Err(Failure::new(
                "malformed secret value: exactly one of `ciphertext` or `plaintext` must be supplied",
            ));
        }
    };
    let json = serde_json::from_str(&plaintext)
        .map_err(|_| Failure::new("malformed secret value: what was encrypted is not JSON"))?;
    let value = read(json, &Open)?;
    if let Some(ciphertext) = ciphertext {
        key.met(plaintext_of(&value)?, ciphertext);
    }
    Ok(Value::Secret(Box::new(value)))
}

fn read_float(object: &serde_json::Map<String, Json>) -> Result<Value, Failure> {
    let hex = object.get("value").and_then(Json::as_str);
    hex.and_then(|hex| u64::from_str_radix(hex, 16).ok())
        .map(|bits| Value::Number(f64::from_bits(bits)))
        .ok_or_else(|| Failure::new("malformed float value: missing or non-string 'value' field"))
}

fn plaintext_of(value: &Value) -> Result<String, Failure> {
    let mut plain = vec![];
    match write(&mut plain, value, &Lock::Inside) {
        Ok(()) => Ok(String::from_utf8_lossy(&plain).into_owned()),
        Err(Trouble::Failure(failure)) => Err(failure),
        Err(Trouble::Io(error)) => Err(Failure::new(error.to_string())),
    }
}

/// Writes the properties of a resource.
pub fn write_properties(out: &mut dyn Write, properties: &Properties, lock: &Lock) -> Result<(), Trouble> {
    out.write_all(b"{")?;
    for (index, (name, value)) in properties.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        text(out, name)?;
        out.write_all(b":")?;
        write(out, value, lock)?;
    }
    Ok(out.write_all(b"}")?)
}

/// Writes one value.
pub fn write(out: &mut dyn Write, value: &Value, lock: &Lock) -> Result<(), Trouble> {
    match value {
        Value::Null => out.write_all(b"null")?,
        Value::Bool(bool) => write!(out, "{bool}")?,
        Value::Number(number) if number.is_finite() => out.write_all(number_text(*number).as_bytes())?,
        Value::Number(number) => write!(
            out,
            "{{\"{SIGNATURE_KEY}\":\"{FLOAT_SIGNATURE}\",\"value\":\"{:016x}\"}}",
            number.to_bits()
        )?,
        Value::Text(string) => text(out, string)?,
        Value::Unknown => text(out, UNKNOWN)?,
        Value::List(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write(out, item, lock)?;
            }
            out.write_all(b"]")?;
        }
        Value::Map(properties) => write_properties(out, properties, lock)?,
        Value::Secret(inner) => write_secret(out, inner, lock)?,
    }
    Ok(())
}

fn write_secret(out: &mut dyn Write, inner: &Value, lock: &Lock) -> Result<(), Trouble> {
    let plaintext = plaintext_of(inner)?;
    let (field, content) = match lock {
        Lock::Encrypt(crypter) => ("ciphertext", crypter.encrypt_again(&plaintext)?),
        Lock::Late(encrypt) => ("ciphertext", encrypt(&plaintext)?),
        Lock::Show => ("plaintext", plaintext),
        Lock::Inside => ("ciphertext", plaintext),
        Lock::Hide => ("ciphertext", "[secret]".to_owned()),
    };
    write!(out, "{{\"{SIGNATURE_KEY}\":\"{SECRET_SIGNATURE}\",\"{field}\":")?;
    text(out, &content)?;
    Ok(out.write_all(b"}")?)
}

/// Writes a string.
pub fn text(out: &mut dyn Write, string: &str) -> Result<(), Trouble> {
    serde_json::to_writer(out, string).map_err(|error| Trouble::Io(error.into()))
}

/// A number as Go's JSON writes it: no fraction without need, no exponent below 1e21.
pub fn number_text(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
            _ => text,
        };
    }
    format!("{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value, lock: &Lock) -> String {
        let mut out = vec![];
        write(&mut out, value, lock).ok().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn secret(value: Value) -> Value {
        Value::Secret(Box::new(value))
    }

    #[test]
    fn values_are_written_as_the_cli_writes_them() {
        let json = r#"{"a":[1,2.5,true,null],"b":{"c":"<\n\">"},"d":"04da6b54-80e4-46f7-96ec-b56ff0331ba9"}"#;
        let value = read(serde_json::from_str(json).unwrap(), &Open).unwrap();
        assert_eq!(written(&value, &Lock::Show), json);
    }

    #[test]
    fn numbers_look_as_go_writes_them() {
        for (number, text) in [
            (3.0, "3"),
            (2.5, "2.5"),
            (-0.000_001, "-0.000001"),
            (1e-7, "1e-7"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.0, "0"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn numbers_that_json_cannot_say_survive() {
        let text = written(&Value::Number(f64::INFINITY), &Lock::Show);
        let back = read(serde_json::from_str(&text).unwrap(), &Open).unwrap();
        assert_eq!(back, Value::Number(f64::INFINITY));
    }

    #[test]
    fn secrets_at_any_depth_go_round() {
        let crypter = Crypter::create("x").unwrap();
        let value = Value::List(vec![secret(Value::List(vec![secret(Value::Text("deep".into()))]))]);
        let text = written(&value, &Lock::Encrypt(&crypter));
        assert!(!text.contains("deep"));
        assert_eq!(read(serde_json::from_str(&text).unwrap(), &Key(&crypter)).unwrap(), value);
    }

    #[test]
    fn shown_secrets_are_plain_and_read_back() {
        let value = secret(Value::Text("open".into()));
        let text = written(&value, &Lock::Show);
        assert_eq!(text, format!(r#"{{"{SIGNATURE_KEY}":"{SECRET_SIGNATURE}","plaintext":"\"open\""}}"#));
        assert_eq!(read(serde_json::from_str(&text).unwrap(), &Open).unwrap(), value);
    }

    #[test]
    fn a_secret_without_content_is_refused() {
        let json = serde_json::json!({ SIGNATURE_KEY: SECRET_SIGNATURE });
        assert!(read(json, &Open).unwrap_err().message.starts_with("malformed secret value"));
    }

    struct Key<'a>(&'a Crypter);

    impl Unlock for Key<'_> {
        fn unlock(&self, ciphertext: &str) -> Result<String, Failure> {
            self.0.decrypt(ciphertext)
        }
    }
}
