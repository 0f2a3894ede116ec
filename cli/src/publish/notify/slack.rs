//! A message for an incoming webhook of Slack. <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

use serde_json::{Value, json};

use super::message::Message;

/// The most characters of a text. <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>
const TEXT: usize = 3000;

/// The body of the request. Foreign words stand in texts of their own, in which Slack reads no formatting, so that none of them
/// looks like a line of ours.
pub fn payload(message: &Message) -> Value {
    let title = escaped(&message.title(), TEXT - 2);
    let mut blocks = vec![section(&mrkdwn(&format!("*{title}*")))];
    blocks.extend(message.facts.what.as_ref().map(|what| section(&plain(what, TEXT))));
    if let Some(hint) = &message.facts.hint {
        blocks.extend([section(&mrkdwn("*What to do:*")), section(&plain(hint, TEXT))]);
    }
    let links = message.links().into_iter().map(|(label, url)| format!("<{}|{label}>", references(url)));
    let details = message.details().into_iter().map(|detail| plain(&detail, TEXT / 10));
    let elements: Vec<Value> = details.chain(links.map(|link| mrkdwn(&link))).collect();
    if !elements.is_empty() {
        blocks.push(json!({ "type": "context", "elements": elements }));
    }
    json!({ "text": title, "blocks": blocks })
}

fn section(text: &Value) -> Value {
    json!({ "type": "section", "text": text })
}

/// Words of ours. `verbatim` keeps Slack from making mentions and links of words.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Words of others: `*`, `_`, `~` and backticks are themselves in a text of this type.
/// <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>
fn plain(text: &str, most: usize) -> Value {
    json!({ "type": "plain_text", "text": escaped(text, most), "emoji": false })
}

/// The three characters that mean something. <https://docs.slack.dev/messaging/formatting-message-text#escaping>
fn references(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As much of the text as fits into `most` characters once nothing of it means anything: no link, no mention, no `@channel`.
fn escaped(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0;
    for c in text.chars() {
        let one = match c {
            // A joiner parts what would be a mention.
            '@' => "@\u{2060}".to_owned(),
            c => references(c.encode_utf8(&mut [0; 4])),
        };
        length += one.chars().count();
        if length >= most {
            out.push('…');
            break;
        }
        out.push_str(&one);
    }
    out
}
