//! What `deploy` would do for an event, for `doctor --event`: which stacks the map names, and what has to hold for each. It
//! needs no credentials, and makes the plan that `deploy --dry-run` makes.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgMatches};
use serde_json::{Map, Value, json};

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::text::log_line;
use crate::base::words::{Words, enum_of_words};
use crate::ci::console::Console;
use crate::commands::deploy::plan::{self, DeployPlan, DeployTarget, of_our_own};
use crate::delivery::judging::Judging;
use crate::delivery::{ApprovalsWanted, DeliveryEvent, StackSettings, Unreviewed};
use crate::inputs::Command;
use crate::inputs::file::NOTIFY;
use crate::inputs::resolve::Flags;
use crate::pulumi::stack::StackName;
use crate::report::Inconclusive;
use crate::run::prepare::{Prepared, RunRequest, Until, prepare};

const EVENT: &str = "event";
const BRANCH: &str = "branch";
const TAG: &str = "tag";

enum_of_words! {
    /// The word for an event.
    pub enum EventWord {
        /// A commit that is pushed to a branch.
        Push = "push",
        /// A tag.
        Tag = "tag",
        /// A pull request into a branch.
        PullRequest = "pull-request",
        /// A pull request, as GitLab calls it.
        MergeRequest = "merge-request",
        /// What a merge queue or a merge train is about to merge into a branch.
        MergeQueue = "merge-queue",
    }
}

/// The event that somebody asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventAsk {
    word: EventWord,
    branch: Option<String>,
    tag: Option<String>,
}

/// The flags that name an event.
pub fn args() -> [Arg; 3] {
    let text = |name: &'static str, help: &'static str, order: usize| {
        Arg::new(name)
            .long(name)
            .help(help)
            .value_name("NAME")
            .value_parser(NonEmptyStringValueParser::new())
            .requires(EVENT)
            .display_order(order)
    };
    [
        Arg::new(EVENT)
            .long(EVENT)
            .help("Show what `deploy` would do for this event: `push`, `tag`, `pull-request`, `merge-request` or `merge-queue`")
            .value_name("WORD")
            .value_parser(PossibleValuesParser::new(EventWord::WORDS))
            .hide_possible_values(true)
            .conflicts_with("remote")
            .display_order(0),
        text(BRANCH, "With `--event`: the branch that is pushed, or that the change is to be merged into", 0),
        text(TAG, "With `--event tag`: the tag", 0),
    ]
}

impl EventAsk {
    /// The event that the command line names, if it names one.
    pub fn given(matches: &ArgMatches) -> Option<Self> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let word = EventWord::from_word(&text(EVENT)?)?;
        Some(Self { word, branch: text(BRANCH), tag: text(TAG) })
    }

    /// The event. Fails if its branch or tag is missing, or there is one that it does not have.
    fn event(&self) -> Result<DeliveryEvent> {
        let (branch, tag, word) = (self.branch.clone(), self.tag.clone(), self.word.word());
        match (self.word, branch, tag) {
            (EventWord::Push, Some(branch), None) => Ok(DeliveryEvent::Branch(branch)),
            (EventWord::Tag, None, Some(tag)) => Ok(DeliveryEvent::Tag(tag)),
            (EventWord::PullRequest | EventWord::MergeRequest, target, None) => {
                Ok(DeliveryEvent::ChangeRequest { number: None, target })
            }
            (EventWord::MergeQueue, target, None) => Ok(DeliveryEvent::MergeQueue { target }),
            (EventWord::Push, None, None) => Err(Error::input(
                "`--event push` names no branch",
                "name the branch that is pushed: `--event push --branch main`",
            )),
            (EventWord::Tag, None, None) => {
                Err(Error::input("`--event tag` names no tag", "name it: `--event tag --tag v1.2`"))
            }
            (EventWord::Tag, Some(_), _) => Err(Error::input(
                "`--event tag` has no branch",
                "leave `--branch` out: a tag deploys what it names, if the default branch contains that",
            )),
            (_, _, Some(_)) => Err(Error::input(
                format!("`--event {word}` has no tag"),
                "leave `--tag` out, or ask for `--event tag`",
            )),
        }
    }
}

