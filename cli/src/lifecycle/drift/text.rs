//! What an issue says of drift: the resources and properties that differ, who owns them, and what people can do. It names
//! properties and shows no values, as more people read an issue than the job's log.

use std::fmt::Write as _;

use crate::lifecycle::issue::ClosedAs;
use crate::report::{Report, Step};

/// The most resources that are named.
const RESOURCES: usize = 50;

/// The most properties of one resource that are named.
const PROPERTIES: usize = 20;

/// The bytes after which no further resource is named: GitHub takes 65,536 characters for an issue.
const ROOM: usize = 20_000;

/// The most characters of a foreign text.
const TEXT: usize = 200;

/// The texts of the issue of one stack.
pub struct DriftText<'a> {
    /// The stack, as people know it: `shop/prod`.
    pub stack: &'a str,
    /// The words of a command line that name the stack: `-C infra/shop --stack prod`.
    pub on_the_line: &'a str,
    /// The report, which is masked.
    pub report: &'a Report,
    /// The owners of the project's folder, each as the forge tells them of the issue.
    pub owners: &'a [String],
    /// The job's page.
    pub run: Option<&'a str>,
}

impl DriftText<'_> {
    /// The title.
    pub fn title(&self) -> String {
        format!("Drift: {} is not what was deployed", code(self.stack))
    }

    /// The text of the issue, without its marker.
    pub fn body(&self) -> String {
        let mut text = format!(
            "{} differs from what was deployed last: something else than a deployment has changed it.\n\n{}",
            code(self.stack),
            self.resources()
        );
        if !self.owners.is_empty() {
            let _ = writeln!(text, "\nOwners by `CODEOWNERS`: {}", self.owners.join(", "));
        }
        if let Some(run) = self.run {
            let _ = writeln!(text, "\nThe values are in the job that looked: {run}");
        }
        let line = self.on_the_line;
        let _ = write!(
            text,
            "\nWhat you can do, each by a person and behind the rules and approvals that the stack has:\n\n\
             - bring back what was deployed: `stackstep up {line} --refresh`\n\
             - keep what is there: write it into the program, have that merged, and deploy it; `stackstep refresh {line}` \
             takes it into the state\n\
             - live with it for a time: `stackstep accept {line} --drift --until YYYY-MM-DD --reason …`\n\
             - never hear of such a property again: `drift.ignore` in `stackstep.yaml`\n\n\
             This issue is closed by the first look that finds no drift, and opened again by one that finds some.\n"
        );
        text
    }

    /// The comment on drift that is another one than before.
    pub fn changed(&self) -> String {
        format!("The drift is another one now{}:\n\n{}", self.by_run(), self.resources())
    }

    /// The comment on an issue that is opened again.
    pub fn again(&self) -> String {
        format!("There is drift again{}:\n\n{}", self.by_run(), self.resources())
    }

    /// The comment on an issue that is closed.
    pub fn closed(&self, why: ClosedAs, accepted: Option<&str>) -> String {
        let stack = code(self.stack);
        match why {
            ClosedAs::Gone => format!("{stack} is what was deployed again{}.", self.by_run()),
            ClosedAs::Accepted => {
                format!(
                    "The drift of {stack} is accepted{}.",
                    accepted.map(|it| format!(" {it}")).unwrap_or_default()
                )
            }
            ClosedAs::Second(first) => format!("#{first} is about the same."),
            ClosedAs::Renamed => format!("The stack is called {stack} now."),
        }
    }

    fn by_run(&self) -> String {
        self.run.map(|run| format!(" ({run})")).unwrap_or_default()
    }

    fn resources(&self) -> String {
        let mut text = String::new();
        let mut named = 0;
        for step in self.report.steps.iter().take(RESOURCES) {
            if text.len() > ROOM {
                break;
            }
            let _ = writeln!(text, "- {}", resource(step));
            named += 1;
        }
        for change in self.report.output_changes.iter().take(PROPERTIES) {
            let _ = writeln!(text, "- the stack's output {}", code(&change.name));
        }
        if let Some(more) = self.report.steps.len().checked_sub(named).filter(|more| *more > 0) {
            let _ = writeln!(text, "- and {more} more");
        }
        text
    }
}

/// "`db` (`aws:rds/instance:Instance`): `tags.owner`, `size`".
fn resource(step: &Step) -> String {
    let begin = format!("{} ({})", code(&step.name), code(&step.kind));
    if step.operation == "delete" {
        return format!("{begin} is gone");
    }
    let mut named: Vec<String> = step.diffs.iter().take(PROPERTIES).map(|diff| code(&diff.path)).collect();
    let all = u64::try_from(step.diffs.len()).unwrap_or(u64::MAX).saturating_add(step.more_diffs);
    let more = all.saturating_sub(u64::try_from(named.len()).unwrap_or(u64::MAX));
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    if named.is_empty() {
        format!("{begin}: {}", code(&step.operation))
    } else {
        format!("{begin}: {}", named.join(", "))
    }
}

/// A foreign text as code that nothing in it ends.
pub fn code(text: &str) -> String {
    let plain: String =
        text.chars().take(TEXT).map(|c| if c == '`' || c.is_control() { ' ' } else { c }).collect();
    format!("`{plain}`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::found::tests::looked;
    use super::*;

    fn of<'a>(report: &'a Report, owners: &'a [String]) -> DriftText<'a> {
        let run = Some("https://ci.example/1");
        DriftText { stack: "shop/prod", on_the_line: "-C infra/shop --stack prod", report, owners, run }
    }

    #[test]
    fn it_names_resources_and_properties_and_shows_no_value() {
        let report = looked(&[("db", "update", &[("size", json!("hunter2"))]), ("old", "delete", &[])]);
        let owners = ["@acme/ops".to_owned()];
        let body = of(&report, &owners).body();
        for said in [
            "- `db` (`demo:index:Thing`): `size`\n",
            "- `old` (`demo:index:Thing`) is gone\n",
            "Owners by `CODEOWNERS`: @acme/ops",
            "`stackstep up -C infra/shop --stack prod --refresh`",
            "https://ci.example/1",
        ] {
            assert!(body.contains(said), "{said}: {body}");
        }
        assert!(!body.contains("hunter2") && !body.contains("before"), "{body}");
    }

    #[test]
    fn a_foreign_name_stays_code() {
        let report = looked(&[("a` @acme/all\n# b", "update", &[("x`y", json!(1))])]);
        let body = of(&report, &[]).changed();
        assert!(body.contains("- `a  @acme/all # b` (`demo:index:Thing`): `x y`\n"), "{body}");
    }

    #[test]
    fn a_long_list_says_how_much_is_left_out() {
        let diffs: Vec<_> = (0..30).map(|_| ("p", json!(1))).collect();
        let many: Vec<_> = (0..60).map(|_| ("a", "update", diffs.as_slice())).collect();
        let text = of(&looked(&many), &[]).changed();
        assert!(text.contains("and 10 more\n- ") && text.ends_with("- and 10 more\n"), "{text}");
        let long = "p".repeat(300);
        let diffs: Vec<_> = (0..30).map(|_| (long.as_str(), json!(1))).collect();
        let many: Vec<_> = (0..60).map(|_| ("a", "update", diffs.as_slice())).collect();
        let text = of(&looked(&many), &[]).changed();
        assert!(text.len() < 30_000 && text.ends_with("more\n"), "{}", text.len());
    }
}
