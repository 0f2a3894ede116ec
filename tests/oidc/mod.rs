//! Signing in with the CI system's identity: GitHub and Pulumi Cloud are one server on this machine, the engine is
//! a script that writes down what it was given.
#![cfg(unix)]

mod refusals;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stackstep::admit::sign_in::{self, WantedToken};
use stackstep::base::env::Env;
use stackstep::base::http::{Http, Limits, Url};
use stackstep::base::secret::Secret;

use crate::support::server::{Received, Reply, Server};
use crate::support::{Run, Scene};

const REQUEST_TOKEN: &str = "request-token-hunter2";
const ACCESS_TOKEN: &str = "pul-0123456789abcdef";

/// An identity token with these claims.
fn identity(claims: &Value) -> String {
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn good_identity() -> String {
    identity(&json!({
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:acme/shop:ref:refs/heads/main",
        "aud": "urn:pulumi:org:acme",
        "exp": 4_000_000_000_u64,
    }))
}

fn granted() -> Reply {
    Reply::json(200, &json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 7200}))
}

/// GitHub gives `identity`, and Pulumi Cloud answers with `cloud`.
fn server(identity: String, cloud: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request, _| match request.target.split('?').next() {
        Some("/github/token") => Reply::json(200, &json!({"count": 1, "value": identity})),
        Some("/api/oauth/token") => cloud(request),
        _ => Reply::json(404, &json!({"code": 404, "message": "not found"})),
    })
}

/// A job that may ask for an identity, with an engine that writes its environment and arguments into files.
fn scene(server: &Server) -> Scene {
    let scene = Scene::new("hello").on_github();
    let summary =
        r#"{"sequence":0,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1},"isPreview":true}}"#;
    let engine = format!(
        "#!/bin/sh\necho \"$@\" >> engine-args\n[ -e engine-env ] || env > engine-env\n\
         for arg; do case $arg in --event-log=*) echo '{summary}' > \"${{arg#*=}}\";; esac; done\n"
    );
    scene.write("engine.sh", &engine);
    let path = scene.program.join("engine.sh");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let folder = scene.program.display().to_string();
    scene
        .without("PULUMI_BACKEND_URL")
        .with("TMPDIR", &folder)
        .with("STACKSTEP_ENGINE", &path.display().to_string())
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("{}/github/token?api-version=2.0", server.url()))
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN)
        .input("cloud-url", &server.url())
        .input("oidc-organization", "acme")
        .input("stack", "acme/hello/dev")
        .input("command", "preview")
}

/// Whether the engine was started.
fn engine_ran(scene: &Scene) -> bool {
    scene.program.join("engine-args").exists()
}

/// Fails the test if a secret is anywhere but in the masks, which GitHub takes out of the log, and in what the
/// engine itself wrote down.
#[track_caller]
fn nothing_leaks(scene: &Scene, run: &Run, identity: &str) {
    let log: String = run.log().lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    let mut texts = vec![("the log".to_owned(), log)];
    for (path, content) in scene.snapshot() {
        if !path.ends_with("engine-env") {
            texts.push((path.display().to_string(), String::from_utf8_lossy(&content).into_owned()));
        }
    }
    let payload = identity.split('.').nth(1).unwrap_or(identity);
    for (place, text) in texts {
        for secret in [REQUEST_TOKEN, ACCESS_TOKEN, identity, payload] {
            assert!(!text.contains(secret), "{secret} is in {place}:\n{text}");
        }
    }
}

#[test]
fn the_identity_is_exchanged_and_the_engine_gets_the_access_token() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| granted());
    let scene = scene(&server).with("PULUMI_ACCESS_TOKEN", "pul-an-older-one");
    let run = scene
        .run("run")
        .ends_with(0)
        .says("signed in: acme for 2h")
        .says(&format!("backend: {} (input `cloud-url`; OIDC for acme)", server.url()))
        .says("`PULUMI_ACCESS_TOKEN` is not used");
    let env = std::fs::read_to_string(scene.program.join("engine-env")).unwrap();
    assert!(env.lines().any(|line| line == format!("PULUMI_ACCESS_TOKEN={ACCESS_TOKEN}")), "{env}");
    assert!(env.contains("PULUMI_CREDENTIALS_PATH="), "{env}");
    assert!(!env.contains(&identity), "{env}");
    nothing_leaks(&scene, &run, &identity);
}

