//! A property value as the engine knows it: JSON plus secrets and values that are not known yet.

use std::collections::BTreeMap;

/// The properties of a resource, sorted by name as the CLI writes them.
pub type Properties = BTreeMap<String, Value>;

/// One property value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number: the engine knows 64-bit floats only.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Map(Properties),
    /// A value that is encrypted in the state and hidden in events.
    Secret(Box<Value>),
    /// A value that a preview can't know.
    Unknown,
}

/// Marks an object as a special value in events and in the state.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>
pub const SIGNATURE_KEY: &str = "4dabf18193072939515e22adb298388d";
/// The signature of a secret.
pub const SECRET_SIGNATURE: &str = "1b47061264138c4ac30d75fd1eb44270";
/// Stands for a value that is not known yet.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
