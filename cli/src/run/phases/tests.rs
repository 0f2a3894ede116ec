//! Phases carried out by an engine that is no process of this machine: it plays recordings of the real CLI.

#![expect(clippy::large_futures, reason = "the future of a test lies on that test's own stack")]

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::base::env::Env;
use crate::engine::executor::{EngineAnswer, EngineLabel, EngineQuery, Pending, Unwatched};
use crate::engine::job::{Job, ReviewRun};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::publish::Publisher;
use crate::report::{Ending, Fold, Status};
use crate::run::gates::JudgedRun;
use crate::run::prepare::{RunRequest, Until, prepare};
use crate::run::unfinished::Unfinished;

/// An engine whose phases are recordings, each with its exit status.
struct Recorded {
    preview: Option<(&'static str, i32)>,
    operation: (&'static str, i32),
    /// Whether the last line of each log is lost.
    cut: bool,
    performed: Vec<Phase>,
}

impl Recorded {
    fn with_preview(preview: (&'static str, i32)) -> Self {
        Self { preview: Some(preview), operation: ("up-create", 0), cut: false, performed: Vec::new() }
    }
}

impl Executor for Recorded {
    fn label(&self) -> EngineLabel {
        EngineLabel { name: "pulumi", place: "a recording".to_owned(), version: None }
    }

    fn previews_first(&self) -> bool {
        self.preview.is_some()
    }

    fn perform<'f>(
        &'f mut self,
        phase: Phase,
        _: &'f mut dyn Watch,
        _: &'f Console,
        _: &'f Signals,
    ) -> Pending<'f, Outcome> {
        self.performed.push(phase);
        let (name, status) = self.preview.filter(|_| phase == Phase::Preview).unwrap_or(self.operation);
        let path = format!("{}/tests/fixtures/recordings/{name}/events.jsonl", env!("CARGO_MANIFEST_DIR"));
        let log = std::fs::read_to_string(path).unwrap();
        let lines = log.lines().count() - usize::from(self.cut);
        let mut fold = Fold::new();
        log.lines().take(lines).for_each(|line| fold.line(line.as_bytes()));
        let (events, ending) = (fold.finish(), Some(Ending::Exited(status)));
        let notes = vec![format!("played {name}")];
        Box::pin(async move { Ok(Outcome { events, ending, notes, processes: 1, ..Outcome::default() }) })
    }

    fn preview_again<'f>(&'f mut self, _: Duration, _: &'f Console, _: &'f Signals) -> Pending<'f, Outcome> {
        Box::pin(async { Ok(Outcome::default()) })
    }

    fn query<'f>(&'f self, _: EngineQuery, _: &'f Console, _: &'f Signals) -> Pending<'f, EngineAnswer> {
        Box::pin(async { Ok(EngineAnswer(Outcome::default())) })
    }
}

/// A folder with a project of one stack.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Pulumi.yaml"), "name: hello\nruntime: yaml\n").unwrap();
    std::fs::write(folder.path().join("Pulumi.dev.yaml"), "config: {}\n").unwrap();
    folder
}

fn env(folder: &Path) -> Env {
    Env::from_pairs(folder, [("PULUMI_BACKEND_URL", "file:///nowhere")])
}

/// The job of `command` with these flags.
fn job<'a>(env: &'a Env, command: Command, flags: &'a Flags) -> Job<'a> {
    let request = RunRequest::new(Some(command), flags, env);
    let mut console = Console::new(request.ci);
    prepare(&request, Until::FirstError, &mut console).into_job().unwrap()
}