#[test]
fn the_requests_have_the_form_that_github_and_pulumi_cloud_document() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| granted());
    scene(&server).run("run").ends_with(0);
    let first = server.only("/github/token");
    assert_eq!(first.target, "/github/token?api-version=2.0&audience=urn%3Apulumi%3Aorg%3Aacme");
    assert_eq!(first.header("authorization"), Some(&*format!("Bearer {REQUEST_TOKEN}")));
    let second = server.only("/api/oauth/token");
    assert_eq!(second.method, "POST");
    assert_eq!(second.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(second.header("authorization"), None);
    for (name, value) in [
        ("audience", "urn:pulumi:org:acme"),
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("requested_token_type", "urn:pulumi:token-type:access_token:organization"),
        ("subject_token", &identity),
    ] {
        assert_eq!(second.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!((second.field("scope"), second.field("expiration")), (None, None));
}

#[test]
fn a_team_a_user_and_an_admin_ask_for_their_own_kind_of_token() {
    for (input, value, kind, scope) in [
        ("oidc-team", "ops", "team", "team:ops"),
        ("oidc-user", "ada", "personal", "user:ada"),
        ("oidc-scope", "admin", "organization", "admin"),
    ] {
        let server = server(good_identity(), |_| granted());
        scene(&server).input(input, value).input("oidc-expiration", "2h").run("run").ends_with(0);
        let asked = server.only("/api/oauth/token");
        let kind = format!("urn:pulumi:token-type:access_token:{kind}");
        assert_eq!(asked.field("requested_token_type"), Some(kind));
        assert_eq!(asked.field("scope").as_deref(), Some(scope));
        assert_eq!(asked.field("expiration").as_deref(), Some("7200"));
    }
}

#[test]
fn exec_signs_in_too() {
    let server = server(good_identity(), |_| granted());
    let scene = scene(&server).without("INPUT_COMMAND");
    scene.run("exec -- stack ls").ends_with(0);
    let env = std::fs::read_to_string(scene.program.join("engine-env")).unwrap();
    assert!(env.contains(ACCESS_TOKEN), "{env}");
}

#[test]
fn a_token_of_the_persons_own_is_exchanged_on_any_system() {
    let identity = good_identity();
    let server = server("not-asked-for".into(), |_| granted());
    for (name, by_file) in
        [("STACKSTEP_OIDC_TOKEN", false), ("STACKSTEP_ID_TOKEN", false), ("STACKSTEP_ID_TOKEN", true)]
    {
        let scene = scene(&server).without("ACTIONS_ID_TOKEN_REQUEST_URL");
        let file = scene.root().join("token");
        let value = if by_file { format!("file://{}", file.display()) } else { identity.clone() };
        if by_file {
            std::fs::write(&file, format!("{identity}\n")).unwrap();
        }
        let run = scene.with(name, &value);
        let log = run.run("run").ends_with(0);
        if !by_file {
            nothing_leaks(&run, &log, &identity);
        }
    }
    assert!(server.received().iter().all(|request| request.target == "/api/oauth/token"));
    assert!(
        server.received().iter().all(|request| request.field("subject_token").as_ref() == Some(&identity))
    );
}

#[test]
fn a_program_of_the_ci_system_can_print_the_token() {
    let identity = good_identity();
    let server = server("not-asked-for".into(), |_| granted());
    let scene = scene(&server);
    let agent = format!("#!/bin/sh\necho \"$@\" > agent-args\necho asking >&2\necho {identity}\n");
    scene.write("bin/buildkite-agent", &agent);
    let path = scene.program.join("bin/buildkite-agent");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let scene = on_buildkite(scene, &server);
    let run = scene.run("preview").ends_with(0).says("signed in: acme");
    let args = std::fs::read_to_string(scene.program.join("agent-args")).unwrap();
    assert_eq!(args.trim(), "oidc request-token --audience urn:pulumi:org:acme");
    assert_eq!(server.only("/api").field("subject_token"), Some(identity.clone()));
    assert!(!run.log().contains(&identity), "{}", run.log());
}

#[test]
fn a_program_of_the_ci_system_that_fails_is_quoted() {
    let server = server("not-asked-for".into(), |_| granted());
    let scene = scene(&server);
    scene.write("bin/buildkite-agent", "#!/bin/sh\necho 'fatal: no job' >&2\nexit 1\n");
    let path = scene.program.join("bin/buildkite-agent");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    let scene = on_buildkite(scene, &server);
    scene.run("preview").ends_with(3).says("fatal: no job");
    std::fs::remove_file(scene.program.join("bin/buildkite-agent")).unwrap();
    scene.run("preview").ends_with(3).says("`buildkite-agent` is not on the PATH");
    assert!(!engine_ran(&scene));
}

fn on_buildkite(scene: Scene, server: &Server) -> Scene {
    let bin = scene.program.join("bin").display().to_string();
    scene
        .without("GITHUB_ACTIONS")
        .with("BUILDKITE", "true")
        .with("PATH", &format!("{bin}:/usr/bin:/bin"))
        .with("STACKSTEP_STACK", "acme/hello/dev")
        .with("STACKSTEP_OIDC_ORGANIZATION", "acme")
        .with("STACKSTEP_CLOUD_URL", &server.url())
}

#[test]
fn a_run_that_is_stopped_while_it_signs_in_ends_by_the_signal() {
    use std::sync::mpsc;
    let (asked, was_asked) = mpsc::channel();
    let server = Server::start(move |_, _| {
        let _ = asked.send(());
        Reply::Silence
    });
    let scene = scene(&server);
    let child = scene.start("run");
    was_asked.recv().unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("cancelled", "cancelled"));
    assert!(!engine_ran(&scene));
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_is_not_waited_for_forever() {
    let server = Server::start(|_, _| Reply::Silence);
    let limits = Limits { try_time: Duration::from_millis(50), tries: 1, ..Limits::default() };
    let http = Http::new(&Env::default(), limits).unwrap();
    let wanted = WantedToken { organization: "acme".into(), scope: None, expiration: None };
    let url = Url::parse(&server.url()).unwrap();
    let identity = Secret::new(good_identity());
    let error = sign_in::exchange(&http, url, &wanted, &identity, UNIX_EPOCH).await.unwrap_err();
    assert_eq!(error.exit_status(), 3);
    assert!(error.to_string().contains("did not answer within 50ms"), "{error}");
}

#[test]
fn a_backend_that_is_not_pulumi_cloud_is_bad_input() {
    let server = server(good_identity(), |_| granted());
    scene(&server)
        .input("cloud-url", "s3://bucket")
        .run("run")
        .ends_with(2)
        .says("the backend is s3://bucket")
        .says("hint: ");
    scene(&server).input("cloud-url", "http://cloud.example").run("run").ends_with(2).says("unencrypted");
    assert!(server.received().is_empty());
}

#[test]
fn inputs_of_the_sign_in_that_contradict_each_other_are_bad_input() {
    let server = server(good_identity(), |_| granted());
    let scene = || scene(&server);
    scene().input("access-token", "pul-x-y-z").run("run").ends_with(2).says("contradict");
    scene().input("oidc-team", "a").input("oidc-user", "b").run("run").ends_with(2).says("contradict");
    scene().input("oidc-team", "a").input("oidc-scope", "admin").run("run").ends_with(2).says("contradict");
    scene()
        .without("INPUT_OIDC-ORGANIZATION")
        .input("oidc-team", "a")
        .run("run")
        .ends_with(2)
        .says("`oidc-team` without `oidc-organization`");
    assert!(server.received().is_empty());
}

#[test]
fn a_token_that_ends_before_the_run_may_is_warned_of() {
    let server = server(good_identity(), |_| granted());
    scene(&server).input("timeout", "3h").run("run").ends_with(0).says("set `oidc-expiration`");
    scene(&server).input("timeout", "1h").run("run").ends_with(0).never_says("set `oidc-expiration`");
}
