//! The cases whose end depends on what the engine does, on the Pulumi CLI, through every wrapper. What depends on the event
//! alone never meets an engine, or meets it in the same way: it stays with the sandbox.

use super::cases::{Case, Meets, Trouble, UP};
use super::table;
use crate::harness::{Event, WRAPPERS};
use crate::real::also_shown;
use std::fmt::Write as _;

/// An `up` of this program that fails.
const fn failed(name: &'static str, reason: &'static str, program: &'static str, trouble: Trouble) -> Case {
    let engine = Meets::Pulumi(program, trouble);
    Case { name, engine, exit_status: 1, status: "failed", reason, outputs: &[], ..UP }
}

/// The rows.
const CASES: &[Case] = &[
    Case {
        name: "a preview",
        event: Event::ChangeRequest,
        command: "preview",
        engine: Meets::Pulumi(PROGRAM, Trouble::None),
        outputs: &[("has-changes", "true")],
        ..UP
    },
    Case {
        name: "an update with outputs of every kind",
        engine: Meets::Pulumi(PROGRAM, Trouble::None),
        outputs: OUTPUTS,
        ..UP
    },
    failed("a program that fails", "program", BROKEN, Trouble::None),
    failed("an update that somebody else's lock stops", "lock", PROGRAM, Trouble::Locked),
    failed("secrets of another passphrase", "secrets", PROGRAM, Trouble::Passphrase),
    Case {
        name: "an update that is cancelled",
        engine: Meets::Pulumi(WAITS, Trouble::Waits),
        cancelled: true,
        status: "cancelled",
        reason: "cancelled",
        outputs: &[],
        ..UP
    },
];

/// A program of the CLI's: a dollar sign stands for itself when it comes twice.
const PROGRAM: &str = r#"name: hello
runtime: yaml
outputs:
  message: hi world
  token: {fn::secret: conformance-secret-0123456789}
  quotes: "a'b\"c`d $$(touch pwned) $${HOME} %PATH%"
  commands: "::set-output name=injected::x ##vso[task.setvariable variable=injected]x"
  number: 0.1
  whole: 9007199254740991
  large: 1e300
  flag: true
  nothing: ""
  list: [1, two, {three: 3}]
  map: {key: value, deep: {deeper: [true]}}
"#;

const OUTPUTS: &[(&str, &str)] = &[
    ("has-changes", "true"),
    ("message", "hi world"),
    ("quotes", "a'b\"c`d $(touch pwned) ${HOME} %PATH%"),
    ("commands", "::set-output name=injected::x ##vso[task.setvariable variable=injected]x"),
    ("number", "0.1"),
    ("whole", "9007199254740991"),
    ("large", "1e+300"),
    ("flag", "true"),
    ("nothing", ""),
    ("list", r#"[1,"two",{"three":3}]"#),
    ("map", r#"{"deep":{"deeper":[true]},"key":"value"}"#),
];

const BROKEN: &str = "name: hello
runtime: yaml
outputs:
  message: ${nowhere}
";

const WAITS: &str = "name: hello
runtime: yaml
variables:
  waited: {fn::readFile: ./gate}
outputs:
  message: ${waited}
";

#[test]
#[ignore = "needs the Pulumi CLI, node, java and shells"]
fn every_wrapper_gives_the_same_result_with_the_pulumi_cli() {
    let began = std::time::Instant::now();
    let (text, wrong) = table(WRAPPERS, CASES);
    let seconds = began.elapsed().as_secs();
    let mut shown = format!("Conformance on the Pulumi CLI ({seconds} s)\n\n");
    write!(shown, "{text}").unwrap();
    crate::tools::table("conformance-real", &shown);
    assert!(wrong.is_empty(), "{}\n\n{text}", wrong.join("\n\n"));
    for case in CASES {
        for wrapper in WRAPPERS {
            also_shown(&format!("conformance: {}: {}", wrapper.system(), case.name));
        }
    }
}
