//! Issues: opened, listed, read with who closed them, closed and opened again, written anew, commented on.

use serde_json::{Value, json};

use super::{Asked, Face, ME, Memory, Reply, StoredIssue};

/// A vendor's words for issues.
pub struct IssueWords {
    /// The path of the repository.
    pub path: &'static [&'static str],
    pub body: &'static str,
    pub number: &'static str,
    pub url: &'static str,
    pub open: &'static str,
    pub comments: &'static str,
    /// The method of a change, the field of the state, and its words for one that is opened and closed.
    pub change: (&'static str, &'static str, [&'static str; 2]),
    /// The field with who opened it, and the part of a list's query that says so.
    pub author: (&'static str, &'static str),
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
        if memory.refuses_issues {
            return Some(face.error(403, "no permission"));
        }
        memory.issues.push(StoredIssue::new(ME, &title, &body));
        let answer = Reply::json(201, &shown(face, words, memory, memory.issues.len()));
        memory.issues.extend(memory.after_opening.take());
        return Some(if std::mem::take(&mut memory.cuts_issues) { Reply::Close } else { answer });
    }
    if (method, rest) == ("GET", &[]) {
        let author = asked.query.get(words.author.1);
        let there = |at: &usize| {
            let issue = &memory.issues[at - 1];
            !issue.deleted && author.is_none_or(|author| *author == issue.author)
        };
        let numbers = (1..=memory.issues.len()).filter(there);
        return Some(face.list(numbers.map(|number| shown(face, words, memory, number)).collect(), None));
    }
    let (number, rest) = rest.split_first()?;
    let number: usize = number.parse().ok()?;
    // Comments of change requests have the same path on some forges.
    let is_there =
        number.checked_sub(1).is_some_and(|at| memory.issues.get(at).is_some_and(|one| !one.deleted));
    if !is_there {
        return None;
    }
    let issue = &mut memory.issues[number - 1];
    Some(match (method, rest) {
        ("GET", []) => Reply::json(200, &shown(face, words, memory, number)),
        ("GET", ["timeline"]) if words.closed_by.is_none() => {
            let first = asked.number("page", 1) == 1;
            let closing = issue.closed_by.as_ref().filter(|_| first);
            let event = |who: &String| json!({ "type": "close", "user": { "id": 4, "login": who } });
            face.list(closing.iter().map(|who| event(who)).collect(), None)
        }
        (verb, []) if verb == words.change.0 => {
            let (_, field, [opens, closes]) = words.change;
            match asked.text(&format!("/{field}")).as_deref() {
                Some(word) if word == opens => issue.closed_by = None,
                Some(word) if word == closes => issue.closed_by = Some(ME.to_owned()),
                other => assert_eq!(other, None),
            }
            if let Some(body) = asked.text(&format!("/{}", words.body)) {
                issue.body = body;
            }
            Reply::json(200, &shown(face, words, memory, number))
        }
        ("POST", [comments]) if *comments == words.comments => {
            issue.comments.push(asked.text("/body")?);
            Reply::json(201, &json!({ "id": 1 }))
        }
        _ => return None,
    })
}

impl StoredIssue {
    /// An open one.
    pub fn new(author: &str, title: &str, body: &str) -> Self {
        let owned = |text: &str| text.to_owned();
        Self {
            title: owned(title),
            body: owned(body),
            author: owned(author),
            deleted: false,
            closed_by: None,
            comments: Vec::new(),
        }
    }
}

fn shown(face: &dyn Face, words: &IssueWords, memory: &Memory, number: usize) -> Value {
    let issue = &memory.issues[number - 1];
    let mut shown = json!({ "title": issue.title });
    shown[words.body] = issue.body.as_str().into();
    let name = words.closed_by.unwrap_or("login");
    shown[words.author.0] = json!({ "id": 4, "type": if face.name() == "github" { "Bot" } else { "User" } });
    shown[words.author.0][name] = issue.author.as_str().into();
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
