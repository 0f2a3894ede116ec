//! A lock in a self-managed backend, wherever that lies: it is seen and removed, and nothing else can be.

use serde_json::json;
use stackstep::ledger::LedgerFor;
use stackstep::ledger::bucket::{Bucket, Names, ReadWith};
use stackstep::ledger::locks;

/// Writes a lock of the stack as the engine does, and removes it by our own code.
pub async fn is_seen_and_removed(stack: &LedgerFor<'_>) {
    let with = ReadWith { env: stack.env, folder: stack.folder };
    let bucket = Bucket::open(stack.url.unwrap(), with, "the bucket".to_owned()).unwrap();
    let folder = format!(".pulumi/locks/organization/shop/{}", stack.identity.stack);
    let lock =
        json!({ "pid": 7, "username": "ci", "hostname": "runner-1", "timestamp": "2026-11-29T10:00:00Z" });
    for name in ["0a", "0b"] {
        bucket.create(&format!("{folder}/{name}.json"), lock.to_string().into()).await.unwrap();
    }
    let found = locks::read(stack).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].to_string(), "the lock of ci@runner-1 (pid 7) since 2026-11-29T10:00:00Z");
    assert!(locks::remove(&found[0], stack).await.unwrap());
    let names = bucket.list(Names { folder: &folder, beginning: "", after: None }).await.unwrap();
    assert_eq!(names, ["0b.json"]);
    bucket.create(".pulumi/stacks/shop/x.json", "{}".into()).await.unwrap();
    for other in [
        ".pulumi/stacks/shop/x.json",
        ".pulumi/locks/../stacks/shop/x.json",
        ".pulumi/locks/a",
        ".stackstep/a.json",
    ] {
        let trouble = bucket.remove_lock(other).await.unwrap_err();
        assert!(trouble.problem.what.contains("it is no lock"), "{}", trouble.problem.what);
    }
    assert!(bucket.read(".pulumi/stacks/shop/x.json").await.unwrap().is_some());
}
