//! What a program asks of one resource: the expressions of its declaration, evaluated.

use std::collections::BTreeMap;

use super::Run;
pub use super::planned::Goal;
use crate::program::check::{PROVIDER_PREFIX, STACK_REFERENCE, normalized};
use crate::program::diagnostic::Diagnostic;
use crate::program::eval::{Dependencies, Scope, Stop};
use crate::program::expr::{Expr, ExprKind};
use crate::program::template::{Options, Resource};
use crate::state::ROOT_TYPE;
use crate::value::{Properties, Value};

/// The URN of a resource.
pub fn urn(run: &Run, parent: Option<&str>, type_: &str, name: &str) -> String {
    let parents = parent.map(super::step::qualified_type_of).filter(|parent| *parent != ROOT_TYPE);
    let qualified = parents.map_or_else(|| type_.to_owned(), |parents| format!("{parents}${type_}"));
    format!("urn:pulumi:{}::{}::{qualified}::{name}", run.stack.stack, run.stack.project)
}

/// The stack itself.
pub fn root(run: &Run) -> Goal {
    let name = format!("{}-{}", run.stack.project, run.stack.stack);
    Goal { urn: urn(run, None, ROOT_TYPE, &name), type_: ROOT_TYPE.to_owned(), ..Goal::default() }
}

/// The default provider of a package in a version.
pub fn default_provider(run: &Run, package: &str, version: Option<&str>) -> Goal {
    let type_ = format!("{PROVIDER_PREFIX}{package}");
    let (name, inputs) = match version {
        None => ("default".to_owned(), Properties::new()),
        Some(version) => {
            let inputs = [("version".to_owned(), Value::Text(version.to_owned()))].into();
            (format!("default_{}", version.replace(['.', '-', '+'], "_")), inputs)
        }
    };
    let property_dependencies = inputs.keys().map(|key: &String| (key.clone(), vec![])).collect();
    let inputs: Properties = inputs;
    Goal {
        urn: urn(run, None, &type_, &name),
        type_,
        custom: true,
        inputs,
        property_dependencies,
        ..Goal::default()
    }
}

/// Evaluates the declaration of a resource.
pub fn evaluate(run: &Run, root: &str, scope: &Scope, resource: &Resource) -> Result<Goal, Stop> {
    let options = &resource.options;
    let type_ = normalized(&resource.type_token);
    let mut all = Dependencies::new();
    let (mut inputs, mut property_dependencies) = (Properties::new(), BTreeMap::new());
    for (key, expr) in &resource.properties {
        let mut deps = Dependencies::new();
        let value = scope.evaluate(expr, &mut deps)?;
        all.extend(deps.iter().cloned());
        // What is null is left out, as the language host does.
        if value != Value::Null {
            inputs.insert(key.text.clone(), value);
        }
        property_dependencies.insert(key.text.clone(), deps.into_iter().collect());
    }
    for expr in depends_on(options.depends_on.as_ref())? {
        all.insert(scope.resource(expr)?.urn.clone());
    }
    let parent = match &options.parent {
        Some(expr) => scope.resource(expr)?.urn.clone(),
        None => root.to_owned(),
    };
    let provider = match &options.provider {
        Some(expr) => {
            let provider = scope.resource(expr)?;
            if !provider.type_.starts_with(PROVIDER_PREFIX) {
                let message = "resource passed as Provider was not a provider resource";
                return Err(Diagnostic::error(expr.pos, message).into());
            }
            Some(super::provider_reference(&provider.urn, provider.id.as_deref()))
        }
        None => None,
    };
    let read = type_ == STACK_REFERENCE;
    if read && !inputs.contains_key("name") {
        inputs.insert("name".to_owned(), Value::Text(resource.key.text.clone()));
    }
    Ok(Goal {
        urn: urn(run, Some(&parent), &type_, resource.name()),
        type_,
        custom: true,
        inputs,
        parent: Some(parent),
        protect: protect(scope, options)?,
        dependencies: all.into_iter().collect(),
        property_dependencies,
        provider,
        options: options.clone(),
        read,
    })
}

fn depends_on(expr: Option<&Expr>) -> Result<&[Expr], Stop> {
    match expr.map(|expr| (&expr.kind, expr.pos)) {
        None => Ok(&[]),
        Some((ExprKind::List(items), _)) => Ok(items),
        Some((_, pos)) => {
            let message = "resource option dependsOn value must be a list of resources";
            Err(Diagnostic::error(pos, message).into())
        }
    }
}

fn protect(scope: &Scope, options: &Options) -> Result<Option<bool>, Stop> {
    let Some(expr) = &options.protect else { return Ok(None) };
    match scope.evaluate(expr, &mut Dependencies::new())? {
        Value::Bool(protect) => Ok(Some(protect)),
        _ => Err(Diagnostic::error(expr.pos, "protect must be a boolean value").into()),
    }
}
