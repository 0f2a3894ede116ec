//! Reads the section `notify`, strictly.

use super::{FromEnv, NotifyEvent, NotifySink, SinkTarget, WebhookUrl, is_safe};
use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, is_variable, shown};
use crate::base::http::Url;
use crate::base::suggest::nearest;
use crate::base::words::Words;
use crate::base::yaml::Value;
use crate::delivery::pattern::never_fits;
use crate::inputs::file::NOTIFY;

/// The most entries: all are told within a few seconds.
const MOST: usize = 20;

/// The longest name of a person or team.
const LONGEST_NAME: usize = 200;

impl NotifySink {
    /// Reads all entries. `file` is the file's path, for messages.
    pub fn parse_all(section: &Value, file: &str) -> Result<Vec<Self>> {
        let Value::List(items) = section else {
            return Err(Error::input(
                format!("`{NOTIFY}` in `{file}` is not a list"),
                "write it as `notify: [{ slack: { from-env: SLACK_URL }, on: [waiting, failed], stacks: [prod] }]`",
            ));
        };
        if items.len() > MOST {
            return Err(Error::input(
                format!("`{NOTIFY}` in `{file}` has {} entries, and at most {MOST} are told", items.len()),
                "send to one webhook that hands it on",
            ));
        }
        let place = format!("`{file}`");
        items.iter().enumerate().map(|(at, item)| sink(item, &format!("{NOTIFY}[{at}]"), &place)).collect()
    }
}

fn sink(item: &Value, path: &str, place: &str) -> Result<NotifySink> {
    let Value::Mapping(mapping) = item else {
        return Err(Error::input(
            format!("`{path}` of {place} is not a mapping"),
            "write an entry as `{ slack: { from-env: SLACK_URL }, on: [waiting], stacks: [prod] }`",
        ));
    };
    let fields = Fields::new(mapping, path, place);
    fields.only(&NotifySink::KEYS, "an entry of `notify`")?;
    let named: Vec<&str> =
        NotifySink::TARGETS.into_iter().filter(|target| fields.get(target).is_some()).collect();
    let [target] = named.as_slice() else {
        let wrong = if named.is_empty() { "says nowhere to send to" } else { "says two places to send to" };
        return Err(fields.error(
            "",
            wrong,
            format!("give an entry one of `{}`", NotifySink::TARGETS.join("`, `")),
        ));
    };
    let target = match *target {
        "slack" => SinkTarget::Slack(hook(&fields, "slack", "SLACK_URL")?),
        "teams" => SinkTarget::Teams(hook(&fields, "teams", "TEAMS_URL")?),
        "webhook" => webhook(&fields)?,
        _ => SinkTarget::Mention { people: people(&fields)? },
    };
    let stacks = fields.texts("stacks")?;
    for pattern in &stacks {
        if let Some(why) = never_fits(pattern) {
            let wrong = format!("has `{}`, which never fits a stack: {why}", shown(pattern));
            let hint = "name stacks as in `Pulumi.<stack>.yaml`; `*` and `?` are wildcards";
            return Err(fields.error("stacks", &wrong, hint));
        }
    }
    if stacks.is_empty() && fields.get("stacks").is_some() {
        return Err(fields.error("stacks", "is empty", "name a stack, or leave the key out for all of them"));
    }
    Ok(NotifySink { target, on: events(&fields)?, stacks })
}

fn events(fields: &Fields<'_>) -> Result<Vec<NotifyEvent>> {
    let words = fields.texts("on")?;
    if words.is_empty() {
        if fields.get("on").is_some() {
            let hint = "name an event, or leave the key out for all in which somebody has to act";
            return Err(fields.error("on", "is empty", hint));
        }
        return Ok(NotifyEvent::asking());
    }
    let event = |word: &String| {
        NotifyEvent::from_word(word).ok_or_else(|| {
            let all = NotifyEvent::WORDS;
            let hint = match nearest(word, all.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the events are `{}`", all.join("`, `")),
            };
            fields.error("on", &format!("has `{}`, which is not an event", shown(word)), hint)
        })
    };
    words.iter().map(event).collect()
}

