//! The names that signers and we share: the namespace of the signatures, and the places of the lists.

/// The namespace of our signatures, so that nothing that was signed for something else can stand for an approval.
pub const NAMESPACE: &str = "stackstep-approval";

/// The path of the list of signers in a repository.
pub const ALLOWED_SIGNERS: &str = ".stackstep/allowed_signers";

/// The path of the list of keys that were taken back.
pub const REVOKED_KEYS: &str = ".stackstep/revoked_keys";

/// Whether one of the names is this one. Names are not told apart by small and capital letters, as no forge does.
pub fn has_name(names: &[String], name: &str) -> bool {
    names.iter().any(|own| own.eq_ignore_ascii_case(name))
}
