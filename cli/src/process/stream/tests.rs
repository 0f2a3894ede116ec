//! What of a stream goes on, and when. Time is a parameter.

use super::*;

const LIMIT: usize = 1 << 20;

struct Streamed {
    feed: Feed,
    start: Instant,
}

impl Streamed {
    fn new(secrets: &[&str]) -> Self {
        let mut masker = Masker::new();
        for secret in secrets {
            masker.add("secret", secret);
        }
        Self { feed: Feed::new(&masker, Passing::Through, LIMIT), start: Instant::now() }
    }

    fn at(&self, milliseconds: u64) -> Instant {
        self.start + Duration::from_millis(milliseconds)
    }

    fn push(&mut self, milliseconds: u64, bytes: &str) -> String {
        text(self.feed.push(bytes.as_bytes(), self.at(milliseconds)))
    }

    fn partial(&mut self, milliseconds: u64) -> String {
        text(self.feed.partial(self.at(milliseconds)))
    }

    fn finish(&mut self) -> String {
        text(self.feed.finish(self.start))
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

#[test]
fn whole_lines_go_on_at_once_and_a_partial_one_waits_for_a_second() {
    let mut stream = Streamed::new(&[]);
    assert_eq!(stream.push(0, "one\ntwo\nth"), "one\ntwo\n");
    assert_eq!(stream.partial(999), "");
    assert_eq!(stream.partial(1000), "th");
    assert_eq!(stream.push(1500, "ree\n"), "ree\n");
}

#[test]
fn the_second_counts_from_the_first_byte_of_what_waits() {
    let mut stream = Streamed::new(&[]);
    assert_eq!(stream.push(0, "."), "");
    assert_eq!(stream.push(900, "."), "");
    assert_eq!(stream.partial(1000), "..");
    assert_eq!(stream.push(2000, "."), "");
    assert_eq!(stream.partial(2999), "");
    assert_eq!(stream.feed.due(), Some(stream.at(3000)));
    assert_eq!(stream.partial(3000), ".");
    assert_eq!(stream.feed.due(), None);
}

#[test]
fn an_end_that_could_begin_a_secret_stays_back() {
    let mut stream = Streamed::new(&["hunter22"]);
    assert_eq!(stream.push(0, "password: hunte"), "");
    assert_eq!(stream.partial(1000), "password: ");
    assert_eq!(stream.push(5000, "r22"), "");
    assert_eq!(stream.partial(6000), "***");
    assert_eq!(stream.push(6001, "\n"), "\n");
}

#[test]
fn a_secret_is_hidden_however_slowly_it_comes() {
    let mut stream = Streamed::new(&["hunter22"]);
    let mut out = String::new();
    for (second, byte) in "x hunter22 y\n".chars().enumerate() {
        let now = 2000 * second as u64;
        out += &stream.push(now, &byte.to_string());
        out += &stream.partial(now + 1000);
    }
    assert_eq!(out, "x *** y\n");
}

#[test]
fn half_a_workflow_command_stays_back() {
    for (line, goes, stays) in [
        ("text :", "text ", ":"),
        ("text ::", "text ::", ""),
        ("#", "", "#"),
        ("##", "", "##"),
        ("a##vs", "a", "##vs"),
        ("a###teamcity", "a#", "##teamcity"),
        ("##[", "##[", ""),
        ("##vso[task", "##vso[task", ""),
        ("issue #12", "issue #12", ""),
        ("#abc", "#abc", ""),
        ("dots....", "dots....", ""),
        ("", "", ""),
    ] {
        let mut stream = Streamed::new(&[]);
        stream.push(0, line);
        assert_eq!(stream.partial(1000), goes, "of {line}");
        assert_eq!(stream.finish(), stays, "of {line}");
    }
}

#[test]
fn what_stays_back_goes_on_with_what_follows() {
    let mut stream = Streamed::new(&[]);
    stream.push(0, "a ##");
    assert_eq!(stream.partial(1000), "a ");
    assert_eq!(stream.feed.due(), None, "nothing to wake up for");
    stream.push(2000, " heading");
    assert_eq!(stream.partial(3000), "## heading");
}

#[test]
fn a_line_without_end_goes_on_in_parts_and_takes_little_memory() {
    let mut stream = Streamed::new(&[]);
    let piece = "x".repeat(256 << 10);
    let mut passed = 0;
    for _ in 0..64 {
        passed += stream.push(0, &piece).len();
        assert!(stream.feed.partial.len() <= LONGEST_LINE);
    }
    assert_eq!(passed + stream.finish().len(), 16 << 20);
}

#[test]
fn a_long_line_with_the_plain_value_of_a_secret_is_withheld_whole() {
    let long = "x".repeat(1 << 20);
    let signature = "4dabf18193072939515e22adb298388d: '1b47061264138c4ac30d75fd1eb44270'";
    for line in [
        format!("debug: {{ value: 'unknown-to-us', {signature}, other: '{long}' }}\n"),
        format!("debug: {{ value: 'unknown-to-us', other: '{long}', {signature} }}\n"),
        format!("debug: {{ other: '{long}', {signature}, value: 'unknown-to-us' }}\n"),
    ] {
        let mut stream = Streamed::new(&[]);
        let mut shown = String::new();
        for piece in line.as_bytes().chunks(8 << 10) {
            shown.push_str(&text(stream.feed.push(piece, stream.start)));
        }
        shown.push_str(&stream.finish());
        assert!(shown.len() < 100 && shown.contains("withheld"), "{}", &shown[..200.min(shown.len())]);
    }
}

#[test]
fn what_is_left_at_the_end_goes_on() {
    let mut stream = Streamed::new(&["hunter22"]);
    assert_eq!(stream.push(0, "no newline, half a secret: hunter"), "");
    assert_eq!(stream.finish(), "no newline, half a secret: hunter");
    assert_eq!(stream.feed.due(), None);
}

#[test]
fn progress_with_carriage_returns_and_garbage_pass_as_they_are() {
    let masker = Masker::new();
    let mut feed = Feed::new(&masker, Passing::Through, LIMIT);
    let garbage = b"10%\r20%\r\xff\xfe\x00\xc3(.\r\n";
    assert_eq!(feed.push(garbage, Instant::now()), garbage);
    assert_eq!(feed.into_captured().masked(), "10%\r20%\r\u{fffd}\u{fffd}\u{0}\u{fffd}(.\r\n");
}

#[test]
fn an_object_that_has_not_ended_waits_for_a_second_at_most() {
    let mut stream = Streamed::new(&[]);
    assert_eq!(stream.push(0, "one\nnested: {\n  a: 1\n"), "one\n");
    assert_eq!(stream.feed.due(), Some(stream.at(1000)));
    assert_eq!(stream.partial(1000), "nested: {\n  a: 1\n");
    assert_eq!(stream.push(1100, "}\n"), "}\n");
    assert_eq!(stream.push(1200, "again: [\n"), "");
    assert_eq!(stream.push(1300, "]\n"), "again: [\n]\n");
    assert_eq!(stream.push(1400, "last (\n"), "");
    assert_eq!(stream.finish(), "last (\n");
}

#[test]
fn the_beginning_and_the_end_are_kept_masked() {
    let mut masker = Masker::new();
    masker.add("secret", "hunter22");
    let mut feed = Feed::new(&masker, Passing::Through, 20);
    for piece in ["begin hunt", "er22 ", "middle middle middle middle ", "end hunter", "22\n"] {
        feed.push(piece.as_bytes(), Instant::now());
    }
    feed.finish(Instant::now());
    assert_eq!(feed.into_captured().masked(), "begin *** \n[... 26 bytes left out ...]\ne end ***\n");
}

#[test]
fn a_captured_stream_is_kept_as_it_came_and_never_shown() {
    let mut masker = Masker::new();
    masker.add("secret", "hunter22");
    let mut feed = Feed::new(&masker, Passing::Captured, LIMIT);
    assert_eq!(feed.push(b"{\"a\":\"hunter22\"}\n", Instant::now()), b"");
    assert_eq!(feed.finish(Instant::now()), b"");
    let captured = feed.into_captured();
    assert_eq!(captured.raw(), Some(&b"{\"a\":\"hunter22\"}\n"[..]));
    assert_eq!(captured.masked(), "{\"a\":\"***\"}\n");
    assert!(!format!("{captured:?}").contains("hunter22"));
}

#[test]
fn a_stream_that_is_passed_on_is_not_kept_as_it_came() {
    let mut feed = Feed::new(&Masker::new(), Passing::Through, LIMIT);
    feed.push(b"text\n", Instant::now());
    assert_eq!(feed.into_captured().raw(), None);
}
