//! The names that signers and we share: the namespace of the signatures, and the places of the lists.

/// The namespace of our signatures, so that nothing that was signed for something else can stand for an approval.
pub const NAMESPACE: &str = "stackstep-approval";

/// The path of the list of signers in a repository.
pub const ALLOWED_SIGNERS: &str = ".stackstep/allowed_signers";

/// The path of the list of keys that were taken back.
pub const REVOKED_KEYS: &str = ".stackstep/revoked_keys";
