//! `${…}` in text: property accesses and what stands between them.
//!
//! <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/#property-access>

use std::fmt;

/// `root.name["key"][0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What it begins with: a resource, a variable or a configuration value.
    pub root: String,
    /// The steps into it.
    pub path: Vec<Step>,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name` or `["name"]`.
    Name(String),
    /// `[0]`.
    Index(usize),
}

/// Text, then perhaps an access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What stands before the access.
    pub text: String,
    /// The access; only the last part can lack one.
    pub access: Option<Access>,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        self.path.iter().try_for_each(|step| match step {
            Step::Name(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

/// Splits text at its accesses. `$$` stands for a dollar sign.
pub fn interpolate(text: &str) -> Result<Vec<Part>, &'static str> {
    let mut parts = vec![];
    let mut literal = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("$$") {
            literal.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let (access, after) = access(after)?;
            parts.push(Part { text: std::mem::take(&mut literal), access: Some(access) });
            rest = after;
        } else {
            literal.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        parts.push(Part { text: literal, access: None });
    }
    Ok(parts)
}

/// Parses one access up to its closing brace.
fn access(mut rest: &str) -> Result<(Access, &str), &'static str> {
    let mut steps = vec![];
    while let Some(first) = rest.chars().next() {
        match first {
            '}' => return Ok((rooted(steps)?, &rest[1..])),
            '.' => rest = &rest[1..],
            '[' => {
                let (step, after) = subscript(&rest[1..])?;
                steps.push(step);
                rest = after;
            }
            _ => {
                let end = rest.find(['.', '[', '}']).unwrap_or(rest.len());
                steps.push(Step::Name(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
    }
    Err("unterminated interpolation")
}

fn rooted(mut steps: Vec<Step>) -> Result<Access, &'static str> {
    if steps.is_empty() {
        return Err("Property access expressions cannot be empty");
    }
    match steps.remove(0) {
        Step::Name(root) => Ok(Access { root, path: steps }),
        Step::Index(_) => Err("the root property must be a string subscript or a name"),
    }
}

fn subscript(rest: &str) -> Result<(Step, &str), &'static str> {
    let Some(mut quoted) = rest.strip_prefix('"') else {
        let (digits, after) = rest.split_once(']').ok_or("missing closing bracket in list index")?;
        return Ok((Step::Index(digits.parse().map_err(|_| "invalid list index")?), after));
    };
    let mut name = String::new();
    loop {
        if let Some(after) = quoted.strip_prefix("\\\"") {
            name.push('"');
            quoted = after;
        } else if let Some(after) = quoted.strip_prefix('"') {
            let after = after.strip_prefix(']').ok_or("missing closing bracket in property access")?;
            return Ok((Step::Name(name), after));
        } else {
            let next = quoted.chars().next().ok_or("missing closing quote in property name")?;
            name.push(next);
            quoted = &quoted[next.len_utf8()..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_access(text: &str) -> Access {
        let mut parts = interpolate(text).unwrap();
        assert_eq!(parts.len(), 1);
        parts.remove(0).access.unwrap()
    }

    #[test]
    fn an_access_walks_names_keys_and_indices() {
        let access = only_access(r#"${root.nested["a \"b\".c"][10].last}"#);
        assert_eq!(access.root, "root");
        assert_eq!(
            access.path,
            [
                Step::Name("nested".into()),
                Step::Name("a \"b\".c".into()),
                Step::Index(10),
                Step::Name("last".into())
            ]
        );
    }

    #[test]
    fn text_and_accesses_alternate() {
        let parts = interpolate("a $${x} ${b}-${c.d}!").unwrap();
        let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts, ["a ${x} ", "-", "!"]);
        assert_eq!(parts[1].access.as_ref().unwrap().to_string(), "c.d");
    }

    #[test]
    fn an_access_that_never_ends_is_refused() {
        assert_eq!(interpolate("${a"), Err("unterminated interpolation"));
        assert_eq!(interpolate("${a[x]}"), Err("invalid list index"));
        assert_eq!(interpolate("${a[\"x}"), Err("missing closing quote in property name"));
    }
}
