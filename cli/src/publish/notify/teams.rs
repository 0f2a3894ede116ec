//! An Adaptive Card for a workflow of Teams that begins with "When a Teams webhook request is received". The connectors of
//! Office 365, which took other messages, are gone.
//! <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>
//!
//! Foreign words stand in runs of text, in which Teams reads no Markdown. A message may have 28 KB
//! (<https://learn.microsoft.com/connectors/teams/>), which the texts of a notification can't reach.

use serde_json::{Value, json};

use super::message::Message;

/// The body of the request.
pub fn payload(message: &Message) -> Value {
    let title = json!({ "type": "TextRun", "text": message.title(), "weight": "Bolder", "size": "Medium" });
    let mut body = vec![block(&[title])];
    body.extend(message.facts.what.as_ref().map(|what| block(&[run(what)])));
    body.extend(message.facts.hint.as_ref().map(|hint| {
        let begin = json!({ "type": "TextRun", "text": "What to do: ", "weight": "Bolder" });
        block(&[begin, run(hint)])
    }));
    let details = message.details();
    if !details.is_empty() {
        let small =
            json!({ "type": "TextRun", "text": details.join(" · "), "isSubtle": true, "size": "Small" });
        body.push(block(&[small]));
    }
    let open = |(label, url): (String, &str)| json!({ "type": "Action.OpenUrl", "title": label, "url": url });
    let actions: Vec<Value> = message.links().into_iter().map(open).collect();
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.title(),
        "body": body,
        "actions": actions,
        "msteams": { "width": "Full" },
    });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn block(runs: &[Value]) -> Value {
    json!({ "type": "RichTextBlock", "inlines": runs })
}

fn run(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text })
}
