//! Service connections: what the launcher makes of each kind, and how it asks for the token of a federated one.

use super::agent::{Agent, Ended, Step};
use super::{seen, step, with_shim};
use crate::harness::azure::JOB_TOKEN;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

const CONNECTION: &str = "9f1b5e3c-1d2a-4b6e-8c7d-0a9b8c7d6e5f";

/// An agent with a service connection of this scheme.
fn agent(scheme: &str, parameters: &[(&str, &str)]) -> Agent {
    let shim = with_shim(
        "env; cat \"$AZURE_FEDERATED_TOKEN_FILE\" > file; ls -l \"$AZURE_FEDERATED_TOKEN_FILE\" >> file",
    );
    let agent = shim
        .with(&format!("ENDPOINT_AUTH_SCHEME_{CONNECTION}"), scheme)
        .with(&format!("ENDPOINT_DATA_{CONNECTION}_SUBSCRIPTIONID"), "the-subscription");
    parameters.iter().fold(agent, |agent, (name, value)| {
        agent.with(&format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_{name}"), value)
    })
}

const APPLICATION: [(&str, &str); 2] = [("SERVICEPRINCIPALID", "the-client"), ("TENANTID", "the-tenant")];

fn run(agent: &mut Agent) -> Ended {
    agent.task(&step("up", &[("azureSubscription", CONNECTION)]))
}

fn assert_seen(ended: &Ended, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        assert_eq!(seen(ended, name).as_deref(), Some(*value), "{name}: {}", ended.log);
    }
}

/// A server that gives these answers, one a request, and then tells what it was asked.
fn server(answers: &[(u16, &str)]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers: Vec<_> = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
    let serving = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut connection, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(connection.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).unwrap(), 0);
            }
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            reader.take(length.unwrap_or(0)).read_to_string(&mut head).unwrap();
            asked.push(head);
            let length = body.len();
            write!(
                connection,
                "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
        asked
    });
    (format!("http://{address}/acme/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken"), serving)
}

const TOKEN: &str = r#"{"oidcToken":"a-federated-token"}"#;

fn federated(address: &str) -> Agent {
    agent("WorkloadIdentityFederation", &APPLICATION).with("SYSTEM_OIDCREQUESTURI", address)
}

#[test]
#[ignore = "needs the agent's library"]
fn a_secret_of_a_connection_is_hidden_and_reaches_the_engine() {
    let mut agent =
        agent("ServicePrincipal", &[&APPLICATION[..], &[("SERVICEPRINCIPALKEY", "the-key-of-it")]].concat());
    let ended = run(&mut agent);
    assert_seen(
        &ended,
        &[
            ("ARM_CLIENT_ID", "the-client"),
            ("ARM_TENANT_ID", "the-tenant"),
            ("ARM_SUBSCRIPTION_ID", "the-subscription"),
            ("ARM_CLIENT_SECRET", "the-key-of-it"),
            ("AZURE_CLIENT_SECRET", "the-key-of-it"),
            ("AZURE_CLIENT_ID", "the-client"),
            ("AZURE_TENANT_ID", "the-tenant"),
        ],
    );
    assert!(ended.log.starts_with("##vso[task.setsecret]the-key-of-it\n"), "{}", ended.log);
    assert_eq!(seen(&ended, "ARM_USE_OIDC"), None);
}

#[test]
#[ignore = "needs the agent's library"]
fn a_federated_connection_is_asked_for_its_token_as_documented() {
    let (address, server) = server(&[(200, TOKEN)]);
    let mut agent = federated(&address);
    let ended = run(&mut agent);
    let asked = server.join().unwrap().remove(0);
    let path = "POST /acme/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken";
    assert!(
        asked.starts_with(&format!("{path}?api-version=7.1&serviceConnectionId={CONNECTION} ")),
        "{asked}"
    );
    assert!(asked.to_lowercase().contains(&format!("authorization: bearer {JOB_TOKEN}\r\n")), "{asked}");
    assert_seen(
        &ended,
        &[("ARM_USE_OIDC", "true"), ("ARM_OIDC_TOKEN", "a-federated-token"), ("ARM_CLIENT_ID", "the-client")],
    );
    assert_eq!(seen(&ended, "ARM_CLIENT_SECRET"), None);
    let first = ended.log.find("a-federated-token").unwrap();
    assert!(ended.log[..first].ends_with("##vso[task.setsecret]"), "{}", ended.log);
}

