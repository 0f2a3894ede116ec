//! The hidden first line of a comment: its subject, and the run that wrote it.
//!
//! A comment is ours if its first line is such a marker and we are its author. Output of a program can't imitate it: a
//! body begins with our own line, foreign text stands in code further down, and every value in a marker is encoded, so
//! that it neither ends the marker nor makes a second one.

use std::collections::BTreeMap;

use super::stamp::Stamp;
use crate::base::text::{percent_decoded, percent_encoded};
use crate::pulumi::stack::StackIdentity;
use crate::render::Flavor;
use crate::report::{Operation, Report};
use crate::reviewed::in_comment;

/// The subject of a comment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One command on one stack.
    Stack {
        /// The organisation; empty when it is not known, or there is none.
        organization: String,
        /// The project; empty when it is not known.
        project: String,
        /// The stack.
        stack: String,
        /// The fingerprint of the backend; empty when it is not known, as in comments of earlier versions.
        backend: String,
        /// The command.
        command: String,
    },
    /// All stacks.
    Aggregate,
}

impl Subject {
    /// The subject of `report`.
    pub fn from_report(report: &Report) -> Self {
        Self::of_stack(report.stack_identity(), report.command.name())
    }

    /// A `command` on `stack`.
    pub(super) fn of_stack(stack: StackIdentity, command: &str) -> Self {
        let StackIdentity { organization, project, stack, backend, .. } = stack;
        Self::Stack {
            organization: organization.unwrap_or_default(),
            project: project.unwrap_or_default(),
            stack,
            backend: backend.unwrap_or_default(),
            command: command.to_owned(),
        }
    }

    /// The fingerprint of the backend, if it is known.
    pub fn backend(&self) -> Option<&str> {
        match self {
            Self::Stack { backend, .. } => Some(backend.as_str()).filter(|backend| !backend.is_empty()),
            Self::Aggregate => None,
        }
    }

    /// Whether both are the same but for the backend.
    pub fn is_akin_to(&self, other: &Self) -> bool {
        self.without_backend() == other.without_backend()
    }

    fn without_backend(&self) -> Self {
        let mut subject = self.clone();
        if let Self::Stack { backend, .. } = &mut subject {
            backend.clear();
        }
        subject
    }
}

/// A marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The subject.
    pub subject: Subject,
    /// The `comment-key` that keeps several comments on one subject apart.
    pub key: String,
    /// The commit that the run was for; empty if it is not known.
    pub commit: String,
    /// The run that wrote the comment.
    pub stamp: Stamp,
    /// The address of the backend; empty if it is not known.
    pub backend_url: String,
    /// More values, for the code that writes the marker.
    pub more: BTreeMap<String, String>,
}

/// The field of a marker with the digest of the reviewed change.
pub(super) const REVIEW: &str = "review";

/// The field of a marker with the record of the reviewed change.
pub(super) const RECORD: &str = "record";

/// The first word of a comment's marker, and of a part's marker.
const COMMENT: &str = "stackstep";
const PART: &str = "stackstep-part";

/// The brackets that hide a line: an HTML comment; where HTML is shown as text, the definition of a link that nobody
/// uses.
/// <https://spec.commonmark.org/0.31.2/#html-comment>,
/// <https://spec.commonmark.org/0.31.2/#link-reference-definitions>
const HTML: (&str, &str) = ("<!-- ", " -->");
const PLAIN: (&str, &str) = ("[//]: # (", ")");

impl Marker {
    /// A marker of `report`.
    pub fn from_report(report: &Report, key: Option<&str>, stamp: &Stamp) -> Self {
        let review = report.review.iter().map(|review| (REVIEW.to_owned(), review.digest.clone()));
        let previewed = report.review.as_deref().filter(|_| report.command == Operation::Preview);
        let previewed = previewed.filter(|review| review.is_compared);
        let record = previewed.and_then(in_comment::packed).map(|word| (RECORD.to_owned(), word));
        Self {
            subject: Subject::from_report(report),
            key: key.unwrap_or_default().to_owned(),
            commit: report.commit.clone().unwrap_or_default(),
            stamp: stamp.clone(),
            backend_url: report.stack_identity().backend_url.unwrap_or_default(),
            more: review.chain(record).collect(),
        }
    }

