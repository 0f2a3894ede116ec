//! Jenkins' library: it takes the whole table, hands each input on as what the binary reads, and puts no value into a
//! script.

use crate::files_ending;
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS, Kind};
use std::collections::{BTreeMap, BTreeSet};
use xtask::generate::{Folder, folders};

fn folder() -> Folder {
    folders(&xtask::root()).unwrap().into_iter().find(|folder| folder.name == "jenkins").unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(xtask::root().join("jenkins").join(path)).unwrap()
}

/// What is between `before` and the next quote.
fn quoted<'a>(line: &'a str, before: &str) -> Option<&'a str> {
    line.split_once(before)?.1.split_once('"').map(|(text, _)| text)
}

/// The rows of `inputs()`: parameter to type and variable.
fn declared() -> BTreeMap<String, (String, String)> {
    let library = read("vars/stackstep.groovy");
    let rows = library.lines().filter(|line| line.contains("variable: \"STACKSTEP_INPUT_"));
    rows.map(|row| {
        let text = |before| quoted(row, before).unwrap().to_owned();
        (text("\""), (text("type: \""), text("variable: \"")))
    })
    .collect()
}

#[test]
fn the_parameters_are_the_inputs_of_the_table() {
    let folder = folder();
    let left_out = folder.left_out_everywhere();
    let inputs = INPUTS.iter().filter(|input| !left_out.contains_key(input.name));
    let wanted: BTreeSet<String> = inputs.map(|input| folder.spec.naming.spell(input.name)).collect();
    assert_eq!(declared().into_keys().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn the_binary_reads_every_parameter() {
    for (name, (_, variable)) in declared() {
        let pairs = [("JENKINS_URL", "https://ci.example.com/"), (variable.as_str(), "a value")];
        let env = Env::from_pairs("/", pairs);
        let resolved = resolve(Some(Command::Up), &Flags::new(), ci::detect(&env), &env).unwrap();
        let sources = resolved.values.values().map(|found| &found.source);
        let read = sources.filter(|source| **source == Source::Step(variable.clone())).count();
        assert_eq!(read, 1, "`{name}` arrives as `{variable}`, and nothing reads it");
    }
}

#[test]
fn every_parameter_has_the_type_of_its_input() {
    let declared = declared();
    for input in INPUTS {
        let (kind, _) = &declared[&folder().spec.naming.spell(input.name)];
        let typed = match input.kind {
            Kind::Bool => kind == "boolean",
            Kind::Number { .. } => kind == "number",
            Kind::Choice(_) => kind == "choice",
            Kind::Secret => kind == "secret",
            Kind::Path | Kind::ProgramPath => kind == "path",
            _ => ["string", "list", "mapping"].contains(&kind.as_str()),
        };
        assert!(typed, "`{}` is a {kind}", input.name);
    }
}

#[test]
fn help_and_readme_name_every_parameter() {
    let (help, readme) = (read("vars/stackstep.txt"), read("README.md"));
    for name in declared().keys() {
        assert!(help.contains(&format!("<dt><code>{name}</code></dt>")), "{name}");
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn what_a_shell_runs_is_a_text_without_values() {
    let library = read("vars/stackstep.groovy");
    let scripts: Vec<&str> = library
        .split(", script: ")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(script, _)| script)
        .collect();
    assert_eq!(
        scripts,
        ["libraryResource('stackstep/stackstep.sh'", "libraryResource('stackstep/stackstep.ps1'"]
    );
    let files = files_ending(&xtask::root().join("jenkins/examples"), &[".Jenkinsfile"]);
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let shells =
            text.lines().map(str::trim).filter(|line| line.starts_with("sh ") || line.starts_with("sh("));
        for line in shells {
            // Groovy puts values into texts between double quotes.
            assert!(line.starts_with("sh '"), "{}: {line}", file.display());
        }
    }
}
