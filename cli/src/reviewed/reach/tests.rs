//! What a project of each language reaches, and what it does not.

use std::path::Path;

use super::tracked::TrackedFile;
use super::*;

/// The paths that the project in `project` reaches outside of its folder, in a repository of these files.
fn reached(project: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let file = |(path, _): &(&str, &str)| TrackedFile { path: (*path).to_owned(), mode: 0o100_644 };
    let tracked = Tracked::new(folder.path().to_owned(), files.iter().map(file).collect());
    let mut found = Vec::new();
    Reach::new(&tracked, project, project).find(&mut |at| {
        let path = &tracked.get(at).unwrap().path;
        found.push(path.clone());
        let text = std::fs::read_to_string(folder.path().join(Path::new(path))).ok()?;
        Some(Rc::new(FileWords::in_text(&text, name_of(path))))
    });
    let inside = format!("{project}/");
    found.retain(|path| !path.starts_with(&inside));
    found.sort();
    found
}

#[test]
fn a_path_that_steps_out_is_followed_from_file_to_file() {
    let files = &[
        ("infra/Pulumi.yaml", "name: x"),
        ("infra/index.ts", "import { a } from '../lib/a.js';\nnew FileAsset('../pages/index.html')"),
        ("lib/a.ts", "import b from '../deep/b'"),
        ("lib/other.ts", ""),
        ("deep/b/index.ts", ""),
        ("pages/index.html", "<a href='../x.html'>"),
        ("pages/more.html", ""),
        ("x.html", ""),
        ("elsewhere/y.ts", ""),
    ];
    assert_eq!(reached("infra", files), ["deep/b/index.ts", "lib/a.ts", "pages/index.html", "x.html"]);
}

#[test]
fn a_path_in_a_file_below_may_be_meant_from_the_program() {
    let files = &[("infra/src/deep/app.ts", "'../site/index.html'"), ("site/index.html", "")];
    assert_eq!(reached("infra", files), ["site/index.html"]);
}

#[test]
fn a_folder_around_the_project_is_not_meant_as_a_whole() {
    let files = &[
        ("infra/shop/tsconfig.json", r#"{"rootDir": "../..", "extends": "../../tsconfig.base.json"}"#),
        ("infra/net/index.ts", ""),
        ("tsconfig.base.json", "{}"),
        ("README.md", ""),
    ];
    assert_eq!(reached("infra/shop", files), ["tsconfig.base.json"]);
}

#[test]
fn packages_of_a_workspace_and_what_locks_them_are_reached() {
    let files = &[
        ("package.json", r#"{"name": "root", "workspaces": ["*"], "dependencies": {"unrelated": "1"}}"#),
        ("package-lock.json", r#""../nothing""#),
        ("infra/package.json", r#"{"name": "infra", "dependencies": {"@acme/net": "workspace:*"}}"#),
        ("net/package.json", r#"{"name": "@acme/net", "dependencies": {"low": "*"}}"#),
        ("net/src/index.ts", ""),
        ("low/package.json", r#"{"name": "low"}"#),
        ("unrelated/package.json", r#"{"name": "unrelated"}"#),
        ("nothing/x", ""),
    ];
    let expected =
        ["low/package.json", "net/package.json", "net/src/index.ts", "package-lock.json", "package.json"];
    assert_eq!(reached("infra", files), expected);
}

#[test]
fn aliases_of_typescript_are_followed() {
    let files = &[
        ("infra/tsconfig.json", r#"{"extends": "../tsconfig.base.json"}"#),
        ("infra/index.ts", "import { x } from '@acme/net/x'"),
        ("tsconfig.base.json", r#"{"compilerOptions": {"paths": {"@acme/*": ["libs/*"]}}}"#),
        ("libs/net/x.ts", ""),
        ("libs/net/y.ts", ""),
    ];
    assert_eq!(reached("infra", files), ["libs/net/x.ts", "tsconfig.base.json"]);
}

#[test]
fn packages_of_a_go_module_are_reached_without_the_rest_of_it() {
    let files = &[
        ("go.mod", "module acme.com/shop\n\nreplace acme.com/low => ./third/low\n"),
        ("go.sum", ""),
        ("root.go", "package shop"),
        ("infra/main.go", "import (\n\t\"acme.com/shop\"\n\t\"acme.com/shop/internal/net\"\n)"),
        ("internal/net/net.go", "import \"acme.com/low/x\""),
        ("internal/other/other.go", ""),
        ("third/low/x/x.go", ""),
        ("README.md", ""),
    ];
    let expected = ["go.mod", "go.sum", "internal/net/net.go", "root.go", "third/low/x/x.go"];
    assert_eq!(reached("infra", files), expected);
}

#[test]
fn modules_of_python_above_the_project_are_reached() {
    let files = &[
        ("infra/__main__.py", "from shared.net import subnet\nimport util, os\n"),
        ("infra/requirements.txt", "acme-low==1.0\n"),
        ("shared/net.py", "from . import low\nfrom ..other import x"),
        ("shared/low.py", ""),
        ("util.py", ""),
        ("other/x.py", ""),
        ("low/pyproject.toml", "[project]\nname = \"acme-low\"\n"),
        ("tests/x.py", ""),
        ("os.txt", ""),
    ];
    let expected =
        ["low/pyproject.toml", "os.txt", "other/x.py", "shared/low.py", "shared/net.py", "util.py"];
    assert_eq!(reached("infra", files), expected);
}

#[test]
fn a_package_around_the_project_is_not_meant_as_a_whole() {
    let files = &[
        ("acme/__init__.py", ""),
        ("acme/infra/__main__.py", "from acme.net import x"),
        ("acme/net/__init__.py", ""),
        ("acme/other/__init__.py", ""),
    ];
    assert_eq!(reached("acme/infra", files), ["acme/__init__.py", "acme/net/__init__.py"]);
}

#[test]
fn a_project_of_dotnet_takes_in_the_folder_of_each_reference() {
    let files = &[
        ("Directory.Build.props", ""),
        ("infra/Infra.csproj", r#"<ProjectReference Include="..\Lib\Lib.csproj" />"#),
        ("Lib/Lib.csproj", ""),
        ("Lib/Code/Net.cs", ""),
        ("Other/Other.csproj", ""),
    ];
    assert_eq!(reached("infra", files), ["Directory.Build.props", "Lib/Code/Net.cs", "Lib/Lib.csproj"]);
}

#[test]
fn a_project_of_gradle_is_found_from_its_settings() {
    let files = &[
        ("settings.gradle.kts", "include(\":infra\", \":libs:net\")"),
        ("infra/build.gradle.kts", "implementation(project(\":libs:net\"))"),
        ("libs/net/build.gradle.kts", ""),
        ("libs/net/src/Net.kt", ""),
        ("libs/low/src/Low.kt", ""),
    ];
    let expected = ["libs/net/build.gradle.kts", "libs/net/src/Net.kt", "settings.gradle.kts"];
    assert_eq!(reached("infra", files), expected);
}

#[test]
fn configurations_of_stacks_are_no_source() {
    let files = &[
        ("infra/Pulumi.dev.yaml", ""),
        ("infra/Pulumi.yaml", "description: ../net"),
        ("net/Pulumi.yaml", ""),
        ("net/Pulumi.prod.yaml", ""),
    ];
    assert_eq!(reached("infra", files), ["net/Pulumi.yaml"]);
    assert!(
        is_stack_file("a/Pulumi.dev.json") && !is_stack_file("Pulumi.yaml") && !is_stack_file("x.dev.yaml")
    );
}