    /// The marker without the record of the reviewed change if that needs more than `room` characters: its digest is left.
    #[must_use]
    pub(super) fn with_record_in(mut self, room: usize) -> Self {
        if self.record_length() > room {
            self.more.remove(RECORD);
        }
        self
    }

    /// The characters of the record of the reviewed change.
    pub(super) fn record_length(&self) -> usize {
        self.more.get(RECORD).map_or(0, |word| encoded(word).len())
    }

    /// Whether both are about the same subject but for the backend.
    pub fn is_akin_to(&self, other: &Self) -> bool {
        self.subject.is_akin_to(&other.subject) && self.key == other.key
    }

    /// The first line of a comment, with the blank line that has to end it on some forges.
    pub fn write(&self, flavor: Flavor) -> String {
        let line = hidden(&self.fields(COMMENT), flavor);
        if flavor.html { line } else { line + "\n" }
    }

    /// Reads the marker of a comment.
    pub fn read(body: &str) -> Option<Self> {
        Self::from_fields(shown(body.lines().next()?)?.strip_prefix(COMMENT)?)
    }

    /// The line before a part of a comment.
    pub(super) fn write_part(&self, flavor: Flavor) -> String {
        hidden(&self.fields(PART), flavor)
    }

    /// Reads the marker of a part.
    pub(super) fn read_part(line: &str) -> Option<Self> {
        Self::from_fields(shown(line)?.strip_prefix(PART)?)
    }

