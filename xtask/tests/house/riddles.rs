//! No function has a name that a reader has to open it to understand.

use crate::source::Crate;

/// Names that say nothing where they are called.
const RIDDLES: &[&str] = &["of", "all", "at", "sent", "said", "told", "look", "unless"];

/// The functions with such a name, each as a line that says where.
pub fn riddles(krate: &Crate) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, file) in krate.files() {
        for (name, line) in file.functions.iter().filter(|(name, _)| RIDDLES.contains(&name.as_str())) {
            problems.push(format!(
                "{}:{line}: a function called `{name}`: say what it gives or does, as `from_report` or `in_words`",
                krate.file(index)
            ));
        }
    }
    problems
}
