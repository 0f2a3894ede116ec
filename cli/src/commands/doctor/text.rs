//! The diagnosis as text: the facts in two columns, then what would run, then what to do.

use super::{Diagnosis, FindingLevel, RemoteState};

/// The whole text.
pub fn text(found: &Diagnosis) -> String {
    let mut text = format!("stackstep {}\n", found.stackstep);
    for (name, value) in rows(found) {
        text.push_str(&format!("{name:<12} {}\n", one_line(&value)));
    }
    if !found.inputs.is_empty() {
        text.push_str("\ninputs\n");
        let width = found.inputs.iter().map(|input| input.name.len()).max().unwrap_or(0);
        for input in &found.inputs {
            text.push_str(&format!(
                "  {:width$}  {}  ({})\n",
                input.name,
                one_line(&input.value),
                input.source
            ));
        }
    }
    if !found.plan.is_empty() {
        text.push_str("\nwould run\n");
        for step in &found.plan {
            let line = step.arguments.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ");
            let only = step.only.map(|only| format!(", {only}")).unwrap_or_default();
            text.push_str(&format!("  pulumi {}\n      {}{only}\n", one_line(&line), step.purpose));
        }
    }
    if let Some(remote) = &found.remote {
        text.push_str(&format!("\nwhat {} lets through in {}\n", remote.forge, one_line(&remote.repository)));
        let mut about = "";
        for line in &remote.lines {
            if line.about != about {
                text.push_str(&format!("  {}\n", line.about));
                about = &line.about;
            }
            text.push_str(&format!("    {:<9}  {}\n", state(line.state), one_line(&line.what)));
            if let Some(hint) = &line.hint {
                text.push_str(&format!("               hint: {}\n", one_line(hint)));
            }
        }
        text.push_str(
            "  this holds for credentials that only protected branches, tags or environments get: docs/approvals.md\n",
        );
    }
    text.push('\n');
    for finding in &found.findings {
        let level = match finding.level {
            FindingLevel::Missing => "missing",
            FindingLevel::Warning => "warning",
        };
        text.push_str(&format!("{level}: {}\nhint: {}\n", one_line(&finding.what), one_line(&finding.hint)));
    }
    text.push_str(if found.ok {
        "nothing is missing (not asked: whether the stack exists)\n"
    } else {
        "a run would fail like this\n"
    });
    text
}

fn state(state: RemoteState) -> &'static str {
    match state {
        RemoteState::Open => "open",
        RemoteState::Closed => "closed",
        RemoteState::NotKnown => "not known",
        RemoteState::Note => "note",
    }
}

fn rows(found: &Diagnosis) -> Vec<(&'static str, String)> {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let listed = |values: &[String]| if values.is_empty() { "none".to_owned() } else { values.join(", ") };
    let project = match (&found.project, &found.project_file) {
        (Some(name), Some(file)) => format!("{name} (`{file}`)"),
        _ => "none".to_owned(),
    };
    let engine = found.engine.as_ref().map(|engine| {
        let version = engine.version.as_deref().map(|version| format!(", version {version}"));
        let sandbox = if engine.sandbox { ", a rehearsal that deploys nothing" } else { "" };
        format!("{}{}{sandbox}", engine.path, version.unwrap_or_default())
    });
    vec![
        ("CI system", found.ci.to_owned()),
        ("about", about(found)),
        ("command", if found.command.is_empty() { "none".to_owned() } else { found.command.to_owned() }),
        ("project", project),
        ("stack", or_none(&found.stack)),
        ("backend", or_none(&found.backend)),
        ("credentials", listed(&found.credentials)),
        (
            "identity",
            if found.identity.is_empty() { "not looked for".to_owned() } else { found.identity.clone() },
        ),
        ("engine", or_none(&engine)),
        ("trust", if found.trust.is_empty() { "not judged".to_owned() } else { found.trust.clone() }),
        ("report", listed(&found.sinks)),
        ("comment", if found.comment.is_empty() { "none".to_owned() } else { found.comment.clone() }),
    ]
}

/// The facts of the job that the CI system tells.
fn about(found: &Diagnosis) -> String {
    let context = &found.context;
    let mut parts: Vec<String> = Vec::new();
    let mut add =
        |name: &str, value: Option<String>| parts.extend(value.map(|value| format!("{name} {value}")));
    add("event", context.event.clone());
    add("repository", context.repository.clone());
    add("change request", context.change_request.map(|number| number.to_string()));
    add("from", context.source_repository.clone().filter(|_| context.fork == Some(true)));
    add("branch", context.branch.clone());
    add("tag", context.tag.clone());
    add("commit", context.commit.clone());
    if parts.is_empty() { "nothing is known of the job".to_owned() } else { parts.join(", ") }
}

/// An argument as a shell takes it, in quotes only if it needs them.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    shlex::try_quote(argument).map_or_else(|_| argument.escape_debug().to_string(), Into::into)
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}
