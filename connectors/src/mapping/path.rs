//! JSONPaths of RFC 9535. The usual ones, such as `$.a.b[0]` and `$.list[*]`, are walked directly; all others go
//! through the general library.

use std::cell::OnceCell;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::node::Node;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    text: String,
    from: From,
    way: Way,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// `$`: the record.
    Record,
    /// `@`: the element of `each`.
    Element,
}

#[derive(Debug, Clone, PartialEq)]
enum Way {
    Direct(Vec<Segment>),
    General(JsonPath),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Member(String),
    Index(usize),
    All,
}

/// One step of the way to a value, whichever element of a list it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Member(String),
    Element,
}

impl Part {
    /// A way from the record, as a JSONPath.
    pub(crate) fn written(way: &[Part]) -> String {
        let mut text = "$".to_owned();
        for part in way {
            match part {
                Part::Element => text.push_str("[*]"),
                Part::Member(name) if is_plain(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Part::Member(name) => text.push_str(&format!("['{name}']")),
            }
        }
        text
    }
}

fn is_plain(name: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| is_sign(c) && !c.is_ascii_digit()) && name.chars().all(is_sign)
}

/// The record that paths are evaluated on.
pub(crate) struct Context<'d> {
    pub(crate) record: Node<'d>,
    pub(crate) element: Option<Node<'d>>,
    /// Names in plain paths match whatever their case.
    pub(crate) ignores_case: bool,
    /// The record for general paths, made when the first of them needs it.
    pub(crate) whole: &'d OnceCell<Value>,
}

/// What a path leads to.
pub(crate) enum Nodes<'d> {
    One(Option<Node<'d>>),
    Many(Vec<Node<'d>>),
    /// Found in a copy, because a general path began at an element.
    Copies(Vec<Value>),
}

impl Path {
    /// The error is the library's message.
    pub(crate) fn parse(text: &str) -> Result<Path, String> {
        let from = if text.starts_with('@') { From::Element } else { From::Record };
        let way = match direct_segments(text.get(1..).unwrap_or_default()) {
            Some(segments) => Way::Direct(segments),
            None => {
                let from_root = format!("${}", text.get(1..).unwrap_or_default());
                Way::General(JsonPath::parse(&from_root).map_err(|error| error.to_string())?)
            }
        };
        Ok(Path { text: text.to_owned(), from, way })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn begins_at_element(&self) -> bool {
        self.from == From::Element
    }

    /// Leads to a member of the element of `each`, or further, which only an object or an array has.
    pub(crate) fn looks_into_element(&self) -> bool {
        self.from == From::Element && !matches!(&self.way, Way::Direct(segments) if segments.is_empty())
    }

    /// Leads to one value at most.
    pub(crate) fn is_singular(&self) -> bool {
        matches!(&self.way, Way::Direct(segments) if !segments.contains(&Segment::All))
    }

    /// The member of the record that the path begins with.
    pub(crate) fn first_member(&self) -> Option<&str> {
        match &self.way {
            Way::Direct(segments) if self.from == From::Record => match segments.first() {
                Some(Segment::Member(name)) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// The way that the path takes, as far as it is the same for every record.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let part = |segment: Segment| match segment {
            Segment::Member(name) => Part::Member(name),
            Segment::Index(_) | Segment::All => Part::Element,
        };
        leading_segments(self.text.get(1..).unwrap_or_default()).0.into_iter().map(part).collect()
    }

    /// Whether it leads through members and elements that are named one by one, so that a value can be put there.
    pub(crate) fn is_place(&self) -> bool {
        self.from == From::Record
            && matches!(&self.way, Way::Direct(segments) if !segments.is_empty())
            && self.is_singular()
    }

    /// Puts a value where the path leads. Objects on the way are made; an element that is not there is not.
    pub(crate) fn put(&self, record: &mut Value, value: Value) {
        let Way::Direct(segments) = &self.way else { return };
        let mut at = Some(record);
        for segment in segments {
            at = match (segment, at) {
                (Segment::Member(name), Some(Value::Object(members))) => {
                    Some(members.entry(name.clone()).or_insert_with(|| Value::Object(serde_json::Map::new())))
                }
                (Segment::Index(position), Some(Value::Array(elements))) => elements.get_mut(*position),
                _ => None,
            };
        }
        if let Some(place) = at {
            *place = value;
        }
    }

    pub(crate) fn find<'d>(&self, context: &Context<'d>) -> Nodes<'d> {
        match (&self.way, self.from) {
            (Way::Direct(segments), from) => {
                let start = if from == From::Record { Some(context.record) } else { context.element };
                walk(start, segments, context.ignores_case)
            }
            (Way::General(path), From::Record) => {
                let whole = context.whole.get_or_init(|| context.record.to_value());
                Nodes::Many(path.query(whole).all().into_iter().map(Node::General).collect())
            }
            (Way::General(path), From::Element) => {
                let copy = context.element.map(Node::to_value).unwrap_or_default();
                Nodes::Copies(path.query(&copy).all().into_iter().cloned().collect())
            }
        }
    }
}

fn walk<'d>(start: Option<Node<'d>>, segments: &[Segment], ignores_case: bool) -> Nodes<'d> {
    let mut at = start;
    for (index, segment) in segments.iter().enumerate() {
        let Some(node) = at else {
            return Nodes::One(None);
        };
        at = match segment {
            Segment::Member(name) if ignores_case => node.member_in_any_case(name),
            Segment::Member(name) => node.member(name),
            Segment::Index(position) => node.element(*position),
            Segment::All => {
                return Nodes::Many(walk_all(node, &segments[index + 1..], ignores_case));
            }
        };
    }
    Nodes::One(at)
}

