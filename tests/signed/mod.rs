//! Signed approvals against the real `ssh-keygen`: what it signs counts, what we read it verifies as well, and of a thousand
//! that were changed none counts.

mod agreed;
mod keys;
mod mutated;
mod refusals;
mod texts;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use stackstep::admit::approvals::signed::{
    SignedOperation, Signer, SignerList, WantedEnvelope, WhyNotSigned, in_text, verify,
};
use stackstep::base::moment::Moment;

/// The namespace of approvals.
pub const NAMESPACE: &str = "stackstep-approval";

/// The digest of the change.
pub const DIGEST: &str = "sha256:1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988";

/// The envelope of an approval of `shop/prod`, as a file.
pub const ENVELOPE: &str = concat!(
    r#"{"v":1,"digest":"sha256:1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988","#,
    r#""backend":"0123456789ab","stack":"shop/prod","commit":"8d08154cabb1c4f71a535de986600303936780f8","#,
    r#""environment":"production","expires":"2026-11-19T00:00:00Z","nonce":"0f1e2d3c4b5a69780f1e2d3c4b5a6978"}"#,
    "\n"
);

/// The time at which everything is verified: 2026-11-18T11:06:40Z.
pub const NOW: u64 = 1_795_000_000;

/// The same time as `ssh-keygen` takes it.
const NOW_FOR_KEYGEN: &str = "verify-time=20261118110640Z";

/// A folder with keys.
pub struct Desk(tempfile::TempDir);

impl Desk {
    /// A desk with the Ed25519 key `ann`.
    pub fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.make_key("ann", &["-t", "ed25519"]);
        desk
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `ssh-keygen`. Returns whether it succeeded, and what it says.
    pub fn keygen(&self, args: &[&str], input: Option<&str>) -> (bool, String) {
        #[expect(clippy::disallowed_methods, reason = "the tests sign and verify with it")]
        let mut command = Command::new("ssh-keygen");
        command.args(args).current_dir(self.0.path()).env("TZ", "UTC").env_remove("SSH_AUTH_SOCK");
        let stdin = match input {
            Some(text) => Stdio::from(std::fs::File::open(self.write("input", text)).unwrap()),
            None => Stdio::null(),
        };
        let output = command.stdin(stdin).output().expect("these tests need `ssh-keygen`");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Makes a key of this name.
    pub fn make_key(&self, name: &str, kind: &[&str]) {
        let args = [&["-q", "-N", "", "-C", name, "-f", name][..], kind].concat();
        let (done, said) = self.keygen(&args, None);
        assert!(done, "{said}");
    }

    /// The public key of a name, without its comment.
    pub fn public(&self, name: &str) -> String {
        let line = self.read(&format!("{name}.pub"));
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// The signature of a text by a key, for this namespace.
    pub fn signed_for(&self, namespace: &str, key: &str, text: &str) -> String {
        self.write("approval.json", text);
        let _ = std::fs::remove_file(self.path("approval.json.sig"));
        let (done, said) = self.keygen(&["-Y", "sign", "-n", namespace, "-f", key, "approval.json"], None);
        assert!(done, "{said}");
        self.read("approval.json.sig")
    }

    /// The envelope and its signature by a key, one after the other.
    pub fn approval(&self, key: &str) -> String {
        format!("{ENVELOPE}{}", self.signed_for(NAMESPACE, key, ENVELOPE))
    }

    /// Whether `ssh-keygen` verifies the approval as one of `principal`.
    pub fn is_verified(&self, approval: &str, principal: &str, allowed: &str, revoked: &str) -> bool {
        let (text, signature) = approval.split_at(approval.find("-----BEGIN").unwrap());
        let allowed = self.write("allowed_signers", allowed);
        let signature = self.write("sig", signature);
        let mut args =
            vec!["-Y", "verify", "-n", NAMESPACE, "-I", principal, "-f", &allowed, "-s", &signature];
        args.extend(["-O", NOW_FOR_KEYGEN]);
        let revoked = self.write("revoked_keys", revoked);
        args.extend(["-r", &revoked]);
        self.keygen(&args, Some(text)).0
    }
}

/// What the envelope has to be about.
pub fn wanted(digests: &[String]) -> WantedEnvelope<'_> {
    WantedEnvelope {
        operation: SignedOperation::Approve,
        digests,
        backend: Some("0123456789ab"),
        stack: "shop/prod",
        environment: Some("production"),
    }
}

/// Who has signed an approval, by one list.
pub fn judged(approval: &str, allowed: &str, revoked: &str) -> Result<Signer, WhyNotSigned> {
    let list = SignerList::parse("this commit", allowed, revoked)?;
    judged_by(approval, &[list])
}

/// Who has signed an approval, by several lists.
pub fn judged_by(approval: &str, lists: &[SignerList]) -> Result<Signer, WhyNotSigned> {
    let handed = in_text("a text", approval).remove(0).signed?;
    verify(&handed, lists, &wanted(&[DIGEST.to_owned()]), Moment::from_unix(NOW))
}
