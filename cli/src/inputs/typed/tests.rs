//! Each row of the table is read.

use super::*;
use crate::inputs::headings::COMMAND;
use crate::inputs::resolve::{Flags, default_value};
use crate::inputs::{INPUTS, Input, Kind, resolve};

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
    // What contradicts what is another question.
    format!("{:?}", Inputs::unchecked(&resolved, &env).unwrap())
}

#[test]
fn each_row_of_the_table_reaches_its_type() {
    for input in INPUTS.iter().filter(|input| ![COMMAND.name, PROFILE.name()].contains(&input.name)) {
        let command = *input.commands.first().unwrap();
        let value = sample(input);
        assert_ne!(types(command, &[]), types(command, &[(input.name, &value)]), "`{}`", input.name);
    }
}

/// What a step under the official action's profile sets, and the warnings.
fn official(set: &[(&str, &str)]) -> Result<Inputs> {
    let all = [("profile", "official-action")].iter().chain(set);
    let variables = all.map(|(name, value)| {
        (format!("STACKSTEP_INPUT_{}", name.replace('-', "_").to_uppercase()), (*value).to_owned())
    });
    let env = Env::from_pairs("/", variables);
    let resolved = resolve(Some(Command::Up), &Flags::new(), crate::ci::detect(&env), &env).unwrap();
    assert!(resolved.official_action);
    Inputs::from_resolved(&resolved, &env)
}

#[test]
fn a_number_of_the_official_action_is_javascript_s() {
    for (name, text, expected) in [
        ("parallel", " 4 ", Some(4)),
        ("parallel", "1e2", Some(100)),
        ("parallel", "0x10", Some(16)),
        ("parallel", "5.0", Some(5)),
        ("parallel", "0", None),
        ("parallel", "-0", None),
        ("parallel", "-1", Some(1)),
        ("parallel", "-2147483648", Some(1)),
        ("comment-on-pr-number", "7e0", Some(7)),
        ("comment-on-pr-number", "0", None),
        ("log-verbosity", "9", Some(9)),
        ("log-verbosity", "20", Some(11)),
        ("log-verbosity", "-1", None),
    ] {
        let inputs = official(&[(name, text)]).unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
        let of = match name {
            "parallel" => inputs.operation.parallel,
            "log-verbosity" => inputs.log.verbosity,
            _ => inputs.comment.change_request,
        };
        assert_eq!(of, expected, "{name}: {text}");
        assert_eq!(inputs.warnings.len(), usize::from(text == "20"), "{:?}", inputs.warnings);
    }
    for text in ["abc", "10abc", "10.5", "99999999999", "-2147483649", "Infinity", "1e300", "1_0"] {
        let error = official(&[("parallel", text)]).unwrap_err();
        assert!(error.to_string().contains(text) && error.exit_status() == 2, "{error}");
    }
    assert!(official(&[("comment-on-pr-number", "-1")]).is_err());
}

#[test]
fn only_config_map_itself_is_read_as_the_official_action_reads_it() {
    let inputs = official(&[("config-map", "a: {value: x, secret: 1, foo: bar}")]).unwrap();
    assert!(matches!(&inputs.config.items[0].value, crate::inputs::config_map::ConfigValue::Secret(_)));
    assert_eq!(inputs.warnings.len(), 1);
    let env = Env::from_pairs(
        "/",
        [("STACKSTEP_INPUT_PROFILE", "official-action"), ("STACKSTEP_CONFIG", "a: {value: x, foo: bar}")],
    );
    let resolved = resolve(Some(Command::Up), &Flags::new(), crate::ci::detect(&env), &env).unwrap();
    assert!(Inputs::from_resolved(&resolved, &env).is_err());
}
