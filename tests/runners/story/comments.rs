//! Comments on a change request as commands, each in the job that it starts: by one who may, and by one who may not.

use super::{Event, NUMBER, Ran, Story, System};
use crate::support::forge::{Face, ME};

/// The map of the default branch, with the commands on.
const MAP: &str = "\
upsert: true
comment-commands: {}
deploy: { branches: { main: staging }, change-requests: [staging] }
stacks:
  staging:
    environment: staging
    unreviewed: refuse
    approvals: { needed: 1, by: [review] }
";

impl<S: System> Story<S> {
    /// A repository with commands. Ann may maintain it, tim may write, rob may read; ada opens the changes.
    pub fn with_commands(face: &'static dyn Face, system: S) -> Self {
        let story = Self::by_map(face, system, MAP, &[]);
        story.forge.memory().shown.permissions =
            [("ann", "maintain"), ("tim", "write"), ("rob", "read"), ("ada", "admin")]
                .map(|(who, word)| (who.to_owned(), word))
                .to_vec();
        story
    }

    /// The job that a comment on change request 7 starts.
    fn comments(&self, who: &str, text: &str) -> Ran {
        let id = self.forge.memory().write(who, text);
        self.forge.memory().comments.last_mut().unwrap().on = Some(NUMBER);
        self.run("origin/main", &Event::Comment { id, text: text.to_owned() })
    }

    /// The last answer, and how many there are.
    fn answers(&self) -> (String, usize) {
        let memory = self.forge.memory();
        let ours = memory.comments.iter().filter(|one| one.author == ME);
        let answers: Vec<_> = ours.filter(|one| one.body.starts_with("<!-- stackstep-answer ")).collect();
        (answers.last().map(|one| one.body.clone()).unwrap_or_default(), answers.len())
    }

    /// Asserts that the last command was answered with these words.
    #[track_caller]
    fn answered(&self, words: &str) {
        let (answer, _) = self.answers();
        assert!(answer.contains(words), "`{words}` is not in:\n{answer}");
    }

    fn has_preview(&self) -> bool {
        let memory = self.forge.memory();
        memory.comments.iter().any(|one| one.body.contains("Preview of `shop/staging`"))
    }
}

/// Preview, approval, hold and release by comments, and the deployment that heeds them.
pub fn comments_are_commands_of_those_who_may<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.comments("rob", "Looks good to me.").passes().never_says("Deployed");
    story.comments("rob", "/stackstep preview").fails_with(73).never_says("Deployed");
    story.answered("`preview` takes the permission `write`, and `rob` has `read`");
    assert_eq!((story.has_preview(), story.answers().1), (false, 1));
    story.comments("tim", "/stackstep preview").passes().never_says("Deployed");
    story.answered("is previewed");
    assert!(story.has_preview());

    story.comments("ada", "/stackstep approve").fails_with(73);
    story.answered("nobody may `approve` their own change");
    story.comments("tim", "/stackstep approve").passes();
    story.answered("is approved by `tim`");

    story.comments("tim", "/stackstep hold staging the database is moved").passes();
    story.merge();
    story.pushed().fails_with(73).never_says("Deployed").says("by `tim`: the database is moved");
    story.comments("tim", "/stackstep release staging done").fails_with(73);
    story.answered("`release` takes the permission `maintain`");
    story.comments("ann", "/stackstep release staging done").passes();
    assert_eq!(story.ledger("staging"), ["approved", "held", "released"]);
    let deployed = story.pushed().passes().says("Deployed `shop/staging`: 3 created");
    deployed.says("approved by `tim`");
}
