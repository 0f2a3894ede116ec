//! The stacks whose outputs a stack's last deployment has read, as its state names them: a resource for each.
//! <https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences>

use std::collections::BTreeSet;

use serde_json::Value;

/// The type of such a resource.
const STACK_REFERENCE: &str = "pulumi:pulumi:StackReference";

/// The whole names of the stacks, such as `acme/network/prod`; in a self-managed backend the organisation is `organization`.
pub fn stack_references(deployment: &Value) -> Vec<String> {
    let resources = deployment.get("resources").and_then(Value::as_array);
    let names = resources.into_iter().flatten().filter_map(|resource| {
        let is_one = resource.get("type")?.as_str()? == STACK_REFERENCE;
        let name = resource.get("inputs")?.get("name")?.as_str()?;
        is_one.then(|| name.to_owned())
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_state_names_each_stack_once() {
        let reference = |name: &str| json!({ "type": STACK_REFERENCE, "inputs": { "name": name } });
        let state = json!({ "resources": [
            { "type": "pulumi:pulumi:Stack" },
            reference("organization/network/prod"),
            { "type": "aws:s3:Bucket", "inputs": { "name": "acme/other/prod" } },
            reference("acme/dns/prod"),
            reference("organization/network/prod"),
        ] });
        assert_eq!(stack_references(&state), ["acme/dns/prod", "organization/network/prod"]);
        assert_eq!(stack_references(&json!({})), Vec::<String>::new());
    }
}
