//! No text of the product speaks a dialect of its own: the words that readers stumbled over stay away. Comments are not
//! meant, nor what stands in tests.

use std::path::Path;
use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// Words that nobody says, each with what people say.
const DIALECT: &[(&str, &str)] = &[
    (" mend ", "fix"),
    (" mends ", "fixes"),
    (" mended ", "fixed"),
    (" hand on ", "export, pass on"),
    (" hands on ", "exports, passes on"),
    (" handed on", "exported, passed on"),
    ("see to it", "make sure"),
    (" whose run ", "which runs"),
    (" of use ", "useful"),
    (" which is no ", "which is not a"),
    (" is no boolean", "is not a boolean"),
    (" is no yaml", "is not YAML"),
    (" is no json", "is not JSON"),
    (" is no url", "is not a URL"),
    (" is no number", "is not a number"),
    ("none of the above", "(nothing: show the message)"),
    ("does what was asked", "(leave it out)"),
    ("do all that was asked", "allowed"),
];

/// The texts with such a word in the files below `folder`, each as a line that says where and what to say.
pub fn dialect(folder: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            problems.extend(dialect(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            problems.extend(texts(&text).iter().flat_map(|(line, text)| {
                let path = path.display().to_string();
                words(text)
                    .map(move |(word, better)| format!("{path}:{line}: \"{}\": say: {better}", word.trim()))
            }));
        }
    }
    problems
}

fn words(text: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let text = format!(" {} ", text.to_lowercase());
    DIALECT.iter().copied().filter(move |(word, _)| text.contains(word))
}

/// The string literals of a file with their lines, without those of its tests and of its comments.
fn texts(file: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    collect(TokenStream::from_str(file).unwrap(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut is_attribute = false;
    let mut of_tests = false;
    for token in tokens {
        match token {
            // A comment for the documentation is an attribute, and so is what only tests have.
            TokenTree::Group(group) if is_attribute => {
                of_tests = group.stream().to_string().replace(' ', "").starts_with("cfg(test)");
            }
            TokenTree::Group(group) => {
                if !of_tests {
                    collect(group.stream(), found);
                }
                of_tests = false;
            }
            TokenTree::Literal(literal) if literal.to_string().contains('"') => {
                found.push((literal.span().start().line, literal.to_string()));
                is_attribute = false;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                is_attribute = true;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == '!' && is_attribute => continue,
            TokenTree::Punct(punct) if punct.as_char() == ';' => of_tests = false,
            _ => {}
        }
        is_attribute = false;
    }
}

#[test]
fn a_word_of_the_dialect_is_found_in_a_text_and_nowhere_else() {
    let file = "//! mend the file\n/// mend it\nfn f() {\n    let a = \"please mend the file\";\n}\n\
                #[cfg(test)]\nmod tests { const B: &str = \"mend the file\"; }\n";
    let found: Vec<(usize, &str)> = texts(file)
        .iter()
        .flat_map(|(line, text)| words(text).map(|(word, _)| (*line, word)).collect::<Vec<_>>())
        .collect();
    assert_eq!(found, [(4, " mend ")]);
}
