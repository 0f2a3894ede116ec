//! A change request on which people talk, and the job that a comment starts.

use serde_json::{Value, json};

use crate::deploy::repository::Repository;
use crate::support::forge::{FACES, Fake, ME, TOKEN};
use crate::support::json as read_json;
use crate::support::{Run, checkout};

/// The map: a change request previews `staging`.
const MAP: &str = "deploy: { branches: { main: staging }, change-requests: [staging] }\n";

/// Change request 7, which changes the size of `infra/shop` from 1 to 2, in a repository whose stack `staging` is deployed. The
/// checkout is that of `main`. Its author is ada; ann may administer the repository, tim may write, and rob may read.
pub struct Talk {
    pub fake: Fake,
    pub repository: Repository,
    /// The commit of the change.
    pub head: String,
}

impl Talk {
    /// On the forge of this name, with these lines in the default branch's `stackstep.yaml` beside the map.
    pub fn on(forge: &str, more: &str) -> Self {
        let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == forge).unwrap());
        let repository = Repository::new(MAP).on_branch("main");
        // Without an entry it leaves nothing in the ledger.
        repository.scene.run("up --upsert -C infra/shop --stack staging").ends_with(0);
        repository.scene.write("stackstep.yaml", &format!("{MAP}{more}"));
        repository.commit("the salt of the new stack, and what is switched on");
        repository.push("main");
        let repository = repository.on_branch("main");
        let head = changed(&repository, 2);
        let main = repository.head();
        {
            let mut memory = fake.memory();
            memory.pulls[0].head.clone_from(&head);
            memory.pulls[0].branch = "feature".to_owned();
            memory.shown.branches = vec![("main".to_owned(), main.clone())];
            memory.shown.commits = vec![(main, Vec::new())];
            memory.shown.permissions =
                [("ann", "admin"), ("tim", "write"), ("rob", "read"), ("ada", "admin")]
                    .map(|(who, word)| (who.to_owned(), word))
                    .to_vec();
        }
        let scene = repository
            .scene
            .with("STACKSTEP_FORGE", forge)
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN);
        let talk = Self { fake, repository: Repository { scene }, head };
        if forge == "gitlab" { talk.in_a_pipeline() } else { talk.in_a_workflow(forge == "gitea") }
    }

    /// In a pipeline that a webhook has triggered.
    fn in_a_pipeline(self) -> Self {
        let path = self.event_file().display().to_string();
        self.with("CI_PIPELINE_SOURCE", "trigger").with("TRIGGER_PAYLOAD", &path)
    }

    /// In a workflow for `issue_comment`.
    fn in_a_workflow(self, of_gitea: bool) -> Self {
        let (path, main) = (self.event_file().display().to_string(), self.repository.head());
        let names =
            ["GITLAB_CI", "CI_COMMIT_BRANCH", "CI_PIPELINE_SOURCE", "CI_COMMIT_SHA", "CI_PROJECT_PATH"];
        let scene = names.iter().fold(self.repository.scene, |scene, name| scene.without(name));
        let talk = Self { repository: Repository { scene }, ..self };
        let talk = if of_gitea { talk.with("GITEA_ACTIONS", "true") } else { talk };
        talk.with("GITHUB_ACTIONS", "true")
            .with("GITHUB_EVENT_NAME", "issue_comment")
            .with("GITHUB_EVENT_PATH", &path)
            .with("GITHUB_SHA", &main)
            .with("GITHUB_REF", "refs/heads/main")
            .with("GITHUB_REF_NAME", "main")
            .with("GITHUB_REPOSITORY", "acme/shop")
    }

    /// With a variable of the job.
    pub fn with(self, name: &str, value: &str) -> Self {
        Self { repository: Repository { scene: self.repository.scene.with(name, value) }, ..self }
    }

    /// In the job of this number, whose link each comment of it has: the same preview by another job is another comment.
    pub fn in_job(self, number: &str) -> Self {
        self.with("CI_JOB_URL", &format!("https://gitlab.example/acme/shop/-/jobs/{number}"))
    }

    fn event_file(&self) -> std::path::PathBuf {
        self.repository.scene.root().join("event.json")
    }

    /// On GitLab.
    pub fn new(more: &str) -> Self {
        Self::on("gitlab", more)
    }

    /// Another commit at the change's head.
    pub fn moves(&mut self, size: u8) {
        self.head = changed(&self.repository, size);
        self.fake.memory().pulls[0].head.clone_from(&self.head);
    }

    /// Writes a comment. Returns its id.
    pub fn says(&self, who: &str, body: &str) -> u64 {
        self.fake.memory().write(who, body)
    }

    /// The run of the job that a comment has started, with the text that it had then.
    pub fn job(&self, id: u64, text: &str) -> Run {
        self.job_with(id, text, "")
    }

    /// The same with flags.
    pub fn job_with(&self, id: u64, text: &str, flags: &str) -> Run {
        std::fs::write(self.event_file(), event(self.fake.face.name(), id, text).to_string()).unwrap();
        self.repository.scene.run(&format!("comment-command {flags}"))
    }

    /// Writes a comment, and runs the job that it starts.
    pub fn comment(&self, who: &str, body: &str) -> Run {
        let id = self.says(who, body);
        self.job(id, body)
    }

    /// The last answer.
    #[track_caller]
    pub fn answer(&self) -> String {
        self.all_answers().pop().expect("there is an answer")
    }

    /// The number of answers.
    pub fn answers(&self) -> usize {
        self.all_answers().len()
    }

    fn all_answers(&self) -> Vec<String> {
        let memory = self.fake.memory();
        let ours = memory.comments.iter().filter(|one| one.author == ME).map(|one| one.body.clone());
        ours.filter(|body| body.starts_with("<!-- stackstep-answer ")).collect()
    }

    /// The comment with the preview, if there is one.
    pub fn preview(&self) -> Option<String> {
        let memory = self.fake.memory();
        memory.comments.iter().find(|one| one.body.starts_with("<!-- stackstep ")).map(|one| one.body.clone())
    }

    /// The words of the reactions.
    pub fn reactions(&self) -> Vec<String> {
        self.fake.memory().reactions.iter().map(|(_, word)| word.clone()).collect()
    }

    /// The kinds of the entries in the ledger of `staging`.
    pub fn kinds(&self) -> Vec<String> {
        checkout::ledger(&self.repository.scene.root().join("state"), "staging")
    }

    /// An entry of that ledger.
    pub fn entry(&self, number: u64) -> Value {
        let folder = "state/.stackstep/ledger/shop/staging";
        read_json(self.repository.scene.root().join(folder).join(format!("{number:012}.json")))
    }
}

