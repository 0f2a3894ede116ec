//! Deployments that need signed approvals: `stackstep approve` signs with the real `ssh-keygen`, and the gate lets through what
//! was signed, once.

use super::repository::{MAP, Repository};
use crate::support::Run;
use crate::support::forge::{FACES, Fake, State, TOKEN};

/// The program of `infra/shop` with this size.
pub fn program(size: u8) -> String {
    format!(
        "name: shop\nruntime: yaml\nresources:\n  thing:\n    type: demo:index:Thing\n    properties: {{ size: {size} }}\n"
    )
}

/// A repository whose stack `staging` needs signed approvals, in the job of a merged change that ada has opened.
pub struct Signing {
    fake: Fake,
    pub repository: Repository,
}

impl Signing {
    /// `approvals` is what the entry says of them, beside that they are signed.
    pub fn new(approvals: &str) -> Self {
        let fake = Fake::start(FACES.iter().copied().find(|face| face.name() == "gitlab").unwrap());
        let entry = format!("unreviewed: allow, approvals: {{ by: [ssh]{approvals} }}");
        let repository = Repository::new(&format!("{MAP}stacks:\n  staging: {{ {entry} }}\n"));
        let scene = repository
            .scene
            .with("STACKSTEP_FORGE", "gitlab")
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", TOKEN);
        let signing = Self { fake, repository: Repository { scene } };
        for name in ["ann", "bob", "ada"] {
            let key = signing.key(name);
            let mut keygen = signing.repository.scene.other("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &key]);
            let output = crate::support::output(&mut keygen);
            assert!(output.status.success(), "these tests need `ssh-keygen`");
        }
        signing.list(&["ann", "bob", "ada"]);
        // The first preview creates the stack, which writes the salt of its secrets into its file.
        signing.repository.scene.write("infra/shop/Pulumi.yaml", &program(1));
        signing.repository.scene.run("preview --upsert -C infra/shop --stack staging").ends_with(0);
        signing.merged("the first change")
    }

    /// The path of a person's key.
    pub fn key(&self, name: &str) -> String {
        self.repository.scene.root().join(name).display().to_string()
    }

    /// Writes the list of signers.
    pub fn list(&self, names: &[&str]) {
        let public = |name: &&str| std::fs::read_to_string(format!("{}.pub", self.key(name))).unwrap();
        let lines = names.iter().map(|name| format!("{name} {}", public(name)));
        self.repository.scene.write(".stackstep/allowed_signers", &lines.collect::<String>());
    }

    /// Merges what stands in the checkout as merge request 7, and enters the job of it.
    pub fn merged(self, message: &str) -> Self {
        let before = self.repository.head();
        self.repository.commit(message);
        self.repository.push("main");
        let commit = self.repository.head();
        let mut memory = self.fake.memory();
        memory.shown.commits = vec![(before.clone(), Vec::new()), (commit.clone(), vec![before])];
        memory.pulls[0].state = State::Merged;
        memory.pulls[0].merge_commit = Some(commit.clone());
        memory.pulls[0].commits = vec![commit];
        drop(memory);
        Self { repository: self.repository.on_branch("main"), ..self }
    }

    pub fn deploy(&self, more: &str) -> Run {
        self.repository.scene.run(&format!("deploy {more}"))
    }

    /// Signs what a refused deployment says that it would deploy.
    pub fn approve(&self, refused: &Run, name: &str) -> String {
        let log = refused.log();
        let line = log.split("sign it with `stackstep ").nth(1).unwrap_or_else(|| panic!("{log}"));
        let line = line.split('`').next().unwrap().replace("~/.ssh/id_ed25519", &self.key(name));
        let file = self.repository.scene.root().join(format!("{name}.json")).display().to_string();
        let run = self.repository.scene.run(&format!("{line} --file {file}")).ends_with(0);
        run.says("approves `shop/staging` until").says("-----BEGIN SSH SIGNATURE-----");
        file
    }

    /// The text of an approval: the envelope and its signature.
    fn text(file: &str) -> String {
        let read = |file: &str| std::fs::read_to_string(file).unwrap();
        format!("{}{}", read(file), read(&format!("{file}.sig")))
    }
}

#[test]
fn what_was_signed_is_deployed_and_nothing_else() {
    let signing = Signing::new("");
    let refused = signing.deploy("").ends_with(75).never_says("Deployed");
    let file = signing.approve(&refused.says("no signed approval was handed over"), "ann");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(0);
    run.says("signed by `ann`, who looked at commit `").says("Deployed `shop/staging`");
    let ledger = signing.repository.scene.root().join("state/.stackstep/ledger/shop/staging");
    let entries = std::fs::read_dir(ledger)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let nonce = crate::support::json(&file)["nonce"].to_string();
    assert!(entries.collect::<String>().contains(&nonce), "the ledger knows the approval again");

    signing.repository.scene.write("infra/shop/Pulumi.yaml", &program(2));
    let signing = signing.merged("the next change");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("does not count: it is about another change").says("look at what would be deployed now");
}

#[test]
fn the_rest_of_a_deployment_that_broke_off_is_done_under_the_same_approval() {
    let signing = Signing::new("");
    let other = "  other:\n    type: demo:index:Thing\n    properties: { size: 9 }\n";
    signing.repository.scene.write("infra/shop/Pulumi.yaml", &format!("{}{other}", program(2)));
    let signing = signing.merged("two things");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    let fault = "{resources: [{match: other, on: [create], fail: no quota}]}";
    let repository = Repository { scene: signing.repository.scene.with("PULUMI_SANDBOX_FAULTS", fault) };
    let signing = Signing { repository, ..signing };
    let line = format!("--approval {file}");
    signing.deploy(&line).ends_with(1).says("signed by `ann`").says("no quota");
    let scene = signing.repository.scene.without("PULUMI_SANDBOX_FAULTS");
    let signing = Signing { repository: Repository { scene }, ..signing };
    signing.deploy(&line).ends_with(0).says("signed by `ann`").says("Deployed `shop/staging`: 1 created");
    let more = format!("{}{other}", program(3));
    signing.repository.scene.write("infra/shop/Pulumi.yaml", &more);
    let signing = signing.merged("one thing more");
    signing.deploy(&line).ends_with(75).says("it is about another change").never_says("Deployed");
}

#[test]
fn an_approval_is_handed_over_by_a_variable_or_in_anybodys_comment() {
    let signing = Signing::new("");
    let text = Signing::text(&signing.approve(&signing.deploy("").ends_with(75), "ann"));
    signing
        .fake
        .memory()
        .write("somebody", &format!("Ann said:\r\n```\r\n{}\r\n```", text.replace('\n', "\r\n")));
    signing.deploy("").ends_with(0).says("signed by `ann`").says("Deployed");

    let signing = Signing::new("");
    let text = Signing::text(&signing.approve(&signing.deploy("").ends_with(75), "bob"));
    let scene = signing.repository.scene.with("STACKSTEP_APPROVAL", &text);
    scene.run("deploy").ends_with(0).says("signed by `bob`").says("Deployed");
}

#[test]
fn the_author_of_the_change_does_not_approve_it() {
    let signing = Signing::new("");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ada");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("they are the author of merge request !7").says("have it signed by another person");
}

#[test]
fn two_approvals_are_of_two_people() {
    let signing = Signing::new(", needed: 2");
    let refused = signing.deploy("").ends_with(75);
    let (ann, again) = (signing.approve(&refused, "ann"), signing.repository.scene.root().join("again.json"));
    std::fs::copy(&ann, &again).unwrap();
    std::fs::copy(format!("{ann}.sig"), format!("{}.sig", again.display())).unwrap();
    let run = signing.deploy(&format!("--approval {ann},{}", again.display())).ends_with(75);
    run.says("1 of 2 approvals are there").never_says("Deployed");
    let bob = signing.approve(&refused, "bob");
    signing.deploy(&format!("--approval {ann},{bob}")).ends_with(0).says("Deployed");
}

#[test]
fn a_key_and_its_certificate_are_of_one_person() {
    let signing = Signing::new(", needed: 2");
    let keygen = |args: &[&str]| {
        let mut keygen = signing.repository.scene.other("ssh-keygen");
        assert!(crate::support::output(keygen.args(args)).status.success());
    };
    let (authority, ann) = (signing.key("authority"), format!("{}.pub", signing.key("ann")));
    keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &authority]);
    keygen(&["-q", "-s", &authority, "-I", "id", "-n", "ann@acme.example", &ann]);
    let public = |path: &str| std::fs::read_to_string(path).unwrap();
    let list = format!(
        "ann {}bob {}*@acme.example cert-authority {}",
        public(&ann),
        public(&format!("{}.pub", signing.key("bob"))),
        public(&format!("{authority}.pub"))
    );
    signing.repository.scene.write(".stackstep/allowed_signers", &list);
    let signing = signing.merged("an authority");
    let refused = signing.deploy("").ends_with(75);
    let [plain, certified] = ["ann", "ann-cert.pub"].map(|key| signing.approve(&refused, key));
    let run = signing.deploy(&format!("--approval {plain},{certified}")).ends_with(75);
    run.says("1 of 2 approvals are there").never_says("the signed approval in").never_says("Deployed");
    let bob = signing.approve(&refused, "bob");
    signing.deploy(&format!("--approval {certified},{bob}")).ends_with(0).says("Deployed");
}