#[test]
#[ignore = "needs the agent's library"]
fn the_federated_token_is_in_a_file_that_nobody_else_can_read_and_is_gone_with_the_step() {
    let (address, _server) = server(&[(200, TOKEN)]);
    let mut agent = federated(&address);
    let ended = run(&mut agent);
    let file = std::fs::read_to_string(agent.place.repository().join("file")).unwrap();
    assert!(file.starts_with("a-federated-token-rw-------"), "{file}");
    let path = seen(&ended, "AZURE_FEDERATED_TOKEN_FILE").unwrap();
    assert!(path.starts_with(&agent.place.temporary().display().to_string()));
    assert!(!std::path::Path::new(&path).parent().unwrap().exists());
}

#[test]
#[ignore = "needs the agent's library"]
fn a_server_that_fails_is_asked_again_and_one_that_refuses_is_not() {
    let (address, asked) = server(&[(503, ""), (200, TOKEN)]);
    assert_seen(&run(&mut federated(&address)), &[("ARM_OIDC_TOKEN", "a-federated-token")]);
    assert_eq!(asked.join().unwrap().len(), 2);
    let (address, asked) = server(&[(403, "{}")]);
    let ended = run(&mut federated(&address));
    assert_eq!(asked.join().unwrap().len(), 1);
    assert!(
        ended.status == Some(3) && ended.of("task.logissue")[0].1.contains("the server answers 403"),
        "{}",
        ended.log
    );
    assert!(!ended.shown().contains(JOB_TOKEN));
}

#[test]
#[ignore = "needs the agent's library"]
fn behind_a_proxy_curl_asks() {
    let (address, asked) = server(&[(200, TOKEN)]);
    let proxy = address.split("/acme").next().unwrap().to_owned();
    let mut agent = federated("http://dev.azure.invalid/oidctoken").with("AGENT_PROXYURL", &proxy);
    assert_seen(&run(&mut agent), &[("ARM_OIDC_TOKEN", "a-federated-token")]);
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.starts_with("POST http://dev.azure.invalid/oidctoken?"), "{asked}");
    assert!(asked.contains(&format!("Bearer {JOB_TOKEN}")), "{asked}");
}

#[test]
#[ignore = "needs the agent's library"]
fn a_managed_identity_needs_no_secret() {
    let mut agent = agent("ManagedServiceIdentity", &[("TENANTID", "the-tenant")]);
    assert_seen(&run(&mut agent), &[("ARM_USE_MSI", "true"), ("ARM_TENANT_ID", "the-tenant")]);
}

#[test]
#[ignore = "needs the agent's library"]
fn what_the_step_sets_itself_wins() {
    let parameters = [&APPLICATION[..], &[("SERVICEPRINCIPALKEY", "the-key-of-it")]].concat();
    let mut step = step("up", &[("azureSubscription", CONNECTION)]);
    step.env.insert("ARM_SUBSCRIPTION_ID".into(), "another".into());
    let ended = agent("ServicePrincipal", &parameters)
        .with(&format!("ENDPOINT_DATA_{CONNECTION}_ENVIRONMENT"), "AzureUSGovernment")
        .task(&step);
    assert_seen(&ended, &[("ARM_SUBSCRIPTION_ID", "another"), ("ARM_ENVIRONMENT", "usgovernment")]);
}

#[test]
#[ignore = "needs the agent's library"]
fn a_connection_that_is_of_no_use_is_refused() {
    for (scheme, why) in [("ServicePrincipal", "certificate"), ("UsernamePassword", "`UsernamePassword`")] {
        let ended = agent(scheme, &APPLICATION).task(&Step::new("up", &[("azureSubscription", CONNECTION)]));
        assert!(ended.status == Some(2) && ended.of("task.logissue")[0].1.contains(why), "{}", ended.log);
    }
}
