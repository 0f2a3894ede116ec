//! What a wrapper's `gen.toml` says. A folder at the root with such a file is a wrapper.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use stackstep::base::error::{Error, Result};
use stackstep::base::words::Words;
use stackstep::inputs::{Audience, INPUTS, OnlyFor};

use super::read_toml;

/// A wrapper's folder and its `gen.toml`.
#[derive(Debug)]
pub struct Folder {
    /// The folder's name.
    pub name: String,
    /// What it says.
    pub spec: Spec,
}

/// `gen.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// What the CI system is called.
    pub system: String,
    /// Its name in the result, as in [`stackstep::ci::SYSTEMS`]. None for a folder that is of no system.
    pub name: Option<String>,
    /// The schema of check-jsonschema that the YAML files of the folder and of its `examples` keep to, where it has one.
    pub schema: Option<String>,
    /// How the system's expressions begin, beside `${{` and `$[[`: none may stand in a script.
    #[serde(default)]
    pub expressions: Vec<String>,
    /// How the system's users spell an input.
    pub naming: Naming,
    /// Whether the aliases are declared beside the names.
    #[serde(default)]
    pub aliases: bool,
    /// What the system calls each kind of input; a kind that is not here has the type `string`.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// More names of an input, which another tool of this system has for it.
    #[serde(default)]
    pub other_names: BTreeMap<String, Vec<String>>,
    /// The people that the system has none of: what is only for them is left out, with the reason of the table.
    #[serde(default)]
    pub without: Vec<String>,
    /// Other inputs that no wrapper of the folder declares.
    #[serde(default)]
    pub leave_out: Reasons,
    /// Kinds of wrappers, by the name that these call theirs.
    #[serde(default, rename = "kind")]
    pub kinds: BTreeMap<String, WrapperKind>,
    /// The wrappers of this system: one for GitLab, several actions for GitHub.
    #[serde(rename = "wrapper")]
    pub wrappers: Vec<Wrapper>,
    /// Folders that become one file each, when all that is generated in them is there.
    #[serde(default, rename = "pack")]
    pub packs: Vec<Pack>,
}

/// A folder of YAML files, and the file that is made of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The folder, from the wrapper's.
    pub from: String,
    /// The file, from the wrapper's folder.
    pub to: String,
}

/// Each reason why inputs are left out, and their names.
pub type Reasons = BTreeMap<String, Vec<String>>;

/// What the wrappers of one kind have in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrapperKind {
    /// The inputs that they do not declare.
    pub leave_out: Reasons,
}

/// How a system spells the name of an input.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// `stack-name`
    Kebab,
    /// `stack_name`
    Snake,
    /// `stackName`
    Camel,
    /// `STACK_NAME`
    UpperSnake,
}

/// One thing that a pipeline can name, and the files that it is made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wrapper {
    /// Only inputs of these commands; all when empty.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Whether the aliases are declared beside the names, where that differs from the folder.
    pub aliases: Option<bool>,
    /// Its kind, where it leaves out what others of the folder do.
    pub kind: Option<String>,
    /// More people that it has none of.
    #[serde(default)]
    pub without: Vec<String>,
    /// More inputs that it does not declare.
    #[serde(default)]
    pub leave_out: Reasons,
    /// What the wrapper says for an input that the step leaves empty.
    #[serde(default)]
    pub presets: BTreeMap<String, String>,
    /// Values for the templates.
    #[serde(default)]
    pub with: toml::Table,
    /// Each file and its template, both from the folder; a file that begins with `/` is from the repository's root,
    /// for what a CI system looks for in one place only. `FILE#NAME` is only the part of a file that stands between
    /// `<!-- gen:NAME -->` and `<!-- /gen:NAME -->`; the rest of it is written by hand.
    pub files: BTreeMap<String, String>,
}

/// The wrappers' folders, sorted by name.
pub fn folders(root: &Path) -> Result<Vec<Folder>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root).map_err(Error::io("read", root))? {
        let path = entry.map_err(Error::io("read", root))?.path();
        let file = path.join("gen.toml");
        if let (true, Some(name)) = (file.is_file(), path.file_name()) {
            let name = name.to_string_lossy().into_owned();
            folders.push(Folder { name, spec: read_toml(&file)? });
        }
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(folders)
}

