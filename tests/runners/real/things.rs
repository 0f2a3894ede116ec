//! Programs with resources of the provider `probe`.

/// A resource of a program, in YAML: a name, properties, and options where there are some.
pub struct Thing<'a>(pub &'a str, pub &'a str, pub &'a str);

/// A resource without options.
pub fn thing<'a>(name: &'a str, properties: &'a str) -> Thing<'a> {
    Thing(name, properties, "")
}

/// The program with these resources.
pub fn program(things: &[Thing<'_>]) -> String {
    program_with_outputs(things, "{}")
}

/// The program with these resources and outputs.
pub fn program_with_outputs(things: &[Thing<'_>], outputs: &str) -> String {
    let row = |Thing(name, properties, options): &Thing<'_>| {
        format!(
            "  {name}: {{type: probe:index:Thing, properties: {{{properties}}}, options: {{{options}}}}}\n"
        )
    };
    let rows: String = things.iter().map(row).collect();
    format!("name: shop\nruntime: yaml\nresources:\n{rows}outputs: {outputs}\n")
}

/// The URN of a resource of the stack `dev`.
pub fn urn(name: &str) -> String {
    format!("urn:pulumi:dev::shop::probe:index:Thing::{name}")
}
