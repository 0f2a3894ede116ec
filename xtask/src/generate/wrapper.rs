//! One CI system's folder: how the table of inputs becomes that system's files.
//!
//! Another CI system is another folder with a `gen.toml`: nothing here knows one.

use super::pack::{Tree, pack as packed};
use super::spec::{Folder, Pack, Wrapper};
use super::{Generated, MARKER, Renderer, read, reference};
use minijinja::context;
use serde::Serialize;
use stackstep::base::error::{Error, Result};
use stackstep::ci::names::variable_name;
use stackstep::inputs::resolve::STEP_PREFIX;
use stackstep::inputs::{Command, INPUTS, Input, Kind};
use std::fs;
use std::path::{Path, PathBuf};

/// An input as a template sees it.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// The variable that it travels in, where the CI system has no way of its own.
    variable: String,
    /// The table's name when this is an alias.
    alias_of: Option<String>,
    /// Its other names, for a system that declares them on the input itself.
    other_names: Vec<String>,
    /// Its name as words: `Stack name`.
    label: String,
    /// The heading that it stands under.
    group: &'static str,
    #[serde(rename = "type")]
    kind: String,
    help: String,
    default: String,
    commands: String,
    values: Vec<&'static str>,
    secret: bool,
}

impl Folder {
    /// The folder's generated files.
    pub(super) fn render(&self, root: &Path, renderer: &Renderer) -> Result<Vec<Generated>> {
        self.refuse_unknown_names()?;
        let mut files: Vec<Generated> = Vec::new();
        for wrapper in &self.spec.wrappers {
            for (output, template) in &wrapper.files {
                let made = self.render_file(root, renderer, wrapper, (output, template), &files)?;
                // Of a page with several parts each later one holds the earlier ones too.
                files.retain(|earlier| earlier.path != made.path);
                files.push(made);
            }
        }
        for pack in &self.spec.packs {
            files.push(self.pack(root, pack, &files)?);
        }
        Ok(files)
    }

    /// The file that `pack` makes, of what is generated below its folder and what is written there by hand.
    fn pack(&self, root: &Path, pack: &Pack, generated: &[Generated]) -> Result<Generated> {
        let from = PathBuf::from(&self.name).join(&pack.from);
        let mut tree = Tree::new();
        for path in files_below(&root.join(&from))? {
            let text = read(&path)?;
            if !text.contains(MARKER) {
                tree.insert(name_in(&root.join(&from), &path), text);
            }
        }
        for Generated { path, text } in generated.iter().filter(|file| file.path.starts_with(&from)) {
            tree.insert(name_in(&from, path), text.clone());
        }
        let header = format!("# {MARKER} from {}/{}: edit that.\n", self.name, pack.from);
        Ok(Generated { path: PathBuf::from(&self.name).join(&pack.to), text: header + &packed(&tree)? })
    }

    fn render_file(
        &self,
        root: &Path,
        renderer: &Renderer,
        wrapper: &Wrapper,
        (output, template): (&str, &str),
        earlier: &[Generated],
    ) -> Result<Generated> {
        let from = root.join(&self.name).join(template);
        let header = format!("{MARKER} from {}/{template}: edit that, or the table of inputs.", self.name);
        let text = renderer.render(
            &from,
            context! {
                header => header,
                system => self.spec.system,
                with => wrapper.with,
                presets => wrapper.presets,
                inputs => self.rows(wrapper)?,
                left_out => self.left_out(wrapper),
            },
        )?;
        let (file, region) = output.split_once('#').map_or((output, None), |(file, name)| (file, Some(name)));
        let path = match file.strip_prefix('/') {
            Some(from_root) => PathBuf::from(from_root),
            None => PathBuf::from(&self.name).join(file),
        };
        let text = match region {
            Some(name) => match earlier.iter().find(|earlier| earlier.path == path) {
                Some(earlier) => replace_part(&path, &earlier.text, name, &text)?,
                None => replace_region(&root.join(&path), name, &text)?,
            },
            None => text,
        };
        Ok(Generated { path, text })
    }

    /// The inputs that `wrapper` declares.
    fn rows(&self, wrapper: &Wrapper) -> Result<Vec<Row>> {
        let known = |word: &String| {
            Command::from_word(word).ok_or_else(|| self.complain(&format!("there is no command `{word}`")))
        };
        let commands = wrapper.commands.iter().map(known).collect::<Result<Vec<_>>>()?;
        let left_out = self.left_out(wrapper);
        let aliases = wrapper.aliases.unwrap_or(self.spec.aliases);
        let rows = INPUTS
            .iter()
            .filter(|input| !left_out.contains_key(input.name))
            .filter(|input| commands.is_empty() || commands.iter().any(|command| input.applies_to(*command)))
            .flat_map(|input| {
                let names = input.names().take(if aliases { usize::MAX } else { 1 });
                names.map(|name| self.row(wrapper, input, name))
            });
        Ok(rows.collect())
    }

    fn row(&self, wrapper: &Wrapper, input: &Input, name: &str) -> Row {
        let kind = reference::kind_word(input.kind);
        let official = wrapper.presets.get("profile").is_some_and(|profile| profile == "official-action");
        let default = match (wrapper.presets.get(input.name), reference::defaults(input)) {
            (Some(preset), _) => format!("`{preset}`"),
            (None, (_, Some(default))) if official => default,
            (None, (default, _)) => default,
        };
        Row {
            other_names: self.other_names(input),
            label: label(name),
            group: input.group.heading(),
            name: self.spec.naming.spell(name),
            variable: format!("{STEP_PREFIX}{}", variable_name(name)),
            alias_of: (name != input.name).then(|| self.spec.naming.spell(input.name)),
            kind: self.spec.types.get(kind).map_or("string", String::as_str).to_owned(),
            help: input.help.to_owned(),
            default,
            commands: reference::commands(input),
            values: if let Kind::Choice(words) = input.kind { words.to_vec() } else { Vec::new() },
            secret: input.kind == Kind::Secret,
        }
    }

    /// Every name of `input` but its own, each once.
    fn other_names(&self, input: &Input) -> Vec<String> {
        let more = self.spec.other_names.get(input.name).into_iter().flatten().cloned();
        let aliases = input.aliases.iter().map(|alias| self.spec.naming.spell(alias));
        let mut seen = vec![self.spec.naming.spell(input.name)];
        for name in aliases.chain(more) {
            // Some systems know no case in names.
            if !seen.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
                seen.push(name);
            }
        }
        seen.split_off(1)
    }
}

/// All files below `folder`.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// `path` from `folder`, with `/`.
fn name_in(folder: &Path, path: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// `stack-name` as words that begin with a capital.
fn label(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The file at `path` with the region called `name` replaced by `text`.
pub(super) fn replace_region(path: &Path, name: &str, text: &str) -> Result<String> {
    replace_part(path, &read(path)?, name, text)
}

/// The same in `whole`, which is what the file at `path` holds.
fn replace_part(path: &Path, whole: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- gen:{name} -->\n"), format!("<!-- /gen:{name} -->"));
    let parts = whole.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)));
    let Some((before, (_, after))) = parts else {
        return Err(Error::input(
            format!("`{}` has no part called `{name}`", path.display()),
            format!("put `{}` and `{end}` on lines of their own", begin.trim_end()),
        ));
    };
    Ok(format!("{before}{begin}{text}{end}{after}"))
}
