//! The ways in which a program can be made from a file outside of its folder, each with a change of that file: the stack is
//! affected.

use super::tests::Repository;

/// A project in `infra/shop` with these files beside it, and one of them that changes.
struct Kind(&'static str, &'static [(&'static str, &'static str)], &'static str);

const TYPESCRIPT: &[Kind] = &[
    Kind("a path with a blank", &[(TS, "new FileArchive('../../my lib/app')")], "my lib/app/x.js"),
    Kind("a path with a parenthesis", &[(TS, "new FileArchive(\"../../app(v1)/x\")")], "app(v1)/x"),
    Kind(
        "a joined path whose end is a template",
        &[(TS, "join(__dirname, '..', '..', `fn-${name}`)")],
        "fn-a/x.js",
    ),
    Kind("a joined path with a sum", &[(TS, "path.join('..', '..', 'fn-' + name)")], "fn-a/x.js"),
    Kind("a folder around its own", &[(TS, "path.dirname(path.dirname(__dirname))")], "app/x.js"),
    Kind(
        "a file beside an imported one",
        &[
            (TS, "import '../../libs/a/index'"),
            ("libs/a/index.ts", "read(join(__dirname, 'policy.json'))"),
            ("libs/a/policy.json", ""),
        ],
        "libs/a/policy.json",
    ),
    Kind(
        "an alias with a wildcard in the middle",
        &[
            (TS, "import '@lib/net'"),
            ("tsconfig.json", r#"{"compilerOptions": {"paths": {"@lib/*": ["packages/*/src"]}}}"#),
            ("packages/net/src/index.ts", ""),
        ],
        "packages/net/src/index.ts",
    ),
    Kind(
        "an alias with a sign",
        &[
            (TS, "import '#lib/net'"),
            ("tsconfig.json", r##"{"compilerOptions": {"paths": {"#lib/*": ["./packages/*"]}}}"##),
            ("packages/net.ts", ""),
        ],
        "packages/net.ts",
    ),
    Kind(
        "an alias of a configuration with another name",
        &[
            (TS, "import '@lib/net'"),
            ("infra/shop/tsconfig.json", r#"{"extends": "../../config/base.json"}"#),
            (
                "config/base.json",
                r#"{"compilerOptions": {"baseUrl": "..", "paths": {"@lib/*": ["packages/*"]}}}"#,
            ),
            ("packages/net.ts", ""),
        ],
        "packages/net.ts",
    ),
    Kind(
        "an extended configuration",
        &[("tsconfig.json", r#"{"extends": "./config/strict.json"}"#), ("config/strict.json", "{}")],
        "config/strict.json",
    ),
    Kind(
        "imports of a package",
        &[
            (TS, "import '#lib/net.js'"),
            ("package.json", r##"{"name": "top", "imports": {"#lib/*": {"default": "./libs/*"}}}"##),
            ("libs/net.js", ""),
        ],
        "libs/net.js",
    ),
    Kind(
        "a name in the form of a workspace",
        &[
            ("infra/shop/package.json", r#"{"dependencies": {"net": "workspace:@acme/net@*"}}"#),
            ("libs/net/package.json", r#"{"name": "@acme/net"}"#),
            ("libs/net/x.ts", ""),
        ],
        "libs/net/x.ts",
    ),
    Kind("a file of patches", &[(TS, "")], "patches/left-pad+1.0.0.patch"),
    Kind(
        "a script that goes up",
        &[("infra/shop/build.sh", "cd \"$(dirname \"$0\")/../..\" && zip app")],
        "app/x.js",
    ),
    Kind(
        "a script that looks for the top",
        &[("infra/shop/build.sh", "cd \"$(git rev-parse --show-toplevel)\"")],
        "app/x.js",
    ),
    Kind(
        "a script of a package",
        &[("infra/shop/package.json", r#"{"scripts": {"prebuild": "cd ../.. && zip app"}}"#)],
        "app/x.js",
    ),
    Kind("common configuration", &[(TS, "read('../Pulumi.common.yaml')")], "infra/Pulumi.common.yaml"),
    Kind(
        "a description that names another one",
        &[
            (TS, "read('../../api/openapi.yaml')"),
            ("api/openapi.yaml", "$ref: './schemas/x.yaml'"),
            ("api/schemas/x.yaml", ""),
        ],
        "api/schemas/x.yaml",
    ),
];

const PYTHON: &[Kind] = &[
    Kind(
        "imports on several lines",
        &[(PY, "from infra import (\n    common,  # all\n)"), ("infra/common.py", "")],
        "infra/common.py",
    ),
    Kind(
        "an import on a continued line",
        &[(PY, "from infra import \\\n    common"), ("infra/common.py", "")],
        "infra/common.py",
    ),
    Kind(
        "relative imports on several lines",
        &[(PY, "from .. import (\n  common,\n)"), ("infra/common/__init__.py", "")],
        "infra/common/__init__.py",
    ),
    Kind("two imports on a line", &[(PY, "import os; import common"), ("common.py", "")], "common.py"),
    Kind(
        "an import that is tried",
        &[(PY, "try: import common\nexcept ImportError: pass"), ("common.py", "")],
        "common.py",
    ),
    Kind(
        "a namespace in two places",
        &[(PY, "from acme.net import x"), ("infra/shop/acme/own.py", ""), ("libs/x/acme/net.py", "")],
        "libs/x/acme/net.py",
    ),
    Kind("a module that is gone", &[(PY, "import common")], "libs/common.py"),
    Kind(
        "a module of a namespace that is gone",
        &[(PY, "import acme.net"), ("libs/x/acme/own.py", "")],
        "libs/x/acme/net.py",
    ),
    Kind(
        "constraints",
        &[(PY, ""), ("requirements.txt", "-c constraints.txt\n"), ("constraints.txt", "")],
        "constraints.txt",
    ),
    Kind(
        "a name in one line",
        &[
            ("infra/shop/requirements.txt", "acme_tools\n"),
            ("tools/setup.py", "setup(name=\"acme-tools\", version=\"1\")"),
            ("tools/x.py", ""),
        ],
        "tools/x.py",
    ),
    Kind(
        "the parent of a folder",
        &[(PY, "here = os.path.dirname(__file__)\ntop = os.path.dirname(here)")],
        "app/x.js",
    ),
];

const OTHERS: &[Kind] = &[
    Kind(
        "a module of Go without a dot",
        &[
            ("infra/shop/main.go", "import \"acme/libs/net\""),
            ("go.mod", "module acme\n"),
            ("libs/net/net.go", ""),
        ],
        "libs/net/net.go",
    ),
    Kind(
        "a module of Go in a block",
        &[
            ("infra/shop/main.go", "import \"acme.com/libs/net\""),
            ("go.mod", "module (\n\tacme.com\n)\n"),
            ("libs/net/net.go", ""),
        ],
        "libs/net/net.go",
    ),
    Kind(
        "what a package of Go around it embeds",
        &[
            ("infra/shop/main.go", "import \"acme.com/infra\""),
            ("go.mod", "module acme.com\n"),
            ("infra/x.go", "//go:embed policy.json"),
            ("infra/policy.json", ""),
        ],
        "infra/policy.json",
    ),
    Kind(
        "a project of .NET around it",
        &[
            ("infra/shop/shop.csproj", r#"<ProjectReference Include="../Infra.csproj" />"#),
            ("infra/Infra.csproj", ""),
            ("infra/Models/A.cs", ""),
        ],
        "infra/Models/A.cs",
    ),
    Kind(
        "a project of .NET in a folder with a blank",
        &[
            ("infra/shop/shop.csproj", r#"<ProjectReference Include="..\..\My Lib\Lib.csproj" />"#),
            ("My Lib/Lib.csproj", ""),
            ("My Lib/A.cs", ""),
        ],
        "My Lib/A.cs",
    ),
    Kind(
        "properties that import others",
        &[
            ("infra/shop/shop.csproj", ""),
            (
                "Directory.Build.props",
                r#"<Import Project="$(MSBuildThisFileDirectory)eng\Versions.props" />"#,
            ),
            ("eng/Versions.props", ""),
        ],
        "eng/Versions.props",
    ),
    Kind("sources of NuGet", &[("infra/shop/shop.csproj", "")], "NuGet.Config"),
    Kind(
        "a build that is included",
        &[
            ("infra/shop/build.gradle", ""),
            ("settings.gradle", "includeBuild('build-logic')"),
            ("build-logic/x.gradle", ""),
        ],
        "build-logic/x.gradle",
    ),
    Kind(
        "what all projects of Gradle have",
        &[
            ("infra/shop/build.gradle", ""),
            ("settings.gradle", ""),
            ("build.gradle", "subprojects { x }"),
            ("libs/net/A.java", ""),
        ],
        "libs/net/A.java",
    ),
    Kind(
        "what a parent of Maven needs",
        &[
            (
                "infra/shop/pom.xml",
                "<project><parent><artifactId>top</artifactId></parent><artifactId>shop</artifactId></project>",
            ),
            (
                "infra/pom.xml",
                "<project><artifactId>top</artifactId><dependency><artifactId>common</artifactId></dependency></project>",
            ),
            ("libs/common/pom.xml", "<project><artifactId>common</artifactId></project>"),
            ("libs/common/A.java", ""),
        ],
        "libs/common/A.java",
    ),
    Kind(
        "a path of YAML with a blank",
        &[(
            "infra/shop/Main.yaml",
            "x: { fn::fileAsset: ../../site pages/index.html }\ny: ../../site pages/b.html\n",
        )],
        "site pages/b.html",
    ),
];

const TS: &str = "infra/shop/index.ts";
const PY: &str = "infra/shop/__main__.py";

#[test]
fn every_way_to_name_a_file_is_followed_or_doubted() {
    let all = [(TYPESCRIPT, "nodejs"), (PYTHON, "python"), (OTHERS, "yaml")];
    let mut missed = Vec::new();
    for (kinds, runtime) in all {
        let project = format!("name: shop\nruntime: {runtime}\n");
        for Kind(name, files, changed) in kinds {
            let own = [("infra/shop/Pulumi.yaml", project.as_str()), ("infra/shop/Pulumi.dev.yaml", "")];
            let repository = Repository::of(&[&own[..], files].concat());
            if repository.affected(&[changed]) != ["shop/dev"] {
                missed.push(*name);
            }
        }
    }
    assert_eq!(missed, [""; 0]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_wherever_they_stand() {
    for (link, target, code, changed) in [
        ("infra/shop/repo", "../..", "new FileArchive('./repo/app')", "app/x.js"),
        ("infra/shop/app", "../../my app", "new FileArchive('./app')", "my app/x.js"),
        ("links/app", "../real", "new FileArchive('../../links/app/sub')", "real/sub/x.js"),
        ("app", "real", "new FileArchive('../../app')", "real/x.js"),
    ] {
        let repository = Repository::with_link(
            &[
                ("infra/shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n"),
                ("infra/shop/Pulumi.dev.yaml", ""),
                (TS, code),
                (changed, ""),
            ],
            link,
            target,
        );
        assert_eq!(repository.affected(&[changed]), ["shop/dev"], "{link}");
        assert_eq!(repository.affected(&["elsewhere/x"]).is_empty(), target != "../..", "{link}");
    }
}
