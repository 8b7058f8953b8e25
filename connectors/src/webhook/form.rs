//! Bodies written as forms, by systems that came before JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// How a form becomes the JSON that paths lead into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each field is a member with a text.
    Fields,
    /// This field holds JSON.
    Field(String),
}

impl Form {
    /// The JSON of a body; the last of several fields with one name counts.
    pub(super) fn json<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        let fields = form_urlencoded::parse(body);
        match self {
            Form::Field(wanted) => {
                let found = fields.filter(|(name, _)| name == wanted).last();
                Cow::Owned(found.map_or(Vec::new(), |(_, value)| value.into_owned().into_bytes()))
            }
            Form::Fields => {
                let members = fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
                Cow::Owned(Value::Object(members.collect::<Map<_, _>>()).to_string().into_bytes())
            }
        }
    }
}
