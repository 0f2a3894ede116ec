//! The report, and the files that it is written to: the first part of "Result and report".

use std::path::PathBuf;

use crate::inputs::command::{
    ONLY_REPORT, OPERATIONS_AND_OUTPUTS, OPERATIONS_AND_REPORT, OPERATIONS_OUTPUTS_AND_REPORT,
};
use crate::inputs::input::Audience;
use crate::inputs::row::{flag, heading, list, optional_choice, path, trimmed_text};
use crate::render::Detail;

heading! {
    /// The inputs about the report, and the files that it is written to.
    pub struct ReportInputs under Report {
        results: Vec<String> = list("results", ONLY_REPORT, "The result files to publish, which other jobs or machines have written; `*`, `**` and `?` are wildcards. Several become one report with a part for each stack."),
        event_log: Vec<String> = list("event-log", ONLY_REPORT, "Event logs of the Pulumi CLI (`pulumi up --event-log …`) to publish instead of, or beside, result files; the same wildcards. What they don't tell: the commit, and how the engine ended."),
        result_file: Option<PathBuf> = path("result-file", OPERATIONS_OUTPUTS_AND_REPORT, "Where to write the result as JSON.")
            .default_in_words("a file in the CI system's temporary folder"),
        secret_outputs: Vec<String> = list("secret-outputs", OPERATIONS_AND_OUTPUTS, "Secret stack outputs to export all the same, by name; `*` for all. They are masked in the log.")
            .default_by_profile("", "*"),
        detail: Option<Detail> = optional_choice("detail", OPERATIONS_OUTPUTS_AND_REPORT, "How much of what changes a report shows.")
            .default_in_words("`values` where the CI system says that the repository is private, else `paths`"),
        comment_on_summary: bool = flag("comment-on-summary", OPERATIONS_OUTPUTS_AND_REPORT, "Write the report to the job's summary page.")
            .aliases(&["summary"])
            .default_by_profile("true", "false"),
        outputs_file: Option<PathBuf> = path("outputs-file", OPERATIONS_OUTPUTS_AND_REPORT, "Where to add the outputs for later steps: a dotenv file on GitLab, elsewhere lines that a POSIX shell can source. It goes with the CI system's own way, if it has one."),
        outputs_prefix: String = trimmed_text("outputs-prefix", OPERATIONS_OUTPUTS_AND_REPORT, "What the names in `outputs-file` begin with.")
            .default("STACK_")
            .read(|prefix| Ok(prefix.trimmed_text()?.unwrap_or_default())),
        markdown_file: Option<PathBuf> = path("markdown-file", OPERATIONS_OUTPUTS_AND_REPORT, "Where to write the report as Markdown."),
        report_file: Option<PathBuf> = path("report-file", OPERATIONS_OUTPUTS_AND_REPORT, "Where to write the report as one HTML page that needs no network."),
        junit_file: Option<PathBuf> = path("junit-file", OPERATIONS_OUTPUTS_AND_REPORT, "Where to write the report as JUnit XML, which most CI systems show as test results."),
        counts_file: Option<PathBuf> = path("counts-file", OPERATIONS_AND_REPORT, "Where to write the counts of changes as GitLab's `terraform` report has them.")
            .only_for(Audience::GitLab, "GitLab is the only one that reads this file"),
    }
}
