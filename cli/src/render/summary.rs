//! The summary of a run for people who approve where they decide: one line with the counts and the worst resource, for a
//! job's name, a question, the description of a deployment.

use super::{Detail, figures, words};
use crate::base::text::log_line;
use crate::report::{Operation, Report, Status, Step, StepStatus, natural};

/// The most characters of a summary: what a forge's deployment has for its description.
/// <https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status>
const ROOM: usize = 140;

/// What counts and resources are ordered by, the worst first.
const WORST: [&str; 9] =
    ["failed", "unfinished", "delete", "replace", "delete-replaced", "update", "import", "create", "read"];

/// The counts of the report and its worst resource, which is one of those that are counted first: "1 to replace, 2 to
/// create: aws:rds/instance:Instance orders-db". It is one line of at most 140 characters, without those that mean
/// something to a shell or a CI system. The resource is named where `detail` shows resources.
pub fn summary(report: &Report, detail: Detail) -> String {
    plain(&in_words(report, detail))
}

/// The same of several stacks, whose changes `together` has: "2 stacks: 1 to delete: aws:rds/instance:Instance orders-db".
pub fn summary_of_stacks(stacks: usize, together: &Report, detail: Detail) -> String {
    plain(&format!("{stacks} stacks: {}", in_words(together, detail)))
}

fn in_words(report: &Report, detail: Detail) -> String {
    let mut parts = words::count_parts(report);
    parts.sort_by_key(|(counted, _, _)| rank(counted));
    let counts = parts.into_iter().map(|(_, number, word)| format!("{number} {word}"));
    let mut text = counts.collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        return without_counts(report);
    }
    if report.changes.is_none() {
        text.insert_str(0, "at least ");
    }
    if let Some(step) = worst(report).filter(|_| detail >= Detail::Resources) {
        text.push_str(&format!(": {} {}", step.kind, step.name));
    }
    text
}

/// What is said in place of the counts.
fn without_counts(report: &Report) -> String {
    match (report.status, report.has_changes) {
        (Status::Succeeded, _) if report.command == Operation::Outputs => words::short_outcome(report),
        (Status::Succeeded, Some(true)) => "only outputs change".to_owned(),
        (Status::Succeeded, Some(false)) => "no changes".to_owned(),
        (Status::Succeeded, None) if figures::is_plan(report) => "what would change is not known".to_owned(),
        (Status::Succeeded, None) => "what changed is not known".to_owned(),
        _ => words::short_outcome(report),
    }
}

/// The resource that is hit hardest: one that is gone or fails before one that is new, a resource of a provider before the
/// stack and the engine's own.
fn worst(report: &Report) -> Option<&Step> {
    report.steps.iter().filter(|step| step.operation != "same").min_by(|one, other| {
        let key = |step: &Step| (rank(counted(step)), step.retained, step.kind.starts_with("pulumi:"));
        let by_name = natural(&one.kind, &other.kind).then_with(|| natural(&one.name, &other.name));
        key(one).cmp(&key(other)).then(by_name).then_with(|| one.urn.cmp(&other.urn))
    })
}

/// What a step is counted as.
fn counted(step: &Step) -> &str {
    match step.status {
        StepStatus::Failed => "failed",
        StepStatus::Unfinished => "unfinished",
        StepStatus::Planned | StepStatus::Done => &step.operation,
    }
}

fn rank(counted: &str) -> usize {
    WORST.iter().position(|known| *known == counted).unwrap_or(WORST.len())
}