/// The address of a hook, which is a secret.
fn hook(fields: &Fields<'_>, key: &str, example: &str) -> Result<FromEnv> {
    let hint = format!(
        "write `{key}: {{ from-env: {example} }}`, and hand that variable to the job from the CI system's own secret store; \
         make a new address if one was in the repository"
    );
    if fields.get(key).is_some_and(|value| value.source().is_some()) {
        let wrong = "stands in the file: whoever knows the address of a hook can write into the channel";
        return Err(fields.error(key, wrong, hint));
    }
    from_env(fields, key, &hint)
}

/// A value of the form `{ from-env: NAME }`.
fn from_env(fields: &Fields<'_>, key: &str, hint: &str) -> Result<FromEnv> {
    let inner = fields.mapping(key, hint)?;
    inner.only(&[NotifySink::FROM_ENV], "a reference to a secret")?;
    let name = inner.text(NotifySink::FROM_ENV)?.filter(|name| is_variable(name));
    name.map(|name| FromEnv(name.to_owned())).ok_or_else(|| {
        // What stands there can be the secret itself.
        inner.error(NotifySink::FROM_ENV, "is not the name of a variable", hint)
    })
}

fn webhook(fields: &Fields<'_>) -> Result<SinkTarget> {
    let hint = "write it as `webhook: { url: { from-env: HOOK_URL }, secret: { from-env: HOOK_SECRET } }`";
    let inner = fields.mapping("webhook", hint)?;
    inner.only(&NotifySink::WEBHOOK_KEYS, "a webhook")?;
    let secret = match inner.get("secret") {
        None => None,
        Some(value) if value.source().is_some() => {
            return Err(inner.error(
                "secret",
                "stands in the file",
                "write `secret: { from-env: HOOK_SECRET }`, and hand that variable to the job from the CI system's own \
                 secret store; make a new one if one was in the repository",
            ));
        }
        Some(_) => Some(from_env(&inner, "secret", hint)?),
    };
    let url = match inner.get("url") {
        None => return Err(inner.error("", "has no `url`", hint)),
        Some(value) if value.source().is_some() => {
            let text = inner.text("url")?.unwrap_or_default();
            WebhookUrl::Plain(plain_url(&inner, text)?)
        }
        Some(_) => WebhookUrl::FromEnv(from_env(&inner, "url", hint)?),
    };
    Ok(SinkTarget::Webhook { url, secret })
}

/// An address that stands in the file, which may not hold a secret.
fn plain_url(fields: &Fields<'_>, text: &str) -> Result<String> {
    let url = Url::parse(text).ok().filter(|_| !text.contains(char::is_whitespace));
    let url = url.filter(is_safe).ok_or_else(|| {
        fields.error(
            "url",
            "is not an address that begins with `https://`",
            "write the whole address; `http://` is for this machine only (`http://127.0.0.1:8080/hook`)",
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err(fields.error(
            "url",
            "holds a user or a password",
            "hand the whole address over in a variable: `url: { from-env: HOOK_URL }`",
        ));
    }
    Ok(text.to_owned())
}

fn people(fields: &Fields<'_>) -> Result<Vec<String>> {
    let hint = "write it as `mention: { people: [\"@acme/oncall\", ann] }`";
    let inner = fields.mapping("mention", hint)?;
    inner.only(&NotifySink::MENTION_KEYS, "a mention")?;
    let people = inner.texts("people")?;
    if people.is_empty() {
        return Err(inner.error("people", "names nobody", hint));
    }
    if let Some(wrong) = people.iter().find(|name| !is_name(name)) {
        let what = format!("has `{}`, which is not a name of a person or team", shown(wrong));
        return Err(inner.error("people", &what, hint));
    }
    Ok(people.iter().map(|name| name.trim_start_matches('@').to_owned()).collect())
}

/// Whether a text can be the name of a person or team: nothing in it ends or becomes markup.
fn is_name(name: &str) -> bool {
    let plain = name.strip_prefix('@').unwrap_or(name);
    let begins = plain.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '{');
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"._/:{}-".contains(&byte);
    begins && plain.len() <= LONGEST_NAME && plain.bytes().all(inside)
}

#[cfg(test)]
mod tests;
