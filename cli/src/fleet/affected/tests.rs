//! Which stacks a change affects, in small repositories of each language.

use super::*;
use crate::base::error::Problem;

/// A repository of these files.
pub(super) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self::made(tempfile::tempdir().unwrap(), files)
    }

    /// The same, and a link.
    #[cfg(unix)]
    pub(super) fn with_link(files: &[(&str, &str)], link: &str, target: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, link).unwrap();
        Self::made(folder, files)
    }

    fn made(folder: tempfile::TempDir, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let git = |args: &[&str]| {
            #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
            let mut git = std::process::Command::new("git");
            assert!(git.args(args).current_dir(folder.path()).status().unwrap().success());
        };
        git(&["init", "-q"]);
        git(&["add", "."]);
        Self { folder }
    }

    fn verdicts(&self, changed: &[&str], fleet: &str) -> Vec<StackVerdict> {
        let found = RepositoryStacks::find(self.folder.path(), None);
        assert_eq!(found.problems.iter().map(Problem::in_one_line).collect::<Vec<_>>(), [""; 0]);
        let paths = changed.iter().map(|path| (*path).to_owned()).collect();
        let changes = ChangedPaths { since: Some("8d08154c".to_owned()), paths, ..ChangedPaths::default() };
        let section = crate::base::yaml::parse(fleet).unwrap();
        let settings = FleetSettings::parse(&section, "stackstep.yaml").unwrap();
        verdicts(self.folder.path(), &found, &found.projects, together(&changes), &settings)
    }

    /// The names of the affected stacks, each with the first reason.
    pub(super) fn asked(&self, compared: &Compared, esc: &[&str]) -> Vec<(String, String)> {
        let found = RepositoryStacks::find(self.folder.path(), None);
        let esc: Vec<String> = esc.iter().map(|name| (*name).to_owned()).collect();
        let asked = AskedStacks { compared, esc: &esc, set: None };
        let verdicts =
            verdicts(self.folder.path(), &found, &found.projects, asked, &FleetSettings::default());
        let affected = verdicts.into_iter().filter(StackVerdict::is_affected);
        affected.map(|verdict| (verdict.name(), verdict.why.first().cloned().unwrap_or_default())).collect()
    }

    /// The stacks that a change of these files affects.
    pub(super) fn affected(&self, changed: &[&str]) -> Vec<String> {
        let verdicts = self.verdicts(changed, "{}");
        verdicts.iter().filter(|verdict| verdict.is_affected()).map(StackVerdict::name).collect()
    }

    fn why(&self, stack: &str, changed: &[&str]) -> Vec<String> {
        self.verdicts(changed, "{}").into_iter().find(|verdict| verdict.name() == stack).unwrap().why
    }
}

const NET: [(&str, &str); 3] = [
    ("infra/net/Pulumi.yaml", "name: net\nruntime: yaml\n"),
    ("infra/net/Pulumi.dev.yaml", ""),
    ("infra/net/Pulumi.prod.yaml", ""),
];

const SHOP: [(&str, &str); 2] =
    [("infra/shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n"), ("infra/shop/Pulumi.prod.yaml", "")];

/// The two projects, and these files.
fn with(files: &[(&str, &str)]) -> Repository {
    Repository::of(&[&NET[..], &SHOP[..], files].concat())
}

#[test]
fn a_file_of_a_project_affects_its_stacks_and_no_others() {
    let repository = with(&[("infra/shop/index.ts", ""), ("README.md", "")]);
    assert_eq!(repository.affected(&["infra/shop/index.ts"]), ["shop/prod"]);
    assert_eq!(repository.affected(&["infra/net/Pulumi.yaml"]), ["net/dev", "net/prod"]);
    assert_eq!(repository.affected(&["README.md"]), [""; 0]);
    assert_eq!(repository.affected(&[]), [""; 0]);
}

#[test]
fn the_configuration_of_a_stack_affects_that_one() {
    let repository = with(&[]);
    assert_eq!(repository.affected(&["infra/net/Pulumi.dev.yaml"]), ["net/dev"]);
    assert_eq!(
        repository.why("net/dev", &["infra/net/Pulumi.dev.yaml"]),
        ["`infra/net/Pulumi.dev.yaml` has changed"]
    );
}

#[test]
fn a_file_that_is_imported_affects_who_imports_it_and_says_by_which_file() {
    let repository = with(&[
        ("infra/shop/index.ts", "import { a } from '../../lib/a'"),
        ("lib/a.ts", "export * from './b'"),
        ("lib/b.ts", ""),
        ("lib/c.ts", ""),
    ]);
    assert_eq!(repository.affected(&["lib/b.ts"]), ["shop/prod"]);
    assert_eq!(
        repository.why("shop/prod", &["lib/b.ts"]),
        ["`lib/b.ts` has changed, which `lib/a.ts` names"]
    );
    assert_eq!(repository.affected(&["lib/c.ts"]), [""; 0]);
}

