//! Signing in with the CI system's identity: GitHub and Pulumi Cloud are one server on this machine, the engine is
//! a script that writes down what it was given.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stackstep::env::Env;
use stackstep::http::{Http, Limits, Url};
use stackstep::oidc::{self, Wanted};
use stackstep::secret::Secret;

use crate::support::server::{Received, Reply, Server};
use crate::support::{Run, Scene, json as read_json};

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
    let engine = "#!/bin/sh\necho \"$@\" >> engine-args\nenv > engine-env\n";
    scene.write("engine.sh", engine);
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

/// A refused run: reported, with status 3 and the reason `auth`, and without an engine.
#[track_caller]
fn refused(server: &Server, identity: &str, says: &[&str]) {
    let scene = scene(server);
    let mut run = scene.run("run").ends_with(3).says("hint: ");
    for text in says {
        run = run.says(text);
    }
    assert!(!engine_ran(&scene));
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("failed", "auth"));
    let result = read_json(&outputs["result"]);
    assert_eq!((&result["exit_code"], &result["reason"]), (&json!(3), &json!("auth")));
    assert!(scene.summary().contains("auth"), "{}", scene.summary());
    nothing_leaks(&scene, &run, identity);
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
fn an_identity_that_is_refused_names_what_the_policy_must_allow() {
    for (status, body) in [
        (400, json!({"error": "invalid_grant", "error_description": "no policy matches"})),
        (401, json!({"code": 401, "message": "Unauthorized: no policy matches"})),
        (403, json!({"code": 403, "message": "no policy matches"})),
    ] {
        let identity = good_identity();
        let server = server(identity.clone(), move |_| Reply::json(status, &body));
        refused(
            &server,
            &identity,
            &["no policy matches", "repo:acme/shop:ref:refs/heads/main", "urn:pulumi:org:acme"],
        );
        assert_eq!(server.received().len(), 2, "a refusal is final");
    }
}

#[test]
fn an_expired_identity_is_told_by_its_own_time() {
    let identity = identity(&json!({"exp": 1_000_000_000, "aud": "urn:pulumi:org:acme"}));
    let body = json!({"code": 401, "message": "token is expired"});
    let server = server(identity.clone(), move |_| Reply::json(401, &body));
    refused(&server, &identity, &["token is expired", "the identity token ended", "ago"]);
}

#[test]
fn an_organisation_that_is_not_there_is_named() {
    let identity = good_identity();
    let server =
        server(identity.clone(), |_| Reply::json(404, &json!({"code": 404, "message": "Not Found"})));
    refused(&server, &identity, &["no organisation `acme`", "check `oidc-organization`"]);
}

#[test]
fn a_server_that_repeats_the_identity_in_its_error_shows_it_nowhere() {
    let identity = good_identity();
    let server = server(identity.clone(), |request| {
        let token = request.field("subject_token").unwrap_or_default();
        let said = format!("{}: bad token {token}", "x".repeat(250));
        Reply::json(400, &json!({"error": "invalid_request", "error_description": said}))
    });
    refused(&server, &identity, &["bad token ***"]);
}

#[test]
fn a_cloud_in_trouble_is_asked_again_and_then_named() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| Reply::again(503));
    refused(&server, &identity, &["can't exchange the job's identity now (status 503)"]);
    assert_eq!(server.received().len(), 4, "one identity, three tries to exchange it");
}

#[test]
fn answers_that_are_none_are_refused() {
    for reply in [
        Reply::Answer(200, Vec::new(), "<html>welcome</html>".into()),
        Reply::json(200, &json!({"access_token": ""})),
        Reply::json(200, &json!([ACCESS_TOKEN])),
    ] {
        let identity = good_identity();
        let server = server(identity.clone(), move |_| reply.clone());
        refused(&server, &identity, &["did not answer with an access token", "check `cloud-url`"]);
    }
}

#[test]
fn a_huge_answer_is_not_read() {
    let identity = good_identity();
    let server = server(identity.clone(), |_| Reply::Answer(200, Vec::new(), "x".repeat(3 << 20)));
    refused(&server, &identity, &["more than 1048576 bytes"]);
}

#[test]
fn the_identity_does_not_follow_a_redirect() {
    for status in [302, 307, 308] {
        let other = Server::start(|_, _| granted());
        let (target, identity) = (other.url(), good_identity());
        let server = server(identity.clone(), move |_| Reply::redirect(status, &target));
        refused(&server, &identity, &["where credentials don't follow"]);
        assert!(other.received().is_empty());
    }
}

#[test]
fn the_request_token_of_github_does_not_follow_a_redirect() {
    let other = Server::start(|_, _| Reply::json(200, &json!({"value": good_identity()})));
    let target = other.url();
    let server = Server::start(move |_, _| Reply::redirect(307, &target));
    refused(&server, "none-was-given", &["gave no identity token", "where credentials don't follow"]);
    assert!(other.received().is_empty());
}

#[test]
fn garbage_from_github_is_not_sent_to_pulumi_cloud() {
    for reply in [
        Reply::json(200, &json!({"value": "this is no token"})),
        Reply::json(200, &json!({"token": good_identity()})),
        Reply::Answer(200, Vec::new(), "\u{1}\u{2}".into()),
        Reply::json(403, &json!({"message": "no"})),
    ] {
        let server = Server::start(move |_, _| reply.clone());
        refused(&server, "none-was-given", &["identity token"]);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn a_job_without_the_permission_is_told_which() {
    let server = server(good_identity(), |_| granted());
    let scene =
        scene(&server).without("ACTIONS_ID_TOKEN_REQUEST_URL").with("PULUMI_ACCESS_TOKEN", "pul-other");
    scene.run("run").ends_with(3).says("id-token: write");
    assert!(!engine_ran(&scene), "a stored token is no way out");
    assert!(server.received().is_empty());
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
    let wanted = Wanted { organization: "acme".into(), scope: None, expiration: None };
    let url = Url::parse(&server.url()).unwrap();
    let identity = Secret::new(good_identity());
    let error = oidc::exchange(&http, url, &wanted, &identity, UNIX_EPOCH).await.unwrap_err();
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
