//! Reports for the browser: of a shop, with as many changes as one likes, and one full of names that want to be markup.

use serde_json::{Value, json};
use stackstep::report::{Ci, Ending, Engine, Facts, Fold, Operation, Report, report};

const TYPES: [&str; 4] = [
    "aws:s3/bucketObject:BucketObject",
    "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws:iam/role:Role",
    "aws:lambda/function:Function",
];

/// The report of a preview with this many changes.
pub fn shop(changes: usize) -> Report {
    let mut events = vec![
        step("pulumi:pulumi:Stack", "shop-prod", "same", &json!({}), &json!({})),
        replaced(),
        step(
            "aws:s3/bucket:Bucket",
            "uploads-old",
            "delete",
            &json!({ "bucket": "shop-uploads-2019" }),
            &Value::Null,
        ),
        step(
            "aws:ecs/service:Service",
            "api",
            "update",
            &json!({ "desiredCount": 2, "taskDefinition": "api:41", "deploymentMinimumHealthyPercent": 50 }),
            &json!({ "desiredCount": 4, "taskDefinition": "api:42", "deploymentMinimumHealthyPercent": 100 }),
        ),
    ];
    for number in 3..changes {
        events.push(one(number));
    }
    events.push(policy(
        "advisory",
        "uploads-are-versioned",
        "uploads",
        "Buckets that people write to keep old versions.",
    ));
    events.push(json!({ "diagnosticEvent": { "urn": urn("aws:ecs/service:Service", "api"), "severity": "warning", "message": "`launchType` is deprecated: use `capacityProviderStrategies`\n" } }));
    let counts = json!({ "replace": 1, "delete": 1, "update": 1, "create": changes - 3, "same": 41 });
    events.push(
        json!({ "summaryEvent": { "isPreview": true, "resourceChanges": counts, "result": "succeeded" } }),
    );
    made(events)
}

/// The report of a failed update whose every word wants to be more than that.
pub fn hostile() -> Report {
    let words = [
        "<script>window.hacked=1</script>",
        "\"><img src=x onerror=\"window.hacked=1\">",
        "</style><script>window.hacked=1</script>",
        "</details></table><iframe src=https://evil.example></iframe>",
        "javascript:alert(1)",
        "<b>bold</b> &lt;i&gt; \u{202e}turned",
    ];
    let mut events = Vec::new();
    for word in words {
        let (old, new) = (json!({ word: word }), json!({ word: format!("{word}\n{word}") }));
        events.push(step(word, word, "update", &old, &new));
        events.push(json!({ "diagnosticEvent": { "urn": "", "severity": "error", "message": word } }));
        events.push(policy("mandatory", word, word, word));
    }
    let mut report = made(events);
    report.permalink = Some("javascript:alert(1)".to_owned());
    report.commit = Some("<b>commit</b>".to_owned());
    report.notes.push("<script>window.hacked=1</script>".to_owned());
    report
}

fn made(events: Vec<Value>) -> Report {
    let mut fold = Fold::new();
    for (number, mut event) in events.into_iter().enumerate() {
        event["sequence"] = json!(number);
        event["timestamp"] = json!(1_795_224_907 + number / 3);
        fold.line(event.to_string().as_bytes());
    }
    let mut facts = Facts::new(Operation::Preview, "prod", Ending::Exited(0), 0);
    facts.project = Some("shop".to_owned());
    facts.duration_ms = 14_300;
    facts.commit = Some("8f3d2c1b0a99887766554433221100ffeeddccbb".to_owned());
    facts.ci =
        Some(Ci { name: "CI job".to_owned(), build_url: Some("https://ci.example/jobs/7".to_owned()) });
    let version = Some("3.260.0".to_owned());
    facts.engine = Some(Engine { name: "pulumi".to_owned(), version, processes: 1, sandbox: false });
    report(fold.finish(), facts)
}

fn urn(kind: &str, name: &str) -> String {
    format!("urn:pulumi:prod::shop::{kind}::{name}")
}

fn step(kind: &str, name: &str, op: &str, old: &Value, new: &Value) -> Value {
    let state = |inputs: &Value| match inputs {
        Value::Null => Value::Null,
        inputs => {
            json!({ "custom": true, "id": format!("{name}-7a1f"), "inputs": inputs, "outputs": inputs, "parent": urn("pulumi:pulumi:Stack", "shop-prod") })
        }
    };
    json!({ "resourcePreEvent": { "planning": true, "metadata": {
        "op": op, "urn": urn(kind, name), "type": kind, "logical": true, "old": state(old), "new": state(new),
    } } })
}

fn replaced() -> Value {
    let old = json!({ "engine": "postgres", "engineVersion": "15.4", "allocatedStorage": 100, "storageEncrypted": false });
    let new = json!({ "engine": "postgres", "engineVersion": "16.2", "allocatedStorage": 200, "storageEncrypted": true });
    let mut event = step("aws:rds/instance:Instance", "database-main", "replace", &old, &new);
    event["resourcePreEvent"]["metadata"]["keys"] = json!(["storageEncrypted"]);
    event
}

fn one(number: usize) -> Value {
    let kind = TYPES[number % TYPES.len()];
    let new = json!({
        "name": format!("shop-{number}"),
        "tags": { "stage": "prod", "owner": "team-platform" },
        "content": format!("assets/{number}/index.html"),
        "size": number,
    });
    step(kind, &format!("resource-{number}"), "create", &Value::Null, &new)
}

fn policy(level: &str, name: &str, resource: &str, message: &str) -> Value {
    json!({ "policyEvent": {
        "resourceUrn": urn("aws:s3/bucket:Bucket", resource), "message": message, "policyName": name,
        "policyPackName": "house-rules", "policyPackVersion": "1.4.0", "enforcementLevel": level,
    } })
}
