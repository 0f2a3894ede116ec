//! The two passes over a document: [`NodeShape`] tells the kind of each node, [`Fill`] then reads each scalar as text.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Malformed, Mapping, Value};

/// The most nodes of a document. An alias counts as all the nodes that it stands for.
const MOST_NODES: usize = 500_000;

/// The first document of `text`.
pub(super) fn document(text: &str) -> Result<Value, Malformed> {
    let first = || serde_yaml::Deserializer::from_str(text).next();
    let budget = Cell::new(MOST_NODES);
    let shape = match first() {
        Some(document) => ShapeOf(&budget).deserialize(document).map_err(|error| malformed(&error))?,
        None => NodeShape::Null,
    };
    match (shape, first()) {
        // The document may have no scalar to read.
        (NodeShape::Null, _) | (_, None) => Ok(Value::default()),
        (shape, Some(document)) => Fill(&shape).deserialize(document).map_err(|error| malformed(&error)),
    }
}

/// The parser's message without the text that it quotes: a key can be a secret if the file is a wrong one.
fn malformed(error: &serde_yaml::Error) -> Malformed {
    let place = error.location().map(|at| (at.line(), at.column()));
    let message = error.to_string();
    let words = message.split(" at line ").next().unwrap_or_default();
    // A path comes first, if there is one: `config.db: invalid type …`.
    let words = words.rsplit_once(": ").map_or(words, |(_, words)| words);
    let words = if words.contains(['"', '`']) { "it is malformed" } else { words };
    Malformed { what: words.to_owned(), place }
}

/// The kind of a node, without the text of its scalars.
enum NodeShape {
    Null,
    Bool,
    Number,
    Text,
    List(Vec<NodeShape>),
    Mapping(Vec<(NodeShape, NodeShape)>),
}

/// Reads the shape of a node, within the budget of nodes that is left.
#[derive(Clone, Copy)]
struct ShapeOf<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for ShapeOf<'_> {
    type Value = NodeShape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<NodeShape, D::Error> {
        let left = self.0.get().checked_sub(1).ok_or_else(|| D::Error::custom("it has too many parts"))?;
        self.0.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeOf<'_> {
    type Value = NodeShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<NodeShape, E> {
        Ok(NodeShape::Null)
    }
    fn visit_none<E>(self) -> Result<NodeShape, E> {
        Ok(NodeShape::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<NodeShape, D::Error> {
        self.deserialize(deserializer)
    }
    fn visit_bool<E>(self, _: bool) -> Result<NodeShape, E> {
        Ok(NodeShape::Bool)
    }
    fn visit_i64<E>(self, _: i64) -> Result<NodeShape, E> {
        Ok(NodeShape::Number)
    }
    fn visit_u64<E>(self, _: u64) -> Result<NodeShape, E> {
        Ok(NodeShape::Number)
    }
    fn visit_i128<E>(self, _: i128) -> Result<NodeShape, E> {
        Ok(NodeShape::Number)
    }
    fn visit_u128<E>(self, _: u128) -> Result<NodeShape, E> {
        Ok(NodeShape::Number)
    }
    fn visit_f64<E>(self, _: f64) -> Result<NodeShape, E> {
        Ok(NodeShape::Number)
    }
    fn visit_str<E>(self, _: &str) -> Result<NodeShape, E> {
        Ok(NodeShape::Text)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<NodeShape, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(NodeShape::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<NodeShape, A::Error> {
        let mut mapping = Vec::new();
        while let Some(key) = entries.next_key_seed(self)? {
            mapping.push((key, entries.next_value_seed(self)?));
        }
        Ok(NodeShape::Mapping(mapping))
    }
    /// An application's own tag (`!secret x`) is ignored: the node counts as if it had none.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<NodeShape, A::Error> {
        let (_, node) = tagged.variant::<serde::de::IgnoredAny>()?;
        node.newtype_variant_seed(self)
    }
}

/// Reads the node of this shape again, its scalars as text.
struct Fill<'a>(&'a NodeShape);

impl<'de> DeserializeSeed<'de> for Fill<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            NodeShape::List(_) => deserializer.deserialize_seq(self),
            NodeShape::Mapping(_) => deserializer.deserialize_map(self),
            NodeShape::Null | NodeShape::Bool | NodeShape::Number | NodeShape::Text => {
                deserializer.deserialize_str(self)
            }
        }
    }
}

impl<'de> Visitor<'de> for Fill<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same YAML again")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let text = text.to_owned();
        Ok(match self.0 {
            NodeShape::Null => Value::Null(text),
            NodeShape::Bool => Value::Bool(text),
            NodeShape::Number => Value::Number(text),
            _ => Value::Text(text),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let NodeShape::List(shapes) = self.0 else { return Err(A::Error::custom("it is malformed")) };
        let mut list = Vec::with_capacity(shapes.len());
        for shape in shapes {
            list.extend(items.next_element_seed(Fill(shape))?);
        }
        // The parser requires a call that finds no further item.
        items.next_element::<serde::de::IgnoredAny>()?;
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let NodeShape::Mapping(shapes) = self.0 else { return Err(A::Error::custom("it is malformed")) };
        let mut mapping = Mapping(Vec::with_capacity(shapes.len()));
        for (key, value) in shapes {
            let Some(key) = entries.next_key_seed(Fill(key))? else { break };
            mapping.0.push((key, entries.next_value_seed(Fill(value))?));
        }
        entries.next_key::<serde::de::IgnoredAny>()?;
        merge(mapping).map(Value::Mapping).map_err(A::Error::custom)
    }
}

/// Adds the entries of the mappings under `<<` for keys that the mapping does not have itself:
/// <https://yaml.org/type/merge.html>. Fails if a key is there twice.
fn merge(mapping: Mapping) -> Result<Mapping, &'static str> {
    let mut seen = HashSet::new();
    if !mapping.keys().filter_map(Value::source).all(|key| seen.insert(key.to_owned())) {
        return Err("a key is there twice");
    }
    if !seen.contains("<<") {
        return Ok(mapping);
    }
    let (merged, mut own): (Vec<_>, Vec<_>) =
        mapping.0.into_iter().partition(|(key, _)| key.as_str() == Some("<<"));
    let sources = merged.into_iter().flat_map(|(_, value)| match value {
        Value::List(items) => items,
        other => vec![other],
    });
    for source in sources {
        let Value::Mapping(source) = source else { return Err("`<<` takes in mappings only") };
        own.extend(
            source
                .0
                .into_iter()
                .filter(|(key, _)| key.source().is_none_or(|key| seen.insert(key.to_owned()))),
        );
    }
    Ok(Mapping(own))
}
