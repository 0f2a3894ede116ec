//! What the agent reads, byte by byte.

use super::*;
use crate::ci::GroupMark;

#[test]
fn a_value_can_not_end_its_command() {
    let OutputsWay::Commands { open, .. } = AzurePipelines.handover().outputs else { panic!("no commands") };
    let output = Output { name: "a;b]".into(), value: "1\n##vso[task.complete]%0A".into() };
    assert_eq!(
        open(&[output]),
        "##vso[task.setvariable variable=a%3Bb%5D;isOutput=true]1%0A##vso[task.complete]%AZP250A\n"
    );
}

#[test]
fn a_secret_output_is_a_secret_variable_of_one_line() {
    let OutputsWay::Commands { secret, .. } = AzurePipelines.handover().outputs else {
        panic!("no commands")
    };
    let output = Output { name: "token".into(), value: "a;b%".into() };
    assert_eq!(
        secret(&[output]),
        "##vso[task.setvariable variable=token;isSecret=true;isOutput=true]a;b%AZP25\n"
    );
    assert!(refuses_secret_value("a\nb").is_some());
    assert_eq!(refuses_secret_value("a"), None);
}

#[test]
fn the_summary_page_is_a_file_of_the_step_under_the_step_s_name() {
    let step = [
        ("AGENT_TEMPDIRECTORY", "/tmp/agent"),
        ("SYSTEM_TASKINSTANCEID", "9c939e41"),
        ("SYSTEM_TASKDISPLAYNAME", "Deploy ../dev: \u{1F600}"),
    ];
    let handover = AzurePipelines.handover();
    let (page, _) = (handover.summary)(&Env::from_pairs("/", step)).unwrap();
    assert_eq!(page, Path::new("/tmp/agent/stackstep/9c939e41/Deploy ---dev- -.md"));
    assert_eq!(
        (handover.summary_command)(&page),
        "##vso[task.uploadsummary]/tmp/agent/stackstep/9c939e41/Deploy ---dev- -.md\n"
    );
}

#[test]
fn only_a_task_leaves_something_for_a_post_step() {
    let state = [Output { name: "unfinished".into(), value: "/a\nb".into() }];
    let post_step = |env: &Env| (AzurePipelines.handover().post_step)(env, &state, &mut String::new);
    assert_eq!(post_step(&Env::from_pairs("/", [("A", "b")])), None);
    let task = Env::from_pairs("/", [("ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION", "OAuth")]);
    assert_eq!(
        post_step(&task),
        Some(Delivery::Commands("##vso[task.settaskvariable variable=unfinished]/a%0Ab\n".into()))
    );
}

#[test]
fn a_task_asks_for_its_identity_token_with_the_connection_that_every_task_has() {
    let env = Env::from_pairs(
        "/",
        [
            ("SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/acme/oidctoken"),
            ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "a token"),
        ],
    );
    let IdentityToken::Request(request) = AzurePipelines.identity_token(&env, "any") else {
        panic!("no request")
    };
    assert_eq!(request.bearer, "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN");
}