/// Prints what the map says for the event. Returns the exit status, which is that of `deploy --dry-run`.
pub(super) async fn tell(
    ask: &EventAsk,
    json: bool,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
) -> Result<u8> {
    let (event, flags) = (ask.event()?, of_our_own(flags));
    let request = plan::request(&event, &flags, env);
    let mut found = prepare(&request, Until::TheVerdict, console);
    let inputs = found.take_inputs()?;
    let (plan, judging) = plan::plan(&found, &inputs, &event, console).await?;
    let stacks: Vec<(&DeployTarget, Vec<Gate>)> =
        plan.targets.iter().map(|target| (target, gates(target, &found, &request, console))).collect();
    let answer = EventAnswer { event: &event, plan: &plan, judging: &judging, stacks };
    if json {
        console.print_json(&format!("{:#}\n", answer.as_json()));
    } else {
        console.print(&answer.as_text());
    }
    Ok(0)
}

/// What has to hold before a stack is deployed: the key of its entry, and what that demands in one line.
type Gate = (&'static str, String);

/// The answer to the question.
struct EventAnswer<'a> {
    event: &'a DeliveryEvent,
    plan: &'a DeployPlan,
    judging: &'a Judging,
    stacks: Vec<(&'a DeployTarget, Vec<Gate>)>,
}

impl EventAnswer<'_> {
    fn judged_by(&self) -> String {
        match self.judging {
            Judging::By(file) if file.is_own => {
                format!("{}, and the version that a stack deployed last where that is stricter", file.version)
            }
            Judging::By(file) => file.version.clone(),
            Judging::Unknown(why) => format!("not judged: {}", why.in_one_line()),
        }
    }

    /// Who hears of what happens to the stack. None if the file that judges has no `notify`.
    fn sinks_that_hear(&self, target: &DeployTarget) -> Option<Vec<String>> {
        let Judging::By(file) = self.judging else { return None };
        let sinks = &file.definition.as_ref()?.notify;
        let stack = StackName::parse(&target.stack).ok()?;
        let heard = sinks.iter().filter_map(|sink| sink.heard_of(&stack));
        (!sinks.is_empty()).then(|| heard.collect())
    }

    /// The outputs of `deploy --dry-run`, in which each stack has its gates.
    fn as_json(&self) -> Value {
        let mut fields = Map::from_iter([
            ("event".to_owned(), self.event.to_string().into()),
            ("judged_by".to_owned(), self.judged_by().into()),
        ]);
        for output in self.plan.outputs() {
            let value = match output.name.as_str() {
                "skip" => self.plan.skip.into(),
                "stacks" => self.stacks_as_json(&output.value),
                _ => output.value.into(),
            };
            fields.insert(output.name, value);
        }
        Value::Object(fields)
    }

    fn stacks_as_json(&self, handed_on: &str) -> Value {
        let mut stacks: Vec<Value> = serde_json::from_str(handed_on).unwrap_or_default();
        for (stack, (target, gates)) in stacks.iter_mut().zip(&self.stacks) {
            if let Some(told) = self.sinks_that_hear(target) {
                stack["notify"] = told.into();
            }
            let gates = gates.iter().map(|(name, what)| json!({ "gate": name, "what": what }));
            stack["gates"] = gates.collect();
        }
        stacks.into()
    }

    fn as_text(&self) -> String {
        let mut rows = vec![("event", self.event.to_string()), ("judged by", self.judged_by())];
        rows.push(("why", self.plan.why.clone()));
        rows.push(("command", if self.plan.skip { "none".into() } else { self.plan.command.word().into() }));
        rows.push(("environment", self.plan.environment().unwrap_or("none").to_owned()));
        rows.push(("skip", self.plan.skip.to_string()));
        let mut text = String::new();
        let mut line = |indent: &str, name: &str, value: &str| {
            text.push_str(&format!("{indent}{name:<12} {}\n", log_line(value)));
        };
        for (name, value) in rows {
            line("", name, &value);
        }
        for (target, gates) in &self.stacks {
            let environment = target.environment().map(|name| format!(", environment {name}"));
            let stack = format!(
                "{}/{} in {}{}",
                target.project,
                target.stack,
                target.cwd,
                environment.unwrap_or_default()
            );
            line("", "stack", &stack);
            for (name, what) in gates {
                line("  ", name, what);
            }
            if let Some(told) = self.sinks_that_hear(target) {
                line("  ", NOTIFY, &or_none(&told, "; "));
            }
        }
        text
    }
}

