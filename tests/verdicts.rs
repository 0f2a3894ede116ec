//! Whose run may do what, as a pure rule: each environment of `fixtures/ci` with each command, with and without
//! credentials.

use stackstep::admit::credentials::Credentials;
use stackstep::admit::trust::{Question, TrustVerdict, judge};
use stackstep::base::git::Checkout;
use stackstep::ci::{self as systems, Context};
use stackstep::inputs::Command;
use stackstep::report::Reason;

use crate::ci::{Case, cases, environment};

/// What is asked of each environment: a word, a command, whether it only previews, `upsert`, credentials.
const ASKED: &[(&str, Command, bool, bool, bool)] = &[
    ("preview, no credentials", Command::Preview, false, false, false),
    ("preview", Command::Preview, false, false, true),
    ("preview with upsert", Command::Preview, false, true, true),
    ("up", Command::Up, false, false, true),
    ("up, no credentials", Command::Up, false, false, false),
    ("refresh", Command::Refresh, false, false, true),
    ("drift check", Command::Refresh, true, false, true),
    ("destroy", Command::Destroy, false, false, true),
    ("outputs", Command::Outputs, false, false, true),
    ("exec", Command::Exec, false, false, true),
    ("install", Command::Install, false, false, false),
];

fn verdict(case: &Case, asked: (Command, bool, bool, bool), work_folder: Option<&str>) -> TrustVerdict {
    let checkout = |commit: &str| Checkout { top: "/ws".into(), commit: Some(commit.to_owned()) };
    let work_folder: Vec<Checkout> = work_folder.into_iter().map(checkout).collect();
    let (command, preview_only, upsert, backend) = asked;
    let system = systems::detect(&case.env);
    judge(&Question {
        ci: system,
        context: &system.context(&case.env),
        command,
        preview_only,
        upsert,
        credentials: &Credentials { backend, found: Vec::new() },
        work_folder: &work_folder,
        branch_head: None,
        refuse_stale: false,
        own_stack: false,
        hands_values_on: false,
    })
}

fn word(verdict: &TrustVerdict) -> &'static str {
    match verdict {
        TrustVerdict::Go => "go",
        TrustVerdict::Warn { .. } => "warn",
        TrustVerdict::Skip { .. } => "skip",
        TrustVerdict::Refuse { reason: Reason::Untrusted, .. } => "UNTRUSTED",
        TrustVerdict::Refuse { .. } => "REFUSED",
    }
}

/// The commit that the system checks out when nobody says otherwise.
fn checked_out(case: &Case) -> Option<String> {
    let context = context(case);
    // With the target's credentials it is the target's.
    if context.base_credentials {
        return Some("88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9".to_owned());
    }
    context.merge_commit.or(context.commit)
}

fn context(case: &Case) -> Context {
    systems::detect(&case.env).context(&case.env)
}

fn case(system: &str, name: &str) -> Case {
    cases().into_iter().find(|case| case.system == system && case.name == name).unwrap()
}

