//! The table and the types hold each other.

use super::super::resolve::{Flags, default_value, resolve};
use super::super::table::INPUTS;
use super::*;

/// A value that is not the default of any input of that kind.
fn sample(input: &Input) -> String {
    match (input.name, input.kind) {
        ("pulumi-sha256", _) => "a".repeat(64),
        ("pulumi-mirror", _) => "https://mirror.example.com/".to_owned(),
        ("pulumi-version", _) => "3.200.0".to_owned(),
        (_, Kind::Bool) if default_value(input, false) == Some("true") => "false".to_owned(),
        (_, Kind::Bool) => "true".to_owned(),
        (_, Kind::Number { max, .. }) => max.to_string(),
        (_, Kind::Duration) => "77s".to_owned(),
        (_, Kind::Choice(words)) => {
            let other = words.iter().rev().find(|word| default_value(input, false) != Some(**word));
            (*other.unwrap()).to_owned()
        }
        (_, Kind::Mapping) => "{k: v}".to_owned(),
        _ => "sample".to_owned(),
    }
}

fn types(command: Command, set: &[(&str, &str)]) -> String {
    let variables = set.iter().map(|(name, value)| {
        (format!("STACKSTEP_{}", name.replace('-', "_").to_uppercase()), (*value).to_owned())
    });
    let env = Env::from_pairs("/", variables);
    let resolved = resolve(Some(command), &Flags::new(), crate::ci::detect(&env), &env).unwrap();
    let low = Low { resolved: &resolved, env: &env };
    // What contradicts what is another question.
    format!("{:?}", low.inputs().unwrap())
}

#[test]
fn each_row_of_the_table_reaches_its_type() {
    for input in INPUTS.iter().filter(|input| !["command", "profile"].contains(&input.name)) {
        let command = *input.commands.first().unwrap();
        let value = sample(input);
        assert_ne!(types(command, &[]), types(command, &[(input.name, &value)]), "`{}`", input.name);
    }
}

#[test]
fn a_name_that_is_not_in_the_table_is_never_a_silent_not_set() {
    let env = Env::default();
    let resolved = resolve(Some(Command::Up), &Flags::new(), crate::ci::detect(&env), &env).unwrap();
    let low = Low { resolved: &resolved, env: &env };
    assert!(low.text("stakc").is_err() && low.list("tragets").is_err() && low.number("paralel").is_err());
}
