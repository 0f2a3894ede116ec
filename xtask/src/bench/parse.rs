//! How long a report takes: event logs of any number of resources, in the shape that the CLI writes, folded and
//! rendered. The logs are made, as nobody has a recording of 100,000 resources; `preview-2000-resources` among the
//! fixtures is a real one to compare with.

use serde_json::{Value, json};
use stackstep::render::{self, Options, Size};
use stackstep::report::{self, Ending, Facts, Fold, Operation};
use std::time::Instant;

/// What a comment on GitHub holds.
const COMMENT: Size = Size::Chars(65_536);

/// The table's row for each size.
pub fn rows() -> Vec<(String, String)> {
    [2_000, 10_000, 20_000, 100_000].into_iter().map(row).collect()
}

fn row(resources: usize) -> (String, String) {
    let log = log(resources, false);
    let bytes = log.iter().map(Vec::len).sum::<usize>();
    let start = Instant::now();
    let mut fold = Fold::new();
    for line in &log {
        fold.line(line);
    }
    let report = report::report(fold.finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
    let folded = start.elapsed();
    let start = Instant::now();
    let markdown = render::fit(&report, &Options::default(), COMMENT);
    let rendered = start.elapsed();
    let rate = bytes / 1024 * 1000 / usize::try_from(folded.as_millis()).unwrap_or(1).max(1) / 1024;
    (
        format!("a report of {resources} resources ({} MiB of events)", bytes / 1024 / 1024),
        format!(
            "folded in {} ms ({rate} MiB/s), rendered to {} KiB in {} ms",
            folded.as_millis(),
            markdown.len() / 1024,
            rendered.as_millis()
        ),
    )
}

/// The log of an update, or with `planning` that of a preview: of ten resources eight are new, one is changed, one stays.
pub fn log(resources: usize, planning: bool) -> Vec<Vec<u8>> {
    let mut events = vec![json!({ "preludeEvent": { "config": {} } })];
    for number in 0..resources {
        let operation = match number % 10 {
            0 => "same",
            1 => "update",
            _ => "create",
        };
        events.extend(events_of(number, operation));
    }
    events.push(json!({ "summaryEvent": {
        "maybeCorrupt": false, "durationSeconds": 60, "resourceChanges": { "create": resources }, "PolicyPacks": {},
        "isPreview": planning
    } }));
    let line = |(sequence, mut event): (usize, Value)| {
        event["sequence"] = json!(sequence);
        event["timestamp"] = json!(1_795_224_907_u64);
        for kind in ["resourcePreEvent", "resOutputsEvent"] {
            if let Some(step) = event.get_mut(kind) {
                step["planning"] = json!(planning);
            }
        }
        event.to_string().into_bytes()
    };
    events.into_iter().enumerate().map(line).collect()
}

/// The two lines of one resource, on their own.
pub fn pair(number: usize, operation: &str) -> [Vec<u8>; 2] {
    events_of(number, operation).map(|event| event.to_string().into_bytes())
}

/// What the engine says of one resource.
fn events_of(number: usize, operation: &str) -> [Value; 2] {
    let (old, new) = match operation {
        "same" => (state(number, "a"), state(number, "a")),
        "update" | "replace" => (state(number, "a"), state(number, "b")),
        _ => (Value::Null, state(number, "a")),
    };
    let metadata = json!({
        "op": operation,
        "urn": urn(number),
        "type": "aws:s3/bucketObject:BucketObject",
        "old": old,
        "new": new,
        "keys": null,
        "diffs": if operation == "update" { json!(["tags"]) } else { Value::Null },
        "detailedDiff": null,
        "logical": true,
        "provider": "urn:pulumi:dev::shop::pulumi:providers:aws::default::0a1b",
    });
    [
        json!({ "sequence": number, "timestamp": 1_795_224_907_u64, "resourcePreEvent": { "metadata": metadata } }),
        json!({ "sequence": number, "timestamp": 1_795_224_907_u64, "resOutputsEvent": { "metadata": metadata } }),
    ]
}

fn urn(number: usize) -> String {
    format!("urn:pulumi:dev::shop::acme:index:Site$aws:s3/bucketObject:BucketObject::object-{number}")
}

/// The state of a resource with properties of the usual number and size.
fn state(number: usize, owner: &str) -> Value {
    let properties = json!({
        "bucket": "shop-assets-3f1c",
        "key": format!("assets/{number}/index.html"),
        "contentType": "text/html; charset=utf-8",
        "source": { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "5891b5b522d5df08" },
        "tags": { "owner": owner, "stage": "dev", "number": number },
        "serverSideEncryption": "AES256",
    });
    json!({
        "type": "aws:s3/bucketObject:BucketObject",
        "urn": urn(number),
        "custom": true,
        "id": format!("assets/{number}/index.html"),
        "parent": "urn:pulumi:dev::shop::acme:index:Site::site",
        "inputs": properties,
        "outputs": properties,
        "provider": "urn:pulumi:dev::shop::pulumi:providers:aws::default::0a1b",
    })
}
