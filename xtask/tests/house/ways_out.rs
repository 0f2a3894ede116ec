//! Every error of the product names a way out, and what a way out names is there: a command of stackstep, a page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A way out as the code writes it.
pub struct WayOut {
    /// The file and the line.
    pub place: String,
    /// The code.
    pub code: String,
    /// The texts in it.
    pub texts: Vec<String>,
}

/// The constructors whose second argument is the way out.
const CONSTRUCTORS: [&str; 3] = ["input", "new", "refusal"];

/// The ways out of all errors in the files below `folder`, without those of tests.
pub fn ways_out(folder: &Path) -> Vec<WayOut> {
    let mut files = Vec::new();
    collect_files(folder, &mut files);
    files.sort();
    files.iter().flat_map(|path| of_file(path)).collect()
}

fn collect_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("tests") {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

fn of_file(path: &Path) -> Vec<WayOut> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    walk(&TokenStream::from_str(&text).unwrap(), &mut |line, hint| {
        let mut texts = Vec::new();
        literals(hint, &mut texts);
        let place = format!("{}:{line}", path.display());
        found.push(WayOut { place, code: hint.to_string(), texts });
    });
    found
}

/// Calls `found` with each way out and its line.
fn walk(tokens: &TokenStream, found: &mut dyn FnMut(usize, &TokenStream)) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut skips = false;
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string()).unwrap_or_default();
        if before(1) == "#" {
            skips = group.stream().to_string().replace(' ', "").starts_with("cfg(test)");
            continue;
        }
        if std::mem::take(&mut skips) {
            continue;
        }
        let line = group.span_open().start().line;
        if let Some(hint) = as_field(group, &before).or_else(|| as_argument(group, &before)) {
            found(line, &hint);
        }
        walk(&group.stream(), found);
    }
}

/// The way out in `Error::Refused { what: …, hint: … }`.
fn as_field(group: &Group, before: &dyn Fn(usize) -> String) -> Option<TokenStream> {
    let is_error = group.delimiter() == Delimiter::Brace && before(4) == "Error" && before(2) == ":";
    let fields = parts(group);
    let hint = fields.iter().find(|field| field.first().is_some_and(|name| name.to_string() == "hint"))?;
    // `hint` alone is a name that stands for a value, or a pattern.
    (is_error && hint.len() > 2).then(|| hint[2..].iter().cloned().collect())
}

/// The way out in `Error::input(what, hint)`, `Problem::new(what, hint)` and `.refusal(what, hint, reason)`.
fn as_argument(group: &Group, before: &dyn Fn(usize) -> String) -> Option<TokenStream> {
    let name = before(1);
    let owner = if before(2) == "." { ".".to_owned() } else { before(4) };
    let is_one = match name.as_str() {
        "input" => owner == "Error",
        "new" => owner == "Problem",
        "refusal" => owner == ".",
        _ => false,
    };
    let known = CONSTRUCTORS.contains(&name.as_str());
    let arguments = parts(group);
    (group.delimiter() == Delimiter::Parenthesis && is_one && known && arguments.len() >= 2)
        .then(|| arguments[1].iter().cloned().collect())
}

/// What stands between the commas of a group.
fn parts(group: &Group) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let parts = tokens.split(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ','));
    parts.filter(|part| !part.is_empty()).map(<[TokenTree]>::to_vec).collect()
}

fn literals(tokens: &TokenStream, found: &mut Vec<String>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => literals(&group.stream(), found),
            TokenTree::Literal(literal) if literal.to_string().contains('"') => {
                // A text that goes on in the next line has a backslash there.
                let text = literal.to_string();
                let lines = text.lines().map(|line| line.trim().trim_end_matches('\\'));
                found.push(lines.collect::<String>().trim_matches('"').to_owned());
            }
            _ => {}
        }
    }
}

/// What is wrong with the ways out: those that say nothing, and what they name and is not there.
pub fn wrong(ways_out: &[WayOut], commands: &BTreeSet<String>, root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for way in ways_out {
        let place = &way.place;
        let says_nothing =
            ["unwrap_or_default", "String :: new", "None"].iter().any(|no| way.code.contains(no))
                || way.code.trim() == "\"\"";
        if says_nothing {
            problems.push(format!("{place}: no way out: {}", way.code));
        }
        for text in &way.texts {
            problems.extend(missing(text, commands, root).map(|what| format!("{place}: {what}")));
        }
    }
    problems
}

/// What a text names and is not there.
pub fn missing<'t>(
    text: &'t str,
    commands: &'t BTreeSet<String>,
    root: &'t Path,
) -> impl Iterator<Item = String> + 't {
    let words = text.split("`stackstep ").skip(1).filter_map(|rest| rest.split([' ', '`', '|']).next());
    let named = words.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    let unknown = named.filter(|word| !commands.contains(*word));
    let unknown = unknown.map(|word| format!("there is no command `stackstep {word}`"));
    let pages = text.split([' ', ',', ';', '(', ')', ':']).filter(|word| word.starts_with("docs/"));
    let gone = pages.filter_map(|page| {
        let file = page.split('#').next()?.trim_end_matches('.');
        (!root.join(file).is_file()).then(|| format!("there is no page `{file}`"))
    });
    unknown.chain(gone)
}

#[test]
fn a_way_out_that_says_nothing_or_names_what_is_not_there_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let code = r#"
        fn one() { Err(Error::Refused { what, hint: why.hint.unwrap_or_default(), reason }) }
        fn two() { Problem::new("it is gone", "run `stackstep revive`, see docs/nowhere.md") }
        fn three(gates: &Gates) { gates.refusal("no", "", Reason::Gate) }
        fn good() { Error::input("what", "run `stackstep up`") }
        #[cfg(test)]
        mod tests { fn four() { Problem::new("a", "") } }
    "#;
    std::fs::write(folder.path().join("code.rs"), code).unwrap();
    let found = ways_out(folder.path());
    assert_eq!(found.len(), 4, "{:?}", found.iter().map(|way| &way.code).collect::<Vec<_>>());
    let commands = BTreeSet::from(["up".to_owned()]);
    let wrong = wrong(&found, &commands, folder.path());
    assert_eq!(wrong.len(), 4, "{wrong:?}");
    assert!(wrong[1].contains("`stackstep revive`") && wrong[2].contains("docs/nowhere.md"), "{wrong:?}");
}
