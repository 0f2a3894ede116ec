//! The forms in which signed approvals are handed over as a text: a comment, a variable, several of them.

use stackstep::admit::approvals::signed::{SignerList, in_files, in_text, verify};
use stackstep::base::moment::Moment;

use super::{DIGEST, Desk, ENVELOPE, NAMESPACE, NOW, judged, wanted};

/// The names of all whose approvals in a text count.
fn names(text: &str, list: &str) -> Vec<String> {
    let lists = [SignerList::parse("this commit", list, "").unwrap()];
    let digests = [DIGEST.to_owned()];
    let signed = in_text("a text", text).into_iter().filter_map(|handed| handed.signed.ok());
    let signers =
        signed.filter_map(|one| verify(&one, &lists, &wanted(&digests), Moment::from_unix(NOW)).ok());
    signers.map(|signer| signer.names.join(",")).collect()
}

#[test]
fn a_comment_has_words_around_and_the_line_breaks_of_its_forge() {
    let desk = Desk::new();
    let list = format!("ann {}\n", desk.public("ann"));
    let comment =
        format!("I have {{looked}} at it:\n```json\n{}\n```\nRegards {{ann}}\n", desk.approval("ann"));
    assert_eq!(names(&comment, &list), ["ann"]);
    assert_eq!(names(&comment.replace('\n', "\r\n"), &list), ["ann"]);
}

#[test]
fn an_envelope_of_several_lines_counts_as_it_was_signed() {
    let desk = Desk::new();
    let list = format!("ann {}\n", desk.public("ann"));
    let pretty = ENVELOPE.replace(",\"", ",\n  \"");
    for signed in [pretty.clone(), pretty.trim_end().to_owned()] {
        let signature = desk.signed_for(NAMESPACE, "ann", &signed);
        assert_eq!(names(&format!("{signed}\n{signature}"), &list), ["ann"]);
        assert_eq!(names(&format!("{signed}\n{signature}").replace('\n', "\r\n"), &list), ["ann"]);
    }
}

#[test]
fn several_people_sign_one_envelope_or_one_each() {
    let desk = Desk::new();
    desk.make_key("bob", &["-t", "ed25519"]);
    let list = format!("ann {}\nbob {}\n", desk.public("ann"), desk.public("bob"));
    let each = format!("{}\n{}", desk.approval("ann"), desk.approval("bob"));
    assert_eq!(names(&each, &list), ["ann", "bob"]);
    let one = format!("{}{}", desk.approval("ann"), desk.signed_for(NAMESPACE, "bob", ENVELOPE));
    assert_eq!(names(&one, &list), ["ann", "bob"]);
}

#[test]
fn a_file_counts_only_as_it_was_signed_to_the_last_byte() {
    let desk = Desk::new();
    let lists = [SignerList::parse("this commit", &format!("ann {}\n", desk.public("ann")), "").unwrap()];
    let signature = desk.signed_for(NAMESPACE, "ann", ENVELOPE);
    let digests = [DIGEST.to_owned()];
    let counts = |file: &str| {
        let signed = in_files("a file", file.as_bytes(), &signature).remove(0).signed.unwrap();
        verify(&signed, &lists, &wanted(&digests), Moment::from_unix(NOW)).is_ok()
    };
    assert!(counts(ENVELOPE));
    assert!(!counts(ENVELOPE.trim_end()) && !counts(&format!("{ENVELOPE}\n")));
}

#[test]
fn a_text_of_thousands_of_signatures_is_read_to_a_limit() {
    let desk = Desk::new();
    let many = desk.approval("ann").repeat(1000);
    assert_eq!(in_text("a text", &many).len(), 50);
}

#[test]
fn a_person_with_several_names_has_them_all() {
    let desk = Desk::new();
    let list = format!("ann,ann@acme.example,*@acme.example {}\n", desk.public("ann"));
    assert_eq!(judged(&desk.approval("ann"), &list, "").unwrap().names, ["ann", "ann@acme.example"]);
}