#[test]
fn only_those_whom_from_names_approve() {
    let signing = Signing::new(", from: [bob, \"@acme/platform\"]");
    let refused = signing.deploy("").ends_with(75);
    let ann = signing.approve(&refused, "ann");
    let run = signing.deploy(&format!("--approval {ann}")).ends_with(75).never_says("Deployed");
    run.says(
        "`ann` is not named in `approvals.from`, and no forge tells whether a signer is in one of its teams",
    );
    let bob = signing.approve(&refused, "bob");
    signing.deploy(&format!("--approval {bob}")).ends_with(0).says("Deployed");
}

#[test]
fn a_signer_whom_the_change_itself_adds_does_not_count_yet() {
    let signing = Signing::new("");
    signing.list(&["ann"]);
    let signing = signing.merged("only ann");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    signing.deploy(&format!("--approval {file}")).ends_with(0);

    signing.list(&["ann", "bob"]);
    signing.repository.scene.write("infra/shop/Pulumi.yaml", &program(2));
    let signing = signing.merged("bob may sign, and has something to sign");
    let refused = signing.deploy("").ends_with(75);
    let bob = signing.approve(&refused, "bob");
    let run = signing.deploy(&format!("--approval {bob}")).ends_with(75).never_says("Deployed");
    run.says("is not in `.stackstep/allowed_signers` of commit `").says("which was deployed last");
    let ann = signing.approve(&refused, "ann");
    signing.deploy(&format!("--approval {ann}")).ends_with(0).says("Deployed");
}

