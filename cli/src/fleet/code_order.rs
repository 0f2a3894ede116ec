//! The order of stacks as programs, configuration and the section `fleet` tell it: a program names the stacks whose outputs it
//! reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::FoundProject;
use super::affected::links::{Links, NamedStacks};
use super::affected::reached::ReachFinder;
use super::order::{OrderSource, StackOrder};
use super::settings::FleetSettings;
use crate::reviewed::reach::tracked::Tracked;

/// A stack of a fleet, by the number of its project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectStack {
    /// The number of its project in the list of all.
    pub project: usize,
    /// The stack's name, without organisation and project.
    pub stack: String,
}

/// What is known without the stacks' states.
#[derive(Debug, Default)]
pub struct CodeOrder {
    /// The order of what is named.
    order: StackOrder,
    /// A stack, one that it may come after, and who says so: the project is named, and not its stack.
    guessed: Vec<(usize, usize, OrderSource)>,
    /// For the number of a project, a file that reads outputs of a stack whose name it does not tell.
    pub unclear: BTreeMap<usize, String>,
}

/// The order of these stacks of the repository around `top`. `all` has every project of the repository.
pub fn code_order(
    top: &Path,
    all: &[FoundProject],
    stacks: &[ProjectStack],
    settings: &FleetSettings,
) -> CodeOrder {
    let mut links = Links::new(all);
    let used: BTreeSet<usize> = stacks.iter().map(|stack| stack.project).collect();
    if let Some(tracked) = Tracked::around(top) {
        let mut reach = ReachFinder::new(&tracked);
        for number in &used {
            let Some(project) = all.get(*number) else { continue };
            links.add_read(*number, &reach.of_project(project).reached.referred);
        }
    }
    for number in &used {
        links.add_declared(*number, &settings.depends_on);
    }
    let unclear = used.iter().filter_map(|number| Some((*number, links.any_of(Some(number))?.to_owned())));
    let mut known =
        CodeOrder { order: StackOrder::new(stacks.len()), guessed: Vec::new(), unclear: unclear.collect() };
    let mut of_project: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, stack) in stacks.iter().enumerate() {
        of_project.entry(stack.project).or_default().push(at);
    }
    for number in &used {
        for (other, others) in &of_project {
            for (source, named) in links.between(*number, *other) {
                for at in of_project.get(number).into_iter().flatten() {
                    known.add(stacks, *at, others, source, named);
                }
            }
        }
    }
    known
}

impl CodeOrder {
    /// Adds what is said of the stack `at` and these others. Where the project is named and not its stack, the one of the same
    /// name is meant, if it has one.
    fn add(
        &mut self,
        stacks: &[ProjectStack],
        at: usize,
        others: &[usize],
        source: OrderSource,
        named: NamedStacks<'_>,
    ) {
        let name = |number: usize| stacks.get(number).map_or("", |one| one.stack.as_str());
        match named {
            NamedStacks::These(names) => {
                for other in others.iter().filter(|other| names.contains(name(**other))) {
                    self.order.add(at, *other, source);
                }
            }
            NamedStacks::Some => {
                let own: Vec<usize> =
                    others.iter().copied().filter(|other| name(*other) == name(at)).collect();
                let meant = if own.is_empty() { others } else { own.as_slice() };
                self.guessed.extend(meant.iter().map(|other| (at, *other, source)));
            }
        }
    }

    /// The order with what the states say: `read` has for a stack the whole names of those whose outputs its last deployment has
    /// read, such as `acme/network/prod`. Where a state names a stack of a project, the code need not be guessed at.
    #[must_use]
    pub fn with_states(
        self,
        all: &[FoundProject],
        stacks: &[ProjectStack],
        read: &[(usize, Vec<String>)],
    ) -> StackOrder {
        let Self { mut order, guessed, .. } = self;
        let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
        for (at, names) in read {
            for name in names {
                let mut parts = name.rsplitn(3, '/');
                let (Some(stack), Some(project)) = (parts.next(), parts.next()) else { continue };
                told.extend(
                    all.iter().position(|found| found.project == project).map(|number| (*at, number)),
                );
                let is_meant = |one: &ProjectStack| {
                    one.stack == stack && all.get(one.project).is_some_and(|found| found.project == project)
                };
                if let Some(before) = stacks.iter().position(is_meant) {
                    order.add(*at, before, OrderSource::State);
                }
            }
        }
        for (at, other, source) in guessed {
            let is_told = stacks.get(other).is_some_and(|other| told.contains(&(at, other.project)));
            if source == OrderSource::Declared || !is_told {
                order.add(at, other, source);
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str) -> FoundProject {
        FoundProject {
            project: name.to_owned(),
            cwd: format!("infra/{name}"),
            runtime: None,
            stacks: Vec::new(),
            stack_files: Vec::new(),
            program: String::new(),
        }
    }

    fn stacks(names: &[(usize, &str)]) -> Vec<ProjectStack> {
        names
            .iter()
            .map(|(project, stack)| ProjectStack { project: *project, stack: (*stack).to_owned() })
            .collect()
    }

    fn empty(stacks: usize) -> CodeOrder {
        CodeOrder { order: StackOrder::new(stacks), ..CodeOrder::default() }
    }

    #[test]
    fn a_state_names_the_stacks_that_it_has_read() {
        let all = ["network", "shop"].map(project);
        let stacks = stacks(&[(0, "prod"), (1, "prod")]);
        let names =
            ["organization/network/prod", "organization/elsewhere/prod", "prod", ""].map(str::to_owned);
        let order = empty(2).with_states(&all, &stacks, &[(1, names.to_vec())]);
        assert_eq!(order.after(1).keys().collect::<Vec<_>>(), [&0]);
        assert!(order.after(0).is_empty());
    }

    #[test]
    fn where_a_program_names_a_project_only_the_stack_of_the_same_name_is_meant() {
        let all = ["network", "shop"].map(project);
        let stacks = stacks(&[(0, "dev"), (0, "prod"), (1, "prod"), (1, "eu")]);
        let mut known = empty(4);
        for at in [2, 3] {
            known.add(&stacks, at, &[0, 1], OrderSource::Code, NamedStacks::Some);
        }
        let order = known.with_states(&all, &stacks, &[]);
        assert_eq!(order.after(2).keys().collect::<Vec<_>>(), [&1]);
        assert_eq!(order.after(3).keys().collect::<Vec<_>>(), [&0, &1], "no `eu` is there");
    }

    #[test]
    fn a_state_that_names_a_stack_of_the_project_ends_the_guessing() {
        let all = ["network", "shop"].map(project);
        let stacks = stacks(&[(0, "shared"), (0, "prod"), (1, "prod")]);
        let mut known = empty(3);
        known.add(&stacks, 2, &[0, 1], OrderSource::Code, NamedStacks::Some);
        let order = known.with_states(&all, &stacks, &[(2, vec!["organization/network/shared".to_owned()])]);
        assert_eq!(order.after(2).keys().collect::<Vec<_>>(), [&0]);
    }
}