#[test]
fn what_is_gone_affects_who_named_it() {
    let repository = with(&[
        ("infra/shop/index.ts", "import { a } from '../../lib/a'; new FileArchive('../../pages')"),
        ("lib/a/index.ts", ""),
        ("pages/x.html", ""),
    ]);
    for gone in ["lib/a.ts", "pages/deep/y.html", "infra/shop/old.ts", "lib/a/b.ts", "infra/tsconfig.json"] {
        assert_eq!(repository.affected(&[gone]), ["shop/prod"], "{gone}");
    }
    assert_eq!(repository.affected(&["lib/other.ts"]), [""; 0]);
}

#[test]
fn a_lock_file_of_the_repository_affects_programs_of_its_language() {
    let py = [
        ("infra/py/Pulumi.yaml", "name: py\nruntime: python\n"),
        ("infra/py/Pulumi.dev.yaml", ""),
        ("infra/py/__main__.py", ""),
    ];
    let repository = with(
        &[&[("package-lock.json", ""), ("infra/shop/index.ts", ""), (".tool-versions", "")][..], &py]
            .concat(),
    );
    assert_eq!(repository.affected(&["package-lock.json"]), ["shop/prod"]);
    assert_eq!(repository.affected(&["yarn.lock"]), ["shop/prod"]);
    assert_eq!(repository.affected(&["uv.lock"]), ["py/dev"]);
    assert_eq!(repository.affected(&[".tool-versions"]).len(), 4);
}

#[test]
fn what_can_t_be_followed_affects_with_its_line() {
    for (code, says) in [
        ("x\nrequire(name)", "`infra/shop/index.ts:2` loads a module whose name it puts together"),
        ("import a from './gen/a'", "`infra/shop/index.ts` loads `./gen/a`, which git does not track"),
        (
            "x = process.env.GITHUB_WORKSPACE",
            "`infra/shop/index.ts:1` looks for the top of the repository (`GITHUB_WORKSPACE`)",
        ),
        ("path.join(__dirname, '..', name)", "`infra/shop/index.ts` names the folder `infra` as a whole"),
    ] {
        let repository = with(&[("infra/shop/index.ts", code), ("infra/other/x.txt", "")]);
        assert_eq!(repository.affected(&["infra/other/x.txt"]), ["shop/prod"], "{code}");
        assert_eq!(repository.why("shop/prod", &["infra/other/x.txt"]), [says], "{code}");
    }
    let repository = with(&[("infra/shop/index.ts", "path.join(__dirname, '..', name)"), ("docs/x.md", "")]);
    assert_eq!(repository.affected(&["docs/x.md"]), [""; 0]);
}

#[test]
fn a_path_that_is_joined_or_put_together_is_followed() {
    for (code, changed) in [
        ("path.join(__dirname, '..', '..', 'lib', 'a.html')", "lib/a.html"),
        ("new FileAsset('../../lib/a-' + stage + '.html')", "lib/a-dev.html"),
        ("new FileAsset(`../../lib/${name}`)", "lib/deep/x"),
    ] {
        let repository = with(&[("infra/shop/index.ts", code), ("lib/a.html", ""), ("lib/a-prod.html", "")]);
        assert_eq!(repository.affected(&[changed]), ["shop/prod"], "{code}");
        assert_eq!(repository.affected(&["docs/x.md"]), [""; 0], "{code}");
    }
}

#[test]
fn a_module_of_python_is_found_wherever_it_is() {
    let repository = Repository::of(&[
        ("infra/py/Pulumi.yaml", "name: py\nruntime: python\n"),
        ("infra/py/Pulumi.dev.yaml", ""),
        ("infra/py/__main__.py", "from shared.net import a\nimport os\n"),
        ("python/lib/shared/net.py", ""),
        ("python/lib/other/x.py", ""),
    ]);
    assert_eq!(repository.affected(&["python/lib/shared/net.py"]), ["py/dev"]);
    assert_eq!(repository.affected(&["python/lib/other/x.py"]), [""; 0]);
}

#[test]
fn what_is_installed_for_all_programs_of_a_folder_counts() {
    let repository = with(&[("infra/shop/index.ts", "")]);
    assert_eq!(repository.affected(&["node_modules/x/index.js"]).len(), 3);
    assert_eq!(repository.affected(&["infra/vendor/x/y.go"]).len(), 3);
    assert_eq!(repository.affected(&["other/vendor/x/y.go"]), [""; 0]);
}

