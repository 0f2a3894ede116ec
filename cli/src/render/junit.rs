//! The report as JUnit XML, which most CI systems show as test results: the run is a case, each rule is one, each
//! resource that failed, each policy finding and each check after a deployment.
//!
//! Nobody has standardised the format. This is what Jenkins takes, and the others with it:
//! <https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd>,
//! <https://docs.gitlab.com/ci/testing/unit_test_reports/#unit-test-reporting-workflow>,
//! <https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2>

use std::fmt::Write as _;

use super::escape::short_commit;
use super::{Detail, Options, checks, reviewed, ruled, words};
use crate::base::text::visible;
use crate::report::{
    CheckOutcome, CheckResult, Diagnostic, Report, RuleVerdict, Ruling, Severity, Status, Step, StepStatus,
    Violation, shortened, telling,
};

/// Bytes of one message.
const MESSAGE: usize = 8000;
/// Differences from the reviewed change that are listed.
const DIFFERENCES: usize = 20;
/// Bytes of an attribute: a heading to those who show it.
const HEADING: usize = 400;

/// One line of the list of tests.
struct Case {
    class: String,
    name: String,
    milliseconds: u64,
    ending: CaseEnding,
    said: String,
}

enum CaseEnding {
    Passed,
    Skipped(String),
    Failed { kind: String, message: String, text: String },
}

impl Case {
    fn failed(&self) -> bool {
        matches!(self.ending, CaseEnding::Failed { .. })
    }
}

/// The report as JUnit XML.
pub fn junit(report: &Report, options: &Options) -> String {
    junit_of(std::slice::from_ref(report), options)
}

/// Several reports as JUnit XML, a suite each.
pub fn junit_of(reports: &[Report], options: &Options) -> String {
    let suites: Vec<(&Report, Vec<Case>)> =
        reports.iter().map(|report| (report, cases(report, options))).collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let time = reports.iter().fold(0, |sum: u64, report| sum.saturating_add(report.duration_ms));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"stackstep\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\">",
        all().count(),
        all().filter(|case| case.failed()).count(),
        seconds(time)
    );
    for (report, cases) in &suites {
        suite(&mut xml, report, cases);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn cases(report: &Report, options: &Options) -> Vec<Case> {
    let mut cases = vec![run(report, options)];
    let rulings = report.rules.iter().flat_map(|rules| &rules.rulings);
    cases.extend(rulings.map(|ruling| rule(report, ruling, options)));
    if options.detail >= Detail::Resources {
        let unlucky = |step: &&Step| matches!(step.status, StepStatus::Failed | StepStatus::Unfinished);
        cases.extend(words::ordered(report).into_iter().filter(unlucky).map(|step| resource(report, step)));
        cases.extend(report.policies.violations.iter().map(|violation| finding(report, violation)));
        cases.extend(report.checks.iter().map(|check| checked(report, check)));
        if report.drift.as_ref().is_some_and(|drift| drift.found == Some(true)) {
            cases.extend(words::ordered(report).into_iter().map(|step| drifted(report, step)));
        }
    }
    cases
}

fn suite(xml: &mut String, report: &Report, cases: &[Case]) {
    let skipped = cases.iter().filter(|case| matches!(case.ending, CaseEnding::Skipped(_))).count();
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\" time=\"{}\">",
        attribute(&words::place(report)),
        cases.len(),
        cases.iter().filter(|case| case.failed()).count(),
        seconds(report.duration_ms)
    );
    properties(xml, report);
    for case in cases {
        write(xml, case);
    }
    xml.push_str("  </testsuite>\n");
}

fn properties(xml: &mut String, report: &Report) {
    let identity = report.stack_identity();
    let facts = [
        ("organization", identity.organization.as_deref()),
        ("project", identity.project.as_deref()),
        ("stack", Some(identity.stack.as_str())),
        ("backend", identity.backend_url.as_deref().filter(|_| report.names_backend)),
        ("command", Some(report.command.name())),
        ("commit", report.commit.as_deref().map(short_commit)),
        ("job", report.ci.as_ref().and_then(|ci| ci.build_url.as_deref())),
        ("permalink", report.permalink.as_deref()),
    ];
    xml.push_str("    <properties>\n");
    for (name, value) in facts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", attribute(value));
    }
    xml.push_str("    </properties>\n");
}

