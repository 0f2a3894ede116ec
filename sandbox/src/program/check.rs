//! What the language host checks before it runs a program: the built-in types' properties. Simulated types have
//! no schema, any property goes.

use std::collections::HashMap;

use super::access::{Access, Step};
use super::diagnostic::Diagnostic;
use super::expr::{Expr, ExprKind};
use super::sort::{self, Ordered, Part};
use super::template::{Resource, Template};
use super::yaml::Pos;

/// The built-in type that keeps a value in the state.
pub const STASH: &str = "pulumi:index:Stash";
/// The built-in type that reads another stack's outputs.
pub const STACK_REFERENCE: &str = "pulumi:pulumi:StackReference";
/// What the types of providers begin with.
pub const PROVIDER_PREFIX: &str = "pulumi:providers:";

/// Puts a program in order and checks it.
pub fn check(template: &Template, is_config: &dyn Fn(&str) -> bool) -> Result<Vec<Ordered>, Vec<Diagnostic>> {
    let order = sort::order(template, is_config)?;
    let built_in = template.resources.iter().filter(|it| outputs_of(&it.type_token).is_some());
    let built_in = built_in.map(|resource| (resource.key.text.as_str(), resource)).collect();
    let mut found = vec![];
    for ordered in &order {
        match ordered.part {
            Part::Resource(place) => {
                let resource = &template.resources[place];
                found.extend(check_resource(resource));
                resource.expressions().for_each(|expr| check_accesses(expr, &built_in, &mut found));
            }
            Part::Variable(place) => check_accesses(&template.variables[place].1, &built_in, &mut found),
        }
    }
    template.outputs.iter().for_each(|(_, expr)| check_accesses(expr, &built_in, &mut found));
    if found.is_empty() { Ok(order) } else { Err(found) }
}

fn check_resource(resource: &Resource) -> Option<Diagnostic> {
    let token = resource.type_token.as_str();
    if !token.contains(':') || token.split(':').any(str::is_empty) || token.split(':').count() > 3 {
        let message =
            format!("error resolving type of resource {}: invalid type token {token:?}", resource.key.text);
        return Some(Diagnostic::error(resource.type_pos, message));
    }
    let known = inputs_of(&normalized(token))?;
    let given = || {
        let fields: Vec<String> = resource
            .properties
            .iter()
            .map(|(key, value)| format!("{}: {}", key.text, type_name(value)))
            .collect();
        format!("Cannot assign '{{{}}}' to '{token}':\n", fields.join(", "))
    };
    if let Some((key, _)) = resource.properties.iter().find(|(key, _)| !known.contains(&key.text.as_str())) {
        let summary = format!("Property {} does not exist on '{token}'", key.text);
        let detail = format!("{}  Existing properties are: {}", given(), known.join(", "));
        return Some(Diagnostic::error(key.pos, summary).detail(detail));
    }
    let missing = known.iter().find(|name| !resource.properties.iter().any(|(key, _)| key.text == **name))?;
    // A stack reference without a name has its own.
    if token == STACK_REFERENCE {
        return None;
    }
    let detail = format!("{}  {missing}: Missing required property '{missing}'", given());
    Some(Diagnostic::error(Pos::default(), format!("{token} is not assignable from {{}}")).detail(detail))
}

fn inputs_of(token: &str) -> Option<&'static [&'static str]> {
    match token {
        STASH => Some(&["input"]),
        STACK_REFERENCE => Some(&["name"]),
        _ => None,
    }
}

fn type_name(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Null => "null",
        ExprKind::Bool(_) => "boolean",
        ExprKind::Number(_) => "number",
        ExprKind::Text(_) | ExprKind::Interpolate(_) => "string",
        ExprKind::List(_) => "list",
        ExprKind::Map(_) => "object",
        ExprKind::Symbol(_) | ExprKind::Call(..) => "any",
    }
}

fn check_accesses(expr: &Expr, built_in: &HashMap<&str, &Resource>, found: &mut Vec<Diagnostic>) {
    expr.for_each_access(&mut |access, pos| {
        if let Some(resource) = built_in.get(access.root.as_str()) {
            found.extend(check_access(resource, access, pos));
        }
    });
}

