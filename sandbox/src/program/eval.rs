//! Evaluates expressions. Secrets stay secret, and what a preview can't know stays unknown, through everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use super::access::{Access, Part, Step};
use super::diagnostic::Diagnostic;
use super::expr::{Expr, ExprKind};
use super::functions;
use super::yaml::Pos;
use crate::value::{Properties, Value};

/// The URNs that a value depends on.
pub type Dependencies = BTreeSet<String>;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Something it refers to failed, and has been reported.
    Poisoned,
    /// It is wrong itself.
    Failed(Diagnostic),
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failed(diagnostic)
    }
}

/// A resource as the rest of the program sees it.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// Its URN.
    pub urn: String,
    /// Its type.
    pub type_: String,
    /// Its id; none in the preview of a creation.
    pub id: Option<String>,
    /// Its outputs.
    pub outputs: Properties,
    /// Stands for the outputs that it lacks: a provider's, which the sandbox invents.
    pub invents: bool,
}

/// What names stand for.
#[derive(Debug, Default)]
pub struct Scope {
    /// The configuration, by names with and without the project's.
    pub config: HashMap<String, Value>,
    /// The variables evaluated so far; none for one that failed.
    pub variables: HashMap<String, Option<(Value, Dependencies)>>,
    /// The resources registered so far; none for one that failed.
    pub resources: HashMap<String, Option<Registered>>,
    /// `pulumi`: `stack`, `project` and so on.
    pub builtin: Properties,
    /// Where files are read.
    pub cwd: PathBuf,
}

impl Scope {
    /// Evaluates an expression, and notes what its value depends on.
    pub fn evaluate(&self, expr: &Expr, deps: &mut Dependencies) -> Result<Value, Stop> {
        Ok(match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Number(value) => Value::Number(*value),
            ExprKind::Text(text) => Value::Text(text.clone()),
            ExprKind::List(items) => {
                Value::List(items.iter().map(|item| self.evaluate(item, deps)).collect::<Result<_, _>>()?)
            }
            ExprKind::Map(entries) => self.map(entries, deps)?,
            ExprKind::Symbol(access) => self.access(access, expr.pos, deps)?,
            ExprKind::Interpolate(parts) => self.interpolate(parts, expr.pos, deps)?,
            ExprKind::Call(function, argument) => {
                let value = self.evaluate(argument, deps)?;
                functions::call(*function, value, argument.pos, &self.cwd)?
            }
        })
    }

    fn map(&self, entries: &[(Expr, Expr)], deps: &mut Dependencies) -> Result<Value, Stop> {
        let mut map = Properties::new();
        let (mut secret, mut unknown) = (false, false);
        for (name, value) in entries {
            let key = self.evaluate(name, deps)?;
            let value = self.evaluate(value, deps)?;
            let (key, is_secret) = key.into_plain();
            secret |= is_secret;
            match key {
                Value::Text(key) => drop(map.insert(key, value)),
                Value::Unknown => unknown = true,
                other => {
                    let message =
                        format!("object key must evaluate to a string, not {}", functions::kind(&other));
                    return Err(Diagnostic::error(name.pos, message).into());
                }
            }
        }
        let value = if unknown { Value::Unknown } else { Value::Map(map) };
        Ok(if secret { Value::Secret(Box::new(value)) } else { value })
    }

    fn interpolate(&self, parts: &[Part], pos: Pos, deps: &mut Dependencies) -> Result<Value, Stop> {
        let mut text = String::new();
        let (mut secret, mut unknown) = (false, false);
        for part in parts {
            text += &part.text;
            let Some(access) = &part.access else { continue };
            let (value, is_secret) = self.access(access, pos, deps)?.into_plain();
            secret |= is_secret;
            unknown |= value.contains_unknown();
            functions::push_text(&mut text, &value);
        }
        let value = if unknown { Value::Unknown } else { Value::Text(text) };
        Ok(if secret { Value::Secret(Box::new(value)) } else { value })
    }

    /// The value of `root.path`: a resource's, a setting's or a variable's, in this order.
    fn access(&self, access: &Access, pos: Pos, deps: &mut Dependencies) -> Result<Value, Stop> {
        let root = access.root.as_str();
        if let Some(resource) = self.resources.get(root) {
            let resource = resource.as_ref().ok_or(Stop::Poisoned)?;
            deps.insert(resource.urn.clone());
            return resource.get(&access.path, pos);
        }
        if let Some(value) = self.config.get(root) {
            return walk(value.clone(), &access.path, pos);
        }
        if let Some(variable) = self.variables.get(root) {
            let (value, of_variable) = variable.as_ref().ok_or(Stop::Poisoned)?;
            deps.extend(of_variable.iter().cloned());
            return walk(value.clone(), &access.path, pos);
        }
        if root == "pulumi" {
            return walk(Value::Map(self.builtin.clone()), &access.path, pos);
        }
        let message = format!("resource or variable named {root:?} could not be found");
        Err(Diagnostic::error(pos, message).into())
    }

    /// The resource that an option names.
    pub fn resource(&self, expr: &Expr) -> Result<&Registered, Stop> {
        match &expr.kind {
            ExprKind::Symbol(access) if access.path.is_empty() => match self.resources.get(&access.root) {
                Some(resource) => resource.as_ref().ok_or(Stop::Poisoned),
                None => Err(Diagnostic::error(expr.pos, "expected a resource").into()),
            },
            _ => Err(Diagnostic::error(expr.pos, "expected a resource, as in `${name}`").into()),
        }
    }
}

