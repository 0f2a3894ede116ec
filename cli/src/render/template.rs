//! A team's own comment: a template of theirs gets the report, with the names of the result file.
//!
//! The templates are minijinja's (<https://docs.rs/minijinja/2/minijinja/syntax/>). Whatever a template prints is
//! written as plain text of Markdown, unless it went through one of the filters here: what a program said never becomes
//! markup, whoever wrote the template. It can read no file, and no loop of it goes on for ever.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, context};

use super::allowed::allowed;
use super::escape::{code, fence, link, plain, prose};
use super::fit::{fit, fits};
use super::{Options, Size, diff, words};
use crate::base::json;
use crate::render::fit::markdown;
use crate::report::{DiffRoom, Report, Step};

/// So many instructions a template may take: some hundred for each of ten thousand resources.
const FUEL: u64 = 5_000_000;

/// How much the filter `diff` shows of a step.
const SHAPE: crate::render::page::Shape =
    crate::render::page::Shape { properties: 100, room: DiffRoom { context: 3, lines: 1000, width: 1000 } };

/// A template that could be read.
#[derive(Debug, Clone)]
pub struct Template {
    name: String,
    source: String,
}

impl Template {
    /// The template in `source`; `name` is how errors call it. The error says the line.
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Result<Self, String> {
        let template = Self { name: name.into(), source: source.into() };
        let environment = environment(&Options::default());
        environment
            .template_from_named_str(&template.name, &template.source)
            .map_err(|error| in_words(&error))?;
        Ok(template)
    }

    /// What it makes of `report`, in any size.
    pub fn render(&self, report: &Report, options: &Options) -> Result<String, String> {
        let environment = environment(options);
        let template = environment.template_from_named_str(&self.name, &self.source);
        let built_in = Options { marker: None, ..options.clone() };
        let values = context! {
            report => as_written(&allowed(report, options)),
            headline => Value::from_safe_string(words::headline_in(report, options.detail, |name| code(name, options.flavor.html))),
            sign => words::sign(report),
            counts => words::counts(report),
            plan => words::is_plan(report),
            next => words::next(report, options).map(|next| Value::from_safe_string(prose(&next, options.flavor.html))),
            result => options.result,
            builtin => Value::from_safe_string(markdown(report, &built_in)),
        };
        template.and_then(|template| template.render(values)).map_err(|error| in_words(&error))
    }
}

/// The comment that `size` holds: the template's where there is one and it works and fits, else the built-in one. Why
/// it is not the template's goes to `warn`.
pub fn comment(
    template: Option<&Template>,
    report: &Report,
    options: &Options,
    size: Size,
    warn: &mut dyn FnMut(&str),
) -> String {
    let Some(template) = template else { return fit(report, options, size) };
    let marked = |body: String| match &options.marker {
        Some(marker) => format!("{marker}\n{}\n", body.trim_end()),
        None => format!("{}\n", body.trim_end()),
    };
    let instead = "the built-in form stands in its place";
    match template.render(report, options).map(marked) {
        Ok(body) if fits(&body, size) => return body,
        Ok(body) => {
            let (Size::Bytes(room) | Size::Chars(room)) = size;
            let name = &template.name;
            warn(&format!(
                "what `{name}` makes is too long ({} of {room} characters): {instead}",
                body.chars().count()
            ));
        }
        Err(error) => warn(&format!("{error}: {instead}")),
    }
    fit(report, options, size)
}

/// The report as the result file has it. By way of its text, as no other serialiser has to be in the binary for it.
fn as_written(report: &Report) -> Value {
    json::read(report.to_json().as_bytes()).map_or(Value::UNDEFINED, from_json)
}

/// The same value for a template. A number that would come out in another form is its text.
fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(bool) => Value::from(bool),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(items) => items.into_iter().map(from_json).collect(),
        serde_json::Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (Value::from(name), from_json(value))).collect()
        }
        serde_json::Value::Number(number) => {
            let text = number.to_string();
            let whole = number.as_i64().map(Value::from).or_else(|| number.as_u64().map(Value::from));
            let found = whole.or_else(|| number.as_f64().map(Value::from));
            found.filter(|found| found.to_string() == text).unwrap_or_else(|| Value::from(text))
        }
    }
}

