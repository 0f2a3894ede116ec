//! A crate as its files say it: modules, the names that each defines or takes from elsewhere, and the paths in its code.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path as it is written, with its line.
pub struct Written {
    pub segments: Vec<String>,
    pub line: usize,
    /// How many inline modules it stands in.
    pub depth: usize,
    /// Whether it hands on what it names: `pub use`.
    pub hands_on: bool,
}

/// One file.
#[derive(Default)]
pub struct File {
    /// Its module path: empty for the crate's root.
    pub module: Vec<String>,
    pub path: PathBuf,
    /// The modules that it declares and that are files.
    pub children: HashSet<String>,
    /// What it defines.
    pub defines: HashSet<String>,
    /// The types among it.
    pub types: HashSet<String>,
    /// The types that it has an `impl Type` for, which is no trait's.
    pub implements: HashSet<String>,
    /// What it takes from elsewhere, by the name that it has here, as it is written.
    pub takes: HashMap<String, (Vec<String>, usize)>,
    pub paths: Vec<Written>,
    /// Its functions, each with its line.
    pub functions: Vec<(String, usize)>,
}

/// A crate.
pub struct Crate {
    pub name: String,
    /// How its folder is named in messages.
    shown: String,
    folder: PathBuf,
    files: Vec<File>,
    by_module: HashMap<Vec<String>, usize>,
}

impl Crate {
    /// Reads the crate whose root lies in `folder`.
    pub fn read(folder: &Path, shown: &str, name: &str) -> Self {
        let mut krate = Self {
            name: name.to_owned(),
            shown: shown.to_owned(),
            folder: folder.to_owned(),
            files: Vec::new(),
            by_module: HashMap::new(),
        };
        let root =
            ["lib.rs", "main.rs"].map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
        krate.load(&[], &root.unwrap());
        krate
    }

    fn load(&mut self, module: &[String], path: &Path) {
        let text = std::fs::read_to_string(path).unwrap();
        let tokens: TokenStream = text.parse().unwrap();
        let mut file = File { module: module.to_vec(), path: path.to_owned(), ..File::default() };
        let mut declared = Vec::new();
        items(&mut file, tokens, 0, &mut declared);
        let is_root = path
            .file_name()
            .is_some_and(|name| ["lib.rs", "main.rs", "mod.rs"].iter().any(|root| name == *root));
        let folder = if is_root { path.parent().unwrap().to_owned() } else { path.with_extension("") };
        file.children = declared.iter().cloned().collect();
        self.by_module.insert(module.to_vec(), self.files.len());
        self.files.push(file);
        for child in declared {
            let candidates = [folder.join(format!("{child}.rs")), folder.join(&child).join("mod.rs")];
            let path = candidates.into_iter().find(|path| path.is_file());
            let path = path.unwrap();
            self.load(&[module, &[child]].concat(), &path);
        }
    }

    pub fn files(&self) -> impl Iterator<Item = (usize, &File)> {
        self.files.iter().enumerate()
    }

    pub fn get(&self, file: usize) -> &File {
        &self.files[file]
    }

    /// The file that is the module of this path.
    pub fn module(&self, path: &[String]) -> Option<usize> {
        self.by_module.get(path).copied()
    }

    /// A file's path from the repository's root.
    pub fn file(&self, file: usize) -> String {
        let path = self.files[file].path.strip_prefix(&self.folder).unwrap();
        format!("{}/{}", self.shown, path.display())
    }

    /// The room that a file lies in: none for the crate's root, which only lists them.
    pub fn room(&self, file: usize) -> Option<&str> {
        self.files[file].module.first().map(String::as_str)
    }

    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter(|file| file.module.len() == 1).map(|file| file.module[0].as_str())
    }
}

/// Reads the items of a module.
fn items(file: &mut File, tokens: TokenStream, depth: usize, declared: &mut Vec<String>) {
    let mut rest: &[TokenTree] = &tokens.into_iter().collect::<Vec<_>>();
    while !rest.is_empty() {
        let item = &rest[..item_length(rest)];
        rest = &rest[item.len()..];
        if !is_for_tests(item) {
            functions(item.iter().cloned().collect(), &mut file.functions);
            read_item(file, item, depth, declared);
        }
    }
}

/// Adds the functions of an item, those of its blocks among them.
fn functions(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let mut after_fn = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if after_fn => {
                found.push((name.to_string(), name.span().start().line));
                after_fn = false;
            }
            TokenTree::Ident(word) => after_fn = word == "fn",
            TokenTree::Group(group) => functions(group.stream(), found),
            _ => after_fn = false,
        }
    }
}

/// How many tokens the first item has, its attributes among them: it ends with a `;` or with its braces.
fn item_length(tokens: &[TokenTree]) -> usize {
    let is_word = |token: &TokenTree, words: &[&str]| matches!(token, TokenTree::Ident(word) if words.iter().any(|w| word == w));
    // Braces within a `use` or a value are not its end.
    let to_semicolon = tokens.iter().find(|token| {
        is_word(
            token,
            &[
                "use",
                "const",
                "static",
                "fn",
                "mod",
                "struct",
                "enum",
                "trait",
                "impl",
                "type",
                "macro_rules",
            ],
        )
    });
    let to_semicolon = to_semicolon.is_some_and(|word| is_word(word, &["use", "static", "type"]))
        || is_const_value(tokens, &is_word);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == ';' => return at + 1,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !to_semicolon => {
                return at + 1;
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Whether the item is `const NAME: …`, and no `const fn`.
fn is_const_value(tokens: &[TokenTree], is_word: &dyn Fn(&TokenTree, &[&str]) -> bool) -> bool {
    let words = tokens.iter().take_while(
        |token| !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    );
    let mut words = words
        .filter(|token| matches!(token, TokenTree::Ident(_)))
        .skip_while(|token| !is_word(token, &["const", "fn", "struct", "enum", "trait", "impl", "mod"]));
    words.next().is_some_and(|word| is_word(word, &["const"]))
        && !words.next().is_some_and(|word| is_word(word, &["fn"]))
}

/// Whether one of the item's attributes is `#[cfg(test)]`, alone or among other conditions.
fn is_for_tests(item: &[TokenTree]) -> bool {
    item.windows(2).any(|pair| match pair {
        [TokenTree::Punct(sign), TokenTree::Group(group)] if sign.as_char() == '#' => {
            let text = group.stream().to_string();
            text.starts_with("cfg")
                && !text.contains("not")
                && words(group.stream()).any(|word| word == "test")
        }
        _ => false,
    })
}

fn words(tokens: TokenStream) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => found.push(word.to_string()),
            TokenTree::Group(group) => found.extend(words(group.stream())),
            _ => {}
        }
    }
    found.into_iter()
}

