//! Puts the informative line of an error message first: messages of the engine and of programs begin with lines that
//! only lead in, and reports, log and annotations show the first line.

use super::model::{Diagnostic, Report};
use super::place::{self, ProgramFolders};

/// How many lines at the beginning may only lead in.
const LEADS: usize = 4;

/// `text` with the informative line first: lead-ins that end in a colon are left out, a sentence that goes on in the
/// next line is joined, a lock names its holder, and an exception tells where it was thrown.
pub fn telling(text: &str) -> String {
    telling_from(text, None)
}

/// The same; the place is told from the root of the repository, where it lies in there.
pub(super) fn telling_from(text: &str, folders: Option<&ProgramFolders>) -> String {
    let text = text.trim();
    if let Some(lock) = lock(text) {
        return format!("{lock}\n{text}");
    }
    if let Some(exception) = python(text) {
        return format!("{}\n{text}", with_place(exception, text, folders));
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.drain(..leads(&lines));
    let first = joined(&mut lines);
    let first = with_place(&first, text, folders);
    let rest = lines.join("\n");
    if rest.trim().is_empty() { first } else { format!("{first}\n{rest}") }
}

/// The sentence with the place that `text` names, unless it says it itself.
fn with_place(sentence: &str, text: &str, folders: Option<&ProgramFolders>) -> String {
    match place::named(text).filter(|place| !sentence.contains(place.name())) {
        Some(named) => {
            let place = folders.and_then(|folders| named.within(folders)).unwrap_or_else(|| named.short());
            format!("{sentence} ({place})")
        }
        None => sentence.to_owned(),
    }
}

impl Report {
    /// The first line of what `said` tells, with the place from the root of the repository if it is the failure itself.
    pub fn first_line_of(&self, said: &Diagnostic) -> String {
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        match &self.message {
            Some(message) if self.is_about(said) => first(message),
            _ => first(&telling(&said.message)),
        }
    }

    /// Whether the report's message is what `said` says.
    pub fn is_about(&self, said: &Diagnostic) -> bool {
        // The place may be told in two ways.
        let plain = |text: &str| {
            let mut lines = text.lines();
            let first = lines.next().unwrap_or_default();
            let first = first
                .rsplit_once(" (")
                .filter(|(_, place)| place.ends_with(')'))
                .map_or(first, |(first, _)| first);
            std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n")
        };
        self.message.as_ref().is_some_and(|message| plain(message) == plain(&telling(&said.message)))
    }
}

/// How many lines only lead in to what follows them.
fn leads(lines: &[&str]) -> usize {
    let leads_in = |line: &&&str| line.trim().is_empty() || line.trim_end().ends_with(':');
    let count = lines.iter().take(2 * LEADS).take_while(leads_in).count();
    let is_said = |line: &&str| !line.trim().is_empty();
    if lines[count.min(lines.len())..].iter().any(is_said) { count } else { 0 }
}

/// Words that continue a sentence from the line before.
const GOES_ON: &[&str] = &["because ", "as it ", "as part ", "and ", "or ", "but ", "which ", "that "];

/// Takes the first sentence out of the lines, even if it was broken in its middle.
fn joined(lines: &mut Vec<&str>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let first = lines.remove(0).trim().trim_start_matches("* ");
    let goes_on = |line: &&str| GOES_ON.iter().any(|word| line.starts_with(word));
    let Some(next) = lines.first().copied().filter(|line| !first.ends_with('.') && goes_on(line)) else {
        return first.to_owned();
    };
    match next.split_once(". ") {
        Some((end, rest)) => {
            lines.splice(..1, [rest]);
            format!("{first} {end}.")
        }
        None => format!("{first} {}", lines.remove(0).trim_end()),
    }
}

/// The message about the stack's lock with its holder and since when, which the engine names in its second line.
fn lock(text: &str) -> Option<String> {
    let first = text.lines().find(|line| line.contains("the stack is currently locked by"))?;
    let (_, holder) = text.lines().find_map(|line| line.split_once(": created by "))?;
    let what = first.split_once(". ").map_or(first, |(what, _)| what);
    Some(format!("{what}, created by {}", holder.trim()))
}

/// The exception of a traceback of Python, which stands at its end.
/// <https://docs.python.org/3/library/traceback.html>
fn python(text: &str) -> Option<&str> {
    let (_, trace) = text.rsplit_once("Traceback (most recent call last):")?;
    trace.lines().find(|line| !line.is_empty() && !line.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> String {
        telling(text).lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_a_program_throws_comes_before_the_words_that_lead_in_to_it() {
        let text = "Running program '/x/index.ts' failed with an unhandled exception:\n\
                    TypeError: Cannot read properties of undefined (reading 'bucket')\n    \
                    at Object.<anonymous> (/x/index.ts:40:103)\n    at Module._compile (node:internal/modules:1:2)";
        assert_eq!(
            first(text),
            "TypeError: Cannot read properties of undefined (reading 'bucket') (index.ts:40:103)"
        );
    }

    #[test]
    fn a_frame_of_a_package_is_not_where_the_program_failed() {
        let text = "Error: no\n    at f (/x/node_modules/a/b.js:1:2)\n    at /x/index.js:152:96";
        assert_eq!(first(text), "Error: no (index.js:152:96)");
    }

    #[test]
    fn a_compiler_says_what_is_wrong_in_its_second_line() {
        let text = "Running program '/x' failed with an unhandled exception:\nTSError: ⨯ Unable to compile TypeScript:\n\
                    index.ts(4,1): error TS2304: Cannot find name 'fu'.";
        assert_eq!(first(text), "index.ts(4,1): error TS2304: Cannot find name 'fu'.");
    }

    #[test]
    fn an_exception_of_python_comes_from_the_end_of_its_traceback() {
        let text = "Program failed with an unhandled exception:\nTraceback (most recent call last):\n  \
                    File \"/x/bin/pulumi-language-python-exec\", line 107, in <module>\n    loop.run(coro)\n  \
                    File \"/x/__main__.py\", line 3, in <module>\n    fu\nNameError: name 'fu' is not defined\n";
        assert_eq!(first(text), "NameError: name 'fu' is not defined (__main__.py:3)");
        assert!(telling(text).contains("line 107"), "all of it is kept");
    }

    #[test]
    fn a_lock_says_who_holds_it_and_since_when() {
        let text = "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or \
                    delete the lock file with `pulumi cancel`.\n  file:///x/y.json: created by ann@runner-1 (pid 7) at \
                    2026-11-28T22:00:00Z";
        assert_eq!(
            first(text),
            "error: the stack is currently locked by 1 lock(s), created by ann@runner-1 (pid 7) at 2026-11-28T22:00:00Z"
        );
    }

    #[test]
    fn a_sentence_that_was_broken_in_its_middle_is_joined() {
        let text =
            "resource \"urn\" cannot be deleted\nbecause it is protected. To unprotect it, run\n`pulumi x`";
        assert_eq!(first(text), "resource \"urn\" cannot be deleted because it is protected.");
    }

    #[test]
    fn a_list_of_one_error_is_that_error() {
        assert_eq!(first("1 error occurred:\n\t* failed to create it\n"), "failed to create it");
    }

    #[test]
    fn a_message_that_is_nothing_but_a_lead_in_stays() {
        for text in ["", "failed:", "a:\nb:\n\n", "one line"] {
            assert_eq!(telling(text), text.trim());
        }
    }
}