    fn fields(&self, name: &str) -> String {
        let mut fields = vec![("v", "1")];
        if let Subject::Stack { organization, project, stack, backend, command } = &self.subject {
            fields.extend([("organization", organization.as_str()), ("project", project), ("stack", stack)]);
            fields.extend([("command", command.as_str()), ("backend", backend)]);
            fields.push(("backend-url", &self.backend_url));
        }
        let stamp = self.stamp.to_string();
        fields.extend([("key", self.key.as_str()), ("commit", &self.commit), ("run", &stamp)]);
        fields.extend(self.more.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        fields.fold(name.to_owned(), |line, (name, value)| line + " " + name + "=" + &encoded(value))
    }

    fn from_fields(fields: &str) -> Option<Self> {
        let fields = fields.strip_prefix(' ')?.split(' ').filter_map(|field| field.split_once('='));
        let mut more: BTreeMap<String, String> =
            fields.map(|(name, value)| (name.to_owned(), percent_decoded(value))).collect();
        // A marker of a later version is not ours to touch.
        more.remove("v").filter(|version| version == "1")?;
        let mut take = |name: &str| more.remove(name);
        let (project, stack, command) = (take("project"), take("stack"), take("command"));
        let (organization, backend) = (take("organization"), take("backend"));
        let subject = match (stack, command) {
            (Some(stack), Some(command)) => {
                // Earlier versions wrote the stack's name as it was given.
                let written = StackIdentity::written(&stack, project.as_deref());
                let organization = organization.or(written.organization);
                Subject::of_stack(StackIdentity { organization, backend, ..written }, &command)
            }
            _ => Subject::Aggregate,
        };
        Some(Self {
            subject,
            key: take("key").unwrap_or_default(),
            commit: take("commit").unwrap_or_default(),
            stamp: Stamp::parse(&take("run").unwrap_or_default()),
            backend_url: take("backend-url").unwrap_or_default(),
            more,
        })
    }
}

/// The line after the last part of a comment.
pub(super) fn end_of_part(flavor: Flavor) -> String {
    hidden("stackstep-end", flavor)
}

/// Whether the line ends a part.
pub(super) fn ends_part(line: &str) -> bool {
    shown(line) == Some("stackstep-end")
}

/// `text` without anything that could be read as a marker.
pub(super) fn without_markers(text: &str) -> String {
    let text = text.replace("<!-- stackstep", "<!\u{200b}-- stackstep");
    text.replace("# (stackstep", "# (\u{200b}stackstep")
}

/// A line that readers do not see.
pub fn hidden(line: &str, flavor: Flavor) -> String {
    let (begin, end) = if flavor.html { HTML } else { PLAIN };
    [begin, line, end].concat()
}

/// The content of a hidden line. None if the line is not hidden.
fn shown(line: &str) -> Option<&str> {
    let line = line.trim_end();
    [HTML, PLAIN].iter().find_map(|(begin, end)| line.strip_prefix(begin)?.strip_suffix(end))
}

/// The value percent-encoded, hyphens too: two of them would end an HTML comment in some readers.
pub fn encoded(value: &str) -> String {
    percent_encoded(value).replace('-', "%2D")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(stack: &str) -> Marker {
        Marker {
            subject: Subject::Stack {
                organization: "acme".into(),
                project: "shop".into(),
                stack: stack.into(),
                backend: "0123456789ab".into(),
                command: "preview".into(),
            },
            backend_url: "s3://acme".into(),
            key: "eu-1".into(),
            commit: "8d08154c".into(),
            stamp: Stamp { system: "github-actions".into(), run: Some(42), attempt: 2, at: 1000 },
            more: BTreeMap::new(),
        }
    }

    #[test]
    fn a_marker_is_one_hidden_line() {
        assert_eq!(
            marker("dev").write(Flavor::GITHUB),
            "<!-- stackstep v=1 organization=acme project=shop stack=dev command=preview backend=0123456789ab \
             backend-url=s3%3A%2F%2Facme key=eu%2D1 commit=8d08154c run=github%2Dactions%3A42.2%401000 -->"
        );
        assert!(
            marker("dev")
                .write(Flavor::BITBUCKET)
                .starts_with("[//]: # (stackstep v=1 organization=acme project=shop ")
        );
        assert!(marker("dev").write(Flavor::BITBUCKET).ends_with(")\n"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for stack in ["dev", "a b", "--> <script>", "x) (y", "100%", "%2", "grün\n"] {
            for flavor in [Flavor::GITHUB, Flavor::BITBUCKET] {
                let body = format!("{}\n## text", marker(stack).write(flavor));
                assert_eq!(Marker::read(&body).as_ref(), Some(&marker(stack)), "{body}");
                assert_eq!(Marker::read(&body.replace('\n', "\r\n")), Some(marker(stack)));
            }
        }
    }

    #[test]
    fn a_marker_of_an_earlier_version_is_about_the_same_names_however_they_were_written() {
        let read = |stack: &str| {
            let line =
                format!("<!-- stackstep v=1 project=shop stack={} command=preview -->", encoded(stack));
            Marker::read(&line).unwrap().subject
        };
        for stack in ["organization/dev", "organization/shop/dev"] {
            assert_eq!(read(stack), read("dev"), "{stack}");
        }
        assert_eq!(read("acme/dev"), read("acme/shop/dev"));
        assert!(read("acme/dev").is_akin_to(&marker("dev").subject));
        assert!(!read("dev").is_akin_to(&marker("dev").subject));
        assert_eq!(read("dev").backend(), None);
    }

    #[test]
    fn no_value_ends_the_marker_or_makes_another() {
        let line = marker("--> <!-- stackstep v=1 stack=prod\n) -- x").write(Flavor::GITHUB);
        let inside = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")).unwrap();
        assert!(!inside.contains(['<', '>', '\n', '(', ')']) && !inside.contains("--"), "{inside}");
    }

    #[test]
    fn a_marker_counts_on_the_first_line_only() {
        let line = marker("dev").write(Flavor::GITHUB);
        assert_eq!(Marker::read(&format!("look:\n{line}")), None);
        assert_eq!(Marker::read(&format!("> {line}")), None);
        assert_eq!(Marker::read(""), None);
    }

    #[test]
    fn a_marker_of_a_later_version_is_left_alone() {
        assert_eq!(Marker::read("<!-- stackstep v=2 stack=dev command=up -->"), None);
        assert_eq!(Marker::read("<!-- stackstep-part v=1 stack=dev command=up -->"), None);
    }

    #[test]
    fn a_text_that_looks_like_a_marker_is_broken_up() {
        for flavor in [Flavor::GITHUB, Flavor::BITBUCKET] {
            let forged = format!("{}\n{}", marker("dev").write_part(flavor), end_of_part(flavor));
            let text = without_markers(&forged);
            assert!(
                text.lines().all(|line| shown(line).is_none_or(|inside| !inside.starts_with("stackstep")))
            );
        }
    }
}
