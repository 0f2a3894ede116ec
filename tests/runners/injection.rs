//! Every input of every wrapper with hostile values: each arrives as it is, or the wrapper or the system refuses it; and
//! nothing in it is executed.

use crate::harness::{Event, Place, WRAPPERS, Wrapper};
use crate::hostile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use stackstep::base::env::Env;
use stackstep::base::words::Words as _;
use stackstep::ci;
use stackstep::inputs::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS, Input, Kind, OnlyFor};

/// Stands where the binary will be, and writes its environment down. Not a shell: those drop names with hyphens.
const SHIM: &str = "#!/usr/bin/env -S python3 -S -E\nimport os\nopen(os.environ['ARRIVED'], 'wb').write(\
                    b'\\0'.join(n + b'=' + v for n, v in os.environb.items()))\n";

/// What became of one value in one input.
#[derive(Default)]
struct Count {
    unchanged: usize,
    refused: usize,
}

/// A place whose binary is the shim, and where that writes.
fn place() -> (Place, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let shim = folder.path().join("shim");
    std::fs::write(&shim, SHIM).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    (Place::new(&shim), folder.path().join("arrived"), folder)
}

/// What the binary would have read. None when it was not started.
fn arrived(wrapper: &dyn Wrapper, inputs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    tried(wrapper, inputs).ok()
}

/// What the binary would have read, or the inputs that are named as refused when it was not started.
fn tried(wrapper: &dyn Wrapper, inputs: &[(&str, &str)]) -> Result<BTreeMap<String, String>, Vec<String>> {
    let (place, path, _folder) = place();
    let mut command = wrapper.command(&place, Event::Push, inputs);
    command.env("ARRIVED", &path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _ = command.status();
    assert!(!crate::tools::holds(&place.beside(""), "pwned"), "{}: a value was executed", wrapper.system());
    let bytes = std::fs::read(&path).map_err(|_| wrapper.refused(&place, inputs))?;
    let pairs =
        bytes.split(|byte| *byte == 0).filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='));
    let env = Env::from_pairs("/", pairs);
    let resolved = resolve(None, &Flags::new(), ci::detect(&env), &env).map_err(|_| Vec::new())?;
    let text = |raw: &stackstep::inputs::Raw| match raw {
        stackstep::inputs::Raw::Text(text) => Some(text.clone()),
        _ => None,
    };
    Ok(resolved
        .values
        .iter()
        .filter_map(|(name, found)| Some(((*name).to_owned(), text(&found.raw)?)))
        .collect())
}

/// The inputs that a wrapper takes, by the `gen.toml` of its folder. Not `command`: it chooses what runs, and is tried alone.
fn inputs_of(wrapper: &dyn Wrapper) -> Vec<&'static Input> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Spec {
        name: Option<String>,
        #[serde(default)]
        without: Vec<String>,
        #[serde(default)]
        leave_out: BTreeMap<String, Vec<String>>,
    }
    let files = std::fs::read_dir(crate::tools::root()).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter_map(|folder| std::fs::read_to_string(folder.join("gen.toml")).ok());
    let mut specs = texts.map(|text| toml::from_str::<Spec>(&text).unwrap());
    let spec = specs.find(|spec| spec.name.as_deref() == Some(wrapper.system())).unwrap();
    let is_left_out = |input: &Input| {
        let is_for_others = |only: OnlyFor| spec.without.iter().any(|word| word == only.audience.word());
        input.only_for.is_some_and(is_for_others)
            || spec.leave_out.values().flatten().any(|name| name == input.name)
    };
    INPUTS.iter().filter(|input| input.name != "command" && !is_left_out(input)).collect()
}

/// Hands all of `names` the value at once; what does not start is halved, until it is known which input is refused.
fn try_all(wrapper: &dyn Wrapper, names: &[&'static str], value: &str, count: &mut Count) {
    let mut inputs = vec![("command", "up")];
    // The official action's profile leaves out what that one does not have.
    if !names.contains(&"profile") && inputs_of(wrapper).iter().any(|input| input.name == "profile") {
        inputs.push(("profile", "none"));
    }
    inputs.extend(names.iter().map(|name| (*name, value)));
    match tried(wrapper, &inputs) {
        Ok(found) => {
            for name in names {
                let is = found.get(*name).map(String::as_str);
                // Blanks and line ends around a single value do not count.
                let wanted =
                    if is == Some(value) || value.trim().is_empty() { is } else { Some(value.trim()) };
                assert_eq!(is, wanted, "{}: `{name}` did not arrive as it was given", wrapper.system());
                count.unchanged += 1;
            }
        }
        Err(_) if names.len() == 1 => count.refused += 1,
        Err(refused) if names.iter().any(|name| refused.iter().any(|one| one == name)) => {
            let left: Vec<_> =
                names.iter().copied().filter(|name| !refused.iter().any(|one| one == name)).collect();
            count.refused += names.len() - left.len();
            if !left.is_empty() {
                try_all(wrapper, &left, value, count);
            }
        }
        Err(_) => {
            let (first, second) = names.split_at(names.len() / 2);
            try_all(wrapper, first, value, count);
            try_all(wrapper, second, value, count);
        }
    }
}

#[test]
#[ignore = "needs node, java and shells"]
fn every_input_of_every_wrapper_takes_hostile_values_as_they_are_or_refuses_them() {
    let values = hostile::values();
    assert!(values.len() >= 30);
    let mut table = "| wrapper | inputs | values | arrived unchanged | refused | executed |\n\
                     | --- | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for wrapper in WRAPPERS {
        let inputs = inputs_of(*wrapper);
        // What a system checks the type of is refused early: apart from the rest, there is less to halve.
        let (typed, free): (Vec<&Input>, Vec<&Input>) = inputs
            .iter()
            .partition(|input| matches!(input.kind, Kind::Bool | Kind::Choice(_) | Kind::Number { .. }));
        let mut count = Count::default();
        for value in &values {
            for group in [&typed, &free] {
                let names: Vec<&'static str> = group.iter().map(|input| input.name).collect();
                try_all(*wrapper, &names, value, &mut count);
            }
        }
        let (system, inputs, values) = (wrapper.system(), inputs.len(), values.len());
        assert_eq!(count.unchanged + count.refused, inputs * values, "{system}");
        assert!(count.unchanged > 0, "{system}: nothing arrived");
        writeln!(table, "| {system} | {inputs} | {values} | {} | {} | 0 |", count.unchanged, count.refused)
            .unwrap();
    }
    crate::tools::table(
        "injection",
        &format!("Injection: every input of every wrapper with every hostile value\n\n{table}"),
    );
}

#[test]
#[ignore = "needs node, java and shells"]
fn a_hostile_command_is_handed_on_or_refused() {
    for wrapper in WRAPPERS {
        for value in hostile::values() {
            if let Some(found) = arrived(*wrapper, &[("command", &value)]) {
                // A wrapper of one command has chosen already; Azure's makes an engine command of any other word.
                let is = found.get("command").cloned().unwrap_or_default();
                assert!(
                    is == value || is.is_empty() || Command::from_word(&is).is_some(),
                    "{}: {is:?}",
                    wrapper.system()
                );
            }
        }
    }
}
