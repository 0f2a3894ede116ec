//! `stackstep rules`: tries the rules on result files that are there already, or shows which are set. It takes no
//! credentials and starts no engine.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::report::read_result_files;
use crate::base::env::Env;
use crate::base::error::{EXIT_RULES, Error, Result};
use crate::base::git;
use crate::base::text::log_line;
use crate::ci;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::delivery::{Definition, StackSettings};
use crate::inputs::file::ConfigFile;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Inputs};
use crate::pulumi::stack::StackName;
use crate::report::{Reason, Report, RuleVerdict, RulesOutcome, Urn};
use crate::rules::{self, Rules, evaluate};
use crate::run::prepare::{RunRequest, Until, prepare};

/// What is asked of `stackstep rules`.
#[derive(Debug, PartialEq, Eq)]
pub struct RulesAsk {
    /// The result files, as paths or patterns. None: which rules are set is shown.
    pub files: Vec<String>,
    /// Whether to print JSON.
    pub json: bool,
    /// The time to judge by: `now`, or a time with its offset. None: when the run of each result began.
    pub at: Option<String>,
}

/// Tries or shows the rules. Returns the exit status: that of a refusal if a result is refused.
pub fn try_rules(ask: &RulesAsk, flags: &Flags, env: &Env) -> Result<u8> {
    // Not the CI system's, so that the answer stays alone on standard output: a result has been masked.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let request = RunRequest::new(Some(Command::Preview), flags, env);
    let mut judged = prepare(&request, Until::TheInputs, console);
    if let Some(error) = judged.take_error() {
        return Err(error);
    }
    if judged.is_closed() {
        return Err(Error::Refused {
            what: "`rules` is refused: nothing proves that the work folder holds the repository's own code"
                .to_owned(),
            hint: "check out the commit that the run is about".to_owned(),
            reason: Reason::Untrusted,
        });
    }
    judged.tell(console);
    let Some(resolved) = &judged.resolved else { return Ok(0) };
    let inputs = Inputs::from_resolved(resolved, env)?;
    let own = inputs.rules.rules()?;
    let top = git::top(&inputs.stack.cwd).unwrap_or_else(|| inputs.stack.cwd.clone());
    let file = if judged.standing == Standing::Ours {
        stacks_of_the_file(&top)?
    } else {
        console.line(
            "the rules of `stackstep.yaml` are not used, as the file comes with a change that is not trusted",
        );
        Vec::new()
    };
    if ask.files.is_empty() {
        show(&own, &file, ask.json, console);
        return Ok(0);
    }
    let at = ask.at.as_deref().map(|at| time(at, env)).transpose()?;
    let mut tried = Vec::new();
    for (path, report) in read_result_files(env.cwd(), &ask.files)? {
        let name = report.stack_identity().to_string();
        let stack = StackName::parse(&name)?;
        let settings = file.iter().find(|entry| entry.is_about(&stack));
        let rules = own.on_top_of(settings.map_or(&Rules::default(), |settings| &settings.rules))?;
        let now = at.or(report.began).unwrap_or_else(|| env.clock().now());
        let outcome = evaluate(&rules, &report, now);
        tried.push(TriedResult {
            path: shorter(&path, env.cwd()),
            name,
            has_rules: !rules.is_empty(),
            report,
            outcome,
        });
    }
    if ask.json {
        console.print_json(&format!("{}\n", as_json(&tried)));
    } else {
        console.print(&as_table(&tried));
    }
    Ok(if worst(&tried) == Some(RuleVerdict::Refused) { EXIT_RULES } else { 0 })
}

/// The entries of the section `stacks` of the root file.
fn stacks_of_the_file(top: &Path) -> Result<Vec<StackSettings>> {
    let root = ConfigFile::find(top, false)?.filter(|file| file.folder() == top);
    let definition = root.as_ref().map(Definition::from_file).transpose()?.flatten();
    Ok(definition.map(|definition| definition.stacks).unwrap_or_default())
}

/// A result, and what the rules say of it.
struct TriedResult {
    path: String,
    /// The stack's name, as far as the result knows it.
    name: String,
    has_rules: bool,
    report: Report,
    outcome: Option<RulesOutcome>,
}

/// The time of `--at`, in Unix seconds.
fn time(at: &str, env: &Env) -> Result<u64> {
    if at == "now" {
        return Ok(env.clock().now());
    }
    rules::time_from(at).ok_or_else(|| {
        Error::input(
            format!("`--at` is `{at}`, which is not a time"),
            "write it with its offset: `2026-12-04T17:30:00+01:00`; or `now`",
        )
    })
}

