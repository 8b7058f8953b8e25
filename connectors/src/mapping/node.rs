//! A value of the payload: within the fast document, or within the serde_json value that general JSONPaths need.

use serde_json::Value;

use crate::json::{Json, Shape};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'d> {
    Fast(Json<'d>),
    General(&'d Value),
}

impl<'d> Node<'d> {
    pub(crate) fn shape(self) -> Shape<'d> {
        match self {
            Node::Fast(json) => json.shape(),
            Node::General(Value::Null) => Shape::Null,
            Node::General(Value::Bool(value)) => Shape::Boolean(*value),
            Node::General(Value::Number(number)) => Shape::Number(number.as_str()),
            Node::General(Value::String(text)) => Shape::Text(text),
            Node::General(Value::Array(_)) => Shape::Array,
            Node::General(Value::Object(_)) => Shape::Object,
        }
    }

    pub(crate) fn member(self, name: &str) -> Option<Node<'d>> {
        match self {
            Node::Fast(json) => json.member(name).map(Node::Fast),
            Node::General(value) => value.as_object()?.get(name).map(Node::General),
        }
    }

    /// The member of exactly this name, or else one that differs from it in case alone.
    pub(crate) fn member_in_any_case(self, name: &str) -> Option<Node<'d>> {
        let alike = || self.members().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        self.member(name).or_else(|| alike().map(|(_, value)| value))
    }

    pub(crate) fn element(self, index: usize) -> Option<Node<'d>> {
        match self {
            Node::Fast(json) => json.elements().nth(index).map(Node::Fast),
            Node::General(value) => value.as_array()?.get(index).map(Node::General),
        }
    }

    pub(crate) fn elements(self) -> Vec<Node<'d>> {
        match self {
            Node::Fast(json) => json.elements().map(Node::Fast).collect(),
            Node::General(value) => value.as_array().into_iter().flatten().map(Node::General).collect(),
        }
    }

    /// The members of an object, or the elements of an array, without names.
    pub(crate) fn children(self) -> Vec<Node<'d>> {
        match (self, self.shape()) {
            (Node::Fast(json), Shape::Object) => json.members().map(|(_, value)| Node::Fast(value)).collect(),
            (Node::General(Value::Object(members)), _) => members.values().map(Node::General).collect(),
            _ => self.elements(),
        }
    }

    pub(crate) fn members(self) -> Vec<(&'d str, Node<'d>)> {
        match self {
            Node::Fast(json) => json.members().map(|(name, value)| (name, Node::Fast(value))).collect(),
            Node::General(value) => {
                let members = value.as_object().into_iter().flatten();
                members.map(|(name, value)| (name.as_str(), Node::General(value))).collect()
            }
        }
    }

    pub(crate) fn to_value(self) -> Value {
        match self {
            Node::Fast(json) => json.to_value(),
            Node::General(value) => value.clone(),
        }
    }
}
