//! Explains the difference between two texts that look alike: blanks, line ends, characters without a width or with a
//! twin in another script.

use std::borrow::Cow;
use std::ops::Range;

use icu_normalizer::DecomposingNormalizer;

use super::excerpt::differing;

/// The most places of one line that are explained; more are counted.
const PLACES: usize = 3;

/// The difference between two lines, `old` and `new`, if a reader could take one for the other: "column 3: a tab
/// instead of 4 blanks".
pub(crate) fn unseen(old: &str, new: &str) -> Option<String> {
    if old == new || !look_alike(old, new) {
        return None;
    }
    let places = differing(old, new);
    let told: Vec<String> = places
        .iter()
        .filter(|(before, after)| !is_plain_to_see(old, before, new, after))
        .map(|(before, after)| in_words(old, before, new, after))
        .collect();
    let more = told.len().saturating_sub(PLACES);
    let more = if more > 0 { format!(", and {more} more like that") } else { String::new() };
    let told = told.into_iter().take(PLACES).collect::<Vec<_>>();
    (!told.is_empty()).then(|| told.join(", ") + &more)
}

/// Whether the place differs only in a number of blanks that a reader can count, because it is not at the end.
fn is_plain_to_see(old: &str, before: &Range<usize>, new: &str, after: &Range<usize>) -> bool {
    let blank = |text: &str, range: &Range<usize>| {
        text.get(range.clone()).is_some_and(|part| part.bytes().all(|byte| byte == b' '))
    };
    let at_end = before.end == old.len() || after.end == new.len();
    blank(old, before) && blank(new, after) && !at_end
}

fn in_words(old: &str, before: &Range<usize>, new: &str, after: &Range<usize>) -> String {
    let (was, is) = (old.get(before.clone()).unwrap_or_default(), new.get(after.clone()).unwrap_or_default());
    let at_end = before.end == old.len()
        && after.end == new.len()
        && was.chars().chain(is.chars()).all(char::is_whitespace);
    let column = new.get(..after.start).unwrap_or_default().chars().count() + 1;
    let place = if at_end { "at the end".to_owned() } else { format!("column {column}") };
    match (was.is_empty(), is.is_empty()) {
        (true, _) => format!("{place}: {} added", named(is)),
        (_, true) => format!("{place}: {} removed", named(was)),
        _ => format!("{place}: {} instead of {}", named(is), named(was)),
    }
}

/// The first few characters of `text` by their names.
fn named(text: &str) -> String {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((last, count)) if *last == c => *count += 1,
            _ => runs.push((c, 1)),
        }
    }
    let more = if runs.len() > PLACES { " …" } else { "" };
    let names = runs.iter().take(PLACES).map(|(c, count)| name(*c, *count)).collect::<Vec<_>>();
    names.join(" ") + more
}

fn name(c: char, count: usize) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    let word = match c {
        ' ' if count == 1 => return "a blank".to_owned(),
        ' ' => return format!("{count} blanks"),
        '\t' if count == 1 => return "a tab".to_owned(),
        '\t' => return format!("{count} tabs"),
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{202f}' => "narrow no-break space",
        '\u{2060}' => "word joiner",
        '\u{3000}' => "ideographic space",
        '\u{feff}' => "byte order mark",
        _ => "",
    };
    let times = if count > 1 { format!("{count} times ") } else { String::new() };
    match word {
        "" if c.is_alphanumeric() || c.is_ascii_graphic() => format!("{times}{c} ({code})"),
        "" => format!("{times}{code}"),
        word => format!("{times}{code} ({word})"),
    }
}

/// Whether a reader could take one text for the other.
fn look_alike(old: &str, new: &str) -> bool {
    let (old, new) = (skeleton(old), skeleton(new));
    old == new || are_twins(&old, &new)
}

/// `text` by its look: compatibility forms and composed characters are decomposed, all white space is a single blank,
/// and characters without a width are removed. <https://www.unicode.org/reports/tr39/#Confusable_Detection>
pub(crate) fn skeleton(text: &str) -> String {
    let text = without_escapes(text);
    let mut out = String::with_capacity(text.len());
    let mut push = |c: char| match c {
        c if c.is_whitespace() || is_blank(c) => {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        }
        c if has_no_width(c) => {}
        c => out.push(twin(c)),
    };
    if text.is_ascii() {
        text.chars().for_each(&mut push);
    } else {
        DecomposingNormalizer::new_nfkd().normalize(&text).chars().for_each(&mut push);
    }
    out.truncate(out.trim_end().len());
    out
}

