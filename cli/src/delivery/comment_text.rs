//! Finds the commands in the text of a comment: lines that begin with `/stackstep`, outside of code, quotes and what is hidden.
//! Pure.

/// The beginning of a command.
const BEGIN: &str = "/stackstep";

/// A command as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCommand {
    /// The word; empty if there is none.
    pub word: String,
    /// What stands after the word.
    pub arguments: Vec<String>,
}

impl WrittenCommand {
    /// The command with its arguments, as one line.
    pub fn line(&self) -> String {
        [BEGIN, &self.word]
            .into_iter()
            .chain(self.arguments.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The arguments from this one on, as a text.
    pub fn text_from(&self, first: usize) -> String {
        self.arguments.get(first..).unwrap_or_default().join(" ")
    }
}

/// The commands of a comment, in their order.
pub fn commands_in(body: &str) -> Vec<WrittenCommand> {
    let mut place = LineKind::Text;
    let mut found = Vec::new();
    for line in body.lines() {
        let line = line.trim_end();
        let begins = place.passes(line);
        let rest = line.strip_prefix(BEGIN).filter(|_| begins);
        let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) else {
            continue;
        };
        let mut words = rest.split_whitespace().map(str::to_owned);
        found.push(WrittenCommand { word: words.next().unwrap_or_default(), arguments: words.collect() });
    }
    found
}

/// The kind of text that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineKind {
    /// Text of the person.
    Text,
    /// A fenced block of code, with the fence's character and length.
    /// <https://spec.commonmark.org/0.31.2/#fenced-code-blocks>
    Fence(char, usize),
    /// A quote, which lasts until a blank line. <https://spec.commonmark.org/0.31.2/#block-quotes>
    Quote,
    /// An HTML comment, which nobody sees.
    Hidden,
}

impl LineKind {
    /// Goes on to the next line. Returns whether the line is text of the person.
    fn passes(&mut self, line: &str) -> bool {
        let bare = line.trim_start_matches(' ');
        let indent = line.len() - bare.len();
        match *self {
            Self::Fence(kind, length) => {
                let own = bare.chars().take_while(|c| *c == kind).count();
                if indent < 4 && own >= length && bare.trim_start_matches(kind).is_empty() {
                    *self = Self::Text;
                }
                false
            }
            Self::Hidden => {
                if line.contains("-->") {
                    *self = Self::Text;
                }
                false
            }
            Self::Quote if !bare.is_empty() => false,
            Self::Text | Self::Quote => {
                *self = Self::Text;
                if indent < 4 && bare.starts_with('>') {
                    *self = Self::Quote;
                    return false;
                }
                for kind in ['`', '~'] {
                    let length = bare.chars().take_while(|c| *c == kind).count();
                    // What stands after a fence of backticks has none of them.
                    let is_fence =
                        length >= 3 && (kind == '~' || !bare.trim_start_matches(kind).contains(kind));
                    if indent < 4 && is_fence {
                        *self = Self::Fence(kind, length);
                        return false;
                    }
                }
                if let Some((_, after)) = line.rsplit_once("<!--") {
                    if !after.contains("-->") {
                        *self = Self::Hidden;
                    }
                    return line.starts_with(BEGIN);
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the commands.
    fn found(body: &str) -> Vec<String> {
        commands_in(body).iter().map(WrittenCommand::line).collect()
    }

    #[test]
    fn a_line_that_begins_with_the_name_is_a_command() {
        let body = "Looks good.\r\n\r\n/stackstep  hold prod the database   is moved \r\nThanks!";
        assert_eq!(found(body), ["/stackstep hold prod the database is moved"]);
        let command = &commands_in(body)[0];
        assert_eq!((command.word.as_str(), command.text_from(1).as_str()), ("hold", "the database is moved"));
        assert_eq!(
            commands_in("/stackstep"),
            [WrittenCommand { word: String::new(), arguments: Vec::new() }]
        );
    }

    #[test]
    fn what_does_not_begin_with_it_is_none() {
        for body in [
            "please /stackstep preview",
            " /stackstep preview",
            "    /stackstep preview",
            "`/stackstep preview`",
            "/stackstephold prod",
            "- /stackstep preview",
            "\\/stackstep preview",
            "",
        ] {
            assert!(found(body).is_empty(), "{body:?}");
        }
    }

    #[test]
    fn what_is_quoted_or_code_or_hidden_is_none() {
        for body in [
            "> /stackstep preview",
            "> as ann says\n/stackstep preview",
            "  > a\n>\n/stackstep preview",
            "```\n/stackstep preview\n```",
            "~~~yaml\n/stackstep preview\n```\n/stackstep hold a\n~~~",
            "````\n```\n/stackstep preview\n````",
            "```\n/stackstep preview",
            "<!-- \n/stackstep preview\n-->",
            "text <!--\n/stackstep preview",
        ] {
            assert!(found(body).is_empty(), "{body:?}");
        }
    }

    #[test]
    fn after_a_quote_or_code_or_what_is_hidden_there_are_commands_again() {
        for body in [
            "> as ann says\n\n/stackstep preview",
            "```\ncode\n```\n/stackstep preview",
            "```not a fence```\n/stackstep preview",
            "<!-- a -->\n/stackstep preview",
            "<!--\na\n-->\n/stackstep preview",
        ] {
            assert_eq!(found(body), ["/stackstep preview"], "{body:?}");
        }
    }

    #[test]
    fn each_command_is_found() {
        assert_eq!(found("/stackstep preview\n/stackstep approve").len(), 2);
    }
}