/// The gates of a stack, each in one line: those of its entry, and the rules and checks that inputs add.
fn gates(
    target: &DeployTarget,
    found: &Prepared<'_>,
    request: &RunRequest<'_>,
    console: &mut Console,
) -> Vec<Gate> {
    let flags = target.flags(request.flags, &found.top());
    // Rules and checks are about deployments, whatever this event does.
    let request = RunRequest { command: Some(Command::Up), flags: &flags, ..*request };
    let own = prepare(&request, Until::TheEnd, console);
    let mut gates = Vec::new();
    let settings = target.settings.as_ref();
    match settings {
        Some(settings) => gates.push(("entry", format!("`stacks.{}`", settings.pattern))),
        None => gates.push(("entry", "none: the stack has none in the section `stacks`".to_owned())),
    }
    if let Some(settings) = settings {
        let after =
            settings.after.iter().map(|stack| format!("`{stack}` has deployed and verified the same inputs"));
        gates.push(("after", or_none(&after.collect::<Vec<_>>(), " and ")));
    }
    let rules =
        settings.map_or_else(|| own.rules.clone(), |settings| own.rules.tightened_by(&settings.rules));
    gates.push(("rules", or_none(&rules.in_words(), "; ")));
    if let Some(settings) = settings {
        gates.push(("unreviewed", unreviewed(settings.unreviewed)));
        gates.push(("approvals", settings.approvals.as_ref().map_or_else(|| "none".to_owned(), approvals)));
    }
    gates.push(("checks", checks(&own, settings)));
    gates
}

fn or_none(parts: &[String], between: &str) -> String {
    if parts.is_empty() { "none".to_owned() } else { parts.join(between) }
}

fn unreviewed(answer: Unreviewed) -> String {
    let what = match answer {
        Unreviewed::Refuse => "a change that nobody reviewed is not deployed",
        Unreviewed::Warn => "a change that nobody reviewed is deployed with a warning",
        Unreviewed::Allow => "nobody looks whether the change was reviewed",
    };
    format!("{}: {what}", answer.word())
}

fn approvals(wanted: &ApprovalsWanted) -> String {
    let by: Vec<&str> = wanted.by.iter().map(|way| way.word()).collect();
    let from =
        if wanted.from.is_empty() { String::new() } else { format!(", of {}", wanted.from.join(", ")) };
    format!("{} by {}{from}", wanted.needed, by.join(" or "))
}

fn checks(own: &Prepared<'_>, settings: Option<&StackSettings>) -> String {
    let of_the_entry = settings.iter().flat_map(|settings| &settings.checks.list);
    let names: Vec<String> =
        own.checks.list.iter().chain(of_the_entry).map(|check| format!("`{}`", check.name)).collect();
    let passes = settings.is_some_and(|settings| settings.checks.inconclusive == Inconclusive::Pass);
    let more = if passes && !names.is_empty() { "; an inconclusive one passes" } else { "" };
    format!("{}{more}", or_none(&names, ", "))
}
