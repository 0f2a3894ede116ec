//! What every CI system can be asked, with the answers of one that has nothing special.

use crate::base::env::Env;
use crate::base::origin::Origin;
use crate::base::text::log_line;
use crate::ci::context::Context;
use crate::ci::identity::IdentityToken;
use crate::ci::sink::{Append, Level, Output, OutputsForm};
use crate::process::output::Disarm;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One CI system.
pub trait CiSystem: Sync {
    /// Its name, as in the result: `github-actions`.
    fn name(&self) -> &'static str;

    /// Whether `env` is of a job of this system.
    fn detect(&self, env: &Env) -> bool;

    /// What the job is about.
    fn context(&self, env: &Env) -> Context;

    /// What the system tells of the forge that the repository lies on.
    fn origin(&self, _env: &Env) -> Origin {
        Origin::default()
    }

    /// How a maintainer who has read an untrusted change gets its preview, in one sentence.
    fn maintainers_way(&self, _context: &Context) -> String {
        "a maintainer who has read the change can push its commits to a branch of this repository".to_owned()
    }

    /// Why credentials that somebody has set up may not have reached this job, and what to do, in a clause with the
    /// vendor's link: only what is true of this job, or of every job.
    fn withheld_secrets(&self, _env: &Env, _context: &Context) -> Option<&'static str> {
        None
    }

    /// What to tell the engine about where it runs, as its own variables: only where it can't find out by itself.
    fn tell_engine(&self, _env: &Env) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Beginnings of the system's variables that the engine and the program must not see.
    fn strip_from_engine(&self) -> &'static [&'static str] {
        &[]
    }

    /// The system's own variables whose values nobody may see.
    fn secret_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the variable is one of them.
    fn is_secret(&self, variable: &str) -> bool {
        self.secret_variables().contains(&variable)
    }

    /// The variable that makes the system write the values of all variables into this job's log.
    fn shows_variables(&self, _env: &Env) -> Option<&'static str> {
        None
    }

    /// Where the token comes from that says which job this is, for `audience` where that can be chosen.
    fn identity_token(&self, _env: &Env, _audience: &str) -> IdentityToken {
        IdentityToken::None {
            reason: "this CI system makes no identity tokens; put one into `STACKSTEP_ID_TOKEN`, or use an access token",
        }
    }

    /// The input `name` of the step, where the system has a way of its own to hand inputs over, with the variable
    /// that it came in.
    fn step_input<'e>(&self, _env: &'e Env, _name: &str) -> Option<(String, &'e str)> {
        None
    }

    /// The folder for files that later steps may read and that go with the job.
    fn temporary_folder(&self, _env: &Env) -> Option<PathBuf> {
        None
    }

    /// The folder for what a later part of the wrapper has to find, where that sees another temporary folder.
    fn shared_folder(&self, _env: &Env) -> Option<PathBuf> {
        None
    }

    /// How long a cancelled engine may finish what it began, so that the report is out before the job is killed: by what
    /// the agent or runner tells of itself, where it does.
    fn grace_period(&self, _env: &Env) -> Duration {
        share_of(TEN_SECONDS)
    }

    /// The folders that the system checks out into, or whose content it keeps between the steps of a job.
    fn workspaces(&self, _env: &Env) -> Vec<PathBuf> {
        Vec::new()
    }

    /// How a job whose event is not told, such as one in a container of its own, tells it.
    fn how_to_tell_the_event(&self) -> &'static str {
        "hand the CI system's variables over to the process that runs stackstep"
    }

    /// Whether a job's standard output and standard error end up in one log.
    fn one_stream(&self) -> bool {
        true
    }

    /// The lines that open a folded group of the log.
    fn group(&self, title: &str) -> String {
        format!("{title}\n")
    }

    /// The lines that close it.
    fn end_group(&self) -> String {
        String::new()
    }

    /// [`CiSystem::group`] for a system that knows its groups by a name and shows how long they took: the group's
    /// number in this run, and the time in Unix seconds.
    fn numbered_group(&self, title: &str, _number: u32, _at: u64) -> String {
        self.group(title)
    }

    /// [`CiSystem::end_group`] for such a system.
    fn end_numbered_group(&self, _number: u32, _at: u64) -> String {
        self.end_group()
    }

    /// Lines that make the system hide a line of text in what follows. Empty where it can't.
    fn mask(&self, _line: &str) -> String {
        String::new()
    }

    /// Lines before foreign output, so that nothing in it is taken for a command; the token must not be guessable.
    fn begin_foreign(&self, _token: &str) -> String {
        String::new()
    }

    /// Lines after it.
    fn end_foreign(&self, _token: &str) -> String {
        String::new()
    }

    /// How the commands that the system reads from the log are broken up in foreign output. None where there are
    /// none, and where [`CiSystem::begin_foreign`] fences the output instead.
    ///
    /// Marks that only fold or colour the log command nothing and are left alone: Buildkite's `---`, `+++` and
    /// `~~~`, GitLab's `section_start`, Travis's `travis_fold`.
    fn disarm(&self) -> Option<Disarm> {
        None
    }

    /// The lines of an annotation.
    fn annotation(&self, level: Level, title: &str, message: &str) -> String {
        let level = level.word();
        let whole = if message.is_empty() {
            format!("{level}: {title}")
        } else {
            format!("{level}: {title}: {message}")
        };
        whole.lines().map(|line| log_line(line) + "\n").collect()
    }

    /// How the name and value of something for this job's post step get there. None where there is no post step. By
    /// default as lines `NAME=value` of the file that the wrapper names in [`STEP_STATE`], if it names one.
    fn post_step_state(
        &self,
        env: &Env,
        state: &[Output],
        _random: &mut dyn FnMut() -> String,
    ) -> Option<Append> {
        let path = env.cwd().join(env.get(STEP_STATE)?);
        // The values are paths; one with a line end could pass for another line.
        let one_line = state.iter().filter(|Output { value, .. }| !value.contains(['\r', '\n']));
        let text =
            one_line.fold(String::new(), |text, Output { name, value }| text + name + "=" + value + "\n");
        Some(Append { path, text })
    }

    /// The lines of the log that do so, where the system takes it from there.
    fn post_step_commands(&self, _env: &Env, _state: &[Output]) -> Option<String> {
        None
    }

    /// Whether annotations show elsewhere than in the log, so that what the log says anyway is worth repeating.
    fn shows_annotations(&self) -> bool {
        false
    }

    /// Whether later steps can have outputs of this one.
    fn takes_outputs(&self, env: &Env) -> bool {
        self.outputs(env, &[], &mut String::new).is_some()
            || self.output_commands(&[]).is_some()
            || self.outputs_file(env).is_some()
    }

    /// Why `name` can't be the name of an output here. None when it can.
    fn refuses_output_name(&self, _name: &str) -> Option<&'static str> {
        None
    }

    /// Whether two names that differ in case only are one output here.
    fn output_names_ignore_case(&self) -> bool {
        false
    }

    /// How `outputs` reach later steps. `random` makes delimiters: 32 fresh characters a call.
    fn outputs(
        &self,
        _env: &Env,
        _outputs: &[Output],
        _random: &mut dyn FnMut() -> String,
    ) -> Option<Append> {
        None
    }

    /// The lines of the log that hand `outputs` to later steps, where the system takes them from there.
    fn output_commands(&self, _outputs: &[Output]) -> Option<String> {
        None
    }

    /// The file of variables that the CI system reads after the step, and its form. The system shows what it reads:
    /// secrets go to [`CiSystem::secrets_file`].
    fn outputs_file(&self, _env: &Env) -> Option<(PathBuf, OutputsForm)> {
        None
    }

    /// The file of lines for a POSIX shell from which the wrapper hands secret outputs on, masked.
    fn secrets_file(&self, _env: &Env) -> Option<PathBuf> {
        None
    }

    /// The form of the file that `outputs-file` names.
    fn outputs_form(&self, _env: &Env) -> OutputsForm {
        OutputsForm::Shell
    }

    /// The same for outputs that are secret, whose values the system knows to hide already.
    fn secret_output_commands(&self, outputs: &[Output]) -> Option<String> {
        self.output_commands(outputs)
    }

    /// Whether people can read the values of `outputs`, without the system's own mask.
    fn shows_outputs(&self) -> bool {
        false
    }

    /// How many bytes the value of an output may have.
    fn output_room(&self) -> usize {
        usize::MAX
    }

    /// Why a secret `value` can't be passed on here. None when it can.
    fn refuses_secret_value(&self, _value: &str) -> Option<&'static str> {
        None
    }

    /// How `folder` comes to the front of the PATH of later steps.
    fn path_file(&self, _env: &Env, _folder: &str) -> Option<Append> {
        None
    }

    /// The lines of the log that do so, where the system takes it from there.
    fn path_command(&self, _folder: &str) -> Option<String> {
        None
    }

    /// The job's summary page and how many bytes of it this step may fill.
    fn summary(&self, _env: &Env) -> Option<(PathBuf, usize)> {
        None
    }

    /// The lines of the log that hand the page over, where it is a file that the system does not look for by itself.
    fn summary_command(&self, _page: &Path) -> Option<String> {
        None
    }

    /// Whether the files that a run leaves are still there when somebody reads its report.
    fn keeps_files(&self) -> bool {
        false
    }

    /// The lines that mark the step as passed, but with something to look at: its report is not whole.
    fn passed_with_issues(&self) -> Option<String> {
        None
    }
}

/// The engine's share of the time `total` that a system gives a cancelled job from the first signal on: 2 s are for the
/// engine's second SIGINT, what is left is for its first one and for the report.
pub(crate) fn share_of(total: Duration) -> Duration {
    total.saturating_sub(Duration::from_secs(5))
}

/// What a system gives that kills the job 10 s after the first signal, or that documents no number: 10 s is what
/// container engines wait, <https://docs.docker.com/reference/cli/docker/container/stop/>.
pub(crate) const TEN_SECONDS: Duration = Duration::from_secs(10);

/// The variable in which a wrapper names the file that it reads the step's outputs from, where the CI system has none
/// of its own.
pub const STEP_OUTPUTS: &str = "STACKSTEP_STEP_OUTPUTS";

/// The one for outputs that a wrapper has to pass on masked.
pub const STEP_SECRETS: &str = "STACKSTEP_STEP_SECRETS";

/// The one for what a later part of the wrapper has to know: [`CiSystem::post_step_state`].
pub const STEP_STATE: &str = "STACKSTEP_STEP_STATE";