fn environment(options: &Options) -> Environment<'static> {
    let html = options.flavor.html;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown"));
    environment.set_fuel(Some(FUEL));
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_formatter(|out, _: &State<'_, '_>, value| {
        let written = if value.is_safe() {
            out.write_str(value.as_str().unwrap_or_default())
        } else {
            out.write_str(&plain_text(value))
        };
        written.map_err(|error| Error::new(ErrorKind::WriteFailure, error.to_string()))
    });
    // What would make foreign text active.
    for filter in ["safe", "tojson", "urlencode"] {
        environment.remove_filter(filter);
    }
    for name in ["e", "escape"] {
        environment.add_filter(name, |value: &Value| Value::from_safe_string(plain_text(value)));
    }
    environment.add_filter("code", move |value: &Value| Value::from_safe_string(code(&raw(value), html)));
    environment.add_filter("prose", move |value: &Value| Value::from_safe_string(prose(&raw(value), html)));
    environment.add_filter("fence", |value: &Value, language: Option<String>| {
        let language: String =
            language.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        Value::from_safe_string(fence(&raw(value), &language))
    });
    environment.add_filter("link", move |value: &Value, label: Option<String>| {
        let url = raw(value);
        Value::from_safe_string(link(
            &label.map_or_else(|| "link".to_owned(), |label| plain(&label)),
            &url,
            html,
        ))
    });
    environment.add_filter("diff", |step: &Value| difference(step).map(Value::from_safe_string));
    environment.add_filter("duration", words::duration);
    environment.add_filter("number", words::number);
    environment
}

/// The `diff` block of a step.
fn difference(step: &Value) -> Result<String, Error> {
    let step = serde_json::to_value(step).and_then(serde_json::from_value::<Step>);
    let step =
        step.map_err(|_| Error::new(ErrorKind::InvalidOperation, "`diff` takes one of `report.steps`"))?;
    let lines = diff::block(&step, SHAPE).text;
    Ok(if lines.is_empty() { String::new() } else { fence(&lines, "diff") })
}

fn plain_text(value: &Value) -> String {
    plain(&raw(value))
}

fn raw(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => String::new(),
        _ => value.to_string(),
    }
}

/// An error with its line, as people need it.
fn in_words(error: &Error) -> String {
    let place = error.name().map_or_else(|| "the template".to_owned(), |name| format!("`{name}`"));
    let line = error.line().map_or(String::new(), |line| format!(" line {line}:"));
    let kind = error.kind().to_string();
    let detail = error.detail().map_or(String::new(), |detail| format!(": {detail}"));
    format!("{place} is not a good template:{line} {kind}{detail}")
}

#[cfg(test)]
mod tests {
    use super::super::Detail;
    use super::*;
    use crate::report::{Ending, Facts, Fold, Operation, report};

    fn made() -> Report {
        let facts = Facts::new(Operation::Preview, "<b>@me|dev", Ending::Exited(0), 0);
        report(Fold::new().finish(), facts)
    }

    fn rendered(source: &str) -> Result<String, String> {
        Template::new("t.md", source)?.render(&made(), &Options::default())
    }

    #[test]
    fn what_is_printed_is_plain_text() {
        assert_eq!(rendered("{{ report.stack }}").unwrap(), "&#60;b&#62;@\u{200b}me&#124;dev");
        assert_eq!(rendered("{{ '`' ~ report.stack }}").unwrap(), "&#96;&#60;b&#62;@\u{200b}me&#124;dev");
    }