/// Pushes a commit with another size of the thing to the branch `feature`, and goes back to `main`. Returns the commit.
fn changed(repository: &Repository, size: u8) -> String {
    let program = std::fs::read_to_string(repository.scene.program.join("infra/shop/Pulumi.yaml")).unwrap();
    repository.scene.write("infra/shop/Pulumi.yaml", &program.replace("size: 1", &format!("size: {size}")));
    repository.commit("a change");
    repository.push("feature");
    let head = repository.head();
    repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    head
}

/// The event as the vendor writes it.
fn event(forge: &str, id: u64, text: &str) -> Value {
    if forge == "gitlab" {
        return json!({
            "object_kind": "note", "event_type": "note", "user": { "id": 3, "username": "somebody" },
            "project": { "path_with_namespace": "acme/shop", "default_branch": "main" },
            "merge_request": { "id": 93, "iid": 7 },
            "object_attributes": { "id": id, "note": text, "noteable_type": "MergeRequest", "action": "create" },
        });
    }
    let mut event = json!({
        "action": "created", "is_pull": true,
        "issue": { "number": 7, "pull_request": { "url": "https://example.com/pulls/7" } },
        "comment": { "id": id, "body": text, "user": { "login": "somebody" } },
        "repository": { "full_name": "acme/shop", "default_branch": "main", "private": true },
    });
    if forge == "gitea" {
        // It has the change, which is that of a fork here, and not at the issue.
        event["issue"]["pull_request"] = Value::Null;
        let side = |repository: &str, name: &str| json!({ "ref": name, "sha": "0".repeat(40), "repo": { "full_name": repository } });
        event["pull_request"] =
            json!({ "number": 7, "head": side("eve/shop", "feature"), "base": side("acme/shop", "main") });
    }
    event
}
