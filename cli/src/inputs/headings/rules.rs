//! The heading "Rules".

use crate::base::error::{Error, Result};
use crate::base::yaml::{Mapping, Value};
use crate::inputs::command::Command::{Destroy, Preview, Up};
use crate::inputs::reading::RawInput;
use crate::inputs::row::{flag, heading, list, number, optional_flag};
use crate::rules::Rules;

heading! {
    /// The inputs about what the changes have to pass. Of a rule that several places set, the strictest one holds.
    pub struct RulesInputs under Rules {
        max_deletes: Option<u32> = number("max-deletes", 0..=2_147_483_647, &[Preview, Up, Destroy], "The most resources that may be deleted; with more, nothing is deployed (exit status 74). `0` stops what a missing stack file would do. With any rule a preview comes before the operation, and decides.")
            .read(strictest_number),
        max_replaces: Option<u32> = number("max-replaces", 0..=2_147_483_647, &[Preview, Up], "The most resources that may be replaced.")
            .read(strictest_number),
        max_updates: Option<u32> = number("max-updates", 0..=2_147_483_647, &[Preview, Up], "The most resources that may be updated.")
            .read(strictest_number),
        max_creates: Option<u32> = number("max-creates", 0..=2_147_483_647, &[Preview, Up], "The most resources that may be created or imported.")
            .read(strictest_number),
        keep: Vec<String> = list("keep", &[Preview, Up, Destroy], "Resources that are never deleted and never replaced: types such as `aws:rds/*`, URNs such as `**::orders-db`.")
            .read(all_items),
        require_policy_packs: Vec<String> = list("require-policy-packs", &[Preview, Up], "Policy packs that have to have looked at the resources, by name.")
            .read(all_items),
        no_warnings: Option<bool> = optional_flag("no-warnings", &[Preview, Up, Destroy], "Deploy nothing that the engine, the program or a provider warns of.")
            .read(strictest_flag),
        fail_on_rules: bool = flag("fail-on-rules", &[Preview], "Whether a preview that a rule refuses fails the step (exit status 74). Otherwise it passes, and the report says what would be refused.")
            .default("false"),
    }
}

/// The words for these inputs as a place where rules are set.
const PLACE: &str = "the inputs of this run";

impl RulesInputs {
    /// The rules that these inputs set.
    pub fn rules(&self) -> Result<Rules> {
        let number = |number: Option<u32>| number.map(|number| Value::Number(number.to_string()));
        let list = |items: &[String]| {
            let texts = items.iter().cloned().map(Value::Text).collect();
            (!items.is_empty()).then_some(Value::List(texts))
        };
        let values = [
            (Self::max_deletes.name(), number(self.max_deletes)),
            (Self::max_replaces.name(), number(self.max_replaces)),
            (Self::max_updates.name(), number(self.max_updates)),
            (Self::max_creates.name(), number(self.max_creates)),
            (Self::keep.name(), list(&self.keep)),
            (Self::require_policy_packs.name(), list(&self.require_policy_packs)),
            (Self::no_warnings.name(), self.no_warnings.map(|on| Value::Bool(on.to_string()))),
        ];
        let set = values.into_iter().filter_map(|(name, value)| Some((Value::Text(name.to_owned()), value?)));
        Rules::parse(&Value::Mapping(set.collect::<Mapping>()), PLACE)
    }
}

/// The smallest of all numbers that are set. Fails if the value that wins elsewhere is not it: a rule is tightened, and
/// never loosened.
fn strictest_number(input: &RawInput<'_>) -> Result<Option<u32>> {
    let Some(first) = input.number()? else { return Ok(None) };
    for other in input.overruled() {
        if let Some(strict) = other.number()?.filter(|strict| *strict < first) {
            return Err(loosened(input, &other, first, strict));
        }
    }
    Ok(Some(first))
}

/// Whether any of the values is `true`. Fails if the value that wins elsewhere is not.
fn strictest_flag(input: &RawInput<'_>) -> Result<Option<bool>> {
    let Some(first) = input.flag()? else { return Ok(None) };
    for other in input.overruled() {
        if other.flag()? == Some(true) && !first {
            return Err(loosened(input, &other, first, true));
        }
    }
    Ok(Some(first))
}

/// The items of all lists that are set.
fn all_items(input: &RawInput<'_>) -> Result<Vec<String>> {
    let mut items = input.list()?;
    for other in input.overruled() {
        items.extend(other.list()?);
    }
    Ok(items)
}

fn loosened(
    input: &RawInput<'_>,
    strict: &RawInput<'_>,
    first: impl std::fmt::Display,
    second: impl std::fmt::Display,
) -> Error {
    let (name, [one, other]) = (input.name(), [input, strict].map(RawInput::source_in_words));
    Error::input(
        format!("`{name}` is {first} ({one}), and {second} ({other})"),
        format!(
            "a rule may be tightened and never loosened: take the looser `{name}` away, or change the stricter one"
        ),
    )
}
