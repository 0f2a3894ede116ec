//! Expressions: what stands at the right of a colon in a program.

use super::access::{Access, Part, interpolate};
use super::diagnostic::Diagnostic;
use super::yaml::{Kind, Node, Pos};

/// An expression and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub pos: Pos,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text without accesses.
    Text(String),
    /// A list.
    List(Vec<Expr>),
    /// An object; names can hold accesses too.
    Map(Vec<(Expr, Expr)>),
    /// `${a.b}` alone: the value itself.
    Symbol(Access),
    /// Text with accesses in it.
    Interpolate(Vec<Part>),
    /// `fn::name: argument`.
    Call(Function, Box<Expr>),
}

/// The built-in functions that the sandbox can do.
/// <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/#built-in-functions>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    FileAsset,
    FileBase64,
    FileBase64Sha256,
    FromBase64,
    Join,
    Length,
    ReadFile,
    Secret,
    Select,
    SingleOrNone,
    Split,
    StringAsset,
    ToBase64,
    ToJson,
    Unsecret,
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("fn::fileAsset", Function::FileAsset),
    ("fn::filebase64", Function::FileBase64),
    ("fn::filebase64sha256", Function::FileBase64Sha256),
    ("fn::fromBase64", Function::FromBase64),
    ("fn::join", Function::Join),
    ("fn::length", Function::Length),
    ("fn::readFile", Function::ReadFile),
    ("fn::secret", Function::Secret),
    ("fn::select", Function::Select),
    ("fn::singleOrNone", Function::SingleOrNone),
    ("fn::split", Function::Split),
    ("fn::stringAsset", Function::StringAsset),
    ("fn::toBase64", Function::ToBase64),
    ("fn::toJSON", Function::ToJson),
    ("fn::unsecret", Function::Unsecret),
];

impl Expr {
    /// Reads an expression from a node.
    pub fn parse(node: &Node) -> Result<Self, Diagnostic> {
        let kind = match &node.kind {
            Kind::Null => ExprKind::Null,
            Kind::Bool(value) => ExprKind::Bool(*value),
            Kind::Number(value) => ExprKind::Number(*value),
            Kind::Text(text) => Self::text(text, node.pos)?,
            Kind::List(items) => ExprKind::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?),
            Kind::Map(entries) => {
                if let Some(call) = Self::call(node)? {
                    call
                } else {
                    let entry = |(key, value): &(super::yaml::Key, Node)| {
                        let name = Self { kind: Self::text(&key.text, key.pos)?, pos: key.pos };
                        Ok((name, Self::parse(value)?))
                    };
                    ExprKind::Map(entries.iter().map(entry).collect::<Result<_, _>>()?)
                }
            }
        };
        Ok(Self { kind, pos: node.pos })
    }

    fn text(text: &str, pos: Pos) -> Result<ExprKind, Diagnostic> {
        let mut parts = interpolate(text).map_err(|problem| Diagnostic::error(pos, problem))?;
        if parts.iter().all(|part| part.access.is_none()) {
            return Ok(ExprKind::Text(parts.into_iter().map(|part| part.text).collect()));
        }
        if let [Part { text, access: access @ Some(_) }] = parts.as_mut_slice()
            && text.is_empty()
            && let Some(access) = access.take()
        {
            return Ok(ExprKind::Symbol(access));
        }
        Ok(ExprKind::Interpolate(parts))
    }

    fn call(node: &Node) -> Result<Option<ExprKind>, Diagnostic> {
        let Some([(key, argument)]) = node.entries() else { return Ok(None) };
        if !key.text.to_lowercase().starts_with("fn::") {
            return Ok(None);
        }
        let known = FUNCTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key.text));
        let Some((_, function)) = known else {
            return Err(Diagnostic::error(key.pos, format!("the sandbox does not support `{}`", key.text))
                .detail("leave it out, or use the real `pulumi` for this"));
        };
        let argument = Self::parse(argument)?;
        let pair = matches!(function, Function::Join | Function::Select | Function::Split);
        if pair && !matches!(&argument.kind, ExprKind::List(items) if items.len() == 2) {
            let message = format!("the argument to {} must be a two-valued list", key.text);
            return Err(Diagnostic::error(argument.pos, message));
        }
        Ok(Some(ExprKind::Call(*function, Box::new(argument))))
    }

    /// Calls `visit` with every access in this expression, in the order of the file.
    pub fn for_each_access<'a>(&'a self, visit: &mut impl FnMut(&'a Access, Pos)) {
        match &self.kind {
            ExprKind::Symbol(access) => visit(access, self.pos),
            ExprKind::Interpolate(parts) => {
                parts
                    .iter()
                    .filter_map(|part| part.access.as_ref())
                    .for_each(|access| visit(access, self.pos));
            }
            ExprKind::List(items) => items.iter().for_each(|item| item.for_each_access(visit)),
            ExprKind::Map(entries) => {
                for (name, value) in entries {
                    name.for_each_access(visit);
                    value.for_each_access(visit);
                }
            }
            ExprKind::Call(_, argument) => argument.for_each_access(visit),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
        }
    }
}
