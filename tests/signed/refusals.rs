//! Each refusal of a signed approval, with its words and its way out.

use stackstep::admit::approvals::signed::{SignedOperation, SignerList};

use super::{Desk, ENVELOPE, NAMESPACE, judged, judged_by};

/// The words and the way out for an approval that does not count.
fn refusal(approval: &str, allowed: &str, revoked: &str) -> (String, String) {
    let why = judged(approval, allowed, revoked).expect_err(approval);
    (why.in_words(), why.way_out(SignedOperation::Approve))
}

#[test]
fn what_an_envelope_says_has_to_be_about_this_deployment() {
    let desk = Desk::new();
    let list = format!("ann {}\n", desk.public("ann"));
    for (from, to, words, way) in [
        (
            "\"digest\":\"sha256:1f",
            "\"digest\":\"sha256:2f",
            "it is about another change: `",
            "look at what would be",
        ),
        (
            "shop/prod",
            "shop/staging",
            "another stack: `shop/staging`, and this one is `shop/prod`",
            "in the folder of its program",
        ),
        ("0123456789ab", "ba9876543210", "another backend: `ba9876543210`", "cloud-url"),
        ("\"production\"", "\"staging\"", "another environment: `staging`", "--environment production"),
        ("\"production\"", "null", "another environment: `none`", "--environment production"),
        ("2026-11-19T00", "2026-11-18T11", "it expired at 2026-11-18T11:00:00Z", "--expires"),
        ("2026-11-19T00:00:00Z", "soon", "`soon`, which is not a time", "stackstep approve"),
        ("\"v\":1", "\"v\":2", "it is of version 2", "the same version of stackstep"),
        ("\"v\":1,", "", "it has no `v`", "stackstep approve"),
        ("\"v\":1", "\"v\":1,\"digest\":\"sha256:1\"", "duplicate field `digest`", "stackstep approve"),
        ("\"v\":1", "\"v\":1,\"only-until\":1", "unknown field `only-until`", "stackstep approve"),
        (
            "\"nonce\":\"0f1e2d3c4b5a69780f1e2d3c4b5a6978\"",
            "\"nonce\":\"1\"",
            "its `nonce`",
            "stackstep approve",
        ),
        (
            "\"v\":1",
            "\"v\":1,\"operation\":\"break-glass\"",
            "signed for `break-glass`, not for `approve`",
            "`approve`",
        ),
    ] {
        let changed = ENVELOPE.replace(from, to);
        assert_ne!(changed, ENVELOPE, "{from}");
        let approval = format!("{changed}{}", desk.signed_for(NAMESPACE, "ann", &changed));
        let (said, out) = refusal(&approval, &list, "");
        assert!(said.contains(words) && out.contains(way), "{to}: {said}; {out}");
    }
}

#[test]
fn what_is_not_signed_as_an_approval_does_not_count() {
    let desk = Desk::new();
    let list = format!("ann {}\n", desk.public("ann"));
    let signature = desk.signed_for(NAMESPACE, "ann", ENVELOPE);
    let for_namespace = |name: &str| format!("{ENVELOPE}{}", desk.signed_for(name, "ann", ENVELOPE));
    let other_version = {
        let blob = "U1NIU0lHAAAAAg==";
        format!("{ENVELOPE}-----BEGIN SSH SIGNATURE-----\n{blob}\n-----END SSH SIGNATURE-----\n")
    };
    for (approval, words, way) in [
        (for_namespace("git"), "signature of a commit or a tag (namespace `git`)", "-n stackstep-approval"),
        (
            for_namespace("file"),
            "for the namespace `file`, not `stackstep-approval`",
            "-n stackstep-approval",
        ),
        (ENVELOPE.to_owned(), "it has no signature", "ssh-keygen -Y sign"),
        (format!("{ENVELOPE}{}", &signature[..200]), "its signature is cut off", "the whole of it"),
        (
            format!("{ENVELOPE}{}", signature.replace("U1NIU0lH", "!!!!")),
            "not one of `ssh-keygen",
            "ssh-keygen",
        ),
        (other_version, "of the form 2, and 1 is read", "the same version"),
        (format!("approved!\n{signature}"), "it is not JSON", "stackstep approve"),
        (format!("{}\n{signature}", &ENVELOPE[..100]), "its JSON is cut off", "the whole of it"),
        (format!("{{nonsense}}\n{signature}"), "it is not JSON", "stackstep approve"),
        (
            format!("{}{signature}", ENVELOPE.replace("prod", "prad")),
            "one of other bytes",
            "exactly as it was",
        ),
    ] {
        let (said, out) = refusal(&approval, &list, "");
        assert!(said.contains(words) && out.contains(way), "{words}: {said}; {out}");
    }
}