/// Every path has few stars, each at a level of its own, so that this ends.
fn walk_all<'d>(node: Node<'d>, segments: &[Segment], ignores_case: bool) -> Vec<Node<'d>> {
    let mut found = Vec::new();
    for child in node.children() {
        match walk(Some(child), segments, ignores_case) {
            Nodes::One(node) => found.extend(node),
            Nodes::Many(nodes) => found.extend(nodes),
            Nodes::Copies(_) => {}
        }
    }
    found
}

/// The segments after `$`, if they are of the usual kinds.
fn direct_segments(text: &str) -> Option<Vec<Segment>> {
    let (segments, rest) = leading_segments(text);
    rest.is_empty().then_some(segments)
}

/// Segments of the usual kinds, and what follows them.
fn leading_segments(mut rest: &str) -> (Vec<Segment>, &str) {
    let mut segments = Vec::new();
    let next = |rest: &'_ str| match rest.strip_prefix('.') {
        Some(_) => dotted(&rest[1..]).map(|(segment, after)| (segment, rest.len() - after.len())),
        None => bracketed(rest.strip_prefix('[')?).map(|(segment, after)| (segment, rest.len() - after.len())),
    };
    while let Some((segment, bytes)) = next(rest) {
        segments.push(segment);
        rest = &rest[bytes..];
    }
    (segments, rest)
}

fn dotted(text: &str) -> Option<(Segment, &str)> {
    if let Some(after) = text.strip_prefix('*') {
        return Some((Segment::All, after));
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let name = &text[..end];
    let begins_well = name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
    begins_well.then(|| (Segment::Member(name.to_owned()), &text[end..]))
}

fn bracketed(text: &str) -> Option<(Segment, &str)> {
    if let Some(after) = text.strip_prefix("*]") {
        return Some((Segment::All, after));
    }
    let quote = text.chars().next().filter(|c| *c == '\'' || *c == '"');
    if let Some(quote) = quote {
        let (name, after) = text[1..].split_once(quote)?;
        let plain = !name.contains('\\') && !name.contains(char::is_control);
        return plain.then_some((Segment::Member(name.to_owned()), after.strip_prefix(']')?));
    }
    let (digits, after) = text.split_once(']')?;
    let plain = digits == "0" || (!digits.starts_with(['0', '-', '+']) && digits.len() < 9);
    Some((Segment::Index(digits.parse().ok().filter(|_| plain)?), after))
}