#[test]
fn the_table_of_verdicts_is_the_reviewed_one() {
    let mut table = format!("| run | {} |\n", ASKED.iter().map(|row| row.0).collect::<Vec<_>>().join(" | "));
    table.push_str(&format!("| --- |{}\n", " --- |".repeat(ASKED.len())));
    for case in cases() {
        let head = checked_out(&case);
        let row: Vec<&str> = ASKED
            .iter()
            .map(|&(_, command, preview_only, upsert, backend)| {
                word(&verdict(&case, (command, preview_only, upsert, backend), head.as_deref()))
            })
            .collect();
        table.push_str(&format!("| {}/{} | {} |\n", case.system, case.name, row.join(" | ")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/trust.md");
    #[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
    let bless = std::env::var_os("STACKSTEP_BLESS").is_some();
    if bless {
        std::fs::write(path, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), table);
}

#[test]
fn a_fork_never_changes_anything_whatever_it_has() {
    let commands = [Command::Up, Command::Refresh, Command::Destroy, Command::Exec];
    for case in cases().iter().filter(|case| context(case).fork == Some(true)) {
        for credentials in [true, false] {
            for command in commands {
                let verdict = verdict(case, (command, false, false, credentials), None);
                assert_eq!(
                    (verdict.exit_status(), verdict.reason()),
                    (Some(73), Some(Reason::Untrusted)),
                    "{}/{}: {command:?}",
                    case.system,
                    case.name
                );
            }
            let upsert = verdict(case, (Command::Preview, false, true, credentials), None);
            assert_eq!(word(&upsert), "UNTRUSTED", "{}/{}", case.system, case.name);
        }
    }
}

#[test]
fn a_merge_queue_previews_and_never_deploys() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| context(case).merge_queue) {
        assert_eq!(
            word(&verdict(case, (Command::Preview, false, false, true), None)),
            "go",
            "{}",
            case.system
        );
        for command in [Command::Up, Command::Refresh, Command::Destroy] {
            let verdict = verdict(case, (command, false, false, true), None);
            assert_eq!(
                (verdict.exit_status(), verdict.reason()),
                (Some(73), Some(Reason::Gate)),
                "{}",
                case.system
            );
        }
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn a_push_a_tag_and_a_schedule_may_do_everything() {
    for case in
        cases().iter().filter(|case| ["push", "tag", "schedule", "re-run"].contains(&case.name.as_str()))
    {
        for &(_, command, preview_only, upsert, backend) in ASKED {
            let verdict = verdict(case, (command, preview_only, upsert, backend), None);
            assert_eq!(verdict, TrustVerdict::Go, "{}/{}: {command:?}", case.system, case.name);
        }
    }
}

#[test]
fn the_preview_of_a_fork_without_credentials_is_skipped_and_says_how_to_run_it() {
    let case = case("github-actions", "pull-request-fork");
    let verdict = verdict(&case, (Command::Preview, false, false, false), None);
    assert_eq!((verdict.exit_status(), verdict.reason()), (Some(0), Some(Reason::Untrusted)));
    assert_eq!(
        verdict,
        TrustVerdict::Skip {
            why: "change request 7 comes from a fork (`bob/shop`), and this run has no credentials for the backend"
                .into(),
            maintainer: "a maintainer who has read the change can run it from a branch of this repository: \
                         `git fetch origin pull/7/head && git push origin FETCH_HEAD:refs/heads/preview-7`"
                .into(),
        }
    );
}

#[test]
fn the_preview_of_a_bot_without_credentials_is_skipped() {
    let case = case("github-actions", "pull-request-dependabot");
    let TrustVerdict::Skip { why, maintainer } =
        verdict(&case, (Command::Preview, false, false, false), None)
    else {
        panic!("not skipped")
    };
    assert_eq!(why, "`dependabot[bot]` is a bot, and this run has no credentials for the backend");
    assert!(maintainer.contains("Secrets and variables > Dependabot"), "{maintainer}");
}

#[test]
fn missing_credentials_on_the_default_branch_are_never_skipped() {
    let case = case("github-actions", "push-by-a-bot");
    assert_eq!(verdict(&case, (Command::Preview, false, false, false), None), TrustVerdict::Go);
    assert_eq!(verdict(&case, (Command::Up, false, false, false), None), TrustVerdict::Go);
}

#[test]
fn the_code_of_a_fork_does_not_run_with_the_targets_credentials() {
    let head = "8d08154cabb1c4f71a535de986600303936780f8";
    let merge = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let base = "88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9";
    for (system, name) in [
        ("github-actions", "pull-request-target-fork"),
        ("gitea-actions", "pull-request-target-fork"),
        ("github-actions", "workflow-run-after-a-fork"),
    ] {
        let case = case(system, name);
        let at = |commit| word(&verdict(&case, (Command::Preview, false, false, true), commit));
        assert_eq!(at(Some(head)), "UNTRUSTED", "{system}/{name}");
        assert_eq!(at(Some(base)), "go", "{system}/{name}");
        assert_eq!(at(None), "UNTRUSTED", "{system}/{name}");
    }
    let target = case("github-actions", "pull-request-target-fork");
    let outputs = verdict(&target, (Command::Outputs, false, false, true), Some(merge));
    assert_eq!(word(&outputs), "UNTRUSTED");
}

#[test]
fn the_maintainers_of_each_system_are_told_their_own_way() {
    for (system, name, words) in [
        ("gitlab-ci", "fork-in-the-fork", "Run pipeline"),
        ("google-cloud-build", "pull-request-fork", "/gcbrun"),
        ("azure-pipelines", "pull-request-fork", "/azp run"),
        ("circleci", "pull-request-fork", "push its commits"),
    ] {
        let env = environment(system, name);
        let system = systems::detect(&env);
        let way = (system.advice().maintainers_way)(&system.context(&env));
        assert!(way.contains(words), "{way}");
    }
}
