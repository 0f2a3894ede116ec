//! A release as a whole, and its scripts under the tools that know their languages. One module a tool.

use crate::fixture::{Fixture, Subject};
use std::process::Command;
use xtask::release::server::Answer;
use xtask::root;
use xtask::test::tools;

mod shellcheck {
    use super::*;

    #[test]
    #[ignore = "needs shellcheck"]
    fn has_nothing_to_say_about_a_bootstrap_with_a_release() {
        let fixture = Fixture::new(Subject::Dash, &[Answer::Whole]);
        let shellcheck = tools::installed(&root(), "shellcheck").unwrap().join("bin/shellcheck");
        let output =
            Command::new(shellcheck).arg(fixture.path("wrappers/bootstrap/stackstep.sh")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

mod powershell_parser {
    use super::*;

    /// Prints where a script is no PowerShell.
    const PARSE: &str = "
import sys, tree_sitter, tree_sitter_powershell
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
def errors(node):
    if node.is_error or node.is_missing: print(node.start_point)
    for child in node.children: errors(child)
errors(parser.parse(open(sys.argv[1], 'rb').read()).root_node)
";

    fn complaints(script: &std::path::Path) -> String {
        let python = tools::installed(&root(), "powershell-parser").unwrap().join("bin/python");
        let output = Command::new(python).args(["-c", PARSE]).arg(script).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    #[ignore = "needs the parser"]
    fn the_bootstrap_is_powershell() {
        let fixture = Fixture::new(Subject::Dash, &[Answer::Whole]);
        let script = fixture.path("wrappers/bootstrap/stackstep.ps1");
        let text = std::fs::read_to_string(&script).unwrap();
        assert!(text.contains("'windows-x64' = @{") && text.contains("'windows-arm64' = @{"), "{text}");
        assert_eq!(complaints(&script), "");
    }

    #[test]
    #[ignore = "needs the parser"]
    fn a_script_that_does_not_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("x.ps1");
        std::fs::write(&script, "function X { if ($a) {").unwrap();
        assert_ne!(complaints(&script), "");
    }
}

mod cargo_cyclonedx {
    use super::*;
    use flate2::read::ZlibDecoder;
    use serde_json::Value;
    use std::fs;
    use std::path::Path;
    use xtask::release::{CHECKSUMS, Step, VERSION, archive, run};

    fn json(path: &Path) -> Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// One test, as it takes minutes: what it makes is looked at from all sides.
    #[test]
    #[ignore = "builds for release"]
    fn a_dry_release_is_whole_and_installs_from_its_own_archive() {
        assert!(run(&root(), &Step::DryRun).unwrap(), "see the lines above");
        let dist = root().join("target/release-dry-run/dist");
        let sums = fs::read_to_string(dist.join(CHECKSUMS)).unwrap();
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").unwrap();
            assert_eq!(archive::sha256(&fs::read(dist.join(name)).unwrap()), sum, "{name}");
        }
        let sbom = json(&dist.join(format!("stackstep-v{VERSION}.cdx.json")));
        assert_eq!(sbom["bomFormat"], "CycloneDX");
        let names = |list: &Value| -> Vec<String> {
            let named = list.as_array().unwrap().iter();
            named.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        assert!(names(&sbom["components"]).contains(&"rustls".to_owned()));
        let name =
            sums.lines().find_map(|line| line.split("  ").nth(1).filter(|name| name.contains("-linux-")));
        let files = archive::unpack(&dist.join(name.unwrap())).unwrap();
        assert!(names(&dependencies(&files["stackstep"].content)["packages"]).contains(&"rustls".to_owned()));
    }

    /// The list that `cargo auditable` puts into a program:
    /// <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>.
    fn dependencies(program: &[u8]) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        fs::write(&path, program).unwrap();
        let section = folder.path().join("section");
        let dump = format!("--dump-section=.dep-v0={}", section.display());
        assert!(Command::new("objcopy").arg(dump).arg(&path).arg("/dev/null").status().unwrap().success());
        serde_json::from_reader(ZlibDecoder::new(fs::read(section).unwrap().as_slice())).unwrap()
    }
}
