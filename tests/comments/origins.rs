//! Which forge each CI system's documented environments lead to, before the work folder's remote is looked at.

use std::fmt::Write as _;

use stackstep::ci;
use stackstep::forge::place::Clues;

use crate::report::snapshot;

#[test]
fn each_documented_environment_leads_to_its_forge() {
    let mut rows =
        String::from("| environment | forge | API | repository | run |\n| --- | --- | --- | --- | --- |\n");
    for case in crate::ci::cases() {
        let system = ci::detect(&case.env);
        let (origin, context) = (system.origin(&case.env), system.context(&case.env));
        let clues = Clues {
            origin: &origin,
            remote: None,
            repository: context.repository.as_deref(),
            forge: None,
            forge_url: None,
        };
        let found = match clues.find_repository() {
            Ok(found) => format!("{} | {} | {}", found.forge.name(), found.api, found.repository),
            Err(_) => "by the remote | |".to_owned(),
        };
        let count = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let run = [count(origin.run), count(origin.attempt)].join(".");
        let _ = writeln!(rows, "| {}/{} | {found} | {} |", case.system, case.name, run.trim_matches('.'));
    }
    snapshot::matches("comments/places.md", &rows).unwrap();
}

#[test]
fn the_input_forge_takes_the_name_of_every_forge() {
    let input = stackstep::inputs::Input::find("forge").unwrap();
    let stackstep::inputs::Kind::Choice(words) = input.kind else { panic!("{:?}", input.kind) };
    let mut names: Vec<_> = stackstep::forge::FORGES.iter().map(|forge| forge.name()).collect();
    let mut words = words.to_vec();
    names.sort_unstable();
    words.sort_unstable();
    assert_eq!(words, names);
}
