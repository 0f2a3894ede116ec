//! No type has the name of another one: a reader who meets `Step` must not have to ask which.

use std::collections::BTreeMap;

use crate::source::Crate;

/// The names that two files give to a type, each as a line that says where.
pub fn twins(krate: &Crate) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (index, file) in krate.files() {
        for name in &file.types {
            places.entry(name).or_default().push(krate.file(index));
        }
    }
    let twice = places.into_iter().filter(|(_, files)| files.len() > 1);
    let mut problems = Vec::new();
    for (name, files) in twice {
        problems.push(format!(
            "the type `{name}` is there {} times ({}): call it by what sets it apart, as `PageLimits` and `Limits`",
            files.len(),
            files.join(", ")
        ));
    }
    problems
}
