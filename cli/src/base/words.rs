//! Choices: enums whose variants are words that a person writes. The enum and its words are declared together
//! ([`enum_of_words!`]), so that no other place compares the words.

/// An enum whose variants are words.
pub trait Words: Copy + 'static {
    /// All words, in the order in which people read them.
    const WORDS: &'static [&'static str];

    /// The variant of `word`.
    fn from_word(word: &str) -> Option<Self>;

    /// The variant's own word.
    fn word(self) -> &'static str;
}

/// Declares an enum of [`Words`], each variant with its word: `Warn = "warn"`.
macro_rules! enum_of_words {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[$what:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$what])* $variant,)+
        }

        impl $crate::base::words::Words for $name {
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

pub(crate) use enum_of_words;
