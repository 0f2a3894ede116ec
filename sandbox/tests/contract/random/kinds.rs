//! The kinds of differences that random programs may show, each with its reason. The table is to shrink: a kind that no
//! program shows has to go, and whatever is of no kind fails the run.

use crate::compare::{Class, Difference};

/// A kind of difference that is agreed on: one difference that tells it, and what comes with that one in the same step.
pub struct Kind {
    /// What differs, in a few words.
    pub name: &'static str,
    /// Pieces of the command, all of which it has.
    pub line: &'static [&'static str],
    /// Whether only a step that fails on both engines shows it.
    pub failed: bool,
    /// The class of the difference that tells it.
    pub class: Class,
    /// A piece of its place.
    pub at: &'static str,
    /// A piece of what the sandbox has.
    pub ours: &'static str,
    /// A piece of what the real CLI has.
    pub theirs: &'static str,
    /// What follows from it, by class.
    pub with: With,
    /// Whether the real CLI shows it at some times only.
    pub by_chance: bool,
    /// Why it is right, or what is still to do.
    pub reason: &'static str,
}

/// What follows from a difference in the same step.
pub enum With {
    /// Differences of these classes.
    Classes(&'static [Class]),
    /// Every other one. The program ends there: what follows has no meaning.
    Everything,
}

/// The CLI's mark of a secret:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go>.
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";

use Class as C;

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "a state that the engine itself refuses",
        class: C::Stderr,
        ours: "snapshot integrity",
        with: With::Everything,
        reason: "with `--target` or `--exclude` a state can come about that is not sound: the CLI fails in the middle \
                 of the update, the sandbox at its end",
        ..ANY
    },
    Kind {
        name: "outputs of a stack of which only targets are updated",
        line: &["--target"],
        class: C::Missing,
        at: "Stack::p-dev",
        theirs: "resOutputsEvent",
        with: With::Classes(&[C::State, C::Count, C::Extra, C::Missing]),
        reason: "where the program needs what is no target and does not exist yet, the sandbox registers no outputs \
                 of the stack; the CLI registers those that it knows",
        ..ANY
    },
    Kind {
        name: "an unknown output of a stack of which only a part is updated",
        class: C::Outputs,
        ours: "<unknown>",
        with: With::Classes(&[C::State]),
        reason: "what a resource that is left out would give is unknown in the sandbox; the CLI has null, or what it \
                 was before",
        ..ANY
    },
    Kind {
        name: "a target that needs what is no target and does not exist",
        class: C::Missing,
        theirs: "was not specified in --target list",
        with: With::Classes(&[C::State, C::Count, C::Extra, C::Missing]),
        reason: "the sandbox does not check what a resource needs that is no target",
        ..ANY
    },
    Kind {
        name: "options of a resource that is no target",
        line: &["--target"],
        class: C::Old,
        at: "/metadata/old/",
        ours: "nothing",
        theirs: "true",
        with: With::Classes(&[C::New, C::Old, C::State]),
        reason: "the CLI takes over `protect` and `retainOnDelete` of every resource, the sandbox those of targets",
        ..ANY
    },
    Kind {
        name: "a resource that is gone from the program and depends on an excluded one",
        line: &["--exclude-dependents"],
        class: C::Op,
        ours: "delete",
        theirs: "same",
        with: With::Classes(&[C::Count, C::New, C::State, C::Op]),
        reason: "`--exclude-dependents` keeps it in the CLI, the sandbox deletes it",
        ..ANY
    },
    Kind {
        name: "a secret for longer",
        class: C::New,
        ours: SECRET,
        theirs: "nothing",
        with: With::Classes(&[C::New, C::Old, C::Outputs, C::State, C::Count, C::Op, C::Keys, C::Extra]),
        reason: "a secret inside of a resource's output that another resource reads: the host of YAML programs loses \
                 its mark, the sandbox keeps it",
        ..ANY
    },
    Kind {
        name: "a secret output for longer",
        class: C::Outputs,
        ours: SECRET,
        theirs: "nothing",
        with: With::Classes(&[C::Outputs, C::State]),
        reason: "the same, in an output of the stack",
        ..ANY
    },
    Kind {
        name: "an output that becomes a secret with this update",
        class: C::Old,
        at: "/metadata/old/outputs/",
        theirs: SECRET,
        with: With::Classes(&[C::Old]),
        reason: "in the CLI's events it is one in the old state, too",
        ..ANY
    },
    Kind {
        name: "a replacement on demand of what ignores changes",
        line: &["--replace"],
        class: C::New,
        at: "/metadata/new/inputs/input",
        with: With::Classes(&[C::New, C::Old, C::State]),
        reason: "the CLI gives the new resource the program's inputs, the sandbox keeps to `ignoreChanges`",
        ..ANY
    },
    Kind {
        name: "how far independent resources were when an update failed",
        failed: true,
        class: C::Count,
        at: "/resourceChanges/",
        with: With::Classes(&[C::Extra, C::Missing, C::State]),
        by_chance: true,
        reason: "the engine works on them at once",
        ..ANY
    },
    Kind {
        name: "a duplicate that the CLI sees at some times, and that the program has not got",
        line: &["--target"],
        class: C::Missing,
        theirs: "Duplicate resource URN",
        with: With::Everything,
        by_chance: true,
        reason: "on a busy machine 3.276.0 has failed so with a program that names each resource once",
        ..ANY
    },
];

/// Anything at all.
const ANY: Kind = Kind {
    name: "",
    line: &[],
    failed: false,
    class: C::State,
    at: "",
    ours: "",
    theirs: "",
    with: With::Classes(&[]),
    by_chance: false,
    reason: "",
};

impl Kind {
    /// Takes out of a step's differences those that are of this kind; whether there were some.
    pub fn take(&self, line: &str, failed: bool, found: &mut Vec<Difference>) -> bool {
        let tells = |difference: &Difference| {
            self.class == difference.class
                && difference.at.contains(self.at)
                && difference.ours.contains(self.ours)
                && difference.theirs.contains(self.theirs)
        };
        let fits = self.line.iter().all(|piece| line.contains(piece)) && (failed || !self.failed);
        if !(fits && found.iter().any(tells)) {
            return false;
        }
        found.retain(|difference| {
            let follows = match self.with {
                With::Classes(classes) => classes.contains(&difference.class),
                With::Everything => true,
            };
            !tells(difference) && !follows
        });
        true
    }

    /// Whether the program ends with a step that shows it.
    pub fn ends(&self) -> bool {
        matches!(self.with, With::Everything)
    }
}
