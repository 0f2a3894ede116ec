//! Who a signer is: under another name, on the forge, and after their key was taken back.

use super::repository::MAP;
use super::signed::{Signing, program};
use crate::support::output;

impl Signing {
    /// Runs `ssh-keygen`, which has to succeed.
    fn keygen(&self, args: &[&str]) {
        let mut keygen = self.repository.scene.other("ssh-keygen");
        let done = output(keygen.args(args));
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// The public key of a name.
    fn public(&self, name: &str) -> String {
        std::fs::read_to_string(format!("{}.pub", self.key(name))).unwrap()
    }

    /// A new key that the authority `authority` has certified for `principal`. Returns the name of its certificate.
    fn certified(&self, key: &str, principal: &str) -> String {
        let (authority, path) = (self.key("authority"), self.key(key));
        if !std::path::Path::new(&authority).exists() {
            self.keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &authority]);
        }
        self.keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path]);
        self.keygen(&["-q", "-s", &authority, "-I", "id", "-n", principal, &format!("{path}.pub")]);
        format!("{key}-cert.pub")
    }

    /// The list has these lines, and the authority for each name.
    fn with_authority(self, lines: &str) -> Self {
        let list = format!("{lines}* cert-authority {}", self.public("authority"));
        self.repository.scene.write(".stackstep/allowed_signers", &list);
        self.merged("an authority")
    }
}

#[test]
fn the_author_does_not_approve_under_the_name_of_a_certificate() {
    for name in ["ada@acme.example", "alovelace"] {
        let signing = Signing::new("");
        let certificate = signing.certified("work", name);
        let bob = format!("bob {}", signing.public("bob"));
        let signing = signing.with_authority(&bob);
        let refused = signing.deploy("").ends_with(75);
        let file = signing.approve(&refused, &certificate);
        let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
        run.says(&format!("`{name}` has signed, and which account on GitLab is theirs is not known"))
            .says(&format!("`ACCOUNT,{name} ssh-ed25519 …`"))
            .says("or have one person more sign it");
        let bob = signing.approve(&refused, "bob");
        signing.deploy(&format!("--approval {file},{bob}")).ends_with(0).says("signed by `bob`");
    }
}

#[test]
fn a_line_of_the_list_says_whose_account_the_name_of_a_certificate_is() {
    let signing = Signing::new("");
    let adas = signing.certified("work", "ada@acme.example");
    let bobs = signing.certified("bobs", "bob@acme.example");
    let list = format!(
        "ada,ada@acme.example {}bob,bob@acme.example {}",
        signing.public("ada"),
        signing.public("bob")
    );
    let signing = signing.with_authority(&list);
    let refused = signing.deploy("").ends_with(75);
    let ada = signing.approve(&refused, &adas);
    let run = signing.deploy(&format!("--approval {ada}")).ends_with(75).never_says("Deployed");
    run.says("they are the author of merge request !7");
    let bob = signing.approve(&refused, &bobs);
    signing.deploy(&format!("--approval {bob}")).ends_with(0).says("signed by `bob@acme.example`");
}

#[test]
fn whom_from_names_by_an_account_is_known_by_their_certificate() {
    let signing = Signing::new(", from: [carol, ada]");
    let certificate = signing.certified("carols", "carol");
    let signing = signing.with_authority("");
    let file = signing.approve(&signing.deploy("").ends_with(75), &certificate);
    signing.deploy(&format!("--approval {file}")).ends_with(0).says("signed by `carol`");
}

#[test]
fn one_person_under_two_names_is_not_two() {
    let signing = Signing::new(", needed: 2");
    let certificate = signing.certified("work", "bob@acme.example");
    let list = ["ann", "bob"].map(|name| format!("{name} {}", signing.public(name))).concat();
    let signing = signing.with_authority(&list);
    let refused = signing.deploy("").ends_with(75);
    let [plain, certified, ann] =
        ["bob", certificate.as_str(), "ann"].map(|name| signing.approve(&refused, name));
    let run = signing.deploy(&format!("--approval {plain},{certified}")).ends_with(75);
    run.says("1 of 2 approvals are there").says("or have approved it already").never_says("Deployed");
    signing.deploy(&format!("--approval {plain},{certified},{ann}")).ends_with(0).says("Deployed");
}

#[test]
fn an_address_is_no_account_of_gitlab() {
    let signing = Signing::new("");
    let list = format!("bob@acme.example {}", signing.public("bob"));
    signing.repository.scene.write(".stackstep/allowed_signers", &list);
    let signing = signing.merged("addresses");
    let file = signing.approve(&signing.deploy("").ends_with(75), "bob");
    let run = signing.deploy(&format!("--approval {file}")).ends_with(75).never_says("Deployed");
    run.says("`bob@acme.example` has signed, and which account on GitLab is theirs is not known");
}

#[test]
fn a_key_that_is_taken_back_with_the_entry_of_the_stack_approves_its_last_deployment_no_more() {
    let signing = Signing::new("");
    let file = signing.approve(&signing.deploy("").ends_with(75), "ann");
    signing.deploy(&format!("--approval {file}")).ends_with(0);
    signing.repository.scene.write("stackstep.yaml", MAP);
    signing.repository.scene.write("infra/shop/Pulumi.yaml", &program(2));
    let public = signing.public("ann");
    signing.repository.scene.write(".stackstep/revoked_keys", &public);
    let signing = signing.merged("no entry, and ann's laptop is gone");
    let refused = signing.deploy("").ends_with(75);
    let ann = signing.approve(&refused, "ann");
    let run = signing.deploy(&format!("--approval {ann}")).ends_with(75).never_says("Deployed");
    run.says("is revoked by `.stackstep/revoked_keys` of the default branch `main`");
    let bob = signing.approve(&refused, "bob");
    signing.deploy(&format!("--approval {bob}")).ends_with(0).says("Deployed");
}