impl Folder {
    /// The inputs that no wrapper of the folder declares, each with the reason.
    pub fn left_out_everywhere(&self) -> BTreeMap<String, String> {
        reasons_of_table(&self.spec.without).chain(each(&self.spec.leave_out)).collect()
    }

    /// The inputs that `wrapper` does not declare, each with the reason.
    pub fn left_out(&self, wrapper: &Wrapper) -> BTreeMap<String, String> {
        let mut left_out = self.left_out_everywhere();
        left_out.extend(reasons_of_table(&wrapper.without));
        if let Some(kind) = wrapper.kind.as_ref().and_then(|kind| self.spec.kinds.get(kind)) {
            left_out.extend(each(&kind.leave_out));
        }
        left_out.extend(each(&wrapper.leave_out));
        left_out
    }

    /// All reasons that `gen.toml` itself has.
    pub fn reasons(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        let of_kinds = self.spec.kinds.values().flat_map(|kind| &kind.leave_out);
        let of_wrappers = self.spec.wrappers.iter().flat_map(|wrapper| &wrapper.leave_out);
        self.spec.leave_out.iter().chain(of_kinds).chain(of_wrappers)
    }

    /// Fails where `gen.toml` names an input, an audience or a kind that is none.
    pub(super) fn refuse_unknown_names(&self) -> Result<()> {
        let Spec { wrappers, kinds, .. } = &self.spec;
        let mut audiences =
            self.spec.without.iter().chain(wrappers.iter().flat_map(|wrapper| &wrapper.without));
        if let Some(word) = audiences.find(|word| Audience::from_word(word).is_none()) {
            return Err(self.complain(&format!("`without` names `{word}`, and the table has nothing for it")));
        }
        let mut of_kind = wrappers.iter().filter_map(|wrapper| wrapper.kind.as_ref());
        if let Some(kind) = of_kind.find(|kind| !kinds.contains_key(*kind)) {
            return Err(self.complain(&format!("there is no `[kind.{kind}]`")));
        }
        let presets = wrappers.iter().flat_map(|wrapper| wrapper.presets.keys());
        let left_out = self.reasons().flat_map(|(_, names)| names);
        let mut names = presets.chain(left_out).chain(self.spec.other_names.keys());
        names
            .find(|name| !INPUTS.iter().any(|input| input.name == **name))
            .map_or(Ok(()), |name| Err(self.complain(&format!("`{name}` is not an input of the table"))))
    }

    pub(super) fn complain(&self, what: &str) -> Error {
        Error::input(format!("`{}/gen.toml`: {what}", self.name), "fix the file")
    }
}

/// The inputs that are only for people whom there are none of, each with the reason that the table has.
fn reasons_of_table(without: &[String]) -> impl Iterator<Item = (String, String)> {
    INPUTS.iter().filter_map(|input| {
        let OnlyFor { audience, why } = input.only_for?;
        let is_without = without.iter().any(|word| word == audience.word());
        is_without.then(|| (input.name.to_owned(), why.to_owned()))
    })
}

/// Each input that is left out, with its reason.
fn each(reasons: &Reasons) -> impl Iterator<Item = (String, String)> {
    reasons.iter().flat_map(|(why, names)| names.iter().map(move |name| (name.clone(), why.clone())))
}

impl Naming {
    /// `name`, which is in kebab case, in the system's spelling. Aliases that have capitals are facts of another
    /// tool and stay as they are.
    pub fn spell(self, name: &str) -> String {
        if name.chars().any(char::is_uppercase) {
            return name.to_owned();
        }
        match self {
            Self::Kebab => name.to_owned(),
            Self::Snake => name.replace('-', "_"),
            Self::UpperSnake => name.replace('-', "_").to_uppercase(),
            Self::Camel => {
                let mut upper = false;
                name.chars().fold(String::new(), |mut spelt, letter| {
                    if letter == '-' {
                        upper = true;
                    } else {
                        spelt.push(if upper { letter.to_ascii_uppercase() } else { letter });
                        upper = false;
                    }
                    spelt
                })
            }
        }
    }
}