/// The character that represents all that look like `c`: a selection of
/// <https://www.unicode.org/Public/security/latest/confusables.txt>.
fn twin(c: char) -> char {
    const TWINS: [(&str, char); 40] = [
        ("O\u{41e}\u{39f}", '0'),
        ("lI|\u{406}\u{399}\u{4c0}\u{2223}", '1'),
        ("\u{430}\u{3b1}", 'a'),
        ("\u{441}", 'c'),
        ("\u{501}", 'd'),
        ("\u{435}", 'e'),
        ("\u{4bb}", 'h'),
        ("\u{456}\u{131}\u{3b9}", 'i'),
        ("\u{458}", 'j'),
        ("\u{43a}\u{3ba}", 'k'),
        ("\u{43e}\u{3bf}\u{585}", 'o'),
        ("\u{440}\u{3c1}", 'p'),
        ("\u{51b}", 'q'),
        ("\u{455}", 's'),
        ("\u{3c5}\u{57d}", 'u'),
        ("\u{3bd}\u{475}", 'v'),
        ("\u{51d}", 'w'),
        ("\u{445}", 'x'),
        ("\u{443}\u{3b3}", 'y'),
        ("\u{410}\u{391}", 'A'),
        ("\u{412}\u{392}", 'B'),
        ("\u{421}", 'C'),
        ("\u{415}\u{395}", 'E'),
        ("\u{41d}\u{397}", 'H'),
        ("\u{408}", 'J'),
        ("\u{41a}\u{39a}", 'K'),
        ("\u{41c}\u{39c}", 'M'),
        ("\u{39d}", 'N'),
        ("\u{420}\u{3a1}", 'P'),
        ("\u{405}", 'S'),
        ("\u{422}\u{3a4}", 'T'),
        ("\u{425}\u{3a7}", 'X'),
        ("\u{423}\u{3a5}", 'Y'),
        ("\u{396}", 'Z'),
        ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}", '-'),
        ("\u{2018}\u{2019}\u{201b}\u{2032}\u{b4}`", '\''),
        ("\u{201c}\u{201d}\u{201f}\u{2033}", '"'),
        ("\u{2044}\u{2215}", '/'),
        ("\u{2236}\u{589}", ':'),
        ("\u{201a}\u{66b}", ','),
    ];
    // Most characters of usual texts have no twin.
    if c.is_ascii() && !"OlI|`".contains(c) {
        return c;
    }
    TWINS.iter().find(|(twins, _)| twins.contains(c)).map_or(c, |(_, sign)| *sign)
}

/// The text with each written `\u{…}` replaced by its character, as the two look alike.
fn without_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u{") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("\\u{");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.split_once('}').and_then(|(code, rest)| {
            let code = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
            Some((code, rest))
        });
        match code {
            Some((c, rest)) => {
                out.push(c);
                out.push_str(rest);
            }
            None => out.extend(["\\u{", part]),
        }
    }
    Cow::Owned(out)
}

/// Whether each place where they differ has a letter or sign of another script, as most letters have a twin in one.
fn are_twins(old: &str, new: &str) -> bool {
    let same_length = old.chars().count() == new.chars().count();
    let twin = |(a, b): (char, char)| {
        a == b || ((!a.is_ascii() || !b.is_ascii()) && may_be_twin(a) && may_be_twin(b))
    };
    same_length && old.chars().zip(new.chars()).all(twin)
}

/// Whether a character may have a twin: it is neither a mark above a letter nor a complex sign that is not mistaken for
/// another.
fn may_be_twin(c: char) -> bool {
    !matches!(c, '\u{300}'..='\u{36f}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{1f000}'..='\u{3ffff}')
        && c != ' '
}

/// Whether a character is drawn as a blank, although the standard does not count it as white space.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}')
}

/// Whether a character is not drawn at all.
/// <https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>
fn has_no_width(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_look_alike_are_named() {
        for (old, new, said) in [
            ("a b", "a\u{a0}b", "column 2: U+00A0 (no-break space) instead of a blank"),
            ("a", "a  ", "at the end: 2 blanks added"),
            ("a\t", "a", "at the end: a tab removed"),
            ("\tx", "    x", "column 1: 4 blanks instead of a tab"),
            ("x", "\u{feff}x", "column 1: U+FEFF (byte order mark) added"),
            ("ab", "a\u{200b}b", "column 2: U+200B (zero-width space) added"),
            ("\u{e9}", "e\u{301}", "column 1: e (U+0065) U+0301 instead of \u{e9} (U+00E9)"),
            ("paypal", "p\u{430}ypal", "column 2: \u{430} (U+0430) instead of a (U+0061)"),
            ("a-b", "a\u{2013}b", "column 2: U+2013 instead of - (U+002D)"),
            ("\u{ff41}", "a", "column 1: a (U+0061) instead of \u{ff41} (U+FF41)"),
            ("port: 8O", "port: 80", "column 8: 0 (U+0030) instead of O (U+004F)"),
            (
                "\\u{200b}",
                "\u{200b}",
                "column 1: U+200B (zero-width space) instead of \\ (U+005C) u (U+0075) { (U+007B) …",
            ),
            ("\u{fe0f}", "", "column 1: U+FE0F removed"),
        ] {
            assert_eq!(unseen(old, new).as_deref(), Some(said), "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_is_plain_to_see_needs_no_words() {
        for (old, new) in [
            ("a", "b"),
            ("  a", "    a"),
            ("Z\u{fc}rich", "Zurich"),
            ("\u{65e5}\u{672c}", "\u{4e2d}\u{56fd}"),
            ("key1", "key2"),
            ("", "x"),
            ("same", "same"),
        ] {
            assert_eq!(unseen(old, new), None, "{old:?} {new:?}");
        }
    }

    #[test]
    fn many_places_are_counted() {
        let (old, new) = ("a b c d e f", "a\u{a0}b\u{a0}c\u{a0}d\u{a0}e\u{a0}f");
        assert!(unseen(old, new).unwrap().ends_with(", and 2 more like that"));
    }
}