#[test]
fn a_file_that_the_settings_name_affects_everybody() {
    let repository = with(&[
        (
            "stackstep.yaml",
            "policy-packs: [policies/aws]\nstacks: { prod: { config-file: ../config/prod.yaml } }\nprojects: [\"infra/*\"]\n",
        ),
        ("policies/aws/index.ts", ""),
        ("infra/config/prod.yaml", ""),
        ("policies/README.md", ""),
    ]);
    assert_eq!(repository.affected(&["policies/aws/index.ts"]).len(), 3);
    assert_eq!(repository.affected(&["infra/config/prod.yaml"]).len(), 3);
    assert_eq!(repository.affected(&["policies/README.md"]), [""; 0]);
}

#[test]
fn code_of_others_is_not_doubted() {
    let repository = with(&[("infra/shop/node_modules/x.js", "require(name)"), ("docs/x.md", "")]);
    assert_eq!(repository.affected(&["docs/x.md"]), [""; 0]);
}

#[test]
fn an_import_from_a_folder_below_does_not_mean_the_folder_around_the_project() {
    let repository = with(&[
        ("infra/shop/index.ts", "import './src/a'"),
        ("infra/shop/src/a.ts", "import x from '..'; import y from '../b'"),
        ("infra/shop/b.ts", ""),
        ("infra/other/x.txt", ""),
    ]);
    assert_eq!(repository.affected(&["infra/other/x.txt"]), [""; 0]);
}

#[test]
fn a_module_of_a_folder_around_the_project_is_followed() {
    let repository = with(&[
        ("infra/shop/index.ts", "import x from '..'"),
        ("infra/index.ts", "import '../lib/a'"),
        ("lib/a.ts", ""),
        ("infra/other/x.txt", ""),
    ]);
    assert_eq!(repository.affected(&["lib/a.ts"]), ["shop/prod"]);
    assert_eq!(repository.affected(&["infra/other/x.txt"]), [""; 0]);
}

#[test]
fn who_reads_outputs_of_an_affected_stack_is_affected() {
    for code in
        ["new pulumi.StackReference('acme/net/prod')", "new pulumi.StackReference(`${org}/net/${stack}`)"]
    {
        let repository = with(&[("infra/shop/index.ts", code)]);
        assert_eq!(repository.affected(&["infra/net/Pulumi.prod.yaml"]), ["net/prod", "shop/prod"], "{code}");
        assert_eq!(
            repository.why("shop/prod", &["infra/net/Pulumi.prod.yaml"]),
            ["it comes after `net/prod`, which is affected"]
        );
    }
    let one = with(&[("infra/shop/index.ts", "new pulumi.StackReference('acme/net/prod')")]);
    assert_eq!(one.affected(&["infra/net/Pulumi.dev.yaml"]), ["net/dev"]);
}

#[test]
fn a_reference_whose_name_is_not_written_comes_after_every_stack_unless_that_is_declared() {
    let repository = with(&[
        (
            "infra/shop/index.ts",
            "new pulumi.StackReference('acme/db/dev'); new pulumi.StackReference(config.require('net'))",
        ),
        ("infra/db/Pulumi.yaml", "name: db\nruntime: yaml\n"),
    ]);
    assert_eq!(
        repository.why("shop/prod", &["infra/net/Pulumi.dev.yaml"]),
        [
            "`infra/shop/index.ts` reads outputs of a stack whose name can't be told, and `net/dev` is affected"
        ]
    );
    let declared = "{ depends-on: { infra/shop: [infra/db] } }";
    let verdicts = repository.verdicts(&["infra/net/Pulumi.dev.yaml"], declared);
    let affected: Vec<_> =
        verdicts.iter().filter(|verdict| verdict.is_affected()).map(StackVerdict::name).collect();
    assert_eq!(affected, ["net/dev"]);
}

#[test]
fn who_reads_outputs_of_a_project_without_stack_files_is_affected_by_its_program() {
    let repository = with(&[
        ("infra/shop/index.ts", "new pulumi.StackReference('acme/db/dev')"),
        ("infra/db/Pulumi.yaml", "name: db\nruntime: yaml\n"),
    ]);
    assert_eq!(
        repository.why("shop/prod", &["infra/db/Pulumi.yaml"]),
        ["it comes after `db`, which is affected"]
    );
}

