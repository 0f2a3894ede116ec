//! What is judged when several things were said, or when what happened tells more than the words.

use serde_json::{Value, json};
use stackstep::report::{Ending, Facts, Fold, Operation, Reason, Report, Status, report};

const STACK: &str = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
const BUCKET: &str = "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs";

/// An event log that a test writes, and how its engine ended.
struct Told {
    fold: Fold,
    facts: Facts,
}

impl Told {
    fn by(ending: Ending, exit_code: i32) -> Self {
        Self { fold: Fold::new(), facts: Facts::new(Operation::Up, "dev", ending, exit_code) }
    }

    fn failing() -> Self {
        Self::by(Ending::Exited(1), 1)
    }

    fn event(mut self, kind: &str, event: &Value) -> Self {
        let mut line = json!({ "sequence": 1, "timestamp": 1 });
        line[kind] = event.clone();
        self.fold.line(line.to_string().as_bytes());
        self
    }

    fn step(self, kind: &str, urn: &str) -> Self {
        let state = json!({ "urn": urn, "custom": urn != STACK, "type": "x" });
        self.event(
            kind,
            &json!({ "metadata": { "op": "create", "urn": urn, "logical": true, "new": state } }),
        )
    }

    fn begun(self, urn: &str) -> Self {
        self.step("resourcePreEvent", urn)
    }

    fn failed(self, urn: &str) -> Self {
        self.step("resOpFailedEvent", urn)
    }

    fn says(self, urn: &str, severity: &str, message: &str) -> Self {
        self.event("diagnosticEvent", &json!({ "urn": urn, "severity": severity, "message": message }))
    }

    fn summary(self, result: &str) -> Self {
        self.event("summaryEvent", &json!({ "resourceChanges": { "create": 1 }, "result": result }))
    }

    fn report(self) -> Report {
        report(self.fold.finish(), self.facts)
    }

    fn reason(self) -> Reason {
        self.report().reason.unwrap()
    }
}

#[test]
fn a_warning_on_standard_error_is_not_what_a_stopped_run_failed_with() {
    let mut told = Told::by(Ending::Cancelled { signal: 15 }, 143);
    told.facts.stderr = "warning: using pulumi-language-yaml from $PATH at /usr/bin\n".to_owned();
    assert_eq!(told.report().message, None);
}

#[test]
fn a_function_of_a_provider_that_fails_is_not_the_programs_fault() {
    let told = Told::failing().begun(STACK).says(
        STACK,
        "error",
        "invocation of aws:index:getAmi returned an error: your query returned no results\n  on Pulumi.yaml line 3",
    );
    assert_eq!(told.reason(), Reason::Provider);
}

#[test]
fn a_resource_that_failed_is_the_cause_and_the_programs_end_only_follows() {
    let report = Told::failing()
        .begun(STACK)
        .begun(BUCKET)
        .failed(BUCKET)
        .says(BUCKET, "error", "create refused: quota")
        .says(
            "",
            "error",
            "Running program '/x/index.js' failed with an unhandled exception:\nerror serializing property \"label\": \
             resource logs failed to register",
        )
        .report();
    assert_eq!(
        (report.reason, report.message.as_deref()),
        (Some(Reason::Provider), Some("create refused: quota"))
    );
}

#[test]
fn a_check_that_failed_is_the_cause_when_the_program_cannot_register_its_resource() {
    let told = Told::failing()
        .says(BUCKET, "error", "aws:s3/bucket:Bucket resource 'logs' has a problem: expected a map")
        .says(
            "",
            "error",
            "Error: resource logs [aws:s3/bucket:Bucket] failed to register\n    at /x/index.js:3:9",
        );
    assert_eq!(told.reason(), Reason::Provider);
}

#[test]
fn an_exception_of_a_program_whose_resources_are_well_is_the_programs() {
    let told = Told::failing().begun(STACK).says(
        "",
        "error",
        "Running program '/x' failed with an unhandled exception:\nboom",
    );
    assert_eq!(told.reason(), Reason::Program);
}

#[test]
fn a_program_that_ends_with_a_message_and_no_trace_is_the_reason() {
    let report = Told::failing().begun(STACK).says("", "error", "the zone must be one of a, b\n").report();
    assert_eq!(report.reason, Some(Reason::Program));
    assert_eq!(report.message.as_deref(), Some("the zone must be one of a, b"));
}

