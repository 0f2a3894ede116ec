//! `pulumi config set`.

use std::io::{IsTerminal as _, Read as _};

use serde_json::{Value as Json, json};

use super::key::Key;
use crate::commands::context::Context;
use crate::failure::Failure;
use crate::stack_file::path::coerced;
use crate::stack_file::{StackFile, stored};
use crate::state::json::number_text;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let given: Vec<&str> =
        ["secret", "plaintext", "type"].into_iter().filter(|flag| args.is_given(flag)).collect();
    if given.len() > 1 {
        let mut names = given;
        names.sort_unstable();
        return Err(Failure::new(format!(
            "if any flags in the group [secret plaintext type] are set none of the others can be; [{}] were all set",
            names.join(" ")
        )));
    }
    let stack = context.require_stack(true)?;
    let name = args.arguments.first().map(String::as_str).unwrap_or_default();
    let key = Key::parse(name, &context.project()?.name, args.is_on("path")).map_err(|failure| {
        if failure.message.starts_with("invalid configuration key") { failure } else { not_set(&failure) }
    })?;
    let text = match args.arguments.get(1) {
        Some(value) => value.clone(),
        None => from_input(args.is_on("raw"))?,
    };
    let mut file = context.stack_file(&stack)?;
    let value = if args.is_on("secret") {
        encrypted(context, &mut file, &text)?
    } else {
        typed(&text, args.value("type").unwrap_or_default(), !key.path.is_empty())?
    };
    set(&mut file, &key, value)?;
    file.save()
}

/// Sets a value in the file.
pub fn set(file: &mut StackFile, key: &Key, value: Json) -> Result<(), Failure> {
    file.set(&key.full, &key.path, value).map_err(|failure| not_set(&failure))
}

fn not_set(failure: &Failure) -> Failure {
    Failure::new(format!("could not set config: {}", failure.message))
}

/// A secret as the file holds it.
pub fn encrypted(context: &Context, file: &mut StackFile, text: &str) -> Result<Json, Failure> {
    Ok(json!({ "secure": file.key(&context.secrets)?.encrypt(text)? }))
}

/// A value of a type. At a path it keeps its type, else it is stored as text.
fn typed(text: &str, type_: &str, at_path: bool) -> Result<Json, Failure> {
    let bad = |parser: &str| {
        let failure = Failure::new(format!("strconv.{parser}: parsing {text:?}: invalid syntax"));
        if at_path { not_set(&failure) } else { failure }
    };
    let value = match type_ {
        "" if at_path => return Ok(coerced(text)),
        "" | "string" => text.into(),
        "int" => text.parse::<i64>().map_err(|_| bad("Atoi"))?.into(),
        "bool" => matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True").into(),
        "float" => {
            let number: f64 = text.parse().map_err(|_| bad("ParseFloat"))?;
            serde_json::from_str(&number_text(number)).unwrap_or_else(|_| text.into())
        }
        other => {
            return Err(Failure::new(format!(
                "invalid type {other:?}; must be one of string, int, bool, or float"
            )));
        }
    };
    Ok(if at_path { value } else { stored(value) })
}

/// The value from standard input, without the newline at its end.
fn from_input(raw: bool) -> Result<String, Failure> {
    let mut input = std::io::stdin();
    if input.is_terminal() {
        return Err(Failure::new("config value must be specified in non-interactive mode"));
    }
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(format!("reading standard input: {error}")))?;
    if !raw && text.ends_with('\n') {
        text.pop();
        if cfg!(windows) && text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::typed;
    use serde_json::json;

    #[test]
    fn a_value_keeps_its_type_only_at_a_path() {
        assert_eq!(typed("7", "int", true).unwrap(), json!(7));
        assert_eq!(typed("7", "int", false).unwrap(), json!("7"));
        assert_eq!(typed("1.50", "float", false).unwrap(), json!("1.5"));
        assert_eq!(typed("true", "", true).unwrap(), json!(true));
        assert_eq!(typed("true", "string", true).unwrap(), json!("true"));
    }

    /// The CLI (v3.260.0) takes anything that is no boolean for false.
    #[test]
    fn anything_but_true_is_false() {
        assert_eq!(typed("1", "bool", true).unwrap(), json!(true));
        assert_eq!(typed("yes", "bool", false).unwrap(), json!("false"));
    }

    #[test]
    fn an_unknown_type_is_refused_in_the_words_of_the_cli() {
        assert_eq!(
            typed("x", "nope", false).unwrap_err().message,
            "invalid type \"nope\"; must be one of string, int, bool, or float"
        );
    }
}
