//! When a value counts: conditions compare a text, a number or a boolean of the payload with fixed words.

use super::node::Node;
use super::path::{Context, Nodes, Path};
use crate::json::Shape;

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// The path leads to a value that is neither null nor blank, or it must not.
    Present {
        path: Path,
        wanted: bool,
    },
    /// The value is among the words, or must not be; an absent value is not.
    Is {
        path: Path,
        words: Vec<String>,
        wanted: bool,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

impl Condition {
    pub(crate) fn holds(&self, context: &Context<'_>) -> bool {
        match self {
            Condition::Present { path, wanted } => any(path, context, &|_| true) == *wanted,
            Condition::Is { path, words, wanted } => {
                any(path, context, &|text| words.iter().any(|word| word == text)) == *wanted
            }
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(context)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(context)),
        }
    }

    pub(crate) fn paths(&self) -> Vec<&Path> {
        match self {
            Condition::Present { path, .. } | Condition::Is { path, .. } => vec![path],
            Condition::All(conditions) | Condition::Any(conditions) => {
                conditions.iter().flat_map(Condition::paths).collect()
            }
        }
    }
}

/// Some present value that the path leads to passes the test.
fn any(path: &Path, context: &Context<'_>, test: &dyn Fn(&str) -> bool) -> bool {
    match path.find(context) {
        Nodes::One(node) => node.is_some_and(|node| passes(node, test)),
        Nodes::Many(nodes) => nodes.into_iter().any(|node| passes(node, test)),
        Nodes::Copies(values) => values.iter().any(|value| passes(Node::General(value), test)),
    }
}

fn passes(node: Node<'_>, test: &dyn Fn(&str) -> bool) -> bool {
    match node.shape() {
        Shape::Null => false,
        Shape::Boolean(true) => test("true"),
        Shape::Boolean(false) => test("false"),
        Shape::Number(digits) => test(digits),
        Shape::Text(text) => !text.trim().is_empty() && test(text.trim()),
        Shape::Array | Shape::Object => test(""),
    }
}