#[test]
fn what_a_stacks_configuration_names_affects_that_stack() {
    let repository = Repository::of(&[
        ("infra/shop/Pulumi.yaml", "name: shop\nruntime: yaml\n"),
        ("infra/shop/Pulumi.dev.yaml", "config:\n  shop:app: ../../app\n"),
        ("infra/shop/Pulumi.prod.yaml", ""),
        ("app/x.js", ""),
    ]);
    assert_eq!(repository.affected(&["app/x.js"]), ["shop/dev"]);
}

#[test]
fn references_in_a_circle_come_to_an_end() {
    let repository = Repository::of(&[
        (
            "a/Pulumi.yaml",
            "name: a\nruntime: yaml\nresources: {r: {type: pulumi:pulumi:StackReference, properties: {name: x/b/dev}}}",
        ),
        ("a/Pulumi.dev.yaml", ""),
        (
            "b/Pulumi.yaml",
            "name: b\nruntime: yaml\nresources: {r: {type: pulumi:pulumi:StackReference, properties: {name: x/a/dev}}}",
        ),
        ("b/Pulumi.dev.yaml", ""),
        ("c/Pulumi.yaml", "name: c\nruntime: yaml\n"),
        ("c/Pulumi.dev.yaml", ""),
    ]);
    assert_eq!(repository.affected(&["a/x"]), ["a/dev", "b/dev"]);
    assert_eq!(repository.affected(&["c/x"]), ["c/dev"]);
}

#[test]
fn what_is_declared_counts() {
    let repository = with(&[("pages/x.html", "")]);
    let affected = |changed: &[&str], fleet: &str| {
        let verdicts = repository.verdicts(changed, fleet);
        verdicts.iter().filter(|verdict| verdict.is_affected()).map(StackVerdict::name).collect::<Vec<_>>()
    };
    assert_eq!(affected(&["pages/x.html"], "{ paths: { infra/shop: [pages] } }"), ["shop/prod"]);
    assert_eq!(affected(&["pages/x.html"], "{ paths: { infra/shop: [\"pages/*.css\"] } }"), [""; 0]);
    assert_eq!(affected(&[".github/x.yml"], "{ paths: { shop: [\".github/**\"] } }"), ["shop/prod"]);
    let after = affected(&["infra/net/Pulumi.dev.yaml"], "{ depends-on: { ./infra/shop/: [infra/net] } }");
    assert_eq!(after, ["net/dev", "shop/prod"]);
}

#[test]
fn what_is_declared_for_a_project_that_can_not_be_read_is_told_from_one_that_is_not_there() {
    let repository = with(&[("infra/broken/Pulumi.yaml", "name: [")]);
    let top = repository.folder.path();
    let projects = RepositoryStacks::find(top, None).projects;
    let fleet = yaml::parse("{ depends-on: { infra/shop: [infra/broken] } }").unwrap();
    let error = FleetSettings::parse(&fleet, "stackstep.yaml").unwrap().check(top, &projects).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("names `infra/broken`, where the project can't be read"), "{error}");
}

#[test]
fn what_is_declared_for_no_project_is_an_error() {
    let repository = with(&[]);
    let top = repository.folder.path();
    let projects = RepositoryStacks::find(top, None).projects;
    for fleet in ["{ paths: { infra/shpo: [x] } }", "{ depends-on: { infra/shop: [infra/nets] } }"] {
        let settings = FleetSettings::parse(&yaml::parse(fleet).unwrap(), "stackstep.yaml").unwrap();
        let error = settings.check(top, &projects).unwrap_err().to_string();
        assert!(error.contains("where there is no project"), "{error}");
    }
}

#[test]
fn without_a_history_everything_is_affected() {
    let repository = with(&[]);
    let found = RepositoryStacks::find(repository.folder.path(), None);
    let changes = ChangedPaths::unknown("the checkout is shallow".to_owned());
    let verdicts = verdicts(
        repository.folder.path(),
        &found,
        &found.projects,
        together(&changes),
        &FleetSettings::default(),
    );
    assert_eq!(verdicts.len(), 3);
    assert!(verdicts.iter().all(|verdict| verdict.why == ["the checkout is shallow"]));
}

#[test]
fn a_name_that_is_lost_affects_everybody() {
    let repository = with(&[]);
    let found = RepositoryStacks::find(repository.folder.path(), None);
    let lost_names = ["lib/package.json".to_owned()].into();
    let paths = ["lib/package.json".to_owned()].into();
    let changes = ChangedPaths { paths, lost_names, ..ChangedPaths::default() };
    let verdicts = verdicts(
        repository.folder.path(),
        &found,
        &found.projects,
        together(&changes),
        &FleetSettings::default(),
    );
    assert!(verdicts.iter().all(StackVerdict::is_affected));
}
