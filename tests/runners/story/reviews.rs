//! A change request has a stack of its own while it is open, by the jobs of the examples, and a close that was lost is found
//! by the sweep.

use super::{Event, NUMBER, Story, System};
use crate::support::forge::{Face, State};

/// The default branch's file: review stacks are made from `staging`.
const MAP: &str = "upsert: true\nreview: { from: staging }\n";

/// A time long before each sweep.
const LONG_AGO: &str = "2020-01-01T10:00:00Z";

impl<S: System> Story<S> {
    /// A repository with review stacks.
    pub fn with_review_stacks(face: &'static dyn Face, system: S) -> Self {
        Self::by_map(face, system, MAP, &[])
    }

    /// The names of the review stacks in the backend.
    fn review_stacks(&self) -> Vec<String> {
        let stacks = std::fs::read_dir(self.path("state/.pulumi/stacks/shop"));
        let names = stacks.into_iter().flatten().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names
            .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
            .filter(|name| name.starts_with("pr-7-"))
            .collect()
    }

    /// The only review stack.
    #[track_caller]
    fn review_stack(&self) -> String {
        let stacks = self.review_stacks();
        assert_eq!(stacks.len(), 1, "{stacks:?}");
        stacks[0].clone()
    }

    /// Whether stackstep has recorded a deployment to the environment of change request 7 on the forge.
    fn recorded(&self) -> bool {
        self.forge.memory().deployments.iter().any(|one| one["environment"] == "review/pr-7")
    }

    /// Change request 7 is closed, or opened again. No job runs for it.
    fn set_open(&self, is_open: bool) {
        let mut memory = self.forge.memory();
        let pull = memory.pulls.iter_mut().find(|pull| pull.number == NUMBER).unwrap();
        pull.state = if is_open { State::Open } else { State::Closed };
        LONG_AGO.clone_into(&mut pull.closed_at);
    }

    /// The jobs of change request 7 after it was closed.
    fn closed(&self) -> super::Ran {
        let (head, _) = self.of_the_change();
        self.run(&head, &Event::Closed { head: head.clone() })
    }

    /// The jobs of change request 7 while it is open.
    fn reviewed(&self) -> super::Ran {
        let (head, _) = self.of_the_change();
        self.run(&head, &Event::Change { head: head.clone() })
    }

    /// The jobs of the default branch's schedule.
    fn swept(&self) -> super::Ran {
        self.run("origin/main", &Event::Schedule)
    }
}

/// It opens and is shown, closes and is gone, opens again and is there again.
pub fn a_change_request_has_a_stack_while_it_is_open<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.reviewed().passes().says("3 created");
    let stack = story.review_stack();
    assert_eq!(story.ledger(&stack), ["opened"]);
    let comment = story.forge.only();
    assert!(comment.contains(&format!("Deployed `shop/{stack}`")), "{comment}");
    assert!(comment.contains(&story.service.url()), "{comment}");
    // GitLab knows by the job itself, and a deployment that is recorded beside it would start the environment again.
    let is_recorded = story.forge.face.name() == "github";
    assert_eq!(story.recorded(), is_recorded);

    story.propose(&["queue", "table", "cache"]);
    story.reviewed().passes().says("1 created");
    assert_eq!((story.review_stack(), story.ledger(&stack)), (stack.clone(), vec!["opened".to_owned()]));

    story.set_open(false);
    story.closed().passes().says("is destroyed and removed, with the copies of its state");
    assert_eq!((story.review_stacks(), story.ledger(&stack)), (Vec::new(), kinds(&["opened", "destroyed"])));
    assert_eq!(story.recorded(), is_recorded);

    story.set_open(true);
    story.reviewed().passes().says("4 created");
    assert_eq!(story.review_stack(), stack);
}

/// No job runs for the close. The first sweep of the repository says what it would do, and the second one does it; an open
/// change request keeps its stack.
pub fn a_close_that_was_lost_is_found_by_the_sweep<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.reviewed().passes();
    let stack = story.review_stack();
    story.swept().passes().says("it is the first sweep of this repository in this backend");
    story.swept().passes();
    assert_eq!((story.review_stack(), story.ledger(&stack)), (stack.clone(), kinds(&["opened"])));

    story.set_open(false);
    story.swept().passes();
    assert_eq!((story.review_stacks(), story.ledger(&stack)), (Vec::new(), kinds(&["opened", "destroyed"])));
}

fn kinds(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|&kind| kind.to_owned()).collect()
}
