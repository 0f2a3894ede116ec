//! What takes long on the real engine.

use super::shown;
use super::stage::Stage;
use super::things::{Thing, program};
use serde_json::json;

const MANY: usize = 3000;

/// A program with many things; every fiftieth has this value.
fn many(value: u8) -> String {
    let of = |number: usize| {
        let value = if number.is_multiple_of(50) { value } else { 0 };
        (format!("thing-{number}"), format!("value: {value}"))
    };
    let all: Vec<(String, String)> = (0..MANY).map(of).collect();
    program(&all.iter().map(|(name, properties)| Thing(name, properties, "")).collect::<Vec<_>>())
}

#[test]
#[ignore = "needs the Pulumi CLI; soak"]
fn three_thousand_resources_are_created_updated_refreshed_and_destroyed() {
    let stage = Stage::new(&many(1));
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0).counts(&json!({ "create": MANY + 1 }));
    assert_eq!(up.result["steps"].as_array().unwrap().len(), MANY + 1);
    assert_eq!(stage.state().things().len(), MANY);
    stage.write("Pulumi.yaml", &many(2));
    let counts = json!({ "update": MANY / 50, "same": MANY + 1 - MANY / 50 });
    stage.stackstep("preview --stack dev").ends_with(0).counts(&counts);
    let up = stage.stackstep("up --stack dev").ends_with(0).counts(&counts);
    assert_eq!(up.result["steps"].as_array().unwrap().len(), MANY / 50);
    stage.stackstep("refresh --stack dev").ends_with(0).counts(&json!({ "same": MANY + 1 }));
    stage.stackstep("destroy --stack dev").ends_with(0).counts(&json!({ "delete": MANY + 1 }));
    assert!(stage.state().things().is_empty());
    shown();
}
