//! Reads the fields of OpenSSH's binary forms: numbers, and texts with their length before them. No input makes it panic or
//! reserve more than the input has. <https://www.rfc-editor.org/rfc/rfc4251#section-5>

/// The rest of some bytes, from which fields are taken. Each is None if it is not there whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    /// The next number of four bytes.
    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(4)?.try_into().ok()?))
    }

    /// The next number of eight bytes.
    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.bytes(8)?.try_into().ok()?))
    }

    /// The next bytes with their length before them.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// The next text with its length before it.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// The next positive number in its shortest form, as `size` bytes.
    pub(super) fn positive(&mut self, size: usize) -> Option<Vec<u8>> {
        let written = self.string()?;
        let digits = match written {
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => rest,
            [first, ..] if *first > 0 && *first < 0x80 => written,
            _ => return None,
        };
        let mut padded = vec![0; size.checked_sub(digits.len())?];
        padded.extend_from_slice(digits);
        Some(padded)
    }

    /// Whether nothing is left.
    pub(super) fn is_at_its_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Bytes with their length before them.
pub(super) fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut written = length.to_be_bytes().to_vec();
    written.extend_from_slice(bytes);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_one_after_the_other_to_the_end() {
        let mut bytes = vec![7];
        bytes.extend([0, 0, 0, 9]);
        bytes.extend(string(b"abc"));
        let mut wire = Wire(&bytes);
        assert_eq!((wire.byte(), wire.u32(), wire.text()), (Some(7), Some(9), Some("abc")));
        assert!(wire.is_at_its_end());
        assert_eq!(wire.byte(), None);
    }

    #[test]
    fn a_length_beyond_the_end_is_nothing() {
        assert_eq!(Wire(&[255, 255, 255, 255, 1]).string(), None);
        assert_eq!(Wire(&[0, 0, 0]).u32(), None);
    }

    #[test]
    fn a_number_is_positive_and_in_its_shortest_form() {
        let number = |bytes: &[u8]| Wire(&string(bytes)).positive(2);
        assert_eq!(number(&[5]), Some(vec![0, 5]));
        assert_eq!(number(&[0, 0x80, 1]), Some(vec![0x80, 1]));
        for other in [&[][..], &[0], &[0, 5], &[0x80], &[1, 2, 3]] {
            assert_eq!(number(other), None, "{other:?}");
        }
    }
}
