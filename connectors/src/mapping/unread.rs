//! What a record holds and no path of the mapping leads to, so that nothing is overlooked when a system is connected.

use std::cell::OnceCell;

use super::feeds::each_element;
use super::node::Node;
use super::path::Part;
use super::{DEPTH_MAX, Inside, Mapping, within};
use crate::json::{self, Shape};

/// More is a record of another kind.
const PATHS_MAX: usize = 200;

impl Mapping {
    /// Paths of values that are not read, each once, in the order of the record.
    pub(crate) fn unread(&self, payload: &[u8], inside: &Inside<'_>) -> Vec<String> {
        let Ok(document) = json::parse(payload, DEPTH_MAX) else { return Vec::new() };
        let whole = OnceCell::new();
        let notice = self.context(Node::Fast(document.root()), &whole);
        let record = match inside.record {
            Some(path) => within(&notice, path).ok(),
            None => Some(notice.record),
        };
        let mut walk = Walk { patterns: self.patterns(), ignores_case: self.ignores_case, found: Vec::new() };
        if let Some(record) = record {
            walk.visit(record, &mut Vec::new());
        }
        walk.found
    }

    /// Where the mapping's paths lead, those of elements behind the way to their list.
    fn patterns(&self) -> Vec<Vec<Part>> {
        let from_record = self.all_paths().into_iter().filter(|path| !path.begins_at_element());
        let each_itself = |path: &&super::Path| self.entries().all(|entry| entry.each.as_ref() != Some(*path));
        let mut patterns: Vec<Vec<Part>> = from_record.filter(each_itself).map(|path| path.parts()).collect();
        for entry in self.entries() {
            let Some(each) = &entry.each else { continue };
            let list = each_element(each);
            let conditions = entry.when.iter().flat_map(super::Condition::paths);
            let inner = entry.fields.iter().flat_map(|(.., expr)| expr.paths()).chain(conditions);
            let inner = inner.filter(|path| path.begins_at_element());
            patterns.extend(inner.map(|path| [list.clone(), path.parts()].concat()));
        }
        patterns
    }
}

struct Walk {
    patterns: Vec<Vec<Part>>,
    ignores_case: bool,
    found: Vec<String>,
}

impl Walk {
    fn visit(&mut self, node: Node<'_>, way: &mut Vec<Part>) {
        if self.found.len() >= PATHS_MAX || self.patterns.iter().any(|pattern| self.leads_here(pattern, way)) {
            return;
        }
        match node.shape() {
            Shape::Object => {
                for (name, member) in node.members() {
                    way.push(Part::Member(name.to_owned()));
                    self.visit(member, way);
                    way.pop();
                }
            }
            Shape::Array => {
                way.push(Part::Element);
                node.elements().into_iter().for_each(|element| self.visit(element, way));
                way.pop();
            }
            Shape::Null => {}
            Shape::Text(text) if text.trim().is_empty() => {}
            Shape::Boolean(_) | Shape::Number(_) | Shape::Text(_) => {
                let path = Part::written(way);
                if !self.found.contains(&path) {
                    self.found.push(path);
                }
            }
        }
    }

    fn leads_here(&self, pattern: &[Part], way: &[Part]) -> bool {
        let same = |(left, right): (&Part, &Part)| match (left, right) {
            (Part::Member(left), Part::Member(right)) if self.ignores_case => left.eq_ignore_ascii_case(right),
            _ => left == right,
        };
        pattern.len() == way.len() && pattern.iter().zip(way).all(same)
    }
}