/// The path as a person would write it from `folder`.
fn shorter(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).map_or_else(|_| PathBuf::from(path), PathBuf::from).display().to_string()
}

fn worst(tried: &[TriedResult]) -> Option<RuleVerdict> {
    tried.iter().filter_map(|one| Some(one.outcome.as_ref()?.verdict)).max()
}

/// Shows which rules are set for which stack.
fn show(own: &Rules, file: &[StackSettings], json: bool, console: &Console) {
    let entries = file.iter().map(|entry| (entry.pattern.as_str(), &entry.rules));
    let all: Vec<(&str, &Rules)> =
        std::iter::once(("(this run)", own)).filter(|_| !own.is_empty()).chain(entries).collect();
    if json {
        let stacks =
            file.iter().map(|entry| json!({ "stack": entry.pattern, "rules": entry.rules.in_words() }));
        let value = json!({ "inputs": own.in_words(), "stacks": stacks.collect::<Vec<_>>() });
        console.print_json(&format!("{value}\n"));
        return;
    }
    let mut text = String::new();
    for (name, rules) in &all {
        let lines = rules.in_words();
        let none = vec!["no rules".to_owned()];
        for line in if lines.is_empty() { &none } else { &lines } {
            let _ = writeln!(text, "{}", log_line(&format!("{name}  {line}")));
        }
    }
    if all.is_empty() {
        text.push_str(
            "no rules are set: add `rules` to a stack in `stackstep.yaml`, such as `max-deletes: 0`\n",
        );
    }
    console.print(&text);
}

fn as_json(tried: &[TriedResult]) -> Value {
    let results = tried.iter().map(|one| {
        json!({
            "file": one.path,
            "stack": one.name,
            "command": one.report.command,
            "rules": one.outcome,
        })
    });
    json!({
        "verdict": worst(tried).map_or("allowed", RuleVerdict::name),
        "results": results.collect::<Vec<_>>(),
    })
}

/// A line for each ruling, the resources below it, and a last line with the number of each verdict.
fn as_table(tried: &[TriedResult]) -> String {
    let mut rows = vec![["RESULT", "STACK", "VERDICT", "RULE", "FINDING"].map(str::to_owned)];
    let mut below: Vec<(usize, String)> = Vec::new();
    for one in tried {
        let row = |verdict: &str, rule: &str, finding: &str| {
            [&one.path, &one.name, verdict, rule, finding].map(ToString::to_string)
        };
        match &one.outcome {
            None if !one.has_rules => rows.push(row("-", "-", "no rules are set for this stack")),
            None => {
                let finding = format!("`{}` is not judged: it deploys nothing", one.report.command.name());
                rows.push(row("-", "-", &finding));
            }
            Some(outcome) => {
                for ruling in &outcome.rulings {
                    rows.push(row(ruling.verdict.name(), &ruling.rule, &ruling.finding));
                    let names = ruling
                        .resources
                        .iter()
                        .map(|urn| Urn::parse(urn).map_or(urn.as_str(), |urn| urn.name));
                    let names: Vec<&str> = names.collect();
                    let more = match ruling.more_resources {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    if !names.is_empty() {
                        below.push((rows.len(), format!("    {}{more}", names.join(", "))));
                    }
                    let way_out =
                        ruling.way_out.iter().map(|way_out| (rows.len(), format!("    hint: {way_out}")));
                    below.extend(way_out);
                }
                below.extend(
                    outcome.warnings.iter().map(|warning| (rows.len(), format!("    warning: {warning}"))),
                );
            }
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [first, second, third, fourth] = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    for (at, [path, stack, verdict, rule, finding]) in rows.iter().enumerate() {
        let line = format!("{path:first$}  {stack:second$}  {verdict:third$}  {rule:fourth$}  {finding}");
        let _ = writeln!(text, "{}", log_line(&line));
        for (_, line) in below.iter().filter(|(after, _)| *after == at + 1) {
            let _ = writeln!(text, "{}", log_line(line));
        }
    }
    let count = |verdict: RuleVerdict| {
        tried
            .iter()
            .filter(|one| one.outcome.as_ref().is_some_and(|outcome| outcome.verdict == verdict))
            .count()
    };
    let results = if tried.len() == 1 { "result" } else { "results" };
    let _ = writeln!(
        text,
        "{} {results}: {} refused, {} with an approval, {} allowed",
        tried.len(),
        count(RuleVerdict::Refused),
        count(RuleVerdict::Approval),
        count(RuleVerdict::Allowed)
    );
    text
}