#[test]
fn a_key_that_the_change_takes_back_does_not_count_any_more() {
    let signing = Signing::new("");
    let public = std::fs::read_to_string(format!("{}.pub", signing.key("ann"))).unwrap();
    signing.repository.scene.write(".stackstep/revoked_keys", &public);
    let signing = signing.merged("ann's laptop is gone");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("is revoked by `.stackstep/revoked_keys` of this commit").says("sign with another key");
}

#[test]
fn a_rollback_is_judged_by_the_list_of_the_present_and_not_by_that_of_its_commit() {
    let signing = Signing::new("");
    let before = signing.repository.head();
    let deploy = |signing: &Signing| {
        let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
        signing.deploy(&format!("--approval {file}")).ends_with(0);
    };
    deploy(&signing);
    signing.repository.scene.write("infra/shop/Pulumi.yaml", &program(2));
    let signing = signing.merged("the next change");
    deploy(&signing);
    // Nothing is deployed with the commit that takes the key back.
    let public = std::fs::read_to_string(format!("{}.pub", signing.key("ann"))).unwrap();
    signing.repository.scene.write(".stackstep/revoked_keys", &public);
    let signing = signing.merged("ann's laptop is gone");
    let rollback = |approval: &[&str]| {
        let line = ["rollback", "staging", "-C", "infra/shop", "--comment", "off", "--to", &before];
        signing.repository.scene.run_args(&[&line[..], approval].concat())
    };
    let refused = rollback(&[]).ends_with(75);
    let [ann, bob, ada] = ["ann", "bob", "ada"].map(|name| signing.approve(&refused, name));
    let run = rollback(&["--approval", &format!("{ann},{bob}")]).ends_with(75).never_says("Rolled back");
    run.says("is revoked by `.stackstep/revoked_keys` of the default branch `main`");
    rollback(&["--approval", &format!("{ada},{bob}")]).ends_with(0).says("Rolled back");
}

#[test]
fn where_the_author_is_not_known_one_person_more_signs() {
    let signing = Signing::new("");
    let repository = Repository { scene: signing.repository.scene.without("STACKSTEP_FORGE_TOKEN") };
    let signing = Signing { repository, ..signing };
    let refused = signing.deploy("").ends_with(75);
    let ann = signing.approve(&refused, "ann");
    let run = signing.deploy(&format!("--approval {ann}")).ends_with(75).never_says("Deployed");
    run.says("one of those who signed may be the author of the change").says("have one person more sign it");
    let bob = signing.approve(&refused, "bob");
    signing.deploy(&format!("--approval {ann},{bob}")).ends_with(0).says("Deployed");
}

#[test]
fn without_a_list_of_signers_nobody_approves_and_the_way_out_says_how_to_write_one() {
    let signing = Signing::new("");
    std::fs::remove_file(signing.repository.scene.program.join(".stackstep/allowed_signers")).unwrap();
    let signing = signing.merged("no list");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("there is no `.stackstep/allowed_signers` in this commit").says("name those who may sign");
}

#[test]
fn a_file_without_its_signature_says_so() {
    let signing = Signing::new("");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    std::fs::remove_file(format!("{file}.sig")).unwrap();
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("does not count: it has no signature").says("ssh-keygen -Y sign -n stackstep-approval");
    signing.deploy("--approval nowhere.json").ends_with(75).says("it can't be read");
}

#[test]
fn approve_without_a_key_prints_the_line_that_signs() {
    let signing = Signing::new("");
    let digest = format!("sha256:{}", "ab".repeat(32));
    let approve = |more: &str| {
        signing
            .repository
            .scene
            .run(&format!("approve -C infra/shop --stack staging --digest {digest} {more}"))
    };
    approve("")
        .ends_with(0)
        .says("ssh-keygen -Y sign -n stackstep-approval -f ~/.ssh/id_ed25519 approval.json");
    approve("--expires never").ends_with(2).says("`--expires` is `never`").says("24h");
    approve("--key nowhere").ends_with(2).says("has not signed").says("--key");
    signing
        .repository
        .scene
        .run("approve -C infra/shop --stack staging --digest sha256:ab")
        .ends_with(2)
        .says("64");
}
