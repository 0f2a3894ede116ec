//! Issues: opened, read with who closed them, opened again, commented on.

use serde_json::{Value, json};

use super::{Asked, Face, Memory, Reply, StoredIssue};

/// A vendor's words for issues.
pub struct IssueWords {
    /// The path of the repository.
    pub path: &'static [&'static str],
    pub body: &'static str,
    pub number: &'static str,
    pub url: &'static str,
    pub open: &'static str,
    pub comments: &'static str,
    /// The change that opens one again.
    pub reopen: (&'static str, &'static str, &'static str),
    /// The name of a person, where the issue itself says who closed it.
    pub closed_by: Option<&'static str>,
}

/// The answer to a request about issues. None where it is another one.
pub fn answer(face: &dyn Face, words: &IssueWords, asked: &Asked, memory: &mut Memory) -> Option<Reply> {
    let parts = asked.parts();
    let rest = parts.strip_prefix(words.path)?.strip_prefix(&["issues"])?;
    let method = asked.method.as_str();
    if (method, rest) == ("POST", &[]) {
        let (title, body) = (asked.text("/title")?, asked.text(&format!("/{}", words.body))?);
        memory.issues.push(StoredIssue { title, body, closed_by: None, comments: Vec::new() });
        return Some(Reply::json(201, &shown(words, memory, memory.issues.len())));
    }
    let (number, rest) = rest.split_first()?;
    let number: usize = number.parse().ok()?;
    // Comments of change requests have the same path on some forges.
    let is_there = number.checked_sub(1).is_some_and(|at| at < memory.issues.len());
    if !is_there {
        return None;
    }
    let issue = &mut memory.issues[number - 1];
    Some(match (method, rest) {
        ("GET", []) => Reply::json(200, &shown(words, memory, number)),
        ("GET", ["timeline"]) if words.closed_by.is_none() => {
            let first = asked.number("page", 1) == 1;
            let closing = issue.closed_by.as_ref().filter(|_| first);
            let event = |who: &String| json!({ "type": "close", "user": { "id": 4, "login": who } });
            face.list(closing.iter().map(|who| event(who)).collect(), None)
        }
        (verb, []) if verb == words.reopen.0 => {
            assert_eq!(asked.text(&format!("/{}", words.reopen.1)).as_deref(), Some(words.reopen.2));
            issue.closed_by = None;
            Reply::json(200, &shown(words, memory, number))
        }
        ("POST", [comments]) if *comments == words.comments => {
            issue.comments.push(asked.text("/body")?);
            Reply::json(201, &json!({ "id": 1 }))
        }
        _ => return None,
    })
}

fn shown(words: &IssueWords, memory: &Memory, number: usize) -> Value {
    let issue = &memory.issues[number - 1];
    let mut shown = json!({ "title": issue.title });
    shown[words.number] = number.into();
    shown[words.url] = format!("https://forge.example/issues/{number}").into();
    shown["state"] = if issue.closed_by.is_none() { words.open } else { "closed" }.into();
    if let Some(name) = words.closed_by {
        shown["closed_by"] = issue.closed_by.as_ref().map_or(Value::Null, |who| {
            let mut person = json!({ "id": 4, "type": "User" });
            person[name] = who.as_str().into();
            person
        });
    }
    shown
}
