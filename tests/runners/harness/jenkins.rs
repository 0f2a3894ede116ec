//! Jenkins: `vars/stackstep.groovy` in a JVM, transformed as Jenkins transforms it, with `sh` as a real process.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The Jenkins library.
pub struct Jenkins;

/// A build of Jenkins.
pub struct Spec {
    /// The environment of the job.
    pub environment: BTreeMap<String, String>,
    /// Its workspace.
    pub workspace: PathBuf,
    /// The folder beside it for temporary files.
    pub temporary: PathBuf,
    /// Everything else: `calls` or `pipeline`, `credentials`, `missing`, `failing`, `unix`.
    pub more: Value,
}

impl Spec {
    /// The agent that it runs on: its environment is the job's. What came out of it is in [`Spec::result`].
    pub fn command(&self) -> Command {
        let mut spec =
            json!({ "workspace": self.workspace, "temporary": self.temporary, "result": self.result() });
        if let (Some(spec), Some(more)) = (spec.as_object_mut(), self.more.as_object()) {
            spec.extend(more.clone());
        }
        let file = self.temporary.join("spec.json");
        std::fs::write(&file, spec.to_string()).unwrap();
        let mut command = Command::new("python3");
        command.args(["-S", "-E"]).arg(folder().join("agent.py")).arg(&controller().port).arg(file);
        command.env_clear().envs(&self.environment).current_dir(&self.workspace);
        command
    }

    /// The file that says what the pipeline got and did.
    pub fn result(&self) -> PathBuf {
        self.temporary.join("pipeline.json")
    }
}

fn folder() -> PathBuf {
    tools::root().join("tests/runners/jenkins")
}

/// The one JVM of this process. It ends when this process does, which closes its standard input.
struct Controller {
    port: String,
    _process: Child,
    /// Where it looks for the version of the library that pipelines ask for.
    _libraries: tempfile::TempDir,
}

fn controller() -> &'static Controller {
    static CONTROLLER: OnceLock<Controller> = OnceLock::new();
    CONTROLLER.get_or_init(|| {
        let libraries = tempfile::tempdir().unwrap();
        let library = libraries.path().join("stackstep@v1");
        std::os::unix::fs::symlink(tools::root().join("jenkins"), library).unwrap();
        let mut command = java(&folder());
        command.arg(folder().join("controller.groovy")).arg(folder()).arg(libraries.path());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Controller { port: port.trim().to_owned(), _process: process, _libraries: libraries }
    })
}

/// Groovy 2.4, the one of Jenkins, looks into classes that Java closes since version 17.
const OPENED: &[&str] =
    &["java.lang", "java.lang.reflect", "java.util", "java.util.regex", "java.io", "java.net", "java.text"];

fn java(root: &Path) -> Command {
    let mut command = Command::new("java");
    for package in OPENED {
        command.arg(format!("--add-opens=java.base/{package}=ALL-UNNAMED"));
    }
    // Short runs: the small compiler and the small collector start fastest.
    command.args([
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        "-Dsun.jnu.encoding=UTF-8",
    ]);
    let jars = tools::folder("jenkins").join("lib/*");
    command.args(["-cp", &format!("{}:{}", jars.display(), root.display()), "groovy.ui.GroovyMain"]);
    command
}

/// `stack-name` as a pipeline writes it: `stackName`.
pub fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |spelt, word| spelt + &word[..1].to_uppercase() + &word[1..])
}

/// The parameters of a call.
pub fn arguments(inputs: &[(&str, &str)]) -> Map<String, Value> {
    inputs.iter().map(|(name, value)| (camel(name), json!(value))).collect()
}

/// The job's environment, its workspace that of `place`.
pub fn spec(place: &Place, event: &str, more: Value) -> Spec {
    let temporary = place.beside("repository@tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut environment = fixture("jenkins", event);
    environment.insert("WORKSPACE".to_owned(), place.repository().display().to_string());
    environment.insert("WORKSPACE_TMP".to_owned(), temporary.display().to_string());
    environment.extend(place.environment());
    Spec { environment, workspace: place.repository(), temporary, more }
}

impl Wrapper for Jenkins {
    fn system(&self) -> &'static str {
        "jenkins"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let mut arguments = arguments(inputs);
        arguments.insert("returnStatus".to_owned(), json!(true));
        let name = match event {
            // A pipeline's environment says nothing about what has started it.
            Event::Schedule | Event::Rerun => "push",
            Event::ChangeRequest => "pull-request-head",
            other => other.usual_case(),
        };
        spec(place, name, json!({ "calls": [arguments] })).command()
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(place.beside("repository@tmp/pipeline.json")).unwrap_or_default();
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        let returned = &told["returned"][0];
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let own = [
            ("status", "status"),
            ("reason", "reason"),
            ("has-changes", "hasChanges"),
            ("changes", "changes"),
            ("permalink", "permalink"),
            ("result", "resultFile"),
            ("outputs", "outputs"),
            ("command", "command"),
            ("stacks", "stacks"),
            ("environment", "environment"),
            ("skip", "skip"),
            ("why", "why"),
        ];
        let mut outputs: BTreeMap<String, String> =
            own.iter().map(|(name, key)| ((*name).to_owned(), text(&returned[*key]))).collect();
        for (name, value) in returned["outputs"].as_object().into_iter().flatten() {
            // Secrets that stay are in the map as what hides them.
            if value != "[secret]" {
                outputs.entry(name.clone()).or_insert_with(|| text(value));
            }
        }
        outputs
    }

    fn refused(&self, place: &Place, inputs: &[(&str, &str)]) -> Vec<String> {
        let text = std::fs::read_to_string(place.beside("repository@tmp/pipeline.json")).unwrap_or_default();
        let told: Value = serde_json::from_str(&text).unwrap_or_default();
        let problem = told["problems"][0].as_str().unwrap_or_default();
        let named = inputs.iter().filter(|(name, _)| problem.contains(&format!("`{}` ", camel(name))));
        named.map(|(name, _)| (*name).to_owned()).collect()
    }

    fn cancel(&self) -> &'static [Cancel] {
        // SIGTERM, once, to the processes with the step's cookie and to all below them, the deepest first. None is killed.
        // https://github.com/jenkinsci/jenkins/blob/master/core/src/main/java/hudson/util/ProcessTree.java
        &[Cancel { executor: "", signals: &["TERM"], whom: Whom::Each }]
    }
}
