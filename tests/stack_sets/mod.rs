//! Stack sets: an environment for each row, with the real binary and the sandbox engine.

mod adding;
mod affected;
mod again;
mod brake;
mod emptied;
mod proposed;
mod stopped;

use std::path::PathBuf;

use serde_json::Value;

use crate::support::checkout::Checkout;
use crate::support::{Run, Scene, json};

const PROGRAM: &str = "name: tenant
runtime: yaml
config:
  size: { type: string, default: tiny }
  db: { type: string, secret: true }
resources:
  thing:
    type: demo:index:Thing
    properties: { size: \"${size}\" }
outputs:
  size: ${size}
";

const SETTINGS: &str = r#"
sets:
  tenants:
    project: infra/tenant
    rows: tenants.csv
    stack: "{id}"
    max-created: 5
    config:
      "tenant:size": "{size}"
      "tenant:db": { secret: true, from-env: "DB_{id}" }
"#;

/// A repository with a set of tenants.
struct Tenants {
    scene: Scene,
}

impl Tenants {
    fn new(rows: &str) -> Self {
        Self::with_settings(SETTINGS, rows)
    }

    fn with_settings(settings: &str, rows: &str) -> Self {
        let mut scene = Scene::empty();
        for id in ["acme", "beta", "gamma", "delta", "eps"] {
            scene = scene.with(&format!("DB_{id}"), &format!("hunter2-of-{id}"));
        }
        scene.write("infra/tenant/Pulumi.yaml", PROGRAM);
        scene.write("stackstep.yaml", settings);
        let tenants = Self { scene };
        tenants.commit(rows);
        tenants
    }

    fn commit(&self, rows: &str) {
        self.scene.write("tenants.csv", rows);
        if self.scene.program.join(".git").exists() {
            Checkout::of(&self.scene.program).commit("rows");
        } else {
            Checkout::init(&self.scene.program).commit("a set");
        }
    }

    fn up(&self) -> Run {
        self.scene.run("fleet up --set tenants")
    }

    fn state(&self, folder: &str) -> PathBuf {
        self.scene.root().join("state/.pulumi").join(folder).join("tenant")
    }

    /// The stacks that are there.
    fn stacks(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.state("stacks")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// A stack's outputs.
    fn size(&self, stack: &str) -> Value {
        let state = json(self.state("stacks").join(format!("{stack}.json")));
        let resources = state["checkpoint"]["latest"]["resources"].as_array().unwrap().clone();
        resources[0]["outputs"]["size"].clone()
    }

    /// The number of a stack's updates.
    fn updates(&self, stack: &str) -> usize {
        let Ok(entries) = std::fs::read_dir(self.state("history").join(stack)) else { return 0 };
        entries
            .filter(|entry| entry.as_ref().unwrap().path().to_string_lossy().ends_with(".history.json"))
            .count()
    }
}

#[test]
fn rows_are_created_changed_and_removed_and_a_bad_one_stops_itself() {
    let tenants =
        Tenants::new("id,size,state\nacme,small,\nbeta,small,\ngamma,small,\ndelta,small,\neps,small,\n");
    tenants.up().ends_with(0).says("set `tenants`: 5 to create").never_says("hunter2");
    assert_eq!(tenants.stacks(), ["acme", "beta", "delta", "eps", "gamma"]);
    assert_eq!(tenants.size("acme"), "small");

    tenants.commit("id,size,state\nacme,small,\nbeta,large,\ngamma,,removed\ndelta\neps,small,\n");
    tenants.up().ends_with(80).says("`tenants.csv`, line 5 (`delta`): it has 1 cell").never_says("hunter2");
    assert_eq!(tenants.stacks(), ["acme", "beta", "delta", "eps"]);
    assert_eq!((tenants.size("beta"), tenants.size("delta")), ("large".into(), "small".into()));
    assert_eq!((tenants.updates("delta"), tenants.updates("acme")), (1, 2));
}

#[test]
fn nothing_of_a_row_is_left_in_the_checkout() {
    let tenants = Tenants::new("id,size\nacme,small\n");
    tenants.up().ends_with(0);
    assert_eq!(Checkout::of(&tenants.scene.program).git(&["status", "--porcelain"]), "");
    tenants.up().ends_with(0);
    assert_eq!(Checkout::of(&tenants.scene.program).git(&["status", "--porcelain"]), "");
}

#[test]
fn a_dry_run_shows_the_difference_and_does_nothing() {
    let tenants = Tenants::new("id,size,state\nacme,small,\nbeta,small,\n");
    tenants.up().ends_with(0);
    tenants.commit(
        "id,size,state\nacme,large,\nbeta,small,removed\ngamma,small,\nold,,removed\n\"x y\",small,\n",
    );
    let shown = tenants.scene.run("fleet up --set tenants --dry-run").ends_with(80).stdout();
    for part in [
        "tenant/acme   update   tenants.csv, line 2  tenant:size: `small` → `large`",
        "tenant/beta   remove   tenants.csv, line 3",
        "tenant/gamma  create   tenants.csv, line 4",
        "tenant/old    gone     tenants.csv, line 5",
        "tenant/x y    stopped  tenants.csv, line 6",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
    assert_eq!(tenants.updates("acme"), 1);
}

#[test]
fn a_row_that_is_taken_out_of_the_file_removes_nothing() {
    let tenants = Tenants::new("id,size\nacme,small\nbeta,small\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,small\n");
    tenants.up().ends_with(0).says("`tenant/beta` has no row in the set `tenants`: it is left alone");
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
    assert_eq!(tenants.updates("beta"), 1);
}

#[test]
fn a_file_that_can_not_be_read_stops_the_set_and_removes_nothing() {
    let tenants = Tenants::new("id,size,state\nacme,small,\nbeta,small,\n");
    tenants.up().ends_with(0);
    for rows in ["", "id,size,state\nacme,\"small,\nbeta,,removed\n", "id,id,size,state\n", "id;size\n"] {
        tenants.commit(rows);
        tenants.up().ends_with(2).says("the set `tenants` is left as it is: `tenants.csv`");
        assert_eq!(tenants.stacks(), ["acme", "beta"], "{rows}");
    }
}

#[test]
fn a_mark_at_the_begin_quotes_and_a_key_that_is_there_twice_are_told_apart() {
    let tenants = Tenants::new(
        "\u{feff}\"id\",size,note\r\nacme,small,\"a, \"\"b\"\"\"\r\nbeta,small,\r\nbeta,large,\r\n",
    );
    tenants.up().ends_with(80).says("`beta` is there twice: `tenants.csv`, line 4 has it as well");
    assert_eq!(tenants.stacks(), ["acme"]);
}

#[test]
fn a_cell_that_became_empty_stops_its_row() {
    let tenants = Tenants::new("id,size\nacme,large\nbeta,small\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,\nbeta,small\n");
    tenants
        .up()
        .ends_with(80)
        .says("`size` is empty, and its stack was deployed with `tenant:size` = `large`");
    assert_eq!(
        (tenants.size("acme"), tenants.updates("acme"), tenants.updates("beta")),
        ("large".into(), 1, 2)
    );
}

#[test]
fn the_brake_holds_the_removals_and_the_others_are_done() {
    let settings = SETTINGS.replace("max-created: 5", "max-created: 5\n    max-removals: 1");
    let tenants =
        Tenants::with_settings(&settings, "id,size,state\nacme,small,\nbeta,small,\ngamma,small,\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size,state\nacme,,removed\nbeta,,removed\ngamma,large,\n");
    tenants
        .up()
        .ends_with(80)
        .says("2 stacks would be removed, and `max-removals` allows 1: none is removed");
    assert_eq!(tenants.stacks(), ["acme", "beta", "gamma"]);
    assert_eq!(tenants.size("gamma"), "large");
}

#[test]
fn a_stack_that_the_set_has_not_made_is_not_removed() {
    let tenants = Tenants::new("id,size,state\nprod,,removed\n");
    let config = "{ \"tenant:db\": { secret: true, from-env: DB_acme } }";
    let tenants = Tenants { scene: tenants.scene.with("STACKSTEP_CONFIG", config) };
    tenants.scene.run("up --upsert --stack prod --cwd infra/tenant").ends_with(0);
    std::fs::remove_file(tenants.scene.program.join("infra/tenant/Pulumi.prod.yaml")).unwrap();
    tenants.up().ends_with(80).says("the set `tenants` has not deployed the stack `prod`");
    assert_eq!(tenants.stacks(), ["prod"]);
}

#[test]
fn a_secret_that_is_not_there_stops_its_row_and_no_row_sees_that_of_another_one() {
    let tenants = Tenants::new("id,size\nacme,small\nzeta,small\n");
    tenants
        .up()
        .ends_with(80)
        .says("`tenant:db` comes from the variable `DB_zeta`, which is not set in this job");
    assert_eq!(tenants.stacks(), ["acme"]);
    let state = std::fs::read_to_string(tenants.state("stacks").join("acme.json")).unwrap();
    assert!(!state.contains("hunter2"), "a secret is stored encrypted");
}

#[test]
fn a_preview_shows_the_rows_that_have_stacks_and_changes_nothing() {
    let tenants = Tenants::new("id,size\nacme,small\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,large\nbeta,small\n");
    tenants.scene.run("fleet preview --set tenants").ends_with(0).says("1 to create, 1 to update");
    assert_eq!(tenants.stacks(), ["acme"]);
    assert_eq!((tenants.size("acme"), tenants.updates("acme")), ("small".into(), 1));
}

#[test]
fn some_stacks_of_a_set_can_be_named() {
    let tenants = Tenants::new("id,size\nacme,small\nbeta,small\n");
    tenants.scene.run("fleet up --set tenants beta").ends_with(0);
    assert_eq!(tenants.stacks(), ["beta"]);
    tenants.scene.run("fleet up --set tenants nobody").ends_with(2).says("has no row for a stack `nobody`");
    tenants.scene.run("fleet destroy --set tenants").ends_with(2).says("`--all`");
}

#[test]
fn a_dry_run_shows_the_named_stacks_alone() {
    let tenants = Tenants::new("id,size\nacme,small\nbeta,small\nold,small\n");
    tenants.scene.run("fleet up --set tenants acme").ends_with(0);
    tenants.commit("id,size\nacme,large\nbeta,small\ngamma\n");
    let shown = tenants.scene.run("fleet up --set tenants --dry-run tenant/a*").ends_with(0).stdout();
    assert!(shown.contains("tenant/acme  update"), "{shown}");
    assert!(!shown.contains("beta") && !shown.contains("gamma"), "{shown}");
    let shown = tenants.scene.run("fleet preview --set tenants --dry-run gamma").ends_with(80).stdout();
    assert!(shown.contains("tenant/gamma  stopped") && !shown.contains("acme"), "{shown}");
    tenants
        .scene
        .run("fleet up --set tenants --dry-run acme nobody")
        .ends_with(2)
        .says("has no row for a stack `nobody`")
        .says("`tenant/acme`");
}

#[test]
fn a_bad_row_is_none_of_those_that_are_named() {
    let tenants = Tenants::new("id,size\nacme,small\nbeta\n");
    tenants.scene.run("fleet up --set tenants acme").ends_with(0);
    tenants.scene.run("fleet up --set tenants beta").ends_with(80).says("line 3 (`beta`)");
}

#[test]
fn a_dry_run_shows_the_stacks_of_the_environment_alone() {
    let settings = format!("{SETTINGS}stacks:\n  acme: {{ environment: production }}\n");
    let tenants = Tenants::with_settings(&settings, "id,size\nacme,small\nbeta,small\n");
    let shown = tenants.scene.run("fleet up --set tenants --dry-run --environment production").stdout();
    assert!(shown.contains("tenant/acme") && !shown.contains("beta"), "{shown}");
    tenants.scene.run("fleet up --set tenants --dry-run --environment staging").ends_with(2);
}

#[test]
fn a_command_prints_rows_and_gets_no_variable_that_it_does_not_name() {
    let settings = SETTINGS
        .replace("rows: tenants.csv", "rows: { run: [./list.sh, acme], as: json, env: [LIST_TOKEN] }");
    let tenants = Tenants::with_settings(&settings, "");
    let tenants = Tenants { scene: tenants.scene.with("LIST_TOKEN", "list-token-0123") };
    let script = "#!/bin/sh\ntest -n \"$LIST_TOKEN\" && test -z \"$DB_acme$PULUMI_CONFIG_PASSPHRASE\" || exit 1\n\
                  echo \"[{\\\"id\\\": \\\"$1\\\", \\\"size\\\": \\\"small\\\"}]\"\n";
    let path = tenants.scene.program.join("list.sh");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    tenants.up().ends_with(0);
    assert_eq!(tenants.stacks(), ["acme"]);
    std::fs::write(&path, "#!/bin/sh\necho '[]'\nexit 3\n").unwrap();
    tenants.up().ends_with(2).says("ended with exit status 3");
    assert_eq!(tenants.stacks(), ["acme"]);
}

#[test]
fn a_set_that_is_not_there_is_named_with_those_that_are() {
    let tenants = Tenants::new("id,size\n");
    tenants
        .scene
        .run("fleet up --set tenant")
        .ends_with(2)
        .says("has no set `tenant`")
        .says("it has `tenants`");
}
