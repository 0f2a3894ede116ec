//! Real failure texts and the reasons that people gave them: none confidently wrong, most of them known.
//!
//! `tuned.yaml` was at hand when the rules were written. The texts of `held-out.yaml` were looked for,
//! read and labelled when the rules were done: it says what became of them. So were those of `held-out-later.yaml`, when
//! more rules had been written.

use std::fs;

use serde::Deserialize;
use stackstep::render::{self, Options};
use stackstep::report::{Ending, Facts, Fold, Operation, ProgramFolders, Reason, Report, report};

use super::snapshot;

/// One text with its label.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    reason: Reason,
    #[serde(default)]
    also: Vec<Reason>,
    #[serde(rename = "as")]
    channel: Channel,
    /// A piece of the way out that fits this text.
    hint: Option<String>,
    link: String,
    text: String,
}

/// How a text reaches stackstep.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Channel {
    Stderr,
    Error,
    Resource,
    Program,
    /// An error of the stack, after the program had registered it.
    Stack,
}

fn cases(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(snapshot::path("fixtures/failures").join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// The report that the whole way from the log on makes of a text.
fn reported(case: &Case) -> Report {
    let mut facts = Facts::new(Operation::Up, "dev", Ending::Exited(1), 1);
    let mut fold = Fold::new();
    let mut say = |urn: &str, severity: &str| {
        let event = serde_json::json!({ "urn": urn, "message": case.text, "severity": severity });
        fold.line(serde_json::json!({ "sequence": 1, "diagnosticEvent": event }).to_string().as_bytes());
    };
    match case.channel {
        Channel::Stderr => facts.stderr.clone_from(&case.text),
        Channel::Error => say("", "error"),
        Channel::Resource => say("urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs", "error"),
        Channel::Program => say("", "info#err"),
        Channel::Stack => {
            let stack = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
            let metadata = serde_json::json!({ "op": "create", "urn": stack, "type": "pulumi:pulumi:Stack" });
            let event = serde_json::json!({ "sequence": 0, "resourcePreEvent": { "metadata": metadata } });
            fold.line(event.to_string().as_bytes());
            let event = serde_json::json!({ "urn": stack, "message": case.text, "severity": "error" });
            fold.line(serde_json::json!({ "sequence": 1, "diagnosticEvent": event }).to_string().as_bytes());
        }
    }
    report(fold.finish(), facts)
}

fn found(case: &Case) -> Reason {
    reported(case).reason.unwrap()
}

/// The confidently wrong ones, and how many are unknown.
fn judge(cases: &[Case]) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut unknown = 0;
    for case in cases {
        let found = found(case);
        if found == Reason::Unknown {
            println!("unknown: {}", case.text.lines().next().unwrap_or_default());
            unknown += 1;
        } else if found != case.reason && !case.also.contains(&found) {
            let line = case.text.lines().next().unwrap_or_default();
            wrong.push(format!(
                "{line}\n  {}: {} instead of {}",
                case.link,
                found.name(),
                case.reason.name()
            ));
        }
    }
    (wrong, unknown)
}

#[test]
fn no_failure_text_is_given_a_wrong_reason() {
    let mut all = 0;
    let mut rows = String::new();
    for (name, limit) in [("tuned.yaml", 5), ("held-out.yaml", 40), ("held-out-later.yaml", 5)] {
        let cases = cases(name);
        let (wrong, unknown) = judge(&cases);
        rows.push_str(&format!("| {name} | {} | {} | {unknown} |\n", cases.len(), wrong.len()));
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        assert!(
            unknown * 100 <= limit * cases.len().max(1),
            "{name}: {unknown} of {} are unknown",
            cases.len()
        );
        all += cases.len();
    }
    let head = "| real failure texts | | wrong reason | unknown |\n| --- | ---: | ---: | ---: |\n";
    crate::support::table("failures", &format!("{head}{rows}"));
    assert!(all >= 100);
}

#[test]
fn every_failure_text_has_a_link() {
    for name in ["tuned.yaml", "held-out.yaml", "held-out-later.yaml"] {
        for case in cases(name) {
            assert!(case.link.starts_with("https://"), "{}", case.text);
        }
    }
}

#[test]
fn a_text_with_a_way_out_of_its_own_is_given_it() {
    let mut with_hint = 0;
    for case in cases("tuned.yaml") {
        let Some(piece) = &case.hint else { continue };
        let hint = reported(&case).hint.unwrap();
        assert!(hint.contains(piece.as_str()), "{}\n{hint}", case.text);
        with_hint += 1;
    }
    assert!(with_hint > 10);
}

#[test]
fn a_failure_of_the_program_names_its_place_in_the_repository_everywhere() {
    let mut facts = Facts::new(Operation::Up, "dev", Ending::Exited(1), 1);
    facts.folders = Some(ProgramFolders {
        program: "/home/ci/shop/infra".into(),
        repository: vec!["/home/ci/shop".into()],
    });
    let mut fold = Fold::new();
    let message = "Running program '/home/ci/shop/infra' failed with an unhandled exception:\n\
                   TypeError: Cannot read properties of undefined (reading 'bucket')\n    \
                   at Object.<anonymous> (/home/ci/shop/infra/index.ts:40:103)";
    let event = serde_json::json!({ "urn": "", "message": message, "severity": "error" });
    fold.line(serde_json::json!({ "sequence": 1, "diagnosticEvent": event }).to_string().as_bytes());
    let report = report(fold.finish(), facts);
    let first = "TypeError: Cannot read properties of undefined (reading 'bucket') (infra/index.ts:40:103)";
    assert_eq!(report.message.as_deref().and_then(|message| message.lines().next()), Some(first));
    assert_eq!(report.hint.as_deref(), Some("fix the program at `infra/index.ts:40:103`"));
    assert_eq!(report.place.as_ref().map(ToString::to_string).as_deref(), Some("infra/index.ts:40:103"));
    assert!(render::text(&report, None).contains(&format!("  error: {first}\n  reason: program")));
    for shown in [
        render::markdown(&report, &Options::default()),
        render::html(&report, &Options::default()),
        render::junit(&report, &Options::default()),
    ] {
        assert!(shown.contains("infra/index.ts:40:103"), "{shown}");
        assert!(!shown.contains("message=\"Update of"), "{shown}");
    }
}
