//! A stack set on the CLI itself: rows are created, changed, removed by a tombstone, and one that is bad stops itself.

use super::shown;
use super::stage::Stage;
use crate::support::checkout::Checkout;
use serde_json::{Value, json};

const PROGRAM: &str = "name: tenant
runtime: yaml
config:
  size: { type: string, default: tiny }
  db: { type: string, secret: true }
resources:
  note:
    type: pulumi:index:Stash
    properties: { input: \"${size}\" }
outputs:
  size: ${note.input}
  db: ${db}
";

const SETTINGS: &str = r#"
sets:
  tenants:
    project: infra/tenant
    rows: tenants.csv
    stack: "{id}"
    config:
      "tenant:size": "{size}"
      "tenant:db": { secret: true, from-env: "DB_{id}" }
fleet: { parallel-stacks: 2 }
"#;

/// A repository with a set.
struct Tenants {
    stage: Stage,
    checkout: Checkout,
}

impl Tenants {
    fn new(rows: &str) -> Self {
        let mut stage = Stage::in_folder("repository/infra/tenant", PROGRAM);
        for id in ["acme", "beta", "gamma", "delta", "eps"] {
            stage = stage.with(&format!("DB_{id}"), &format!("password-of-{id}"));
        }
        let folder = stage.path("repository");
        std::fs::write(folder.join("stackstep.yaml"), SETTINGS).unwrap();
        let tenants = Self { checkout: Checkout::init(&folder), stage };
        tenants.commit(rows);
        tenants
    }

    fn commit(&self, rows: &str) {
        std::fs::write(self.stage.path("repository/tenants.csv"), rows).unwrap();
        self.checkout.commit("rows");
    }

    fn outputs(&self, stack: &str) -> Value {
        let shown = self.stage.pulumi(&format!("stack output --json --show-secrets --stack {stack}"));
        serde_json::from_str(&shown.ends_with(0).stdout).unwrap()
    }

    fn stacks(&self) -> Vec<String> {
        let listed: Value =
            serde_json::from_str(&self.stage.pulumi("stack ls --json").ends_with(0).stdout).unwrap();
        let names = listed.as_array().unwrap().iter().map(|stack| stack["name"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn five_rows_are_created_one_is_changed_one_removed_and_a_bad_one_stops_itself() {
    let tenants =
        Tenants::new("id,size,state\nacme,small,\nbeta,small,\ngamma,small,\ndelta,small,\neps,small,\n");
    let up = tenants.stage.stackstep("fleet up --set tenants").ends_with(0);
    assert!(!up.log.contains("password-of"), "{}", up.log);
    assert_eq!(tenants.stacks(), ["acme", "beta", "delta", "eps", "gamma"]);
    assert_eq!(tenants.outputs("acme"), json!({ "size": "small", "db": "password-of-acme" }));
    assert_eq!(tenants.checkout.git(&["status", "--porcelain"]), "", "no file of a row is left");

    tenants.commit("id,size,state\nacme,small,\nbeta,large,\ngamma,,removed\ndelta\neps,,\n");
    let dry = tenants.stage.stackstep("fleet up --set tenants --dry-run").ends_with(80);
    assert!(dry.stdout.contains("tenant:size: `small` → `large`"), "{}", dry.stdout);
    let up = tenants.stage.stackstep("fleet up --set tenants").ends_with(80);
    assert!(up.log.contains("`tenants.csv`, line 5 (`delta`)"), "{}", up.log);
    assert!(up.log.contains("was deployed with `tenant:size` = `small`"), "{}", up.log);
    assert_eq!(tenants.stacks(), ["acme", "beta", "delta", "eps"]);
    assert_eq!(tenants.outputs("beta"), json!({ "size": "large", "db": "password-of-beta" }), "{}", up.log);
    assert_eq!(tenants.outputs("delta")["size"], "small");
    assert_eq!(tenants.outputs("eps")["size"], "small");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_brake_looks_first_and_only_changed_rows_are_deployed() {
    let tenants = Tenants::new("id,size\nacme,small\nbeta,small\n");
    tenants.stage.stackstep("fleet up --set tenants").ends_with(0);
    tenants.commit("id,size\nacme,large\nbeta,small\n");
    let up = tenants.stage.stackstep("fleet up --set tenants --since=HEAD~1").ends_with(0);
    assert!(up.log.contains("nothing that they are made from has changed: 1 stack"), "{}", up.log);
    assert_eq!(tenants.outputs("acme")["size"], "large");

    let braked = SETTINGS.replace("parallel-stacks: 2", "parallel-stacks: 2, max-changes: 1");
    std::fs::write(tenants.stage.path("repository/stackstep.yaml"), &braked).unwrap();
    tenants.commit("id,size\nacme,huge\nbeta,huge\n");
    let up = tenants.stage.stackstep("fleet up --set tenants").ends_with(74);
    assert!(up.log.contains("and `fleet.max-changes` allows 1"), "{}", up.log);
    assert_eq!(
        (&tenants.outputs("acme")["size"], &tenants.outputs("beta")["size"]),
        (&json!("large"), &json!("small"))
    );
    tenants.commit("id,size\nacme,large\nbeta,small\ngamma,small\n");
    let up = tenants.stage.stackstep("fleet up --set tenants").ends_with(74);
    assert!(up.log.contains("it is not known what `tenant/gamma` would change"), "{}", up.log);
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
    assert_eq!(tenants.checkout.git(&["status", "--porcelain"]), "", "no file of a row is left");
    shown();
}