/// The text in one line, with `_` in place of what no name of a resource needs and a shell, a template or a log could take
/// for its own, and cut off at the most characters.
fn plain(text: &str) -> String {
    let is_harmless = |c: char| c.is_alphanumeric() || " -_./:@+=,;()#*~[]".contains(c);
    let text: String = text.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let text = log_line(text.trim());
    if text.chars().count() <= ROOM {
        return text;
    }
    text.chars().take(ROOM - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Ending, Events, Facts, report};

    /// A preview with a step for each operation and name, all of one type.
    fn preview(steps: &[(&str, &str)]) -> Report {
        let mut made = report(Events::default(), Facts::new(Operation::Preview, "dev", Ending::Exited(0), 0));
        (made.status, made.reason, made.incomplete) = (Status::Succeeded, None, false);
        made.steps = steps.iter().map(|(operation, name)| step(operation, name)).collect();
        made.has_changes = Some(!steps.is_empty());
        let mut changes = std::collections::BTreeMap::new();
        for (operation, _) in steps {
            *changes.entry((*operation).to_owned()).or_default() += 1;
        }
        made.changes = Some(changes);
        made
    }

    fn step(operation: &str, name: &str) -> Step {
        let kind = "aws:rds/instance:Instance";
        Step {
            urn: format!("urn:pulumi:dev::shop::{kind}::{name}"),
            kind: kind.to_owned(),
            name: name.to_owned(),
            operation: operation.to_owned(),
            status: StepStatus::Planned,
            parent: None,
            began: None,
            ended: None,
            id: None,
            retained: false,
            replace_keys: Vec::new(),
            diffs: Vec::new(),
            more_diffs: 0,
        }
    }

    fn of(steps: &[(&str, &str)]) -> String {
        summary(&preview(steps), Detail::Paths)
    }

    #[test]
    fn the_counts_and_the_worst_resource_stand_in_one_line() {
        let steps = [("create", "a"), ("replace", "orders-db"), ("create", "b")];
        assert_eq!(of(&steps), "1 to replace, 2 to create: aws:rds/instance:Instance orders-db");
    }

    #[test]
    fn what_is_deleted_is_worse_than_what_is_replaced_updated_or_created() {
        let all = ["read", "create", "import", "update", "delete-replaced", "replace", "delete"];
        for (at, operation) in all.iter().enumerate() {
            let steps: Vec<_> = all.iter().take(at + 1).map(|operation| (*operation, *operation)).collect();
            assert!(of(&steps).ends_with(&format!(" {operation}")), "{}", of(&steps));
        }
    }

    #[test]
    fn a_resource_that_stays_at_its_provider_and_the_stack_itself_are_not_the_worst() {
        let mut report = preview(&[("delete", "a"), ("delete", "b"), ("delete", "c")]);
        report.steps[0].kind = "pulumi:pulumi:Stack".to_owned();
        report.steps[1].retained = true;
        assert!(summary(&report, Detail::Paths).ends_with(" c"), "{}", summary(&report, Detail::Paths));
    }

    #[test]
    fn what_failed_is_the_worst() {
        let mut report = preview(&[("delete", "a"), ("create", "b")]);
        report.changes = Some([("delete".to_owned(), 1)].into());
        report.steps[1].status = StepStatus::Failed;
        assert_eq!(summary(&report, Detail::Paths), "1 failed, 1 to delete: aws:rds/instance:Instance b");
    }

    #[test]
    fn no_resource_is_named_where_only_counts_are_shown() {
        assert_eq!(summary(&preview(&[("delete", "a")]), Detail::Counts), "1 to delete");
    }

    #[test]
    fn nothing_to_change_and_what_is_not_known_are_told_apart() {
        let mut report = preview(&[]);
        let said = |report: &Report| summary(report, Detail::Paths);
        assert_eq!(said(&report), "no changes");
        report.has_changes = Some(true);
        assert_eq!(said(&report), "only outputs change");
        (report.has_changes, report.changes) = (None, None);
        assert_eq!(said(&report), "what would change is not known");
        report.steps = vec![step("create", "a")];
        assert_eq!(said(&report), "at least 1 to create: aws:rds/instance:Instance a");
        let mut report = preview(&[]);
        report.status = Status::Failed;
        assert_eq!(said(&report), "preview failed");
    }

    #[test]
    fn a_name_is_one_line_without_what_a_shell_or_a_ci_system_could_take_for_its_own() {
        let hostile = "a\n::error::x\r##vso[task.x]$(rm) ${{ secrets.A }} `b` %C% \u{202e}\"d'\\|&<!>";
        let said = of(&[("delete", hostile)]);
        assert!(said.starts_with("1 to delete: aws:rds/instance:Instance a_::error::x_"), "{said}");
        let bad = |c: char| c.is_control() || "$`%\"'\\|&<>!{}\u{202e}".contains(c);
        assert!(!said.contains(bad) && !said.contains("##"), "{said}");
    }

    #[test]
    fn a_long_name_is_cut_off_and_the_counts_are_whole() {
        let said = of(&[("delete", &"é".repeat(500)), ("create", "a")]);
        assert!(said.starts_with("1 to delete, 1 to create: ") && said.ends_with("é..."), "{said}");
        assert_eq!(said.chars().count(), ROOM);
    }
}