impl Registered {
    fn get(&self, path: &[Step], pos: Pos) -> Result<Value, Stop> {
        let Some((first, rest)) = path.split_first() else { return Ok(self.reference()) };
        let Step::Name(name) = first else {
            return Err(
                Diagnostic::error(pos, "cannot access an object property using an integer index").into()
            );
        };
        let value = match name.as_str() {
            "id" => self.id.clone().map_or(Value::Unknown, Value::Text),
            "urn" => Value::Text(self.urn.clone()),
            _ => match (self.outputs.get(name), &self.id) {
                // An output that is not known yet is not known to be a secret either.
                (Some(Value::Secret(inner)), _) if **inner == Value::Unknown => Value::Unknown,
                (Some(value), _) => value.clone(),
                (None, None) => Value::Unknown,
                (None, Some(id)) if self.invents => Value::Text(invented(id, name)),
                (None, Some(_)) => Value::Null,
            },
        };
        walk(value, rest, pos)
    }

    /// The resource itself as a value.
    fn reference(&self) -> Value {
        let id = self.id.clone().map_or(Value::Unknown, Value::Text);
        Value::Map(BTreeMap::from([
            (crate::value::SIGNATURE_KEY.to_owned(), Value::Text(RESOURCE_SIGNATURE.to_owned())),
            ("urn".to_owned(), Value::Text(self.urn.clone())),
            ("id".to_owned(), id),
            ("packageVersion".to_owned(), Value::Text(String::new())),
        ]))
    }
}

/// The signature of a reference to a resource.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>
pub const RESOURCE_SIGNATURE: &str = "5cf8f73096256a8f31e491e813e4eb8e";

/// The output that the sandbox gives a simulated resource which a program asks for one.
pub fn invented(id: &str, name: &str) -> String {
    format!("{id}.{name}")
}