#[test]
fn a_key_that_does_not_count_says_why() {
    let desk = Desk::new();
    desk.make_key("rsa", &["-t", "rsa", "-b", "2048"]);
    desk.make_key("p521", &["-t", "ecdsa", "-b", "521"]);
    let (ann, rsa, p521) = (desk.public("ann"), desk.public("rsa"), desk.public("p521"));
    let approval = desk.approval("ann");
    for (approval, list, words, way) in [
        (
            &desk.approval("rsa"),
            format!("ann {rsa}"),
            "an RSA key, which is not taken",
            "ssh-keygen -t ed25519",
        ),
        (
            &desk.approval("p521"),
            format!("ann {p521}"),
            "`ecdsa-sha2-nistp521`, which is not taken",
            "Ed25519",
        ),
        (
            &approval,
            format!("ann {rsa}"),
            "is not in `.stackstep/allowed_signers` of this commit",
            "add this one",
        ),
        (&approval, format!("ann valid-after=\"20270101\" {ann}"), "counts from 20270101 on", "other times"),
        (&approval, format!("ann valid-before=\"20260101\" {ann}"), "counted until 20260101", "other times"),
        (&approval, format!("ann namespaces=\"git\" {ann}"), "may sign for `git` only", "by `namespaces`"),
        (&approval, format!("*@acme.example {ann}"), "its line names `*@acme.example`", "without wildcards"),
        (&approval, format!("ann cert-authority {ann}"), "listed for certificates", "the signer's own key"),
        (
            &approval,
            format!("ann frobbed {ann}"),
            "line 1 of `.stackstep/allowed_signers` in this commit",
            "correct",
        ),
        (
            &approval,
            "# me\nann ssh-ed25519 AAAA".to_owned(),
            "line 2 of `.stackstep/allowed_signers`",
            "correct",
        ),
    ] {
        let (said, out) = refusal(approval, &list, "");
        assert!(said.contains(words) && out.contains(way), "{list}: {said}; {out}");
    }
}

#[test]
fn a_certificate_that_does_not_count_says_why() {
    let desk = Desk::new();
    desk.make_key("authority", &["-t", "ed25519"]);
    desk.make_key("rsa", &["-t", "rsa", "-b", "2048"]);
    let certified = |args: &[&str]| {
        let args = [&["-q", "-I", "id"][..], args, &["ann.pub"]].concat();
        let (done, said) = desk.keygen(&args, None);
        assert!(done, "{said}");
        desk.approval("ann-cert.pub")
    };
    let line = format!("ann cert-authority {}", desk.public("authority"));
    let plain = format!("ann {}", desk.public("ann"));
    let by = |more: &[&str]| certified(&[&["-s", "authority"][..], more].concat());
    for (approval, list, words, way) in [
        (by(&["-n", "ann"]), &plain, "of the authority SHA256:", "or add this one"),
        (by(&["-n", "bob"]), &line, "is for `bob`, and its authority may name `ann`", "that it allows"),
        (by(&[]), &line, "names nobody", "that it allows"),
        (by(&["-n", "ann", "-h"]), &line, "is one for hosts", "for people"),
        (
            by(&["-n", "ann", "-O", "force-command=true"]),
            &line,
            "critical option `force-command`",
            "without critical",
        ),
        (certified(&["-s", "rsa", "-n", "ann"]), &line, "an RSA key", "ssh-keygen -t ed25519"),
    ] {
        let (said, out) = refusal(&approval, list, "");
        assert!(said.contains(words) && out.contains(way), "{words}: {said}; {out}");
    }
}

#[test]
fn a_list_of_revoked_keys_that_is_binary_or_broken_lets_nothing_count() {
    let desk = Desk::new();
    let list = format!("ann {}", desk.public("ann"));
    let (said, out) = refusal(&desk.approval("ann"), &list, "SSHKRL\n\0rest");
    assert!(said.contains("is a binary list") && out.contains("one on a line"), "{said}; {out}");
    let (said, _) = refusal(&desk.approval("ann"), &list, "ann@laptop");
    assert!(said.contains("line 1 of `.stackstep/revoked_keys`"), "{said}");
}

#[test]
fn each_version_of_the_list_that_judges_has_to_have_the_key_for_the_same_person() {
    let desk = Desk::new();
    let approval = desk.approval("ann");
    let list =
        |version: &str, text: String, revoked: &str| SignerList::parse(version, &text, revoked).unwrap();
    let (own, key) = (list("this commit", format!("ann {}", desk.public("ann")), ""), desk.public("ann"));
    let judged = |before: SignerList| {
        judged_by(&approval, &[own.clone(), before]).map(|signer| signer.names).map_err(|why| why.in_words())
    };
    assert_eq!(judged(list("before", format!("ann,old {key}"), "")), Ok(vec!["ann".to_owned()]));
    assert!(judged(list("before", String::new(), "")).unwrap_err().contains("of before"));
    assert!(judged(list("before", format!("bob {key}"), "")).unwrap_err().contains("different people"));
    assert!(judged(list("before", format!("ann {key}"), &key)).unwrap_err().contains("is revoked"));
    assert!(judged_by(&approval, &[]).is_err(), "without a list nobody counts");
}
