//! The checks catch what they are for: small houses with one mistake each.

use crate::arrows::arrows;
use crate::source::Crate;
use crate::{circles, riddles, rooms, twins};

/// A crate of these files.
fn house(files: &[(&str, &str)]) -> (tempfile::TempDir, Crate) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let krate = Crate::read(folder.path(), "cli/src", "stackstep");
    (folder, krate)
}

const LIB: &str = "pub mod base; pub mod ci; pub mod engine; pub mod forge; pub mod report;";

/// A house whose room `base` has this code.
fn with_base(code: &str) -> Vec<String> {
    let (_folder, krate) = house(&[
        ("lib.rs", LIB),
        ("base.rs", code),
        ("ci/mod.rs", "mod origin; pub use origin::{Origin, Other as Alias};"),
        ("ci/origin.rs", "pub struct Origin; pub struct Other;"),
        ("engine.rs", "use crate::ci::Origin; pub fn run(_: Origin) {}"),
        ("forge.rs", ""),
        ("report.rs", ""),
    ]);
    rooms::climbing(&krate, &arrows(&krate))
}

#[test]
fn an_arrow_that_climbs_is_named_with_its_line_and_what_to_do() {
    let problems = with_base("//! The ground floor.\n\nuse std::fmt;\nuse crate::engine::run;\n");
    assert_eq!(
        problems,
        [
            "cli/src/base.rs:4: `crate::engine::run` climbs from the room `base` to `engine` (cli/src/engine.rs). A room uses \
          only those below it: move the definition down, or hand its value in from above"
        ]
    );
}

#[test]
fn every_way_to_write_an_arrow_is_read() {
    for code in [
        "pub use crate::ci::Origin;",
        "use crate::{ci::{Origin, Alias as Third}, report};",
        "use super::ci::Origin;",
        "mod inner { use super::super::ci::Origin; }",
        "use crate::ci; fn f() -> ci::Origin { loop {} }",
        "fn f(_: &crate::ci::Origin) {}",
        "fn f() { use crate::ci::Origin; }",
        "fn f() { println!(\"{}\", crate::ci::Origin); }",
        "use crate::ci::*;",
        "const A: crate::ci::Origin = B; ",
        "pub use crate::ci;",
    ] {
        assert_eq!(with_base(code).len(), if code.contains("Third") { 2 } else { 1 }, "{code}");
    }
}

#[test]
fn publishing_asks_no_engine() {
    let (_folder, krate) = house(&[
        ("lib.rs", "pub mod engine; pub mod publish;"),
        ("engine/mod.rs", "pub mod job; pub mod local;"),
        ("engine/local.rs", "pub struct LocalEngine;"),
        ("engine/job.rs", "pub struct Job;"),
        ("publish.rs", "use crate::engine::job::Job;\nuse crate::engine::local::LocalEngine;\n"),
    ]);
    let problems = rooms::forbidden(&krate, &arrows(&krate));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("cli/src/publish.rs:2: `crate::engine::local::LocalEngine`"),
        "{problems:?}"
    );
}

#[test]
fn tests_comments_texts_and_other_crates_are_no_arrows() {
    for code in [
        "#[cfg(test)] mod tests { use crate::ci::Origin; }",
        "#[cfg(all(test, unix))] mod tests { use crate::ci::Origin; }",
        "/// See [`crate::ci::Origin`].\npub struct Here;",
        "fn f() -> &'static str { \"crate::ci::Origin\" }",
        "use other::ci::Origin;",
        "",
    ] {
        assert_eq!(with_base(code), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn a_room_without_a_place_is_named() {
    let (_folder, krate) = house(&[("lib.rs", "pub mod attic;"), ("attic.rs", "")]);
    let problems = rooms::climbing(&krate, &arrows(&krate));
    assert!(problems[0].starts_with("the room `attic` has no place"), "{problems:?}");
}

#[test]
fn a_forge_that_knows_a_ci_system_is_named_although_it_stands_above_it() {
    let (_folder, krate) = house(&[
        ("lib.rs", LIB),
        ("base.rs", ""),
        ("ci.rs", "pub struct Origin;"),
        ("engine.rs", ""),
        ("forge.rs", "use crate::ci::Origin;"),
        ("report.rs", ""),
    ]);
    let arrows = arrows(&krate);
    assert_eq!(rooms::climbing(&krate, &arrows), Vec::<String>::new());
    let problems = rooms::forbidden(&krate, &arrows);
    assert!(
        problems[0].starts_with("cli/src/forge.rs:1: `crate::ci::Origin`: `forge` must never know `ci`"),
        "{problems:?}"
    );
}

#[test]
fn a_circle_between_files_names_what_ties_it() {
    let (_folder, krate) = house(&[
        ("lib.rs", "pub mod base;"),
        ("base/mod.rs", "mod one; mod two; pub use one::One;"),
        ("base/one.rs", "use super::two::Two; pub struct One(Two);"),
        ("base/two.rs", "use super::One; pub struct Two(Option<Box<One>>);"),
    ]);
    let problems = circles::circles(&krate, &arrows(&krate));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("cli/src/base/two.rs:1: `super::One` of cli/src/base/one.rs"),
        "{problems:?}"
    );
}

#[test]
fn the_files_of_one_type_are_no_circle_and_a_helper_beside_it_makes_one() {
    let parent = "mod part; use part::count; pub struct Type; impl Type { fn f(&self) -> u8 { count() } } fn help() {}";
    let part = |more: &str| {
        let (_folder, krate) = house(&[
            ("lib.rs", "pub mod base;"),
            ("base.rs", parent),
            (
                "base/part.rs",
                &format!(
                    "use super::Type; impl Type {{ fn g(&self) {{ {more} }} }} pub fn count() -> u8 {{ 1 }}"
                ),
            ),
        ]);
        circles::circles(&krate, &arrows(&krate)).len()
    };
    assert_eq!(part(""), 0);
    assert_eq!(part("super::help();"), 1);
}

#[test]
fn a_type_that_is_there_twice_is_named_with_both_places() {
    let (_folder, krate) = house(&[
        ("lib.rs", "pub mod base; pub mod ci;"),
        ("base.rs", "pub struct Step; fn same() {}"),
        ("ci.rs", "enum Step { One } fn same() {} #[cfg(test)] mod tests { struct Step; }"),
    ]);
    let problems = twins::twins(&krate);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("`Step` is there 2 times (cli/src/base.rs, cli/src/ci.rs)"), "{problems:?}");
}

#[test]
fn a_type_that_a_macro_declares_is_one_as_any_other() {
    let (_folder, krate) = house(&[
        ("lib.rs", "pub mod base; pub mod ci;"),
        ("base.rs", "words! { /// What happens.\n pub enum Step { One = \"one\" } }"),
        ("ci.rs", "fields! { pub struct Step under Log { one: bool = crate::base::flag(\"one\"), } }"),
    ]);
    assert_eq!(twins::twins(&krate).len(), 1);
    assert_eq!(arrows(&krate).len(), 1);
}

#[test]
fn a_name_that_says_nothing_is_found_wherever_the_function_stands() {
    let code = "fn of() {}\nstruct A;\nimpl A { pub async fn told(&self) { fn at() {} } fn offer(&self) {} }\n\
                #[cfg(test)] mod tests { fn all() {} }\n";
    let (_folder, krate) = house(&[("lib.rs", code)]);
    assert_eq!(riddles::riddles(&krate).len(), 3);
}
