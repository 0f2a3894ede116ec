//! The facet "handover": the ways to pass values to later steps, and to show something on the job's page.

use std::path::{Path, PathBuf};

use super::step_variable::StepVariable;
use crate::base::env::Env;

/// A value for the steps after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The output's name.
    pub name: String,
    /// The output's value.
    pub value: String,
}

/// Text to be added to a file of the CI system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The file.
    pub path: PathBuf,
    /// The text to add.
    pub text: String,
}

/// The way of a text to later steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The text is added to a file.
    Append(Append),
    /// The system takes these lines from the log.
    Commands(String),
}

/// The form of a file of variables.
#[derive(Debug, Clone, Copy)]
pub enum OutputsForm {
    /// Lines that a POSIX shell can source.
    Shell,
    /// Lines `NAME=value` without quotes, which the CI system reads itself.
    Dotenv {
        /// The most bytes of the file.
        bytes: usize,
        /// The most variables in the file.
        variables: usize,
        /// The most bytes of a name.
        name: usize,
        /// The reason why the system would not pass this value on unchanged. None if it would.
        refuses: fn(&str) -> Option<&'static str>,
    },
}

/// Makes delimiters: 32 new random characters a call.
pub type RandomWord<'r> = &'r mut dyn FnMut() -> String;

/// The way of a step's outputs to later steps.
#[derive(Clone, Copy)]
pub enum OutputsWay {
    /// None: later steps can only read `outputs-file`.
    None,
    /// A file that the system or the wrapper reads. None if the job's environment names no such file.
    Append(fn(&Env, &[Output], RandomWord<'_>) -> Option<Append>),
    /// Lines of the log.
    Commands {
        /// The lines for outputs that anybody may read.
        open: fn(&[Output]) -> String,
        /// The lines for secret outputs, whose values the system was told to hide already.
        secret: fn(&[Output]) -> String,
    },
    /// A file of variables that the system reads after the step, and shows.
    Variables {
        /// The file, and its form.
        file: fn(&Env) -> Option<(PathBuf, OutputsForm)>,
        /// The file of lines for a POSIX shell, from which the wrapper passes secret outputs on, masked.
        secrets: fn(&Env) -> Option<PathBuf>,
    },
}

/// The system's rules for outputs.
#[derive(Clone, Copy)]
pub struct OutputRules {
    /// The reason why this can't be the name of an output. None if it can.
    pub refuses_name: fn(&str) -> Option<&'static str>,
    /// Whether two names that differ in case only are one output.
    pub names_ignore_case: bool,
    /// The most bytes of a value.
    pub value_bytes: usize,
    /// The reason why this value can't be passed on as a secret. None if it can.
    pub refuses_secret_value: fn(&str) -> Option<&'static str>,
    /// Whether people can read the values, without the system's own mask.
    pub are_shown: bool,
}

impl OutputRules {
    /// No rules: any name, any value.
    pub const NONE: Self = Self {
        refuses_name: |_| None,
        names_ignore_case: false,
        value_bytes: usize::MAX,
        refuses_secret_value: |_| None,
        are_shown: false,
    };
}

/// The way of variables into the environment of later steps. A way that shows a secret to people, or that keeps it after the
/// job, is none: a variable of a report, an artifact, what is kept of a build.
#[derive(Clone, Copy)]
pub struct StepEnvironment {
    /// The delivery of variables. None if this step has no way.
    pub delivery: fn(&Env, &[StepVariable], RandomWord<'_>) -> Option<Delivery>,
    /// The reason why this variable can't be handed on so. None if it can.
    pub refuses: fn(&StepVariable) -> Option<&'static str>,
    /// Whether two names that differ in case only are one variable.
    pub names_ignore_case: bool,
}

impl StepEnvironment {
    /// The way of a system that has none.
    pub const NONE: Self = Self { delivery: |_, _, _| None, refuses: |_| None, names_ignore_case: false };

    /// Whether this step has a way.
    pub fn is_there(&self, env: &Env) -> bool {
        (self.delivery)(env, &[], &mut String::new).is_some()
    }
}

/// The ways to later steps and to the job's page.
#[derive(Clone, Copy)]
pub struct Handover {
    /// The way of outputs to later steps.
    pub outputs: OutputsWay,
    /// The rules for outputs.
    pub rules: OutputRules,
    /// The form of the file that the input `outputs-file` names.
    pub outputs_file_form: fn(&Env) -> OutputsForm,
    /// The way of variables into the environment of later steps.
    pub environment: StepEnvironment,
    /// The way of names and values to this job's post step. None if there is no post step.
    pub post_step: fn(&Env, &[Output], RandomWord<'_>) -> Option<Delivery>,
    /// The way of a folder to the front of the PATH of later steps.
    pub path: fn(&Env, &str) -> Option<Delivery>,
    /// The job's summary page, and the most bytes that this step may write to it.
    pub summary: fn(&Env) -> Option<(PathBuf, usize)>,
    /// The lines in the log that publish the summary page, for a system that does not read the file by itself.
    pub summary_command: fn(&Path) -> String,
}

impl Handover {
    /// The ways that every system has: the files that a wrapper and the inputs name.
    pub const FILES_ONLY: Self = Self {
        outputs: OutputsWay::None,
        rules: OutputRules::NONE,
        outputs_file_form: |_| OutputsForm::Shell,
        environment: StepEnvironment::NONE,
        post_step: |env, state, _| Some(Delivery::Append(to_state_file(env, state)?)),
        path: |_, _| None,
        summary: |_| None,
        summary_command: |_| String::new(),
    };

    /// Whether this step can pass outputs to later steps.
    pub fn takes_outputs(&self, env: &Env) -> bool {
        match self.outputs {
            OutputsWay::None => false,
            OutputsWay::Append(added) => added(env, &[], &mut String::new).is_some(),
            OutputsWay::Commands { .. } => true,
            OutputsWay::Variables { file, .. } => file(env).is_some(),
        }
    }
}

/// Lines `NAME=value` for the file that the wrapper names in [`STEP_STATE`], if it names one.
pub(super) fn to_state_file(env: &Env, state: &[Output]) -> Option<Append> {
    let path = env.cwd().join(env.get(STEP_STATE)?);
    // The values are paths; one with a line end could pass for another line.
    let one_line = state.iter().filter(|Output { value, .. }| !value.contains(['\r', '\n']));
    let text = one_line.fold(String::new(), |text, Output { name, value }| text + name + "=" + value + "\n");
    Some(Append { path, text })
}

/// The variable with the path of the file that the wrapper reads the step's outputs from, if the CI system has none of
/// its own.
pub const STEP_OUTPUTS: &str = "STACKSTEP_STEP_OUTPUTS";

/// The variable with the path of the file for outputs that the wrapper has to pass on masked.
pub const STEP_SECRETS: &str = "STACKSTEP_STEP_SECRETS";

/// The variable with the path of the file for a later part of the wrapper: [`Handover::post_step`].
pub const STEP_STATE: &str = "STACKSTEP_STEP_STATE";
