//! What is known of one stack.

use crate::fleet::FoundProject;
use crate::fleet::esc::EscEnvironments;

/// What is known of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackVerdict {
    /// The project's name.
    pub project: String,
    /// The folder of its file, from the top of the repository.
    pub cwd: String,
    /// The stack's name.
    pub stack: String,
    /// Why it is affected, a sentence each. Empty if it is not.
    pub why: Vec<String>,
    /// The files outside of the project's folder that it is made from, a line each with the file that leads there.
    pub made_from: Vec<String>,
    /// The stacks whose outputs it reads, or which it is declared to come after.
    pub after: Vec<String>,
    /// The ESC environments that its configuration imports.
    pub esc: EscEnvironments,
}

impl StackVerdict {
    /// The verdict on a stack of this project.
    pub fn new(project: &FoundProject, stack: &str, why: Vec<String>) -> Self {
        Self {
            project: project.project.clone(),
            cwd: project.cwd.clone(),
            stack: stack.to_owned(),
            why,
            made_from: Vec::new(),
            after: Vec::new(),
            esc: EscEnvironments::default(),
        }
    }

    /// A verdict on the same stack of which nothing is known but its names.
    pub(super) fn untold(&self) -> Self {
        Self {
            project: self.project.clone(),
            cwd: self.cwd.clone(),
            stack: self.stack.clone(),
            why: Vec::new(),
            made_from: Vec::new(),
            after: Vec::new(),
            esc: EscEnvironments::default(),
        }
    }

    /// Why a change of an ESC environment affects it.
    pub fn uses_environment(&self, name: &str) -> String {
        if self.esc.names.is_empty() || self.esc.is_unclear {
            format!(
                "its configuration names an ESC environment in a form that can't be read: it may be `{name}`"
            )
        } else {
            format!("it uses the ESC environment `{name}`")
        }
    }

    /// Whether it is affected.
    pub fn is_affected(&self) -> bool {
        !self.why.is_empty()
    }

    /// The project and the stack, as people write them. Of a project without stacks its own name.
    pub fn name(&self) -> String {
        if self.stack.is_empty() { self.project.clone() } else { format!("{}/{}", self.project, self.stack) }
    }
}
