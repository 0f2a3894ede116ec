//! What happens, and what has to come of it.

use crate::harness::Event;

/// One row of the table.
pub struct Case {
    pub name: &'static str,
    pub event: Event,
    pub command: &'static str,
    /// The engine, and what it meets.
    pub engine: Meets,
    /// Whether the job has the backend's secrets: CI systems withhold them from strangers.
    pub secrets: bool,
    /// Whether the job is cancelled while a resource is being created.
    pub cancelled: bool,
    pub exit_status: i32,
    pub status: &'static str,
    pub reason: &'static str,
    /// Outputs for later steps, beside `status` and `reason`.
    pub outputs: &'static [(&'static str, &'static str)],
}

/// An engine, and what it meets.
pub enum Meets {
    /// The sandbox is made to do this, as `PULUMI_SANDBOX_FAULTS`.
    Sandbox(&'static str),
    /// The Pulumi CLI has this program, and trouble.
    Pulumi(&'static str, Trouble),
}

/// What is wrong with a stack, which is there and empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Somebody else's lock.
    Locked,
    /// Its secrets have another passphrase.
    Passphrase,
    /// Its program reads a pipe, and nobody writes.
    Waits,
}

/// What is never to be seen in a log: an output of the program that is secret.
pub const SECRET: &str = "conformance-secret-0123456789";

const FAULTS: &str = "{program: {outputs: {token: {secret: conformance-secret-0123456789}}}}";

const CHANGES: &[(&str, &str)] = &[("has-changes", "true"), ("message", "hi world")];

/// An `up` that passes.
pub const UP: Case = Case {
    name: "",
    event: Event::Push,
    command: "up",
    engine: Meets::Sandbox(FAULTS),
    secrets: true,
    cancelled: false,
    exit_status: 0,
    status: "succeeded",
    reason: "",
    outputs: CHANGES,
};

const PREVIEW: Case = Case { command: "preview", outputs: &[("has-changes", "true")], ..UP };

const WITHHELD: Case =
    Case { secrets: false, status: "skipped", reason: "untrusted", outputs: &[], ..PREVIEW };

/// What a program can print to command a CI system, a shell, a page.
const HOSTILE: &str = concat!(
    "{program: {prints: [\"::set-output name=injected::x\", \"##vso[task.setvariable variable=injected]x\", ",
    "\"$(touch pwned) `touch pwned` ; touch pwned\", \"'\\\"\\\\\", \"</details><!-- -->\", \"STACK_OUTPUT_injected=x\", ",
    "\"\u{202e}ünïcödé 🙂\"], ",
    "outputs: {token: {secret: conformance-secret-0123456789}, ",
    "quotes: \"a'b\\\"c`d $(touch pwned) ${HOME} %PATH%\", commands: \"::set-output name=injected::x ##vso[task.setvariable variable=injected]x\"}}, ",
    "stdout: {text: \"$(touch pwned) ::error::noise ##vso[task.complete result=Failed] </details> 0123456789abcdef\\n\", times: 12000}}",
);

/// The rows.
pub const CASES: &[Case] = &[
    Case { name: "push to the default branch", ..UP },
    Case { name: "change request", event: Event::ChangeRequest, ..PREVIEW },
    Case { name: "change request from a fork", event: Event::Fork, ..WITHHELD },
    Case { name: "change request of a bot", event: Event::Bot, ..PREVIEW },
    Case { name: "merge queue", event: Event::MergeQueue, ..PREVIEW },
    Case { name: "tag", event: Event::Tag, ..UP },
    Case { name: "schedule", event: Event::Schedule, ..PREVIEW },
    Case { name: "the same run again", event: Event::Rerun, ..UP },
    Case {
        name: "an update that fails",
        engine: Meets::Sandbox("{resources: [{match: second, fail: quota exceeded}]}"),
        exit_status: 1,
        status: "failed",
        reason: "provider",
        outputs: &[],
        ..UP
    },
    Case {
        name: "an update that somebody else's lock stops",
        engine: Meets::Sandbox("{locked: true}"),
        exit_status: 1,
        status: "failed",
        reason: "lock",
        outputs: &[],
        ..UP
    },
    Case {
        name: "an update that is cancelled",
        engine: Meets::Sandbox("{resources: [{match: second, on: [create], began: began, until: go-on}]}"),
        cancelled: true,
        status: "cancelled",
        reason: "cancelled",
        outputs: &[],
        ..UP
    },
    Case {
        name: "a program with hostile output",
        engine: Meets::Sandbox(HOSTILE),
        outputs: &[
            ("has-changes", "true"),
            ("quotes", "a'b\"c`d $(touch pwned) ${HOME} %PATH%"),
            ("commands", "::set-output name=injected::x ##vso[task.setvariable variable=injected]x"),
        ],
        ..UP
    },
];
