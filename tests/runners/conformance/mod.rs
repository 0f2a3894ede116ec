//! The same program and the same events through every wrapper: the same result, the same exit status, the same outputs,
//! the same hiding. What comes of it is `docs/conformance.md`.

mod cases;
mod ran;
mod real;

use crate::harness::{Cancel, Event, WRAPPERS, Whom, Wrapper};
use cases::{CASES, Case};
use ran::{Ran, run, wanted_status};
use std::fmt::Write as _;
use std::sync::Mutex;

const HEADING: &str = "\
# Conformance

The same program through each wrapper, by the wrapper's own script or launcher, in the environment that the vendor
documents for the event. ✓ means: the result, the exit status and the outputs for later steps are those of the others,
and no secret is in the log. What is left out of the comparison, because it is the system's own: `began`, `branch`, `change_request`, `ci`, `commit`,
`duration_ms`, `engine`, `exit_code` (the exit status is compared instead), `hint`, `notes`, `repository`, a step's `began`, `ended` and `id`, the keyed hashes, the digest and the files of `review`, and the folder in paths. An
output that a system can't take as it is may be left out, if the log says so; a cancelled step
has outputs only where steps can follow it; a fork's name is compared only where the system tells it.

";

/// Why the wrapper's run differs from what the case says. Empty when it does not.
fn differences(wrapper: &dyn Wrapper, case: &Case, ran: &Ran) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is: String, should_be: String| {
        if is != should_be {
            found.push(format!("{what} is {is}, not {should_be}"));
        }
    };
    compare(
        "the exit status",
        format!("{:?}", ran.status),
        format!("{:?}", Some(wanted_status(wrapper, case))),
    );
    compare("the status", ran.field("status"), case.status.to_owned());
    compare("the reason", ran.field("reason"), case.reason.to_owned());
    let wanted = [("status", case.status), ("reason", case.reason)];
    for (name, value) in wanted.into_iter().chain(case.outputs.iter().copied()) {
        // Where nothing follows a cancelled step, nobody can read its outputs.
        if ran.says_left_out(name) || (case.cancelled && ran.outputs.values().all(String::is_empty)) {
            continue;
        }
        let is = ran.outputs.get(name).map_or("missing", String::as_str).to_owned();
        // What is empty may be absent.
        compare(
            &format!("the output `{name}`"),
            if is == "missing" && value.is_empty() { String::new() } else { is },
            value.to_owned(),
        );
    }
    if let Some(name) = ran.outputs.keys().find(|name| name.contains("injected")) {
        found.push(format!("the program has set the output `{name}`"));
    }
    found.extend(ran.shown.iter().map(|secret| format!("`{secret}` shows in the log")));
    if ran.pwned {
        found.push("a command of the program was executed".to_owned());
    }
    found
}

/// One cell of the table: a sign, and a reason where there is something to say.
fn cell(
    wrapper: &dyn Wrapper,
    case: &Case,
    reference: &mut Option<(String, String)>,
) -> Result<String, String> {
    if let Some(why) = wrapper.lacks(case.event) {
        return Ok(format!("– {why}"));
    }
    let cancels: Vec<&Cancel> =
        wrapper.cancel().iter().filter(|cancel| cancel.whom != Whom::Nobody).collect();
    if !case.cancelled {
        return compared(wrapper, case, None, reference);
    }
    let mut sign = Ok("– nobody is signalled".to_owned());
    for cancel in cancels {
        sign = compared(wrapper, case, Some(cancel), reference)
            .map_err(|why| format!("{}: {why}", cancel.executor));
        if sign.is_err() {
            break;
        }
    }
    sign
}

/// The sign of one run: whether it is what is wanted, and what all others before it were.
fn compared(
    wrapper: &dyn Wrapper,
    case: &Case,
    cancel: Option<&Cancel>,
    reference: &mut Option<(String, String)>,
) -> Result<String, String> {
    let ran = run(wrapper, case, cancel);
    let found = differences(wrapper, case, &ran);
    if !found.is_empty() {
        let end: String = ran.log.chars().rev().take(3000).collect::<Vec<_>>().into_iter().rev().collect();
        return Err(format!("{}\n{end}", found.join("\n")));
    }
    let normalised = ran.normalised();
    match reference {
        None => *reference = Some((wrapper.system().to_owned(), normalised)),
        Some((other, wanted)) if *wanted != normalised => {
            let lines = wanted.lines().zip(normalised.lines()).filter(|(a, b)| a != b);
            let first: Vec<_> = lines.take(5).collect();
            return Err(format!("the result is not that of {other}: {first:#?}"));
        }
        Some(_) => {}
    }
    Ok("✓".to_owned())
}