    #[test]
    fn filters_write_code_prose_fences_and_links() {
        assert_eq!(
            rendered("{{ 'set `a|b` <now>'|prose }}").unwrap(),
            "set <code>a&#124;b</code> &#60;now&#62;"
        );
        assert_eq!(rendered("{{ 'a b'|code }}").unwrap(), "`a b`");
        assert_eq!(rendered("{{ 'a```'|fence('diff') }}").unwrap(), "````diff\na```\n````\n");
        assert_eq!(rendered("{{ 'https://x'|link('job') }}").unwrap(), "[job](<https://x>)");
        assert_eq!(rendered("{{ 8250|duration }} {{ 12345|number }}").unwrap(), "8.2 s 12,345");
    }

    #[test]
    fn numbers_are_numbers_and_none_comes_out_in_another_form() {
        assert_eq!(rendered("{{ report.exit_code + 1 }} {{ report.steps|length }}").unwrap(), "80 0");
        let mut made = made();
        let outputs = made.outputs.get_or_insert_default();
        for number in ["1e+300", "0.1", "99999999999999999999", "-3"] {
            outputs.insert(number.to_owned(), json::read(number.as_bytes()).unwrap());
        }
        let options = Options::default();
        let template =
            Template::new("t.md", "{% for n in report.outputs %}{{ report.outputs[n] }} {% endfor %}");
        let rendered = template.unwrap().render(&made, &options).unwrap();
        let mut shown: Vec<_> = rendered.split_whitespace().collect();
        shown.sort_unstable();
        // Markdown shows `&#43;` as a plus.
        assert_eq!(shown, ["-3", "0.1", "1e&#43;300", "99999999999999999999"]);
    }

    #[test]
    fn nothing_makes_foreign_text_active() {
        for source in ["{{ report.stack|safe }}", "{{ report|tojson }}", "{% include 'x' %}"] {
            assert!(rendered(source).is_err(), "{source}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let error = Template::new("c.md", "one\n{% if %}").unwrap_err();
        assert!(error.starts_with("`c.md` is not a good template: line 2: syntax error"), "{error}");
        let error = rendered("\n\n{{ report.nothing }}").unwrap_err();
        assert!(error.contains("line 3: undefined value"), "{error}");
    }

    #[test]
    fn a_loop_without_end_is_stopped() {
        let error = rendered("{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}");
        assert!(error.unwrap_err().contains("fuel"));
    }

    #[test]
    fn a_broken_or_too_long_template_gives_way_to_the_built_in_form() {
        let options = Options { marker: Some("<!-- m -->".to_owned()), ..Options::default() };
        for source in
            ["{{ report.nothing }}", "{{ 'long '|code }}{% for a in range(900) %}{{ a }}{% endfor %}"]
        {
            let template = Template::new("t.md", source).unwrap();
            let mut said = Vec::new();
            let body = comment(Some(&template), &made(), &options, Size::Chars(1024), &mut |text| {
                said.push(text.to_owned());
            });
            assert_eq!(body, fit(&made(), &options, Size::Chars(1024)));
            assert!(
                said.len() == 1 && said[0].ends_with("the built-in form stands in its place"),
                "{said:?}"
            );
        }
    }

    #[test]
    fn the_marker_is_ours_and_goes_first() {
        let options = Options { marker: Some("<!-- m -->".to_owned()), ..Options::default() };
        let template = Template::new("t.md", "## {{ headline }}\n\n").unwrap();
        let body =
            comment(Some(&template), &made(), &options, Size::Chars(1024), &mut |_| panic!("no warning"));
        assert!(body.starts_with("<!-- m -->\n## Preview of "), "{body}");
    }

    #[test]
    fn a_template_sees_no_more_than_may_be_shown() {
        let mut made = made();
        made.outputs.get_or_insert_default().insert("url".to_owned(), "private".into());
        let options = Options { detail: Detail::Paths, ..Options::default() };
        let template = Template::new("t.md", "{{ report.outputs }}").unwrap();
        let body = template.render(&made, &options).unwrap();
        assert!(body.contains("url") && !body.contains("private"), "{body}");
    }
}