/// The run itself.
fn run(report: &Report, options: &Options) -> Case {
    let headline = words::headline_in(report, options.detail, str::to_owned);
    let ending = match (report.status, report.reason) {
        (Status::Succeeded, _) => CaseEnding::Passed,
        (Status::Skipped, _) => CaseEnding::Skipped(report.message.clone().unwrap_or_default()),
        (Status::Failed | Status::Cancelled, reason) => {
            let message = report.message.clone().filter(|_| options.detail >= Detail::Resources);
            let hint = report.hint.as_ref().map(|hint| format!("hint: {hint}"));
            let refused = reviewed::refused(report).filter(|_| options.detail >= Detail::Resources);
            let differences = refused.map(|found| reviewed::lines(found, DIFFERENCES)).unwrap_or_default();
            CaseEnding::Failed {
                kind: reason.map_or("failed", crate::report::Reason::name).to_owned(),
                message: message.as_deref().map_or_else(|| headline.clone(), first_line),
                text: differences.into_iter().chain(message).chain(hint).collect::<Vec<_>>().join("\n"),
            }
        }
    };
    Case {
        class: words::place(report),
        name: report.command.noun(report.preview_only).to_owned(),
        milliseconds: report.duration_ms,
        ending,
        said: headline,
    }
}

/// The first line of a message, without the word for what a failure is anyway.
fn first_line(message: &str) -> String {
    let first = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

/// What a rule says: a refusal is a failure, even where the run passes because it only looks; an approval that is needed
/// is neither passed nor failed.
fn rule(report: &Report, ruling: &Ruling, options: &Options) -> Case {
    let resources = ruling.resources.iter().filter(|_| options.detail >= Detail::Resources).cloned();
    let more =
        (ruling.more_resources > 0).then(|| format!("and {} more", words::number(ruling.more_resources)));
    let hint = ruling.way_out.as_ref().map(|way_out| format!("hint: {way_out}"));
    let lines = resources.chain(more).chain(hint).collect::<Vec<_>>().join("\n");
    let (ending, said) = match ruling.verdict {
        RuleVerdict::Allowed => (CaseEnding::Passed, ruling.finding.clone()),
        RuleVerdict::Approval => {
            let verdict = ruled::verdict(ruling, str::to_owned);
            (CaseEnding::Skipped(format!("{verdict}: {}", ruling.finding)), lines)
        }
        RuleVerdict::Refused => {
            let (kind, message) = ("rules".to_owned(), format!("refused: {}", ruling.finding));
            (CaseEnding::Failed { kind, message, text: lines }, String::new())
        }
    };
    Case {
        class: format!("{}.rules", words::place(report)),
        name: ruling.rule.clone(),
        milliseconds: 0,
        ending,
        said,
    }
}

/// A resource that failed, with what was said about it.
fn resource(report: &Report, step: &Step) -> Case {
    let errors = report.diagnostics.iter().filter(|said| said.severity == Severity::Error);
    let errors: Vec<&Diagnostic> = errors.filter(|said| said.urn.as_deref() == Some(&step.urn)).collect();
    let first = errors.first().map(|said| report.first_line_of(said));
    let (kind, message) = match step.status {
        StepStatus::Unfinished => ("unfinished", "begun and never finished: what became of it is not known"),
        _ => ("resource", first.as_deref().unwrap_or("failed")),
    };
    let took = step.began.zip(step.ended).map_or(0, |(began, ended)| ended.saturating_sub(began));
    Case {
        class: format!("{}.{}", words::place(report), step.kind),
        name: format!("{} {}", words::operation(report, step), step.name),
        milliseconds: u64::try_from(took).unwrap_or(0).saturating_mul(1000),
        ending: CaseEnding::Failed {
            kind: kind.to_owned(),
            message: message.to_owned(),
            text: errors.iter().map(|said| said.message.trim_end()).collect::<Vec<_>>().join("\n\n"),
        },
        said: String::new(),
    }
}

/// A resource that is not what was deployed. Where that does not fail the run, it is neither passed nor failed.
fn drifted(report: &Report, step: &Step) -> Case {
    let paths: Vec<&str> = step.diffs.iter().map(|diff| diff.path.as_str()).collect();
    let message = match step.operation.as_str() {
        "delete" => "it is gone".to_owned(),
        _ => format!("it differs in {}", paths.join(", ")),
    };
    let ending = match report.status {
        Status::Failed => CaseEnding::Failed { kind: "drift".to_owned(), message, text: paths.join("\n") },
        _ => CaseEnding::Skipped(message),
    };
    Case {
        class: format!("{}.{}", words::place(report), step.kind),
        name: format!("drift {}", step.name),
        milliseconds: 0,
        ending,
        said: String::new(),
    }
}

/// What a policy found: a mandatory one stops the run, an advisory one is only said.
fn finding(report: &Report, violation: &Violation) -> Case {
    let resource = violation.name.as_deref().map(|name| format!(" on {name}")).unwrap_or_default();
    let first = first_line(&telling(&violation.message));
    let (ending, said) = if violation.level == "mandatory" {
        let (message, text) = (first, violation.message.clone());
        (CaseEnding::Failed { kind: "policy".to_owned(), message, text }, String::new())
    } else {
        (CaseEnding::Passed, format!("{}: {}", violation.level, violation.message))
    };
    Case {
        class: format!("{}.{}", words::place(report), violation.pack),
        name: format!("{}{resource}", violation.policy),
        milliseconds: 0,
        ending,
        said,
    }
}

/// A check after the deployment. One that was inconclusive was skipped: whether that fails the run, its own case says.
fn checked(report: &Report, check: &CheckResult) -> Case {
    let message = checks::found(check);
    let hint = check.hint.as_ref().map(|hint| format!("hint: {hint}"));
    let text = std::iter::once(message.clone()).chain(hint).collect::<Vec<_>>().join("\n");
    let (ending, said) = match check.outcome {
        CheckOutcome::Passed => (CaseEnding::Passed, message),
        CheckOutcome::Inconclusive => (CaseEnding::Skipped(text), String::new()),
        CheckOutcome::Failed => {
            (CaseEnding::Failed { kind: "check".to_owned(), message, text }, String::new())
        }
    };
    Case {
        class: format!("{}.checks", words::place(report)),
        name: check.name.clone(),
        milliseconds: check.duration_ms,
        ending,
        said,
    }
}

fn write(xml: &mut String, case: &Case) {
    let _ = writeln!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\">",
        attribute(&case.class),
        attribute(&case.name),
        seconds(case.milliseconds)
    );
    match &case.ending {
        CaseEnding::Passed => {}
        CaseEnding::Skipped(why) => {
            let _ = writeln!(xml, "      <skipped>{}</skipped>", text(why));
        }
        CaseEnding::Failed { kind, message, text: said } => {
            let _ = writeln!(
                xml,
                "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                attribute(kind),
                attribute(message),
                text(said)
            );
        }
    }
    if !case.said.is_empty() {
        let _ = writeln!(xml, "      <system-out>{}</system-out>", text(&case.said));
    }
    xml.push_str("    </testcase>\n");
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

fn attribute(value: &str) -> String {
    escaped(&visible(&shortened(value, HEADING), false))
}

fn text(value: &str) -> String {
    escaped(&visible(&shortened(value, MESSAGE), true))
}

/// What a document may hold: <https://www.w3.org/TR/xml/#charsets>. Control characters are written out by now.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_no_markup_and_no_character_that_xml_forbids() {
        assert_eq!(
            text("]]> <a b=\"c\">&\u{0}\u{1b}[31m\u{ffff}\n"),
            "]]&gt; &lt;a b=&quot;c&quot;&gt;&amp;\\u{0}\\u{1b}[31m\u{fffd}\n"
        );
    }

    #[test]
    fn times_are_seconds() {
        assert_eq!([seconds(8_250), seconds(7)], ["8.250", "0.007"]);
    }
}