fn outputs_of(token: &str) -> Option<&'static [&'static str]> {
    match token {
        STASH => Some(&["id", "input", "output", "urn"]),
        STACK_REFERENCE => Some(&["id", "name", "outputs", "secretOutputNames", "urn"]),
        _ => None,
    }
}

fn check_access(resource: &Resource, access: &Access, pos: Pos) -> Option<Diagnostic> {
    let known = outputs_of(&resource.type_token)?;
    let Some(Step::Name(name)) = access.path.first() else { return None };
    if known.contains(&name.as_str()) {
        return None;
    }
    let mut nearest = known.to_vec();
    nearest.sort_by_key(|known| distance(known, name));
    let detail = format!("Existing properties are: {}", nearest.join(", "));
    Some(Diagnostic::error(pos, format!("{name} does not exist on {}", access.root)).detail(detail))
}

/// How many letters must change to make one word of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Packages made from Terraform providers: their modules hold the type's name too.
/// <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/#resources>
const BRIDGED: &[&str] = &[
    "archive",
    "auth0",
    "aws",
    "azure",
    "azuread",
    "cloudflare",
    "consul",
    "datadog",
    "digitalocean",
    "dnsimple",
    "docker",
    "fastly",
    "gcp",
    "github",
    "gitlab",
    "hcloud",
    "kafka",
    "linode",
    "mongodbatlas",
    "mysql",
    "newrelic",
    "nomad",
    "okta",
    "pagerduty",
    "postgresql",
    "random",
    "snowflake",
    "tls",
    "vault",
];

/// The full type token, as the package's schema has it.
pub fn normalized(token: &str) -> String {
    let mut parts = token.split(':');
    let (package, module, name) = match (parts.next(), parts.next(), parts.next()) {
        (Some(package), Some(module), Some(name)) => (package, module, name),
        (Some(package), Some(name), None) => (package, "index", name),
        _ => return token.to_owned(),
    };
    if !BRIDGED.contains(&package) || module.contains('/') {
        return format!("{package}:{module}:{name}");
    }
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase()).unwrap_or_default();
    format!("{package}:{module}/{first}{}:{name}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::yaml;

    fn found(source: &str) -> Vec<Diagnostic> {
        let template = Template::parse(&yaml::parse(source).unwrap()).unwrap();
        check(&template, &|_| false).err().unwrap_or_default()
    }

    #[test]
    fn an_output_that_a_built_in_type_lacks_is_refused_nearest_names_first() {
        let source = "resources:\n  bad: {type: 'pulumi:index:Stash', properties: {input: 1}}\noutputs:\n  \
                      missing: ${bad.nothing.here}\n";
        let found = found(source);
        assert_eq!(found[0].summary, "nothing does not exist on bad");
        assert_eq!(found[0].detail, "Existing properties are: id, output, urn, input");
        assert_eq!(found[0].pos.line, 4);
    }

    #[test]
    fn an_input_that_a_built_in_type_lacks_is_refused() {
        let source = "resources:\n  a: {type: 'pulumi:index:Stash', properties: {input: x, wrong: 5}}\n";
        let found = found(source);
        assert_eq!(found[0].summary, "Property wrong does not exist on 'pulumi:index:Stash'");
        assert!(
            found[0]
                .detail
                .starts_with("Cannot assign '{input: string, wrong: number}' to 'pulumi:index:Stash':")
        );
    }

    #[test]
    fn simulated_types_take_and_give_anything() {
        let source =
            "resources:\n  a: {type: 'aws:s3:Bucket', properties: {x: 1}}\noutputs: {arn: '${a.arn}'}\n";
        assert_eq!(found(source), []);
    }

    #[test]
    fn types_get_the_token_that_their_package_has() {
        let tokens = [
            "aws:s3:Bucket",
            "aws:s3/bucket:Bucket",
            "random:RandomPet",
            "command:local:Command",
            "kubernetes:core/v1:Pod",
        ];
        let normal = tokens.map(normalized);
        assert_eq!(
            normal,
            [
                "aws:s3/bucket:Bucket",
                "aws:s3/bucket:Bucket",
                "random:index/randomPet:RandomPet",
                "command:local:Command",
                "kubernetes:core/v1:Pod"
            ]
        );
    }
}