#[test]
fn a_task_comments_with_the_token_of_the_connection_that_every_task_has() {
    let token = ("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "a token");
    let own = |provider| {
        let env = Env::from_pairs("/", [token, ("BUILD_REPOSITORY_PROVIDER", provider)]);
        AzurePipelines.origin(&env).token.is_some()
    };
    assert!(own("TfsGit") && !own("GitHub"), "GitHub is not to see it");
}

fn context(pairs: &[(&str, &str)]) -> Context {
    AzurePipelines
        .context(&Env::from_pairs("/", pairs.iter().copied().chain([("BUILD_SOURCEVERSION", "8d08154")])))
}

#[test]
fn a_run_by_hand_for_the_ref_of_a_change_is_not_known_to_be_our_own() {
    let by_hand = [
        ("BUILD_REASON", "Manual"),
        ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
        ("SYSTEM_PULLREQUEST_ISFORK", "False"),
    ];
    let found = context(&by_hand);
    assert_eq!((found.change_request, found.fork, found.trusted), (Some(7), None, None));
    assert!(found.may_be_a_strangers());
    let mut for_it = by_hand;
    for_it[0] = ("BUILD_REASON", "PullRequest");
    assert_eq!(context(&for_it).fork, Some(false));
    for_it[2] = ("SYSTEM_PULLREQUEST_ISFORK", "True");
    assert_eq!(context(&for_it).fork, Some(true));
}

#[test]
fn what_follows_a_run_is_our_own_only_after_a_branch_or_a_tag() {
    let follows = |branch: Option<&str>| {
        let told = branch.map(|branch| ("RESOURCES_PIPELINE_BUILD_SOURCEBRANCH", branch));
        context(&told.into_iter().chain([("BUILD_REASON", "ResourceTrigger")]).collect::<Vec<_>>())
            .base_credentials
    };
    assert!(!follows(Some("refs/heads/main")) && !follows(Some("refs/tags/v1")));
    for branch in [None, Some("refs/pull/7/merge"), Some("refs/merge-requests/7/head"), Some("main")] {
        assert!(follows(branch), "{branch:?}");
    }
    assert!(context(&[("BUILD_REASON", "BuildCompletion")]).base_credentials);
}

#[test]
fn an_issue_is_one_line() {
    let annotation = |level, title, message| annotation(&Annotation { level, title, message, place: None });
    assert_eq!(
        annotation(Level::Warning, "bucket", "1\n2"),
        "##vso[task.logissue type=warning]bucket: 1%0A2\n"
    );
    assert_eq!(annotation(Level::Notice, "a", "##vso[x]\nb"), "a: # #vso[x] b\n");
}

#[test]
fn an_issue_stands_at_its_place_in_the_change() {
    let place = crate::base::source_place::SourcePlace { file: "a].ts".into(), line: 4, column: Some(2) };
    let annotation = Annotation { level: Level::Error, title: "a", message: "b", place: Some(&place) };
    assert_eq!(
        super::annotation(&annotation),
        "##vso[task.logissue type=error;sourcepath=a%5D.ts;linenumber=4;columnnumber=2;]a: b\n"
    );
}

#[test]
fn a_secret_is_masked() {
    assert_eq!((AzurePipelines.log().mask)("one"), "##vso[task.setsecret]one\n");
}

#[test]
fn a_group_has_a_beginning_and_an_end() {
    let (log, mark) = (AzurePipelines.log(), GroupMark { number: 1, at: 0 });
    assert_eq!((log.open_group)("a\nb", mark) + &(log.close_group)(mark), "##[group]a b\n##[endgroup]\n");
}

#[test]
fn a_name_that_the_agent_keeps_for_itself_is_refused() {
    assert!(refuses_name("secretKey").is_some());
    assert!(refuses_name("a b").is_some());
    assert_eq!(refuses_name("url"), None);
}

#[test]
fn the_keys_of_service_connections_are_secrets_and_their_names_are_not() {
    assert!(AzurePipelines.variables().is_secret("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"));
    assert!(AzurePipelines.variables().is_secret("SECRET_PULUMI_ACCESS_TOKEN"));
    assert!(!AzurePipelines.variables().is_secret("ENDPOINT_AUTH_PARAMETER_1234_TENANTID"));
    assert!(!AzurePipelines.variables().is_secret("ENDPOINT_AUTH_SCHEME_1234"));
}

#[test]
fn an_input_is_found_with_and_without_its_hyphens() {
    let env = Env::from_pairs("/", [("INPUT_SECRETSPROVIDER", "a"), ("INPUT_STACK", "b")]);
    assert_eq!(
        AzurePipelines.step_input(&env, "secrets-provider"),
        Some(("INPUT_SECRETSPROVIDER".into(), "a"))
    );
    assert_eq!(AzurePipelines.step_input(&env, "stack"), Some(("INPUT_STACK".into(), "b")));
}

#[test]
fn a_gate_is_asked_for_by_the_stage_and_only_where_the_repository_is_one_of_azure() {
    let gate = |provider| {
        let stage = [("BUILD_BUILDID", "41"), ("SYSTEM_STAGENAME", "production")];
        AzurePipelines
            .origin(&Env::from_pairs("/", stage.into_iter().chain([("BUILD_REPOSITORY_PROVIDER", provider)])))
            .gate
    };
    let own = GateClue { run: Some("41".to_owned()), job: Some("production".to_owned()) };
    assert_eq!(gate("TfsGit"), Some(own));
    assert_eq!(gate("GitHub"), None, "the number would be that of another run there");
}