fn read_item(file: &mut File, item: &[TokenTree], depth: usize, declared: &mut Vec<String>) {
    if let Some(body) = macro_body(item) {
        return items(file, body, depth, declared);
    }
    let word = |at: usize| match item.get(at) {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    };
    for at in 0..item.len() {
        let Some(keyword) = word(at) else { continue };
        match keyword.as_str() {
            "mod" => {
                let name = word(at + 1).unwrap();
                match item.last() {
                    Some(TokenTree::Group(body)) => items(file, body.stream(), depth + 1, declared),
                    _ => declared.push(name),
                }
                return;
            }
            "use" => {
                let hands_on = word(0).is_some_and(|word| word == "pub");
                return read_use(file, &item[at + 1..], depth, hands_on);
            }
            "impl" => {
                file.implements.extend(inherent(&item[at + 1..]));
                break;
            }
            "const" if word(at + 1).is_some_and(|next| next == "fn") => {}
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" => {
                file.defines.extend(word(at + 1));
                if ["struct", "enum", "trait", "type", "union"].contains(&keyword.as_str()) {
                    file.types.extend(word(at + 1));
                }
                break;
            }
            _ => {}
        }
    }
    scan(file, item, depth);
}

/// What stands between the braces of `name! { … }`, which declares items as code does.
fn macro_body(item: &[TokenTree]) -> Option<TokenStream> {
    match item {
        [.., TokenTree::Ident(_), TokenTree::Punct(sign), TokenTree::Group(body)]
            if sign.as_char() == '!' && body.delimiter() == Delimiter::Brace =>
        {
            Some(body.stream())
        }
        _ => None,
    }
}

/// The type of `impl Type { … }`; none of `impl Trait for Type`.
fn inherent(tokens: &[TokenTree]) -> Option<String> {
    let mut angle = 0_i32;
    let mut name = None;
    for token in tokens {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '<' => angle += 1,
            TokenTree::Punct(sign) if sign.as_char() == '>' => angle -= 1,
            TokenTree::Ident(word) if angle == 0 && word == "for" => return None,
            TokenTree::Ident(word) if angle == 0 && word == "where" => break,
            TokenTree::Ident(word) if angle == 0 => name = Some(word.to_string()),
            _ => {}
        }
    }
    name
}

/// Reads what follows on `use`.
fn read_use(file: &mut File, tokens: &[TokenTree], depth: usize, hands_on: bool) {
    let mut found = Vec::new();
    tree(tokens, &[], &mut found);
    for (segments, alias, line) in found {
        file.takes.insert(alias, (segments.clone(), depth));
        file.paths.push(Written { segments, line, depth, hands_on });
    }
}

/// The paths of a tree of imports, with the name that each has from then on.
fn tree(tokens: &[TokenTree], before: &[String], found: &mut Vec<(Vec<String>, String, usize)>) {
    for part in
        tokens.split(|token| matches!(token, TokenTree::Punct(sign) if [',', ';'].contains(&sign.as_char())))
    {
        let Some(first) = part.first() else { continue };
        let line = first.span().start().line;
        let mut path = before.to_vec();
        let mut alias = None;
        let mut tokens = part.iter();
        let mut braces: Option<&Group> = None;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => alias = tokens.next().map(ToString::to_string),
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(sign) if sign.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Group(group) => braces = Some(group),
                _ => {}
            }
        }
        if let Some(group) = braces {
            tree(&group.stream().into_iter().collect::<Vec<_>>(), &path, found);
        } else if let Some(last) = path.last().cloned() {
            found.push((path, alias.unwrap_or(last), line));
        }
    }
}

/// Finds the paths in code, also in a macro's tokens.
fn scan(file: &mut File, tokens: &[TokenTree], depth: usize) {
    let is_colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(sign)) if sign.as_char() == ':');
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => scan(file, &group.stream().into_iter().collect::<Vec<_>>(), depth),
            TokenTree::Ident(word) if word == "use" => {
                let end = tokens[at..]
                    .iter()
                    .position(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';'));
                let end = at + end.unwrap_or(tokens.len() - at - 1);
                // `use<'a>` is a bound.
                if matches!(tokens.get(at + 1), Some(TokenTree::Ident(_))) {
                    read_use(file, &tokens[at + 1..=end], depth, false);
                    at = end;
                }
            }
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let mut segments = vec![word.to_string()];
                while is_colon(tokens.get(at + 1)) && is_colon(tokens.get(at + 2)) {
                    let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                    segments.push(next.to_string());
                    at += 3;
                }
                if segments.len() > 1 {
                    file.paths.push(Written { segments, line, depth, hands_on: false });
                }
            }
            _ => {}
        }
        at += 1;
    }
}
