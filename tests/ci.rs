//! What each CI system tells, from environments made of the variables that its vendor documents.
//!
//! `fixtures/ci/<system>/<case>.env` holds an environment (with the link to the vendor's page), `<case>.event.json`
//! the event's payload where the system has one, `<case>.json` what is to be read out of them. After a change,
//! `STACKSTEP_BLESS=1 cargo test` writes the last ones anew; the diff is then to be read against the vendor's page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stackstep::base::env::Env;
use stackstep::ci::{
    self, CiSystem, Delivery, GroupMark, IdentityToken, Level, OWN_VARIABLE, Output, OutputsWay, STEP_STATE,
    SYSTEMS,
};

/// One environment.
pub struct Case {
    /// The folder: the system's name.
    pub system: String,
    /// The file's name.
    pub name: String,
    /// The environment.
    pub env: Env,
    path: PathBuf,
}

impl Case {
    /// The event's payload as its file has it.
    pub fn event(&self) -> Option<String> {
        std::fs::read_to_string(self.path.with_extension("event.json")).ok()
    }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ci");
    let mut cases = Vec::new();
    for folder in entries(&root) {
        for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "env")) {
            cases.push(Case {
                system: folder.file_name().unwrap().to_str().unwrap().to_owned(),
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                env: load(&path),
                path,
            });
        }
    }
    assert!(!cases.is_empty());
    cases
}

/// The environment of one case.
pub fn environment(system: &str, name: &str) -> Env {
    let wanted = cases().into_iter().find(|case| case.system == system && case.name == name);
    wanted.unwrap_or_else(|| panic!("no fixture `{system}/{name}.env`")).env
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn load(path: &Path) -> Env {
    let text = std::fs::read_to_string(path).unwrap();
    let pairs = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        line.split_once('=').unwrap_or_else(|| panic!("no `=` in `{line}` of {}", path.display()))
    });
    let env = Env::from_pairs("/work", pairs);
    match std::fs::read(path.with_extension("event.json")) {
        Ok(bytes) => env.with_event(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => env,
    }
}

/// What is compared; a field that is not told is left out.
fn read(case: &Case) -> Value {
    let system = ci::detect(&case.env);
    let mut context = serde_json::to_value(system.context(&case.env)).unwrap();
    context.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let engine: BTreeMap<_, _> = (system.variables().told_to_engine)(&case.env).into_iter().collect();
    json!({ "system": system.name(), "context": context, "engine": engine })
}

fn detect(pairs: &[(&str, &str)]) -> &'static str {
    ci::detect(&Env::from_pairs("/", pairs.iter().copied())).name()
}

