//! Rulesets of GitHub: <https://docs.github.com/en/rest/repos/rules>.

use serde_json::Value;

use super::GitHub;
use crate::base::wildcard;
use crate::forge::protection::{Fact, TagCreators, TagProtection};
use crate::forge::{Forge as _, Reading, SurveyAnswers, read_each, text_at};

/// A ruleset with the rules of it that apply to a branch.
pub(super) struct Ruleset<'a> {
    /// Its number.
    id: u64,
    /// The rules that apply.
    rules: Vec<&'a Value>,
    /// Its settings, if they can be read.
    settings: Option<&'a Value>,
}

/// The rulesets of a branch's rules.
pub(super) fn read_ruleset<'a>(rules: &[&'a Value], answers: &'a SurveyAnswers) -> Vec<Ruleset<'a>> {
    let mut rulesets: Vec<Ruleset<'a>> = Vec::new();
    for rule in rules {
        let id = rule.get("ruleset_id").and_then(Value::as_u64).unwrap_or(0);
        match rulesets.iter_mut().find(|ruleset| ruleset.id == id) {
            Some(ruleset) => ruleset.rules.push(rule),
            None => rulesets.push(Ruleset {
                id,
                rules: vec![rule],
                settings: answers.one(&format!("ruleset/{id}")),
            }),
        }
    }
    rulesets
}

impl<'a> Ruleset<'a> {
    /// The parameters of the rule of this kind; null for one that has none. None if there is no such rule.
    pub(super) fn rule(&self, kind: &str) -> Option<&'a Value> {
        let rule = self.rules.iter().find(|rule| rule.get("type").is_some_and(|own| own == kind))?;
        Some(rule.get("parameters").unwrap_or(&Value::Null))
    }

    /// Who gets past the ruleset.
    pub(super) fn bypass(&self) -> Fact<Vec<String>> {
        self.settings.map_or_else(unknown, actors)
    }
}

fn unknown<T>() -> Fact<T> {
    Fact::NotKnown(GitHub.needed_to_read(Reading::Protection).to_owned())
}

/// Who gets past a ruleset with these settings. The list is left out for those who may not change the ruleset.
fn actors(settings: &Value) -> Fact<Vec<String>> {
    settings
        .get("bypass_actors")
        .and_then(|list| read_each(Some(list), actor))
        .map_or_else(unknown, Fact::Known)
}

/// The number of a role: <https://registry.terraform.io/providers/integrations/github/latest/docs/resources/repository_ruleset>
fn actor(answer: &Value) -> Option<String> {
    let id = answer.get("actor_id").and_then(Value::as_u64).unwrap_or(0);
    let who = match answer.get("actor_type")?.as_str()? {
        "OrganizationAdmin" => "the organization's owners".to_owned(),
        "RepositoryRole" => match id {
            2 => "everybody with the role maintain".to_owned(),
            4 => "everybody with the role write".to_owned(),
            5 => "administrators".to_owned(),
            other => format!("everybody with the role number {other}"),
        },
        "Integration" => format!("the app number {id}"),
        "Team" => format!("the team number {id}"),
        "DeployKey" => "deploy keys".to_owned(),
        "User" => format!("the user number {id}"),
        other => format!("{other} {id}"),
    };
    Some(match answer.get("bypass_mode").and_then(Value::as_str) {
        Some("pull_request") => format!("{who} (by a pull request)"),
        _ => who,
    })
}

/// What protects the tags with this name or pattern.
pub(super) fn read_tags(tags: &str, answers: &SurveyAnswers, link: &str) -> TagProtection {
    let link = Some(link.to_owned());
    let not_known = |why: String| TagProtection {
        tags: tags.to_owned(),
        creators: Fact::NotKnown(why.clone()),
        moves: Fact::NotKnown(why),
        link: link.clone(),
    };
    let Some(list) = answers.list("rulesets", "") else {
        return not_known(GitHub.needed_to_read(Reading::Protection).to_owned());
    };
    let (mut creators, mut moves) = (Fact::Known(TagCreators::Writers), Fact::Known(true));
    let active = |one: &&&Value| {
        let is = |field: &str, word: &str| one.get(field).is_some_and(|own| own == word);
        is("target", "tag") && is("enforcement", "active")
    };
    for one in list.iter().filter(active) {
        let id = one.get("id").and_then(Value::as_u64).unwrap_or(0);
        let Some(settings) = answers.one(&format!("ruleset/{id}")) else {
            return not_known(GitHub.needed_to_read(Reading::Protection).to_owned());
        };
        match covers(settings, tags) {
            Covered::No => continue,
            Covered::Yes => {}
            Covered::Perhaps => {
                let name = text_at(settings, "/name").unwrap_or_default();
                return not_known(format!(
                    "whether the ruleset `{name}` covers all of `{tags}` can't be told"
                ));
            }
        }
        let has = |kind: &str| {
            let rules = settings.get("rules").and_then(Value::as_array);
            rules.into_iter().flatten().any(|rule| rule.get("type").is_some_and(|own| own == kind))
        };
        if has("creation") {
            creators = actors(settings).map(TagCreators::Only);
        }
        if has("deletion") && (has("update") || has("non_fast_forward")) {
            moves = Fact::Known(false);
        }
    }
    TagProtection { tags: tags.to_owned(), creators, moves, link }
}

/// Whether a ruleset covers tags.
enum Covered {
    /// All of them.
    Yes,
    /// None of them.
    No,
    /// Some of them, or one pattern can't be told from the other.
    Perhaps,
}

fn covers(settings: &Value, tags: &str) -> Covered {
    let patterns = |field: &str| {
        let list = settings.pointer(&format!("/conditions/ref_name/{field}"));
        let pattern = |one: &Value| one.as_str().map(|text| text.trim_start_matches("refs/tags/").to_owned());
        read_each(list, pattern).unwrap_or_default()
    };
    // A pattern that matches the watched one, letter by letter, matches all that the watched one does.
    let matches = |pattern: &String| {
        pattern == "~ALL" || pattern == "**" || pattern == "**/*" || names_match(pattern, tags)
    };
    let (include, exclude) = (patterns("include"), patterns("exclude"));
    let begin = |pattern: &str| pattern.split(['*', '?', '[']).next().unwrap_or_default().to_owned();
    let overlaps = |pattern: &String| {
        let (one, other) = (begin(pattern), begin(tags));
        one.starts_with(&other) || other.starts_with(&one)
    };
    if include.iter().any(matches) {
        return if exclude.iter().any(overlaps) { Covered::Perhaps } else { Covered::Yes };
    }
    if include.iter().any(overlaps) { Covered::Perhaps } else { Covered::No }
}

/// Whether a pattern matches a name, in which `*` stands for any letters but `/`: tried with a few.
fn names_match(pattern: &str, name: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    ["", "1", "1.22.333-rc.4"].iter().all(|letters| {
        let name = name.replace('*', letters);
        wildcard::fits(&pattern, &name.split('/').collect::<Vec<_>>())
    })
}
