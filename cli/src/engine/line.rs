//! A command line of the engine while it is built, and the stack that it is for.

use crate::base::words::Words;
use crate::inputs::headings::Color;
use std::path::Path;

use crate::inputs::Inputs;

/// A command line that is being built. Values are joined to their flag by `=`, so that none can be taken for a flag.
pub(super) struct CommandLine(pub(super) Vec<String>);

impl CommandLine {
    pub(super) fn new(word: &str) -> Self {
        Self(vec![word.to_owned()])
    }

    pub(super) fn push(&mut self, arg: &str) {
        self.0.push(arg.to_owned());
    }

    pub(super) fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.0.push(format!("--{name}"));
        }
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.push(format!("--{name}={value}"));
        }
    }

    pub(super) fn path(&mut self, name: &str, value: Option<&Path>) {
        self.text(name, value.map(|path| path.to_string_lossy()).as_deref());
    }

    pub(super) fn list(&mut self, name: &str, values: &[String]) {
        for value in values {
            self.text(name, Some(value));
        }
    }

    pub(super) fn stack(&mut self, scope: &Scope<'_>) {
        self.text("stack", Some(scope.stack));
        self.push("--non-interactive");
    }

    /// The arguments that an operation and the preview before it share.
    pub(super) fn shared(&mut self, inputs: &Inputs, scope: &Scope<'_>) {
        self.config(inputs);
        self.path("config-file", inputs.config.file.as_deref());
        self.text("message", inputs.operation.message.as_deref());
        self.flag("refresh", inputs.operation.refresh);
        self.text("run-program", inputs.operation.run_program.map(|on| on.to_string()).as_deref());
        self.list("replace", &inputs.operation.replace);
        self.list("target", &inputs.operation.target);
        self.flag("target-dependents", inputs.operation.target_dependents);
        self.list("exclude", &inputs.operation.exclude);
        self.flag("exclude-dependents", inputs.operation.exclude_dependents);
        self.flag("exclude-protected", inputs.operation.exclude_protected);
        self.text("parallel", inputs.operation.parallel.map(|n| n.to_string()).as_deref());
        if matches!(self.0.first().map(String::as_str), Some("up" | "destroy")) {
            self.text(
                "continue-on-error",
                inputs.operation.continue_on_error.map(|on| on.to_string()).as_deref(),
            );
        }
        self.flag("expect-no-changes", inputs.safety.expect_no_changes);
        self.list("policy-pack", &inputs.safety.policy_pack);
        self.list("policy-pack-config", &inputs.safety.policy_pack_config);
        self.flag("diff", inputs.log.diff);
        if inputs.log.color != Color::Auto {
            self.text("color", Some(inputs.log.color.word()));
        }
        self.flag("suppress-outputs", inputs.log.suppress_outputs);
        self.flag("suppress-progress", inputs.log.suppress_progress);
        if let Some(verbosity) = inputs.log.verbosity {
            self.push("--logtostderr");
            self.push(&format!("-v={verbosity}"));
        }
        self.flag("logflow", inputs.log.flow);
        self.flag("debug", inputs.log.debug);
        if !scope.cloud {
            // On a self-managed backend the link can be a signed URL of the whole state.
            self.push("--suppress-permalink=true");
        }
    }

    pub(super) fn finish(mut self, inputs: &Inputs) -> Vec<String> {
        self.0.extend(inputs.operation.args.iter().cloned());
        self.0
    }
}

/// The stack of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The stack's name in the form that the engine takes.
    pub stack: &'a str,
    /// Whether the backend is Pulumi Cloud or has its API.
    pub cloud: bool,
    /// Whether rules decide by a preview whether the operation follows.
    pub judged: bool,
}
