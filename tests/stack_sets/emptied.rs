//! Cells that are empty or blank, and what a stack was deployed with.

use super::{PROGRAM, SETTINGS, Tenants};

/// A set with a path into an object.
fn with_an_object(rows: &str) -> Tenants {
    let settings = SETTINGS
        .replace("\"tenant:size\": \"{size}\"", "\"tenant:obj.region\": { value: \"{region}\", path: true }");
    let tenants = Tenants::with_settings(&settings, rows);
    let program = PROGRAM
        .replace("size: { type: string, default: tiny }", "obj: { type: object, default: { region: none } }");
    tenants.scene.write("infra/tenant/Pulumi.yaml", &program.replace("${size}", "${obj}"));
    tenants.commit(rows);
    tenants
}

#[test]
fn a_cell_that_became_empty_takes_nothing_out_of_an_object() {
    let tenants = with_an_object("id,region\nacme,eu\n");
    tenants.up().ends_with(0);
    tenants.commit("id,region\nacme,\n");
    tenants
        .up()
        .ends_with(80)
        .says("`region` is empty, and its stack was deployed with `tenant:obj.region` = `eu`");
    assert_eq!((tenants.size("acme")["region"].clone(), tenants.updates("acme")), ("eu".into(), 1));
}

#[test]
fn a_dry_run_shows_what_is_in_an_object() {
    let tenants = with_an_object("id,region\nacme,eu\n");
    tenants.up().ends_with(0);
    tenants.commit("id,region\nacme,us\n");
    let shown = tenants.scene.run("fleet up --set tenants --dry-run").ends_with(0).stdout();
    assert!(shown.contains("tenant:obj.region: `eu` → `us`"), "{shown}");
}

#[test]
fn a_cell_that_became_empty_beside_another_one_stops_its_row() {
    let settings = SETTINGS.replace("\"{size}\"", "\"{size}{region}\"");
    let tenants = Tenants::with_settings(&settings, "id,size,region\nacme,small,eu\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size,region\nacme,small,\n");
    tenants.up().ends_with(80).says("`region` is empty, and its stack was deployed with");
    assert_eq!(tenants.size("acme"), "smalleu");
}

#[test]
fn a_cell_that_is_empty_as_before_stops_nothing() {
    let settings = SETTINGS.replace("\"{size}\"", "\"{size}{region}\"");
    let tenants = Tenants::with_settings(&settings, "id,size,region\nacme,small,\n");
    tenants.up().ends_with(0);
    tenants.up().ends_with(0);
    assert_eq!((tenants.size("acme"), tenants.updates("acme")), ("small".into(), 2));
}

#[test]
fn a_cell_of_blanks_is_an_empty_one() {
    let tenants = Tenants::new("id,size\nacme,large\n");
    tenants.up().ends_with(0);
    tenants.commit("id,size\nacme,  \n");
    tenants
        .up()
        .ends_with(80)
        .says("`size` is empty, and its stack was deployed with `tenant:size` = `large`");
    assert_eq!((tenants.size("acme"), tenants.updates("acme")), ("large".into(), 1));
}