/// The table, and what is wrong.
fn table(wrappers: &[&dyn Wrapper], cases: &[Case]) -> (String, Vec<String>) {
    let mut reasons: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    let names = wrappers.iter().map(|wrapper| wrapper.system()).collect::<Vec<_>>().join(" | ");
    let mut text = format!("| | {names} |\n| --- |{}\n", " :-: |".repeat(wrappers.len()));
    for case in cases {
        let mut reference = None;
        write!(text, "| {} |", case.name).unwrap();
        for wrapper in wrappers {
            let sign = match cell(*wrapper, case, &mut reference) {
                Ok(sign) => sign,
                Err(why) => {
                    wrong.push(format!("{}: {}: {why}", wrapper.system(), case.name));
                    "✗".to_owned()
                }
            };
            let sign = match sign.strip_prefix("– ") {
                Some(why) => {
                    let at = reasons.iter().position(|reason| reason == why).unwrap_or(reasons.len());
                    if at == reasons.len() {
                        reasons.push(why.to_owned());
                    }
                    format!("–<sup>{}</sup>", at + 1)
                }
                None => sign,
            };
            write!(text, " {sign} |").unwrap();
        }
        text.push('\n');
    }
    if !reasons.is_empty() {
        text.push('\n');
    }
    for (at, reason) in reasons.iter().enumerate() {
        writeln!(text, "{}. {reason}", at + 1).unwrap();
    }
    (text, wrong)
}

/// Fails the test unless the page has this table below this heading, which is its first line or begins with `## `.
fn held(heading: &str, table: &str) {
    static PAGE: Mutex<()> = Mutex::new(());
    let _one_writes = PAGE.lock();
    let path = crate::tools::root().join("docs/conformance.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let first_line = heading.lines().next().unwrap();
    let begin = page.find(first_line).unwrap_or(page.len());
    let end = page[begin..].find("\n## ").map_or(page.len(), |end| begin + end + 1);
    let end = end.max(begin);
    let rest = if end < page.len() { "\n" } else { "" };
    let wanted = format!("{heading}{table}{rest}");
    #[expect(clippy::disallowed_methods, reason = "whoever runs the tests says that the page may change")]
    if std::env::var_os("STACKSTEP_BLESS").is_some() {
        std::fs::write(&path, [&page[..begin], &wanted, &page[end..]].concat()).unwrap();
        return;
    }
    assert_eq!(page[begin..end], wanted, "set STACKSTEP_BLESS=1 to write the page anew");
}

#[test]
#[ignore = "needs node, java and shells"]
fn every_wrapper_gives_the_same_result_in_every_case() {
    let (text, wrong) = table(WRAPPERS, CASES);
    crate::tools::table("conformance", &format!("Conformance\n\n{text}"));
    assert!(wrong.is_empty(), "{}\n\n{text}", wrong.join("\n\n"));
    held(HEADING, &text);
}

/// A wrapper as people write them who do not know better: values become part of a script, the status is lost.
struct Deliberate;

impl Wrapper for Deliberate {
    fn system(&self) -> &'static str {
        "deliberately-wrong"
    }

    fn command(
        &self,
        place: &crate::harness::Place,
        _event: Event,
        inputs: &[(&str, &str)],
    ) -> std::process::Command {
        let mut script = String::new();
        for (name, value) in inputs {
            let name = name.replace('-', "_").to_uppercase();
            writeln!(script, "export STACKSTEP_INPUT_{name}=\"{value}\"").unwrap();
        }
        script.push_str("\"$STACKSTEP_BIN\" run || true\n");
        let mut command = std::process::Command::new("bash");
        command.arg("-c").arg(script).env_clear().envs(place.environment()).current_dir(place.repository());
        command
    }

    fn outputs(
        &self,
        _place: &crate::harness::Place,
        _log: &str,
    ) -> std::collections::BTreeMap<String, String> {
        std::collections::BTreeMap::new()
    }

    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGTERM"], whom: Whom::Entry }]
    }
}

#[test]
#[ignore = "needs bash"]
fn a_wrapper_that_loses_the_exit_status_is_found() {
    let case = CASES.iter().find(|case| case.name == "an update that fails").unwrap();
    let wrong = cell(&Deliberate, case, &mut None).unwrap_err();
    assert!(wrong.contains("the exit status is Some(0)"), "{wrong}");
}
