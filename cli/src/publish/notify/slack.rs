//! A message for an incoming webhook of Slack. <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

use serde_json::{Value, json};

use super::message::Message;

/// The most characters of a text. <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>
const TEXT: usize = 3000;

/// The body of the request.
pub fn payload(message: &Message) -> Value {
    let title = escaped(&message.title(), TEXT - 2);
    let mut blocks = vec![section(&format!("*{title}*"))];
    blocks.extend(message.facts.what.as_ref().map(|what| section(&escaped(what, TEXT))));
    blocks.extend(message.facts.hint.as_ref().map(|hint| {
        let begin = "*What to do:* ";
        section(&format!("{begin}{}", escaped(hint, TEXT - begin.len())))
    }));
    let links = message.links().into_iter().map(|(label, url)| format!("<{}|{label}>", references(url)));
    let details = message.details().into_iter().map(|detail| escaped(&detail, TEXT / 10));
    let elements: Vec<Value> = details.chain(links).map(|text| mrkdwn(&text)).collect();
    if !elements.is_empty() {
        blocks.push(json!({ "type": "context", "elements": elements }));
    }
    json!({ "text": title, "blocks": blocks })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

/// `verbatim` keeps Slack from making mentions and links of words.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
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