fn walk(value: Value, path: &[Step], pos: Pos) -> Result<Value, Stop> {
    let Some((first, rest)) = path.split_first() else { return Ok(value) };
    let inner = match (value, first) {
        (Value::Unknown, _) => return Ok(Value::Unknown),
        (Value::Secret(inner), _) => return Ok(walk(*inner, path, pos)?.into_secret()),
        (Value::Map(mut map), Step::Name(name)) => map.remove(name).unwrap_or(Value::Null),
        (Value::Map(_), Step::Index(_)) => {
            return Err(
                Diagnostic::error(pos, "cannot access an object property using an integer index").into()
            );
        }
        (Value::List(mut list), Step::Index(index)) => {
            let length = list.len();
            if *index >= length {
                let message = format!("list index {index} out-of-bounds for list of length {length}");
                return Err(Diagnostic::error(pos, message).into());
            }
            list.swap_remove(*index)
        }
        (Value::List(_), Step::Name(_)) => {
            return Err(Diagnostic::error(pos, "cannot access a list element using a property name").into());
        }
        (other, _) => {
            let message = format!("receiver must be a list or object, not {}", functions::kind(&other));
            return Err(Diagnostic::error(pos, message).into());
        }
    };
    walk(inner, rest, pos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::yaml;

    fn scope() -> Scope {
        let secret = |text: &str| Value::Secret(Box::new(Value::Text(text.into())));
        let mut scope = Scope::default();
        scope.config.insert("n".into(), Value::Number(1.0));
        scope.config.insert("key".into(), secret("s3cr3t"));
        let list =
            Value::List(vec![Value::Text("x".into()), Value::Map([("k".into(), secret("deep"))].into())]);
        scope.variables.insert("list".into(), Some((list, Dependencies::new())));
        scope.variables.insert("broken".into(), None);
        let known = Registered {
            urn: "urn:known".into(),
            id: Some("known-1".into()),
            outputs: [("out".into(), Value::Text("o".into()))].into(),
            invents: true,
            ..Registered::default()
        };
        let new = Registered { id: None, urn: "urn:new".into(), ..known.clone() };
        scope.resources.insert("known".into(), Some(known));
        scope.resources.insert("new".into(), Some(new));
        scope
    }

    fn value(text: &str) -> Result<Value, Stop> {
        let node = yaml::parse(text).unwrap();
        scope().evaluate(&Expr::parse(&node).unwrap(), &mut Dependencies::new())
    }

    #[test]
    fn text_takes_numbers_and_texts_in() {
        assert_eq!(value("rev ${n} of ${known.out}").unwrap(), Value::Text("rev 1 of o".into()));
    }

    #[test]
    fn a_symbol_alone_keeps_the_type_of_its_value() {
        assert_eq!(value("${n}").unwrap(), Value::Number(1.0));
    }

    #[test]
    fn text_with_a_secret_is_secret() {
        let expected = Value::Secret(Box::new(Value::Text("a s3cr3t".into())));
        assert_eq!(value("a ${key}").unwrap(), expected);
    }

    #[test]
    fn a_path_into_a_secret_stays_secret() {
        let expected = Value::Secret(Box::new(Value::Text("deep".into())));
        assert_eq!(value("${list[1].k}").unwrap(), expected);
    }

    #[test]
    fn what_a_new_resource_will_have_is_unknown() {
        assert_eq!(value("${new.id}").unwrap(), Value::Unknown);
        assert_eq!(value("id is ${new.arn}").unwrap(), Value::Unknown);
        assert_eq!(value("${new.out}").unwrap(), Value::Text("o".into()));
    }

    #[test]
    fn an_output_that_nobody_gave_is_invented_from_the_id() {
        assert_eq!(value("${known.arn}").unwrap(), Value::Text("known-1.arn".into()));
    }

    #[test]
    fn what_refers_to_something_broken_is_poisoned() {
        assert_eq!(value("[\"${broken}\"]"), Err(Stop::Poisoned));
    }

    #[test]
    fn an_index_outside_of_a_list_is_refused() {
        let Err(Stop::Failed(found)) = value("${list[7]}") else { panic!("not refused") };
        assert_eq!(found.summary, "list index 7 out-of-bounds for list of length 2");
    }

    #[test]
    fn a_value_depends_on_the_resources_it_was_made_of() {
        let node = yaml::parse("[\"${known.out}\", \"${new.urn}\"]").unwrap();
        let mut deps = Dependencies::new();
        scope().evaluate(&Expr::parse(&node).unwrap(), &mut deps).unwrap();
        assert_eq!(deps.into_iter().collect::<Vec<_>>(), ["urn:known", "urn:new"]);
    }
}
