//! The order in which a program's parts are evaluated: each after what it refers to, otherwise as in the file.
//!
//! <https://github.com/pulumi/pulumi-yaml/blob/main/pkg/pulumiyaml/sort.go>

use std::collections::HashMap;

use super::access::Access;
use super::diagnostic::Diagnostic;
use super::template::Template;
use super::yaml::Pos;

/// A part of a program, by its place in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A resource.
    Resource(usize),
    /// A variable.
    Variable(usize),
}

/// A part and the earlier parts of the order that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// The part.
    pub part: Part,
    /// Indices into the order.
    pub after: Vec<usize>,
}

/// Sorts the parts. `is_config` says which other names are there.
pub fn order(template: &Template, is_config: &dyn Fn(&str) -> bool) -> Result<Vec<Ordered>, Vec<Diagnostic>> {
    let mut sorter = Sorter { template, index: index(template)?, nodes: vec![], order: vec![], is_config };
    sorter.nodes = sorter.collect();
    for node in 0..sorter.nodes.len() {
        sorter.visit(node)?;
    }
    Ok(sorter.order)
}

/// A part, what it refers to, and how far the walk has come with it.
struct Node<'a> {
    part: Part,
    name: &'a str,
    refers_to: Vec<(String, Pos)>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done(usize),
}

struct Sorter<'a> {
    template: &'a Template,
    index: HashMap<&'a str, usize>,
    nodes: Vec<Node<'a>>,
    order: Vec<Ordered>,
    is_config: &'a dyn Fn(&str) -> bool,
}

/// Names to nodes: the resources first, then the variables.
fn index(template: &Template) -> Result<HashMap<&str, usize>, Vec<Diagnostic>> {
    let mut index = HashMap::with_capacity(template.resources.len() + template.variables.len());
    let keys = template.resources.iter().map(|resource| ("resource", &resource.key));
    let keys = keys.chain(template.variables.iter().map(|(key, _)| ("variable", key)));
    let resources = template.resources.len();
    for (place, (kind, key)) in keys.enumerate() {
        if key.text == "pulumi" {
            let message = format!("{kind} pulumi uses the reserved name pulumi");
            return Err(vec![Diagnostic::error(key.pos, message).unhandled()]);
        }
        if let Some(other) = index.insert(key.text.as_str(), place) {
            let other = if other < resources { "resource" } else { "variable" };
            let message = if kind == other {
                format!("found duplicate {kind} {}", key.text)
            } else {
                format!("{kind} {0} cannot have the same name as {other} {0}", key.text)
            };
            return Err(vec![Diagnostic::error(key.pos, message).unhandled()]);
        }
    }
    Ok(index)
}