#[test]
fn a_message_before_the_program_ran_is_not_the_programs() {
    assert_eq!(Told::failing().says("", "error", "the zone must be one of a, b").reason(), Reason::Unknown);
}

#[test]
fn an_error_that_the_program_throws_for_a_resource_is_the_programs() {
    let told = Told::failing().begun(STACK).says(
        BUCKET,
        "error",
        "ResourceError: no zone for logs\n    at Object.<anonymous> (/x/index.js:3:9)",
    );
    assert_eq!(told.reason(), Reason::Program);
}

#[test]
fn the_words_that_a_program_wrote_are_quoted_rather_than_that_it_ended() {
    let report = Told::failing()
        .begun(STACK)
        .says("", "info#err", "panic: no zone\n\ngoroutine 1 [running]:\n")
        .says("", "error", "an unhandled error occurred: program exited with non-zero exit code: 2")
        .report();
    assert_eq!(report.reason, Some(Reason::Program));
    assert!(report.message.unwrap().starts_with("panic: no zone"));
}

#[test]
fn an_unknown_reason_has_its_message_for_a_headline() {
    assert_eq!(Reason::Unknown.headline(Some("error: strange things\nmore")), "strange things");
    assert!(!Reason::Unknown.headline(None).contains("None of the above"));
    assert_eq!(Reason::Lock.headline(Some("x")), "Another operation holds the stack's lock");
}

#[test]
fn a_cancelled_run_that_finished_all_it_had_begun_is_not_told_to_refresh() {
    let cancelled = Ending::Cancelled { signal: 15 };
    let well =
        Told::by(cancelled, 143).begun(BUCKET).step("resOutputsEvent", BUCKET).summary("failed").report();
    assert_eq!(well.status, Status::Cancelled);
    assert!(well.hint.unwrap().starts_with("all that was begun was finished"));
    for left in [
        Told::by(cancelled, 143).begun(BUCKET).summary("canceled"),
        Told::by(cancelled, 143).begun(BUCKET).failed(BUCKET).summary("failed"),
        Told::by(cancelled, 143).begun(BUCKET).step("resOutputsEvent", BUCKET),
    ] {
        assert!(left.report().hint.unwrap().contains("may be in any state"));
    }
}

#[test]
fn a_provider_that_a_signal_ended_with_the_run_is_cancelled_and_said_in_words() {
    let report = Told::by(Ending::Cancelled { signal: 15 }, 143)
        .begun(BUCKET)
        .failed(BUCKET)
        .says(BUCKET, "error", "error reading from server: EOF")
        .report();
    assert_eq!((report.status, report.reason), (Status::Cancelled, Some(Reason::Cancelled)));
    assert!(report.message.unwrap().starts_with("a provider's process ended before it answered"));
}

#[test]
fn each_of_grpcs_words_for_a_process_that_is_gone_is_a_providers_end_and_a_server_elsewhere_is_none() {
    let message = |text: &str| {
        let told = Told::by(Ending::Cancelled { signal: 15 }, 143).begun(BUCKET).failed(BUCKET);
        told.says(BUCKET, "error", text).report().message.unwrap()
    };
    for text in [
        "error reading from server: EOF",
        "error reading from server: unexpected EOF",
        "error reading from server: connection reset by peer",
        "error reading from server: read tcp 127.0.0.1:40022->127.0.0.1:36561: read: connection reset by peer",
        "error reading server preface: EOF",
        "rpc error: code = Unavailable desc = transport is closing",
    ] {
        assert!(message(text).starts_with("a provider's process ended before it answered"), "{text}");
    }
    for text in [
        "error reading from server: read tcp 10.0.0.5:40022->34.117.59.81:443: read: connection reset by peer",
        "read tcp 10.0.0.5:40022->34.117.59.81:443: read: connection reset by peer",
    ] {
        assert_eq!(message(text), text);
    }
}

#[test]
fn an_engine_that_was_killed_is_not_simply_run_again_into_its_lock() {
    let hint = |command| {
        let facts = Facts::new(command, "dev", Ending::Signalled(9), 137);
        report(Fold::new().finish(), facts).hint.unwrap()
    };
    assert!(hint(Operation::Up).contains("`pulumi cancel` releases the lock"));
    assert!(!hint(Operation::Preview).contains("lock"), "a preview holds none");
}
