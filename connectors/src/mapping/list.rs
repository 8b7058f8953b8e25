//! Canonical lists of objects: names, e-mails, phones, addresses, identifiers.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::expr::Expr;
use super::node::Node;
use super::path::{Context, Nodes, Path};
use super::{ENTRIES_MAX, target};
use crate::contract::{Field, List};
use crate::json::Shape;
use crate::mapped::MapError;

#[derive(Debug, Clone)]
pub(crate) struct ListMapping {
    pub(crate) list: &'static List,
    pub(crate) entries: Vec<Entry>,
}

/// One entry of the list, or with `each` one for every element that the path leads to.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) each: Option<Path>,
    pub(crate) when: Option<Condition>,
    /// The whole path of each field, such as `emails[].value`, is made once, for messages.
    pub(crate) fields: Vec<(&'static Field, String, Expr)>,
}

impl ListMapping {
    pub(super) fn add_to(
        &self,
        record: &mut Map<String, Value>,
        context: &Context<'_>,
        omitted: &mut Vec<MapError>,
    ) -> Result<(), MapError> {
        let mut found = Vec::new();
        for entry in &self.entries {
            match &entry.each {
                None => self.add_entry(&mut found, entry, context, omitted)?,
                Some(each) => self.add_each(&mut found, entry, each, context, omitted)?,
            }
        }
        if !found.is_empty() {
            record.insert(self.list.name.to_owned(), Value::Array(found));
        }
        Ok(())
    }

    fn add_each(
        &self,
        found: &mut Vec<Value>,
        entry: &Entry,
        each: &Path,
        context: &Context<'_>,
        omitted: &mut Vec<MapError>,
    ) -> Result<(), MapError> {
        for element in elements(each.find(context)) {
            if element.shape() == Shape::Null {
                continue;
            }
            let looks_inside = |expr: &Expr| expr.paths().iter().any(|path| path.looks_into_element());
            let is_flat = !matches!(element.shape(), Shape::Object | Shape::Array);
            if is_flat && !is_blank(element) && entry.fields.iter().all(|(.., expr)| looks_inside(expr)) {
                let reason = format!("an object is expected, this is {}", element.shape().word());
                return Err(target::list_error(self.list.name, each.text(), reason));
            }
            let inner = Context { element: Some(element), ..*context };
            self.add_entry(found, entry, &inner, omitted)?;
        }
        Ok(())
    }

    fn add_entry(
        &self,
        found: &mut Vec<Value>,
        entry: &Entry,
        context: &Context<'_>,
        omitted: &mut Vec<MapError>,
    ) -> Result<(), MapError> {
        if entry.when.as_ref().is_some_and(|condition| !condition.holds(context)) {
            return Ok(());
        }
        let mut object = Map::with_capacity(entry.fields.len());
        let mut is_essential = false;
        for (field, name, expr) in &entry.fields {
            if let Some(value) = target::value_of(field, name, expr, context, omitted)? {
                is_essential |= self.list.essential.contains(&field.name);
                object.insert(field.name.to_owned(), value);
            }
        }
        if !is_essential || found.iter().any(|known| self.is_same(known, &object)) {
            return Ok(());
        }
        if found.len() >= ENTRIES_MAX {
            let path = entry.each.as_ref().map_or("$", Path::text);
            return Err(target::list_error(self.list.name, path, format!("more than {ENTRIES_MAX} entries")));
        }
        found.push(Value::Object(object));
        Ok(())
    }

    /// Systems repeat themselves, such as a default address among all addresses: what differs in its kind alone is
    /// taken once, and the first mention counts.
    fn is_same(&self, known: &Value, object: &Map<String, Value>) -> bool {
        let own = |field: &&Field| field.name != "kind" && field.name != "verified";
        self.list.fields.iter().filter(own).all(|field| known.get(field.name) == object.get(field.name))
    }
}

fn is_blank(node: Node<'_>) -> bool {
    matches!(node.shape(), Shape::Text(text) if text.trim().is_empty())
}

/// An `each` path leads to elements; one that leads to an array means the array's elements.
fn elements(nodes: Nodes<'_>) -> Vec<Node<'_>> {
    match nodes {
        Nodes::One(Some(node)) if node.shape() == Shape::Array => node.elements(),
        Nodes::One(node) => node.into_iter().collect(),
        Nodes::Many(nodes) => nodes,
        // The check of the manifest lets `each` begin at the record only.
        Nodes::Copies(_) => Vec::new(),
    }
}
