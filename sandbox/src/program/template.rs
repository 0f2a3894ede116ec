//! A program: the project file's resources, variables, configuration and outputs.
//!
//! <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/>

use super::diagnostic::Diagnostic;
use super::expr::{Expr, ExprKind};
use super::yaml::{Key, Kind, Node, Pos};

/// What the project file says.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// `variables`.
    pub variables: Vec<(Key, Expr)>,
    /// `resources`.
    pub resources: Vec<Resource>,
    /// `outputs`.
    pub outputs: Vec<(Key, Expr)>,
}

/// A resource of the program.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its name in the program.
    pub key: Key,
    /// Its name in the stack, when another than in the program.
    pub name: Option<String>,
    /// Its type token as written.
    pub type_token: String,
    /// Where the type stands.
    pub type_pos: Pos,
    /// Its properties.
    pub properties: Vec<(Key, Expr)>,
    /// Whether it is its package's default provider.
    pub default_provider: bool,
    /// Its options.
    pub options: Options,
}

/// What `options` says.
/// <https://www.pulumi.com/docs/iac/concepts/options/>
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub additional_secret_outputs: Vec<String>,
    pub delete_before_replace: Option<bool>,
    pub depends_on: Option<Expr>,
    pub ignore_changes: Vec<String>,
    pub parent: Option<Expr>,
    pub protect: Option<Expr>,
    pub provider: Option<Expr>,
    pub replace_on_changes: Vec<String>,
    pub retain_on_delete: Option<bool>,
    pub version: Option<String>,
}

impl Resource {
    /// Its name in the stack.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.key.text)
    }

    /// Every expression in which the order of registration can lie, in the host's order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let options = &self.options;
        self.properties
            .iter()
            .map(|(_, value)| value)
            .chain([&options.depends_on, &options.parent, &options.provider].into_iter().flatten())
    }
}

impl Template {
    /// Reads the program out of the project file.
    pub fn parse(root: &Node) -> Result<Self, Vec<Diagnostic>> {
        let mut found = vec![];
        let template = Self {
            variables: section(root, "variables", &mut found, |key, node| Ok((key, Expr::parse(node)?))),
            resources: section(root, "resources", &mut found, resource),
            outputs: section(root, "outputs", &mut found, |key, node| Ok((key, Expr::parse(node)?))),
        };
        if let Some(components) = root.get("components") {
            found.push(Diagnostic::error(components.pos, "the sandbox does not support `components`"));
        }
        if found.is_empty() { Ok(template) } else { Err(found) }
    }
}

fn section<T>(
    root: &Node,
    name: &str,
    found: &mut Vec<Diagnostic>,
    parse: impl Fn(Key, &Node) -> Result<T, Diagnostic>,
) -> Vec<T> {
    let Some(node) = root.get(name).filter(|node| node.kind != Kind::Null) else { return vec![] };
    let Some(entries) = node.entries() else {
        found.push(Diagnostic::error(node.pos, format!("{name} must be an object")));
        return vec![];
    };
    let mut parsed = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        match parse(key.clone(), node) {
            Ok(item) => parsed.push(item),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    parsed
}

fn resource(key: Key, node: &Node) -> Result<Resource, Diagnostic> {
    let Some(entries) = node.entries() else {
        return Err(Diagnostic::error(node.pos, format!("resources.{} must be an object", key.text)));
    };
    let mut resource = Resource {
        key,
        name: None,
        type_token: String::new(),
        type_pos: node.pos,
        properties: vec![],
        default_provider: false,
        options: Options::default(),
    };
    for (field, value) in entries {
        match field.text.as_str() {
            "type" => {
                resource.type_token = text(field, value)?;
                resource.type_pos = value.pos;
            }
            "name" => resource.name = Some(text(field, value)?),
            "properties" => resource.properties = properties(value)?,
            "defaultProvider" => resource.default_provider = flag(field, value)?,
            "options" => resource.options = options(value)?,
            _ => return Err(unsupported(field)),
        }
    }
    if resource.type_token.is_empty() {
        let message = format!("Required field 'type' is missing on resource \"{}\"", resource.key.text);
        return Err(Diagnostic::error(node.pos, message).late());
    }
    Ok(resource)
}

fn properties(node: &Node) -> Result<Vec<(Key, Expr)>, Diagnostic> {
    match &node.kind {
        Kind::Null => Ok(vec![]),
        Kind::Map(entries) if !matches!(Expr::parse(node)?.kind, ExprKind::Call(..)) => {
            entries.iter().map(|(key, value)| Ok((key.clone(), Expr::parse(value)?))).collect()
        }
        _ => Err(Diagnostic::error(node.pos, "the sandbox supports `properties` as an object only")),
    }
}

fn options(node: &Node) -> Result<Options, Diagnostic> {
    let mut options = Options::default();
    for (field, value) in node.entries().unwrap_or_default() {
        match field.text.as_str() {
            "additionalSecretOutputs" => options.additional_secret_outputs = texts(field, value)?,
            "deleteBeforeReplace" => options.delete_before_replace = Some(flag(field, value)?),
            "dependsOn" => options.depends_on = Some(Expr::parse(value)?),
            "ignoreChanges" => options.ignore_changes = texts(field, value)?,
            "parent" => options.parent = Some(Expr::parse(value)?),
            "protect" => options.protect = Some(Expr::parse(value)?),
            "provider" => options.provider = Some(Expr::parse(value)?),
            "replaceOnChanges" => options.replace_on_changes = texts(field, value)?,
            "retainOnDelete" => options.retain_on_delete = Some(flag(field, value)?),
            "version" => options.version = Some(text(field, value)?),
            _ => return Err(unsupported(field)),
        }
    }
    Ok(options)
}

fn unsupported(field: &Key) -> Diagnostic {
    Diagnostic::error(field.pos, format!("the sandbox does not support `{}` of a resource", field.text))
        .detail("leave it out, or use the real `pulumi` for this")
        .late()
}

fn text(field: &Key, node: &Node) -> Result<String, Diagnostic> {
    let problem = || Diagnostic::error(node.pos, format!("{} must be a string", field.text));
    node.text().map(str::to_owned).ok_or_else(problem)
}

fn texts(field: &Key, node: &Node) -> Result<Vec<String>, Diagnostic> {
    match &node.kind {
        Kind::List(items) => items.iter().map(|item| text(field, item)).collect(),
        _ => Err(Diagnostic::error(node.pos, format!("{} must be a list", field.text))),
    }
}

fn flag(field: &Key, node: &Node) -> Result<bool, Diagnostic> {
    match node.kind {
        Kind::Bool(value) => Ok(value),
        _ => Err(Diagnostic::error(node.pos, format!("{} must be a boolean", field.text))),
    }
}