impl<'a> Sorter<'a> {
    fn collect(&self) -> Vec<Node<'a>> {
        let template = self.template;
        let mut default_providers = HashMap::new();
        for resource in template.resources.iter().filter(|resource| resource.default_provider) {
            if let Some(package) = resource.type_token.strip_prefix("pulumi:providers:") {
                default_providers.insert(package, &resource.key);
            }
        }
        let resources = template.resources.iter().enumerate().map(|(place, resource)| {
            let mut refers_to = vec![];
            let mut note = |access: &Access, pos| refers_to.push((access.root.clone(), pos));
            resource.expressions().for_each(|expr| expr.for_each_access(&mut note));
            let package = resource.type_token.split(':').next().unwrap_or_default();
            if let Some(provider) = default_providers.get(package)
                && resource.options.provider.is_none()
                && !resource.default_provider
            {
                refers_to.push((provider.text.clone(), provider.pos));
            }
            Node { part: Part::Resource(place), name: &resource.key.text, refers_to, state: State::New }
        });
        let variables = template.variables.iter().enumerate().map(|(place, (key, expr))| {
            let mut refers_to = vec![];
            expr.for_each_access(&mut |access, pos| refers_to.push((access.root.clone(), pos)));
            Node { part: Part::Variable(place), name: &key.text, refers_to, state: State::New }
        });
        resources.chain(variables).collect()
    }

    /// Depth first, with a stack of its own: a chain of references can be as long as the program.
    fn visit(&mut self, start: usize) -> Result<(), Vec<Diagnostic>> {
        let mut stack = vec![(start, 0, Pos::default())];
        while let Some((node, next, from)) = stack.pop() {
            if next == 0 {
                match self.nodes[node].state {
                    State::Done(_) => continue,
                    State::Open => return Err(vec![self.circle(node, from)]),
                    State::New => self.nodes[node].state = State::Open,
                }
            }
            if let Some((name, pos)) = self.nodes[node].refers_to.get(next) {
                let target = self.resolve(name, *pos)?;
                let pos = *pos;
                stack.push((node, next + 1, from));
                stack.extend(target.map(|target| (target, 0, pos)));
            } else {
                self.finish(node);
            }
        }
        Ok(())
    }

    fn resolve(&self, name: &str, pos: Pos) -> Result<Option<usize>, Vec<Diagnostic>> {
        match self.index.get(name) {
            Some(target) => Ok(Some(*target)),
            None if name == "pulumi" || (self.is_config)(name) => Ok(None),
            None => {
                let message = format!("resource, variable, or config value {name:?} not found");
                Err(vec![Diagnostic::error(pos, message)])
            }
        }
    }

    fn finish(&mut self, node: usize) {
        let done = |(name, _): &(String, Pos)| match self.nodes[*self.index.get(name.as_str())?].state {
            State::Done(place) => Some(place),
            State::New | State::Open => None,
        };
        let mut after: Vec<usize> = self.nodes[node].refers_to.iter().filter_map(done).collect();
        after.sort_unstable();
        after.dedup();
        self.nodes[node].state = State::Done(self.order.len());
        self.order.push(Ordered { part: self.nodes[node].part, after });
    }

    /// The reference at `pos` closes a circle.
    fn circle(&self, node: usize, pos: Pos) -> Diagnostic {
        let Node { part, name, .. } = &self.nodes[node];
        let kind = if matches!(part, Part::Resource(_)) { "resource" } else { "variable" };
        Diagnostic::error(pos, format!("circular dependency of {kind} '{name}' transitively on itself"))
            .unhandled()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::program::yaml;

    fn sorted(source: &str) -> Result<Vec<String>, Vec<Diagnostic>> {
        let template = Template::parse(&yaml::parse(source).unwrap()).unwrap();
        let order = order(&template, &|name| name == "setting")?;
        let name = |ordered: &Ordered| match ordered.part {
            Part::Resource(place) => template.resources[place].key.text.clone(),
            Part::Variable(place) => template.variables[place].0.text.clone(),
        };
        Ok(order.iter().map(name).collect())
    }

    #[test]
    fn parts_without_references_keep_the_order_of_the_file() {
        let source = "resources: {b: {type: t}, a: {type: t}}\nvariables: {v: 1}\n";
        assert_eq!(sorted(source).unwrap(), ["b", "a", "v"]);
    }

    #[test]
    fn a_part_follows_what_it_refers_to() {
        let source = "
resources:
  a: {type: t, properties: {x: \"${v} ${setting} ${pulumi.stack}\"}}
  b: {type: t}
  c: {type: t, options: {dependsOn: [\"${d}\"]}}
  d: {type: t}
variables:
  v: [\"${b.id}\"]
";
        assert_eq!(sorted(source).unwrap(), ["b", "v", "a", "d", "c"]);
    }

    #[test]
    fn a_circle_is_refused() {
        let source = "variables: {a: \"${b}\", b: \"${a}\"}\n";
        let found = sorted(source).unwrap_err();
        assert_eq!(found[0].summary, "circular dependency of variable 'a' transitively on itself");
    }

    #[test]
    fn an_unknown_name_is_refused_where_it_stands() {
        let found = sorted("variables:\n  a: ${nope}\n").unwrap_err();
        assert_eq!(found[0].summary, "resource, variable, or config value \"nope\" not found");
        assert_eq!(found[0].pos.line, 2);
    }

    #[test]
    fn a_chain_as_long_as_the_program_is_sorted() {
        let mut source = "variables:\n  v0: 1\n".to_owned();
        for number in (1..20_000).rev() {
            let _ = writeln!(source, "  v{number}: ${{v{}}}", number - 1);
        }
        assert_eq!(sorted(&source).unwrap().len(), 20_000);
    }
}
