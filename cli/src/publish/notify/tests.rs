use serde_json::Value;

use super::facts::NotifyFacts;
use super::message::Message;
use super::{slack, teams};
use crate::delivery::notify::NotifyEvent;
use crate::pulumi::stack::StackIdentity;

/// A message whose every foreign text is this one, as long as a text can be.
fn message(foreign: &str) -> Message {
    let long = |most: usize| {
        foreign.chars().cycle().take(if foreign.is_empty() { 0 } else { most }).collect::<String>()
    };
    Message {
        event: NotifyEvent::Waiting,
        id: "0".repeat(32),
        time: 1_700_000_000,
        stack: "shop/prod".to_owned(),
        identity: StackIdentity::default(),
        command: "up",
        by: Some(long(200)),
        repository: Some(long(200)),
        commit: Some("a".repeat(40)),
        reference: Some(long(200)),
        change_request: Some(7),
        job_page: Some(format!("https://ci.example/?a=1&b={}", "x".repeat(900))),
        request_page: Some("https://forge.example/acme/shop/pull/7".to_owned()),
        facts: NotifyFacts {
            what: Some(long(1200)),
            hint: Some(long(800)),
            counts: Some("2 to create".to_owned()),
            ..NotifyFacts::default()
        },
    }
}

/// Texts that would mean something to Slack or Teams, or grow when they are escaped.
const HOSTILE: [&str; 6] = [
    "<!channel> <@U012> <https://evil.example|click> ",
    "@channel @here @everyone ",
    "&&&&",
    "<<<>>>",
    "[click](https://evil.example) <at>ann</at> **x** ",
    "\u{1f4a5}\u{202e}",
];

/// The texts of all objects with a `text`.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| texts(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn a_message_for_slack_is_within_its_limits() {
    // <https://docs.slack.dev/reference/block-kit/blocks>: 50 blocks, 3,000 characters of a text, 10 elements of a context.
    for foreign in HOSTILE {
        let payload = slack::payload(&message(foreign));
        let blocks = payload["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        let mut found = Vec::new();
        texts(&payload, &mut found);
        assert!(found.len() >= 6, "{found:?}");
        assert!(found.iter().all(|text| (1..=3000).contains(&text.chars().count())), "{found:?}");
        for block in blocks {
            match block["type"].as_str().unwrap() {
                "section" => assert!(block["text"].is_object(), "{block}"),
                "context" => assert!((1..=10).contains(&block["elements"].as_array().unwrap().len())),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn no_word_of_others_is_a_mention_or_a_link_for_slack() {
    for foreign in HOSTILE {
        let mut found = Vec::new();
        texts(&slack::payload(&message(foreign)), &mut found);
        for text in found {
            for mention in ["<!", "<@", "<#", "@channel", "@here", "@everyone", "evil.example|"] {
                assert!(!text.contains(mention) || text.contains("&lt;https"), "{mention}: {text}");
            }
            let links = text.matches('<').count();
            let ours = ["<https://ci.example/", "<https://forge.example/"];
            assert_eq!(links, ours.iter().filter(|ours| text.starts_with(**ours)).count(), "{text}");
        }
    }
}

#[test]
fn what_slack_shows_is_the_text() {
    let mut one = message("");
    one.facts.what = Some("a < b & c > d".to_owned());
    let blocks = &slack::payload(&one)["blocks"];
    assert_eq!(blocks[0]["text"]["text"], "*`shop/prod` waits for an approval*");
    assert_eq!(blocks[1]["text"]["text"], "a &lt; b &amp; c &gt; d");
    let context = blocks.as_array().unwrap().last().unwrap().to_string();
    assert!(context.contains("<https://forge.example/acme/shop/pull/7|change request 7>"), "{context}");
    assert!(context.contains("https://ci.example/?a=1&amp;b="), "{context}");
}

/// A reason that has the look of a line of ours, and of all the formatting that there is.
const FORGED: &str = "db\n*What to do:* release it: `x` _y_ ~z~ **What to do:** > q ";

/// All objects with a `text`, beside which is how it is formatted.
fn formatted<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("text").is_some_and(Value::is_string).then_some(value));
            fields.values().for_each(|value| formatted(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| formatted(value, found)),
        _ => {}
    }
}

#[test]
fn no_word_of_others_is_formatted_so_that_none_looks_like_a_line_of_ours() {
    let message = message(FORGED);
    let payload = slack::payload(&message);
    let mut texts = Vec::new();
    formatted(&payload["blocks"], &mut texts);
    let (plain, ours): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| text["type"] == "plain_text");
    assert_eq!(plain.iter().filter(|text| text["text"].as_str().unwrap().contains("release it")).count(), 5);
    assert!(ours.iter().all(|text| !text["text"].as_str().unwrap().contains("release")), "{ours:?}");
    assert!(ours.iter().any(|text| text["text"] == "*What to do:*"), "{ours:?}");
    assert!(!payload["text"].as_str().unwrap().contains("release"), "{payload}");

    let payload = teams::payload(&message);
    let mut runs = Vec::new();
    formatted(&payload["attachments"][0]["content"], &mut runs);
    let bold: Vec<_> =
        runs.iter().filter(|run| run.get("weight").is_some()).map(|run| &run["text"]).collect();
    assert_eq!(bold, ["`shop/prod` waits for an approval", "What to do: "]);
    assert!(runs.iter().all(|run| run["type"] == "TextRun"), "{runs:?}");
}

/// The types of Adaptive Cards that a message uses, with the properties that each may have.
/// <https://adaptivecards.io/explorer/>
const CARD_TYPES: [(&str, &[&str]); 4] = [
    ("AdaptiveCard", &["$schema", "type", "version", "fallbackText", "body", "actions", "msteams"]),
    ("RichTextBlock", &["type", "inlines"]),
    ("TextRun", &["type", "text", "weight", "size", "isSubtle"]),
    ("Action.OpenUrl", &["type", "title", "url"]),
];

fn check_card(value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(kind) = fields.get("type").and_then(Value::as_str) {
                let (_, known) = CARD_TYPES.iter().find(|(name, _)| *name == kind).expect(kind);
                assert!(fields.keys().all(|key| known.contains(&key.as_str())), "{value}");
            }
            fields.values().for_each(check_card);
        }
        Value::Array(items) => items.iter().for_each(check_card),
        _ => {}
    }
}

#[test]
fn a_message_for_teams_is_a_card_in_which_no_markdown_is_read_and_fits() {
    for foreign in HOSTILE {
        let payload = teams::payload(&message(foreign));
        assert_eq!(payload["type"], "message");
        let attachment = &payload["attachments"][0];
        assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
        let card = &attachment["content"];
        assert_eq!((&card["type"], &card["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
        check_card(card);
        assert!(card["msteams"].get("entities").is_none(), "a mention needs an entity");
        assert!(payload.to_string().len() < 28 * 1024, "{}", payload.to_string().len());
    }
}
