//! Stack references: other stacks' outputs.
//!
//! <https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences>

use super::Run;
use crate::value::{Properties, Value};

/// The outputs of a stack reference.
pub fn stack_reference(run: &Run, inputs: &Properties) -> Result<Properties, String> {
    let Some(Value::Text(name)) = inputs.get("name") else {
        return Err("property \"name\" must be a string".to_owned());
    };
    let outputs = (run.stack_outputs)(name)?;
    let is_secret = |(_, value): &(&String, &Value)| (*value).clone().without_secrets().1;
    let secret = outputs.iter().filter(is_secret).map(|(name, _)| Value::Text(name.clone())).collect();
    Ok([
        ("name".to_owned(), Value::Text(name.clone())),
        ("outputs".to_owned(), Value::Map(outputs)),
        ("secretOutputNames".to_owned(), Value::List(secret)),
    ]
    .into())
}
