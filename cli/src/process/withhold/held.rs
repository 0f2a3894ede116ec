//! Holds back the lines of an object that has not ended yet, because its secret may come last.

/// The most bytes that are held back: a larger object is passed on before its end.
const MOST: usize = 256 << 10;

/// The open brackets in a text whose strings are quoted.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Brackets {
    /// The number of brackets that have to close before the object ends, beside its own.
    depth: u32,
    /// The quote of the string that the text is in, if it is in one.
    quote: Option<u8>,
    /// Whether the object has no bracket of its own, so that it ends when no bracket is open.
    bare: bool,
}

impl Brackets {
    /// The brackets of a text that only belongs to the object before it.
    pub fn behind() -> Self {
        Self { bare: true, ..Self::default() }
    }

    /// Reads a line. Returns whether the object ends in it.
    pub fn close_in(&mut self, line: &[u8]) -> bool {
        let mut bytes = line.iter();
        while let Some(&byte) = bytes.next() {
            match (self.quote, byte) {
                (Some(_), b'\\') => _ = bytes.next(),
                (Some(quote), _) if byte == quote => self.quote = None,
                (None, b'"' | b'\'' | b'`') => self.quote = Some(byte),
                (None, b'{' | b'[' | b'(') => self.depth += 1,
                (None, b'}' | b']' | b')') if self.depth == 0 => return true,
                (None, b'}' | b']' | b')') => self.depth -= 1,
                _ => {}
            }
        }
        self.bare && self.depth == 0
    }
}

/// The lines that are held back.
#[derive(Default)]
pub(super) struct Held {
    lines: Vec<u8>,
    /// For each open bracket, the start of the line that opened it.
    opened: Vec<usize>,
    /// Whether the text is in a string of several lines.
    in_template: bool,
}

impl Held {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes a line or a part of one, and returns the text to pass on: nothing while an object is open.
    pub fn pass(&mut self, part: &[u8], may_hold: bool) -> Vec<u8> {
        if may_hold {
            self.follow(part);
        }
        self.lines.extend_from_slice(part);
        if self.opened.is_empty() || self.lines.len() > MOST { self.release() } else { Vec::new() }
    }

    /// All lines. The rest of the object is no longer held back.
    pub fn release(&mut self) -> Vec<u8> {
        self.opened.clear();
        self.in_template = false;
        std::mem::take(&mut self.lines)
    }

    /// The text before the object of a withheld line, and the object's first line. The object is found by the number of
    /// brackets around the line.
    pub fn take_before_the_object(&mut self, levels: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        if self.lines.is_empty() {
            return (Vec::new(), None);
        }
        let from =
            self.opened.len().checked_sub(levels).and_then(|at| self.opened.get(at)).copied().unwrap_or(0);
        let mut before = self.release();
        let object = before.split_off(from);
        let first = object.split(|byte| *byte == b'\n').next().map(<[u8]>::to_vec);
        (before, first)
    }

    /// The brackets that are open in an object, which is found by the number of brackets around the held lines.
    pub fn brackets(&self, levels: usize) -> Brackets {
        let open = levels.min(self.opened.len()).saturating_sub(1);
        Brackets { depth: u32::try_from(open).unwrap_or_default(), ..Brackets::default() }
    }

    /// Reads the brackets of a line. A quote without an end in it was an apostrophe, unless it is a template's.
    fn follow(&mut self, line: &[u8]) {
        let begin = self.lines.len();
        let mut quote = self.in_template.then_some(b'`');
        let mut bytes = line.iter();
        while let Some(&byte) = bytes.next() {
            match (quote, byte) {
                (Some(_), b'\\') => _ = bytes.next(),
                (Some(open), _) if byte == open => quote = None,
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'{' | b'[' | b'(') => self.opened.push(begin),
                (None, b'}' | b']' | b')') => _ = self.opened.pop(),
                _ => {}
            }
        }
        // A bracket in the middle of a sentence begins no object.
        if self.lines.is_empty() && !matches!(line.trim_ascii_end().last(), Some(b'{' | b'[' | b'(' | b',')) {
            self.opened.clear();
        }
        self.in_template = quote == Some(b'`') && !self.opened.is_empty();
    }
}
