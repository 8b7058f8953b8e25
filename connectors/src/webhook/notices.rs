//! An authentic body, taken apart into notices.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::{Place, Webhook};
use crate::json::{self, Document, Shape};
use crate::mapping::{Context, DEPTH_MAX, Expr, Node};
use crate::read::{self, Format, Item, Options};

/// Longer names of topics and ids are none.
const NAME_CHARS_MAX: usize = 255;

/// One thing that a system tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Empty if the system does not name one.
    pub topic: String,
    /// The sender's own id of this delivery, the same when it is sent again.
    pub id: Option<String>,
    /// As received.
    pub payload: Vec<u8>,
}

/// A notice, or bytes that are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Notice(Notice),
    Unreadable { reason: String, payload: Vec<u8> },
}

impl Webhook {
    /// The notices of a body in their order. An array holds several, and so does an object where the manifest says so.
    pub fn notices<'r>(&self, header: &dyn Fn(&str) -> Option<&'r str>, body: &[u8]) -> Vec<Received> {
        let json = self.json(body);
        let holds_several = !self.records.is_empty() || json.trim_ascii_start().first() == Some(&b'[');
        if !holds_several || self.form.is_some() {
            return vec![self.notice(header, &json, body.to_vec())];
        }
        // No member has the empty name, so that no list inside a notice is taken for notices.
        let records = if self.records.is_empty() { vec![String::new()] } else { self.records.clone() };
        let options = Options { format: Format::JsonArray, records, ..Options::default() };
        let received = read::records(json.as_ref(), &options).map(|item| match item {
            Item::Record { payload, .. } => self.notice(header, &payload, payload.clone()),
            Item::Rejected { reason, excerpt, .. } => {
                Received::Unreadable { reason: reason.to_string(), payload: excerpt }
            }
            Item::Failed { reason, .. } => Received::Unreadable { reason: reason.to_string(), payload: body.to_vec() },
        });
        received.collect()
    }

    /// The JSON of a body.
    pub(crate) fn json<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        self.form.as_ref().map_or(Cow::Borrowed(body), |form| form.json(body))
    }

    fn notice<'r>(&self, header: &dyn Fn(&str) -> Option<&'r str>, json: &[u8], payload: Vec<u8>) -> Received {
        let Some(reading) = Reading::of(json) else {
            return Received::Unreadable { reason: "the body is no JSON object".to_owned(), payload };
        };
        let text_at = |place: &Option<Place>| match place.as_ref()? {
            Place::Header(name) => header(name).map(str::to_owned),
            Place::Value(expr) => reading.value(expr),
        };
        let name = |place| text_at(place).filter(|name| is_name(name));
        let (topic, id) = (name(&self.topic).unwrap_or_default(), name(&self.delivery_id));
        Received::Notice(Notice { topic, id, payload })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.contains(char::is_control)
}

/// A JSON object that single values are read from.
pub(super) struct Reading<'b>(Document<'b>);

impl<'b> Reading<'b> {
    pub(super) fn of(json: &'b [u8]) -> Option<Reading<'b>> {
        let document = json::parse(json, DEPTH_MAX).ok()?;
        (document.root().shape() == Shape::Object).then_some(Reading(document))
    }

    /// The text or the number that an expression gives, with all its digits.
    pub(super) fn value(&self, expr: &Expr) -> Option<String> {
        let whole = OnceCell::new();
        let record = Node::Fast(self.0.root());
        let context = Context { record, element: None, ignores_case: false, whole: &whole };
        Some(expr.evaluate(&context).ok()?.into_text().ok()??.into_owned())
    }
}