#[test]
fn each_environment_tells_what_its_vendor_documents() {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
    let bless = std::env::var_os("STACKSTEP_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let found = format!("{:#}\n", read(&case));
        let file = case.path.with_extension("json");
        if bless {
            std::fs::write(&file, &found).unwrap();
        } else if std::fs::read_to_string(&file).unwrap_or_default() != found {
            wrong.push(format!("{}/{}:\n{found}", case.system, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} differ from their `.json`:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_system_is_found_by_its_own_environments() {
    for case in cases() {
        assert_eq!(ci::detect(&case.env).name(), case.system, "{}", case.name);
    }
}

#[test]
fn each_system_has_environments() {
    for system in SYSTEMS {
        assert!(cases().iter().any(|case| case.system == system.name()), "{}", system.name());
    }
}

#[test]
fn each_fixture_links_its_vendors_page() {
    for case in cases() {
        let text = std::fs::read_to_string(&case.path).unwrap();
        assert!(text.lines().any(|line| line.starts_with("# https://")), "{}/{}", case.system, case.name);
    }
}

#[test]
fn a_commit_that_nobody_wrote_is_never_the_commit() {
    // The merge commit of all fixtures.
    const MERGE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    for case in cases() {
        let context = ci::detect(&case.env).context(&case.env);
        assert_ne!(context.commit.as_deref(), Some(MERGE), "{}/{}", case.system, case.name);
    }
}

#[test]
fn a_change_from_a_fork_is_never_trusted() {
    let mut seen = 0;
    for case in cases().iter().filter(|case| case.name.contains("fork")) {
        let context = ci::detect(&case.env).context(&case.env);
        assert_eq!(
            (context.fork, context.trusted),
            (Some(true), Some(false)),
            "{}/{}",
            case.system,
            case.name
        );
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

#[test]
fn nothing_but_the_sign_of_a_system_tells_nothing_wrong() {
    for case in cases().iter().filter(|case| case.name == "missing" && case.system != "bitbucket-pipelines") {
        let context = ci::detect(&case.env).context(&case.env);
        let told =
            (context.commit, context.branch, context.change_request, context.fork, context.merge_queue);
        assert_eq!(told, (None, None, None, None, false), "{}", case.system);
    }
}

#[test]
fn systems_that_share_variables_are_told_apart() {
    assert_eq!(detect(&[("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true")]), "gitea-actions");
    assert_eq!(
        detect(&[("GITHUB_ACTIONS", "true"), ("GITEA_ACTIONS", "true"), ("FORGEJO_ACTIONS", "true")]),
        "forgejo-actions"
    );
    // Jenkins sets BUILD_ID too, and a project can be a variable of anybody.
    assert_eq!(
        detect(&[("JENKINS_URL", "https://ci"), ("BUILD_ID", "7"), ("PROJECT_ID", "acme")]),
        "jenkins"
    );
    // A laptop that says so, and a cloud project on a laptop.
    assert_eq!(detect(&[("CI", "false"), ("PROJECT_ID", "acme")]), "local");
}

/// The systems whose variables the engine reads itself (of CodeBuild it knows the name only), and those that are none:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/ciutil/detect.go>.
const ENGINE_KNOWS: &[&str] = &[
    "azure-pipelines",
    "bitbucket-pipelines",
    "buildkite",
    "circleci",
    "codefresh",
    "forgejo-actions",
    "generic",
    "gitea-actions",
    "github-actions",
    "gitlab-ci",
    "jenkins",
    "local",
    "travis-ci",
];

#[test]
fn the_engine_is_told_where_it_runs_only_where_it_is_blind() {
    for case in cases() {
        let told = (ci::detect(&case.env).variables().told_to_engine)(&case.env);
        assert_eq!(
            told.is_empty(),
            ENGINE_KNOWS.contains(&case.system.as_str()),
            "{}/{}",
            case.system,
            case.name
        );
    }
}

#[test]
fn a_person_who_tells_the_engine_has_the_last_word() {
    for name in ["PULUMI_CI_SYSTEM", "PULUMI_DISABLE_CI_DETECTION"] {
        let env = environment("aws-codebuild", "push");
        let pairs: Vec<(&str, &str)> = env.iter().chain([(name, "mine")]).collect();
        let env = Env::from_pairs("/", pairs);
        assert_eq!(ci::detect(&env).name(), "aws-codebuild");
        assert_eq!((ci::detect(&env).variables().told_to_engine)(&env), []);
    }
}

#[test]
fn the_tokens_of_a_system_are_secrets_and_no_switch_is() {
    let secret = |system: &str, pairs: &[(&str, &str)]| -> Vec<String> {
        let env = Env::from_pairs("/", pairs.iter().copied());
        let system = by_name(system);
        ci::secrets(system, &env).into_iter().map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(
        secret(
            "github-actions",
            &[("ACTIONS_RUNTIME_TOKEN", "t"), ("GITHUB_SHA", "s"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")]
        ),
        ["ACTIONS_RUNTIME_TOKEN"]
    );
    assert_eq!(secret("gitlab-ci", &[("CI_JOB_TOKEN", "t"), ("CI_JOB_ID", "1")]), ["CI_JOB_TOKEN"]);
    assert_eq!(
        secret("circleci", &[("CIRCLE_OIDC_TOKEN", "a"), ("CIRCLE_OIDC_TOKEN_V2", "b"), ("CIRCLE_TAG", "c")]),
        ["CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2"]
    );
    assert_eq!(
        secret("azure-pipelines", &[("SYSTEM_ACCESSTOKEN", "t"), ("ENDPOINT_AUTH_SCHEME_X", "OAuth")]),
        ["SYSTEM_ACCESSTOKEN"]
    );
    assert_eq!(secret("travis-ci", &[(OWN_VARIABLE, "t"), ("TRAVIS", "true")]), [OWN_VARIABLE]);
}

#[test]
fn what_a_later_part_of_the_wrapper_has_to_know_is_a_line_of_the_file_that_it_names() {
    let env = Env::from_pairs("/work", [(STEP_STATE, ".stackstep/state")]);
    let of = |name: &str, value: &str| Output { name: name.to_owned(), value: value.to_owned() };
    let state = [of("unfinished", "/tmp/a b/unfinished.json"), of("forged", "a\nunfinished=b")];
    for name in ["gitlab-ci", "jenkins", "aws-codebuild", "codefresh", "generic"] {
        let post_step = by_name(name).handover().post_step;
        let Some(Delivery::Append(append)) = post_step(&env, &state, &mut String::new) else {
            panic!("{name} adds nothing to the file")
        };
        assert_eq!(append.path, Path::new("/work/.stackstep/state"), "{name}");
        assert_eq!(append.text, "unfinished=/tmp/a b/unfinished.json\n", "{name}");
        assert_eq!(post_step(&Env::default(), &state, &mut String::new), None, "{name}");
    }
}

#[test]
fn what_the_engine_must_not_see_is_named() {
    assert!(by_name("azure-pipelines").variables().kept_from_engine.contains(&"ENDPOINT_AUTH_"));
    assert!(by_name("jenkins").variables().kept_from_engine.contains(&"JENKINS_NODE_COOKIE"));
}

#[test]
fn an_identity_token_comes_from_where_the_system_documents_it() {
    let audience = "urn:pulumi:org:acme";
    let token = |system: &str, pairs: &[(&str, &str)]| {
        by_name(system).identity_token(&Env::from_pairs("/", pairs.iter().copied()), audience)
    };
    let request = |token: IdentityToken| match token {
        IdentityToken::Request(request) => {
            (request.method, request.url, request.scheme, request.bearer, request.answer)
        }
        other => panic!("{other:?}"),
    };
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example.com/?api-version=2.0"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ];
    let url = "https://token.example.com/?api-version=2.0&audience=urn%3Apulumi%3Aorg%3Aacme";
    for system in ["github-actions", "forgejo-actions"] {
        assert_eq!(
            request(token(system, &github)),
            ("GET", url.into(), "Bearer ", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "value")
        );
    }
    assert_eq!(
        request(token(
            "azure-pipelines",
            &[("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/o/oidc"), ("SYSTEM_ACCESSTOKEN", "t")]
        )),
        (
            "POST",
            "https://dev.azure.com/o/oidc?api-version=7.1".into(),
            "Bearer ",
            "SYSTEM_ACCESSTOKEN",
            "oidcToken"
        )
    );
    assert_eq!(
        request(token(
            "codefresh",
            &[("CF_OIDC_REQUEST_URL", "https://oidc.codefresh.io/t"), ("CF_OIDC_REQUEST_TOKEN", "t")]
        )),
        (
            "GET",
            "https://oidc.codefresh.io/t?audience=urn%3Apulumi%3Aorg%3Aacme".into(),
            "",
            "CF_OIDC_REQUEST_TOKEN",
            "id_token"
        )
    );
    for (system, variable) in [
        ("gitlab-ci", "GITLAB_OIDC_TOKEN"),
        ("circleci", "CIRCLE_OIDC_TOKEN_V2"),
        ("bitbucket-pipelines", "BITBUCKET_STEP_OIDC_TOKEN"),
    ] {
        assert_eq!(token(system, &[(variable, "t")]), IdentityToken::InVariable(variable));
    }
    let IdentityToken::Command(command) = token("buildkite", &[]) else { panic!("no command") };
    assert_eq!(command.join(" "), "buildkite-agent oidc request-token --audience urn:pulumi:org:acme");
}

#[test]
fn a_system_without_an_identity_token_says_why() {
    let env = Env::from_pairs("/", [("A", "b")]);
    for system in SYSTEMS.iter().filter(|system| system.name() != "buildkite") {
        let IdentityToken::None { reason } = system.identity_token(&env, "urn:pulumi:org:acme") else {
            panic!("{} has a token in an empty environment", system.name())
        };
        assert!(reason.len() > 20, "{}", system.name());
    }
}

#[test]
fn an_identity_token_that_a_person_hands_over_comes_first() {
    let env = Env::from_pairs("/", [(OWN_VARIABLE, "t"), ("CIRCLE_OIDC_TOKEN_V2", "u")]);
    let token = ci::identity_token(by_name("circleci"), &env, "urn:pulumi:org:acme");
    assert_eq!(token, IdentityToken::InVariable(OWN_VARIABLE));
}

fn by_name(name: &str) -> &'static dyn CiSystem {
    *SYSTEMS.iter().find(|system| system.name() == name).unwrap()
}

#[test]
fn the_runners_that_read_githubs_commands_get_the_same_bytes() {
    let env = Env::from_pairs(
        "/",
        [("GITHUB_OUTPUT", "/out"), ("GITHUB_STEP_SUMMARY", "/summary"), ("RUNNER_TEMP", "/t")],
    );
    let output = Output { name: "url".into(), value: "https://a\nb".into() };
    for system in ["github-actions", "gitea-actions", "forgejo-actions"].map(by_name) {
        let (handover, log, mark) = (system.handover(), system.log(), GroupMark { number: 1, at: 0 });
        let OutputsWay::Append(added) = handover.outputs else { panic!("no file") };
        let append = added(&env, std::slice::from_ref(&output), &mut || "r".repeat(32)).unwrap();
        assert_eq!(append.path, Path::new("/out"));
        let delimiter = format!("stackstep_{}", "r".repeat(32));
        assert_eq!(append.text, format!("url<<{delimiter}\nhttps://a\nb\n{delimiter}\n"));
        assert_eq!((handover.summary)(&env), Some((PathBuf::from("/summary"), 1024 * 1024)));
        assert_eq!((system.folders().temporary)(&env), Some(PathBuf::from("/t")));
        let group = (log.open_group)("a%", mark) + &(log.close_group)(mark);
        assert_eq!(group, "::group::a%25\n::endgroup::\n");
        assert_eq!((log.mask)("s3cret"), "::add-mask::s3cret\n");
        assert_eq!(log.begin_foreign("t") + &log.end_foreign("t"), "::stop-commands::t\n::t::\n");
        assert_eq!(annotated(&log, Level::Error, "b\nc"), "::error title=a::b%0Ac\n");
    }
}

#[test]
fn a_system_without_commands_gets_plain_lines() {
    for system in SYSTEMS {
        if ["github-actions", "gitea-actions", "forgejo-actions", "azure-pipelines"].contains(&system.name())
        {
            continue;
        }
        let (log, mark) = (system.log(), GroupMark { number: 1, at: 0 });
        assert_eq!(annotated(&log, Level::Warning, "b"), "warning: a: b\n", "{}", system.name());
        assert_eq!(annotated(&log, Level::Notice, ""), "notice: a\n", "{}", system.name());
        assert_eq!(((log.mask)("s3cret"), log.begin_foreign("t"), log.end_foreign("t")), Default::default());
        assert!(log.disarm().is_none() && !log.shows_annotations, "{}", system.name());
        // The groups of GitLab and Travis have names.
        if !["gitlab-ci", "travis-ci"].contains(&system.name()) {
            let group = if system.name() == "buildkite" { "--- a\n" } else { "a\n" };
            assert_eq!((log.open_group)("a", mark) + &(log.close_group)(mark), group);
        }
        assert!(!system.handover().takes_outputs(&Env::default()), "{}", system.name());
    }
    assert!(by_name("azure-pipelines").handover().takes_outputs(&Env::default()));
}

/// How many seconds a cancelled engine has on `system`, in an environment with these variables.
fn grace_of(system: &str, pairs: &[(&str, &str)]) -> f64 {
    let env = Env::from_pairs("/", pairs.iter().copied());
    SYSTEMS.iter().find(|known| known.name() == system).unwrap().grace_period(&env).as_secs_f64()
}

#[test]
fn the_grace_period_is_the_one_that_the_agent_gives() {
    let of_azure = |pairs: &[_]| grace_of("azure-pipelines", pairs);
    assert!((of_azure(&[]) - 5.0).abs() < 0.01);
    assert!((of_azure(&[("PROCESS_SIGINT_TIMEOUT", "60000")]) - 57.5).abs() < 0.01);
    assert!((of_azure(&[("PROCESS_SIGINT_TIMEOUT", "0"), ("PROCESS_SIGTERM_TIMEOUT", "1000")])).abs() < 0.01);
    let of_buildkite = |pairs: &[_]| grace_of("buildkite", pairs);
    assert!((of_buildkite(&[]) - 5.0).abs() < 0.01);
    assert!((of_buildkite(&[("BUILDKITE_CANCEL_GRACE_PERIOD", "120")]) - 115.0).abs() < 0.01);
    assert!((of_buildkite(&[("BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS", "30")]) - 25.0).abs() < 0.01);
    let back = [("BUILDKITE_CANCEL_GRACE_PERIOD", "60"), ("BUILDKITE_SIGNAL_GRACE_PERIOD_SECONDS", "-11")];
    assert!((of_buildkite(&back) - 44.0).abs() < 0.01);
    assert!((of_buildkite(&[("BUILDKITE_CANCEL_SIGNAL_TIMEOUT", "20")]) - 15.0).abs() < 0.01);
    assert!((of_buildkite(&[("BUILDKITE_CANCEL_GRACE_PERIOD", "soon")]) - 5.0).abs() < 0.01);
}

#[test]
fn gitlab_gives_a_job_in_a_container_less_time_than_one_in_a_shell() {
    assert!((grace_of("gitlab-ci", &[("CI_DISPOSABLE_ENVIRONMENT", "true")]) - 5.0).abs() < 0.01);
    assert!((grace_of("gitlab-ci", &[("CI_SHARED_ENVIRONMENT", "true")]) - 60.0).abs() < 0.01);
}

fn annotated(log: &stackstep::ci::LogFormat, level: Level, message: &str) -> String {
    (log.annotation)(&stackstep::ci::Annotation { level, title: "a", message, place: None })
}
