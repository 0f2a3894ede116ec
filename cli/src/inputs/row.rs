//! Typed rows: the table's row of an input together with the reader of its value. [`heading!`] makes a struct of them.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of a method is of one lifetime only"
)]

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::Command;
use super::input::{Audience, Default, Group, Input, Kind, OnlyFor};
use super::reading::{RawInput, RawInputs};
use crate::base::error::Result;
use crate::base::secret::Secret;
use crate::base::words::Words;

/// A row of the table whose value is a `T`.
#[derive(Debug)]
pub struct InputRow<T> {
    /// The row of the table.
    pub input: Input,
    read: fn(&RawInput<'_>) -> Result<T>,
}

/// Declares the struct of a heading. Each line is an input: the field of its value, the type, and the row of the table.
///
/// The row of a field has the field's name: `inputs.log.diff` is the value, and `LogInputs::diff` the row.
macro_rules! heading {
    (
        $(#[$about:meta])*
        pub struct $name:ident under $group:ident {
            $($field:ident: $type:ty = $row:expr,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug)]
        #[expect(missing_docs, reason = "a field is an input: the help of its row says what it is")]
        pub struct $name {
            $(pub $field: $type,)+
        }

        #[expect(missing_docs, non_upper_case_globals, reason = "a row is called as the field of its value")]
        impl $name {
            $(pub const $field: $crate::inputs::row::InputRow<$type> =
                $row.under($crate::inputs::input::Group::$group);)+
        }

        impl $name {
            /// The rows, for the table.
            pub(in crate::inputs) const ROWS: &'static [$crate::inputs::input::Input] =
                &[$(Self::$field.input),+];

            /// Reads the value of each row.
            pub(in crate::inputs) fn read(
                raw: &$crate::inputs::reading::RawInputs<'_>,
            ) -> $crate::base::error::Result<Self> {
                Ok(Self { $($field: Self::$field.value(raw)?,)+ })
            }
        }
    };
}

pub(super) use heading;

impl<T> InputRow<T> {
    /// The input's name.
    pub const fn name(&self) -> &'static str {
        self.input.name
    }

    /// The value of the row in a run.
    pub(super) fn value(&self, raw: &RawInputs<'_>) -> Result<T> {
        (self.read)(&raw.raw_input(&self.input))
    }

    /// The row with another way to read it.
    pub(super) const fn read<U>(self, read: fn(&RawInput<'_>) -> Result<U>) -> InputRow<U> {
        InputRow { input: self.input, read }
    }

    /// The row under the heading `group`.
    pub(super) const fn under(self, group: Group) -> Self {
        Self { input: self.input.under(group), ..self }
    }

    /// The row with other names that mean the same.
    pub(super) const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { input: Input { aliases, ..self.input }, ..self }
    }

    /// The row with a short form of its flag.
    pub(super) const fn short_flag(self, short: char) -> Self {
        Self { input: Input { short: Some(short), ..self.input }, ..self }
    }

    /// The row with a default value.
    pub(super) const fn default(self, value: &'static str) -> Self {
        Self { input: Input { default: Default::Value(value), ..self.input }, ..self }
    }

    /// The row with one default, and another one under `profile: official-action`.
    pub(super) const fn default_by_profile(self, ours: &'static str, official: &'static str) -> Self {
        Self { input: Input { default: Default::OfficialAction { ours, official }, ..self.input }, ..self }
    }

    /// The row with a default that depends on other things, in words.
    pub(super) const fn default_in_words(self, words: &'static str) -> Self {
        Self { input: Input { default: Default::Depends(words), ..self.input }, ..self }
    }

    /// The row of an input that is for `audience` only.
    pub(super) const fn only_for(self, audience: Audience, why: &'static str) -> Self {
        Self { input: Input { only_for: Some(OnlyFor { audience, why }), ..self.input }, ..self }
    }
}

type Commands = &'static [Command];

const fn row<T>(
    name: &'static str,
    kind: Kind,
    commands: Commands,
    help: &'static str,
    read: fn(&RawInput<'_>) -> Result<T>,
) -> InputRow<T> {
    InputRow { input: Input::new(name, kind, commands, help), read }
}

/// A row of [`Kind::Text`], whose value stays as it is written.
pub(super) const fn text(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<String>> {
    row(name, Kind::Text, commands, help, |value| value.text())
}

/// A row of [`Kind::Text`], whose value has no blanks around it.
pub(super) const fn trimmed_text(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<String>> {
    row(name, Kind::Text, commands, help, |value| value.trimmed_text())
}

/// A row of [`Kind::Secret`].
pub(super) const fn secret(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<Secret>> {
    row(name, Kind::Secret, commands, help, |value| Ok(value.trimmed_text()?.map(Secret::new)))
}

/// A row of [`Kind::Path`].
pub(super) const fn path(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<PathBuf>> {
    row(name, Kind::Path, commands, help, |value| value.path())
}

/// A row of [`Kind::ProgramPath`].
pub(super) const fn program_path(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<PathBuf>> {
    row(name, Kind::ProgramPath, commands, help, |value| value.program_path())
}

/// A row of [`Kind::Bool`], with `false` if nobody sets it, or if the command does not read it.
pub(super) const fn flag(name: &'static str, commands: Commands, help: &'static str) -> InputRow<bool> {
    row(name, Kind::Bool, commands, help, |value| Ok(value.flag()?.unwrap_or_default()))
}

/// A row of [`Kind::Bool`], for which "not set" differs from `false`.
pub(super) const fn optional_flag(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<bool>> {
    row(name, Kind::Bool, commands, help, |value| value.flag())
}

/// A row of [`Kind::Number`].
pub(super) const fn number(
    name: &'static str,
    bounds: RangeInclusive<u32>,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<u32>> {
    let kind = Kind::Number { min: *bounds.start(), max: *bounds.end() };
    row(name, kind, commands, help, |value| value.number())
}

/// A row of [`Kind::Duration`].
pub(super) const fn duration(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<Duration>> {
    row(name, Kind::Duration, commands, help, |value| value.duration())
}

/// A row of [`Kind::List`].
pub(super) const fn list(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Vec<String>> {
    row(name, Kind::List, commands, help, |value| value.list())
}

/// A row of [`Kind::List`], of paths, or of one text with braces, which is not split.
pub(super) const fn handed_over(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Vec<String>> {
    row(name, Kind::List, commands, help, |value| value.handed_over())
}

/// A row of [`Kind::Choice`], with the row's default if nobody sets it, or if the command does not read it.
pub(super) const fn choice<T: Words>(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<T> {
    row(name, Kind::Choice(T::WORDS), commands, help, |value| value.choice_or_default())
}

/// A row of [`Kind::Choice`] without a default.
pub(super) const fn optional_choice<T: Words>(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Option<T>> {
    row(name, Kind::Choice(T::WORDS), commands, help, |value| value.choice())
}

/// A row of [`Kind::Words`].
pub(super) const fn words(
    name: &'static str,
    commands: Commands,
    help: &'static str,
) -> InputRow<Vec<String>> {
    row(name, Kind::Words, commands, help, |value| value.words())
}

/// A row of [`Kind::Mapping`], which each input reads in its own way.
pub(super) const fn mapping<T>(
    name: &'static str,
    commands: Commands,
    help: &'static str,
    read: fn(&RawInput<'_>) -> Result<T>,
) -> InputRow<T> {
    row(name, Kind::Mapping, commands, help, read)
}
