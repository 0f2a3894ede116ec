//! Which rows a change can affect where somebody else reads their file, and where that can't be told.

use super::again::{ENTRY, TWO, in_a_job, updates};
use super::{SETTINGS, Tenants};

/// The project of a program in TypeScript.
const NODE: &str = "name: tenant\nruntime: nodejs\n";

/// What a change of one row shows, with these files in the repository.
fn shown_after_a_change(settings: &str, files: &[(&str, &[u8])]) -> String {
    let tenants = Tenants::with_settings(settings, TWO);
    for (path, bytes) in files {
        let path = tenants.scene.program.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    tenants.commit(TWO);
    tenants.commit("id,size\nacme,small\nbeta,large\n");
    tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").ends_with(0).log()
}

/// Whether a change of one row affects the other one as well.
fn affects_all(settings: &str, files: &[(&str, &[u8])]) -> bool {
    let shown = shown_after_a_change(settings, files);
    assert!(shown.contains("tenant/beta"), "{shown}");
    shown.contains("tenant/acme")
}

#[test]
fn a_project_that_can_not_be_read_affects_every_row() {
    let shown = shown_after_a_change(SETTINGS, &[("infra/other/Pulumi.yaml", b"name: [")]);
    assert!(shown.contains("tenant/acme"), "{shown}");
    assert!(shown.contains("every row of the set `tenants` counts as affected"), "{shown}");
    assert!(shown.contains("infra/other/Pulumi.yaml"), "{shown}");
}

#[test]
fn a_file_of_the_program_that_is_no_utf_8_names_the_rows_all_the_same() {
    let latin = b"// caf\xe9\nreadFileSync('../../tenants.csv')";
    let files: &[(&str, &[u8])] =
        &[("infra/tenant/Pulumi.yaml", NODE.as_bytes()), ("infra/tenant/index.ts", latin)];
    assert!(affects_all(SETTINGS, files));
}

#[test]
fn a_file_of_the_program_that_is_too_long_to_read_may_name_the_rows() {
    let long = format!("{}\nreadFileSync('../../tenants.csv')", "// long\n".repeat(400_000));
    let files: &[(&str, &[u8])] =
        &[("infra/tenant/Pulumi.yaml", NODE.as_bytes()), ("infra/tenant/index.ts", long.as_bytes())];
    assert!(affects_all(SETTINGS, files));
}

#[test]
fn a_link_to_the_rows_in_the_programs_folder_affects_every_row() {
    let tenants = Tenants::new(TWO);
    let link = tenants.scene.program.join("infra/tenant/data.csv");
    std::os::unix::fs::symlink("../../tenants.csv", link).unwrap();
    tenants.commit(TWO);
    tenants.commit("id,size\nacme,small\nbeta,large\n");
    let shown = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").stdout();
    assert!(shown.contains("tenant/acme"), "{shown}");
}

#[test]
fn a_library_that_reads_the_rows_affects_every_row() {
    let files: &[(&str, &[u8])] = &[
        ("infra/tenant/Pulumi.yaml", NODE.as_bytes()),
        ("infra/tenant/index.ts", b"require('../../lib/rows')"),
        ("lib/rows.js", b"fs.readFileSync('../tenants.csv')"),
    ];
    assert!(affects_all(SETTINGS, files));
}

#[test]
fn a_project_file_beside_the_program_names_the_rows_as_well() {
    let project = "name: tenant\nruntime: nodejs\nmain: src\ndescription: reads ../../tenants.csv\n";
    let files: &[(&str, &[u8])] =
        &[("infra/tenant/Pulumi.yaml", project.as_bytes()), ("infra/tenant/src/index.ts", b"export {}")];
    assert!(affects_all(SETTINGS, files));
}

#[test]
fn a_value_with_the_name_of_the_rows_file_affects_every_row() {
    let settings = SETTINGS
        .replace("config:\n", "config:\n      \"tenant:file\": \"file://../../{id}/../tenants.csv\"\n");
    let shown = shown_after_a_change(&settings, &[]);
    assert!(shown.contains("tenant/acme"), "{shown}");
    assert!(shown.contains("`tenant:file` hands the name of `tenants.csv` to the program"), "{shown}");
}

#[test]
fn rows_in_the_programs_own_folder_affect_every_row() {
    let settings = SETTINGS.replace("rows: tenants.csv", "rows: infra/tenant/rows/tenants.csv");
    let tenants = Tenants::with_settings(&settings, TWO);
    for rows in [TWO, "id,size\nacme,small\nbeta,large\n"] {
        tenants.scene.write("infra/tenant/rows/tenants.csv", rows);
        tenants.commit(rows);
    }
    let shown = tenants.scene.run("fleet up --set tenants --dry-run --since=HEAD~1").stdout();
    assert!(shown.contains("tenant/acme"), "{shown}");
}

#[test]
fn a_program_that_reads_other_files_is_not_affected_by_the_rows_of_others() {
    let files: &[(&str, &[u8])] = &[
        ("infra/tenant/Pulumi.yaml", NODE.as_bytes()),
        ("infra/tenant/index.ts", b"require('../../lib/rows')"),
        ("lib/rows.js", b"fs.readFileSync('../sizes.csv')"),
        ("sizes.csv", b"small,1\n"),
    ];
    assert!(!affects_all(SETTINGS, files));
}

#[test]
fn a_stack_that_somebody_has_updated_by_hand_since_is_affected() {
    let settings = format!("{SETTINGS}{ENTRY}");
    let tenants = in_a_job(Tenants::with_settings(&settings, TWO));
    tenants.up().ends_with(0);
    tenants.scene.run("fleet up --set tenants --since").ends_with(0).says("nothing to do");
    let config = "{ \"tenant:size\": \"MANUAL\", \"tenant:db\": { secret: true, from-env: DB_acme } }";
    let tenants = Tenants { scene: tenants.scene.with("STACKSTEP_CONFIG", config) };
    tenants.scene.run("up --stack acme --cwd infra/tenant").ends_with(0);
    std::fs::remove_file(tenants.scene.program.join("infra/tenant/Pulumi.acme.yaml")).unwrap();
    assert_eq!(tenants.size("acme"), "MANUAL");
    let tenants = Tenants { scene: tenants.scene.without("STACKSTEP_CONFIG") };
    tenants.scene.run("fleet up --set tenants --since").ends_with(0);
    assert_eq!((tenants.size("acme"), updates(&tenants)), ("small".into(), [3, 1]));
}

#[test]
fn a_stack_that_was_updated_by_hand_to_the_same_values_is_affected() {
    let settings = format!("{SETTINGS}{ENTRY}");
    let tenants = in_a_job(Tenants::with_settings(&settings, TWO));
    tenants.up().ends_with(0);
    let config = "{ \"tenant:size\": \"small\", \"tenant:db\": { secret: true, from-env: DB_acme } }";
    let tenants = Tenants { scene: tenants.scene.with("STACKSTEP_CONFIG", config) };
    tenants.scene.run("up --stack acme --cwd infra/tenant").ends_with(0);
    std::fs::remove_file(tenants.scene.program.join("infra/tenant/Pulumi.acme.yaml")).unwrap();
    let tenants = Tenants { scene: tenants.scene.without("STACKSTEP_CONFIG") };
    let shown = tenants.scene.run("fleet up --set tenants --since --dry-run").ends_with(0).stdout();
    assert!(shown.contains("tenant/acme") && !shown.contains("tenant/beta"), "{shown}");
}
