//! Holds the house together: which room may use which, and that no files use each other in a circle.
//!
//! The imports are read from the code itself ([`source`]), and an arrow goes to the file that defines a name, through
//! whatever re-exports it ([`arrows`]). Tests beside the code are left out: what they use is nobody's building.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod arrows;
mod circles;
mod examples;
mod riddles;
mod rooms;
mod slow_tests;
mod source;
mod twins;
mod ways_out;
mod words;

use std::path::Path;

use arrows::{Arrow, arrows};
use source::Crate;

/// A crate of this repository.
fn krate(folder: &str, name: &str) -> Crate {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), folder, name)
}

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn of_the_product() -> (Crate, Vec<Arrow>) {
    let product = krate("cli/src", "stackstep");
    let arrows = arrows(&product);
    (product, arrows)
}

#[test]
fn each_room_uses_only_those_below_it() {
    let (product, arrows) = of_the_product();
    none(&rooms::climbing(&product, &arrows));
}

#[test]
fn nothing_knows_what_it_must_never_know() {
    let (product, arrows) = of_the_product();
    none(&rooms::forbidden(&product, &arrows));
}

#[test]
fn no_files_of_the_product_use_each_other_in_a_circle() {
    let (product, arrows) = of_the_product();
    assert!(product.files().count() > 200 && arrows.len() > 1000, "the code was not read");
    none(&circles::circles(&product, &arrows));
}

#[test]
fn no_type_of_the_product_has_the_name_of_another_one() {
    let (product, _) = of_the_product();
    none(&twins::twins(&product));
}

#[test]
fn no_function_of_the_product_has_a_name_that_says_nothing() {
    let (product, _) = of_the_product();
    assert!(
        product.files().map(|(_, file)| file.functions.len()).sum::<usize>() > 1000,
        "the code was not read"
    );
    none(&riddles::riddles(&product));
}

#[test]
fn no_files_of_the_commands_use_each_other_in_a_circle() {
    let commands = krate("xtask/src", "xtask");
    none(&circles::circles(&commands, &arrows(&commands)));
}

#[test]
fn no_files_of_the_sandbox_use_each_other_in_a_circle() {
    let sandbox = krate("sandbox/src", "sandbox");
    none(&circles::circles(&sandbox, &arrows(&sandbox)));
}

#[test]
fn lib_rs_says_what_each_room_is_for_from_the_top_floor_down() {
    let lib =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/src/lib.rs")).unwrap();
    let said: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next()).collect();
    assert_eq!(said, rooms::FROM_THE_TOP);
}

#[test]
fn no_text_speaks_a_dialect_of_its_own() {
    none(&words::dialect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/src")));
}

#[test]
fn every_error_names_a_way_out_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let found = ways_out::ways_out(&root.join("cli/src"));
    assert!(found.len() > 300, "the code was not read: {}", found.len());
    none(&ways_out::wrong(&found, &commands(), &root));
}

/// The words of the command line.
fn commands() -> std::collections::BTreeSet<String> {
    let command = stackstep::commands::args::command();
    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
}

#[test]
fn the_page_of_ways_out_has_each_reason_and_exit_status_and_only_commands_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/when-it-is-red.md")).unwrap();
    let reasons = stackstep::report::Reason::ALL.iter().map(|reason| format!("`{}`", reason.name()));
    let statuses = (70..=79).map(|status: u8| status.to_string());
    let missing = reasons.chain(statuses).filter(|word| !page.contains(word));
    none(&missing.map(|word| format!("docs/when-it-is-red.md does not speak of {word}")).collect::<Vec<_>>());
    none(&ways_out::missing(&page, &commands(), &root).collect::<Vec<_>>());
}

#[test]
fn runner_tests_run_where_what_they_need_is_installed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/runners");
    let files = slow_tests::files(&folder);
    assert!(files.len() > 50, "the tests were not read");
    let problems = files.iter().flat_map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        slow_tests::misplaced(path.strip_prefix(&folder).unwrap(), &text)
    });
    none(&problems.collect::<Vec<_>>());
}