fn given(flags: &[(&'static str, &str)]) -> Flags {
    flags.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect()
}

async fn played(engine: &mut Recorded, flags: &[(&'static str, &str)]) -> PhaseEnd {
    let folder = project();
    let env = env(folder.path());
    let flags = given(flags);
    let job = job(&env, Command::Up, &flags);
    let run = Run::new(&job).unwrap();
    let console = Console::new(job.ci);
    let mut around = Around {
        gates: Gates::new(&job, JudgedRun::default(), true),
        verification: Verification::new(&job),
        look: None,
        end: None,
    };
    carry_out(&run, engine, &mut Unwatched, &mut around, &console, &Signals::none()).await.unwrap()
}

const DEV: (&str, &str) = ("stack", "dev");

#[tokio::test]
async fn an_operation_follows_a_preview_that_passed() {
    let mut engine = Recorded::with_preview(("preview-create", 0));
    let end = played(&mut engine, &[DEV]).await;
    assert_eq!(engine.performed, [Phase::Preview, Phase::Operation]);
    assert_eq!(
        (end.report.status, end.report.notes.as_slice()),
        (Status::Succeeded, &["played up-create".to_owned()][..])
    );
}

#[tokio::test]
async fn an_operation_without_a_preview_is_the_only_phase() {
    let mut engine = Recorded { preview: None, ..Recorded::with_preview(("preview-create", 0)) };
    played(&mut engine, &[DEV]).await;
    assert_eq!(engine.performed, [Phase::Operation]);
}

#[tokio::test]
async fn nothing_follows_a_preview_that_failed() {
    let mut engine = Recorded::with_preview(("preview-program-error", 255));
    let end = played(&mut engine, &[DEV]).await;
    assert_eq!(engine.performed, [Phase::Preview]);
    assert_eq!((end.report.status, end.report.exit_code), (Status::Failed, 255));
}

#[tokio::test]
async fn nothing_follows_a_preview_with_unexpected_changes_that_are_no_failure() {
    let mut engine = Recorded::with_preview(("preview-create", 7));
    let expected = [DEV, ("expect-no-changes", "true"), ("fail-on-changes", "false")];
    let end = played(&mut engine, &expected).await;
    assert_eq!(engine.performed, [Phase::Preview]);
    assert_eq!((end.report.status, end.report.exit_code), (Status::Succeeded, 0));
}

#[tokio::test]
async fn nothing_follows_a_preview_that_does_not_tell_whether_there_are_changes() {
    let mut engine = Recorded { cut: true, ..Recorded::with_preview(("preview-create", 0)) };
    let end = played(&mut engine, &[DEV, ("expect-no-changes", "true")]).await;
    assert_eq!(engine.performed, [Phase::Preview]);
    assert_eq!(end.report.has_changes, None);
}

#[tokio::test]
async fn without_a_preview_nothing_is_deployed_where_rules_judge() {
    let mut engine = Recorded { preview: None, ..Recorded::with_preview(("preview-create", 0)) };
    let folder = project();
    let env = env(folder.path());
    let flags = given(&[DEV, ("max-deletes", "0")]);
    let job = job(&env, Command::Up, &flags);
    let run = Run::new(&job).unwrap();
    let console = Console::new(job.ci);
    let mut around = Around {
        gates: Gates::new(&job, JudgedRun::default(), true),
        verification: Verification::new(&job),
        look: None,
        end: None,
    };
    let ended = carry_out(&run, &mut engine, &mut Unwatched, &mut around, &console, &Signals::none()).await;
    assert_eq!(ended.unwrap_err().exit_status(), 74);
    assert_eq!(engine.performed, []);
}

#[test]
fn two_stacks_are_prepared_in_one_process_and_share_nothing() {
    let folders = [project(), project()];
    let envs = folders.each_ref().map(|folder| env(folder.path()));
    let flags = given(&[DEV]);
    let [first, second] = envs.each_ref().map(|env| job(env, Command::Up, &flags));
    let own = |job: &Job<'_>| job.folder.as_ref().unwrap().path().to_owned();
    assert_ne!(own(&first), own(&second));
    assert_ne!(first.inputs.stack.cwd, second.inputs.stack.cwd);
    drop(first);
    assert!(own(&second).is_dir(), "the end of one job leaves the other alone");
}

#[test]
fn a_later_step_knows_the_environment_of_a_review_stack_and_of_no_other_run() {
    let folder = project();
    let state = folder.path().join("state-file");
    std::fs::write(&state, "").unwrap();
    let pairs = [
        ("PULUMI_BACKEND_URL", "file:///nowhere"),
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_STATE", state.to_str().unwrap()),
    ];
    let (env, flags) = (Env::from_pairs(folder.path(), pairs), given(&[DEV]));
    let environment = |review: Option<&ReviewRun>| {
        let request = RunRequest { review, ..RunRequest::new(Some(Command::Up), &flags, &env) };
        let mut console = Console::new(request.ci);
        let mut found = prepare(&request, Until::TheEnd, &mut console);
        found.findings.clear();
        let job = found.into_job().unwrap();
        let run = Run::new(&job).unwrap();
        let unfinished = Unfinished::begin(&run, &Publisher::new(&job), &console).unwrap();
        unfinished.review().map(|review| review.environment)
    };
    let review = ReviewRun { environment: "review/pr-7".to_owned(), ..ReviewRun::default() };
    assert_eq!(environment(Some(&review)).as_deref(), Some("review/pr-7"));
    assert_eq!(environment(None), None);
}
