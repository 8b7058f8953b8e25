//! One golden record as the index holds it.

use super::text;
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::ids::GoldenId;
use serde::Deserialize;
use tantivy::TantivyDocument;
use tantivy::schema::IndexRecordOption;
use tantivy::schema::{Field, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions};

/// Raised whenever the fields or their forms change, so that older indexes are built afresh.
pub const FORM: u32 = 1;

/// The index's fields.
#[derive(Clone, Copy)]
pub struct Fields {
    pub id: Field,
    /// Words of the person's and the organisation's name.
    pub name: Field,
    /// Words of e-mails, addresses, identifiers, and whole phone numbers.
    pub other: Field,
    pub email: Field,
    pub phone: Field,
    pub identifier: Field,
}

/// The golden values that people search by; the rest of the body does not matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Golden {
    name: Option<Name>,
    emails: Vec<ContactPoint>,
    phones: Vec<ContactPoint>,
    addresses: Vec<Address>,
    identifiers: Vec<Identifier>,
    organisation: Option<String>,
    birth_date: Option<String>,
    country: Option<String>,
}

impl Fields {
    pub fn schema() -> (Schema, Fields) {
        let mut builder = SchemaBuilder::default();
        let words = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::Basic);
        let words = TextOptions::default().set_indexing_options(words);
        let fields = Fields {
            id: builder.add_text_field("id", STRING | STORED),
            name: builder.add_text_field("name", words.clone()),
            other: builder.add_text_field("other", words),
            email: builder.add_text_field("email", STRING),
            phone: builder.add_text_field("phone", STRING),
            identifier: builder.add_text_field("identifier", STRING),
        };
        (builder.build(), fields)
    }

    /// The document of a live golden record; `None` for values that are none.
    pub fn document(&self, id: GoldenId, values: &str) -> Option<TantivyDocument> {
        let golden: Golden = serde_json::from_str(values).ok()?;
        let mut document = TantivyDocument::default();
        document.add_text(self.id, id.to_string());
        document.add_text(self.name, golden.name_words());
        document.add_text(self.other, golden.other_words());
        let country = golden.home();
        for point in &golden.emails {
            document.add_text(self.email, text::email(&point.value));
        }
        for point in &golden.phones {
            document.add_text(self.phone, text::phone(&point.value, country));
        }
        for identifier in &golden.identifiers {
            document.add_text(self.identifier, text::identifier(&identifier.scheme, &identifier.value));
        }
        Some(document)
    }
}

impl Golden {
    fn home(&self) -> Option<&str> {
        self.country.as_deref().or_else(|| self.addresses.iter().find_map(|a| a.country.as_deref()))
    }

    fn name_words(&self) -> String {
        let parts = self.name.iter().flat_map(|n| [&n.given, &n.middle, &n.family, &n.full]).flatten();
        joined(parts.chain(&self.organisation).flat_map(|part| text::fold(part)))
    }

    fn other_words(&self) -> String {
        let emails = self.emails.iter().flat_map(|p| text::fold(&p.value));
        let country = self.home();
        let phones = self.phones.iter().flat_map(|p| phone_words(&p.value, country));
        let addresses = self.addresses.iter().flat_map(|a| {
            let parts = [&a.city, &a.region, &a.postcode].into_iter().flatten();
            a.lines.iter().chain(parts).flat_map(|part| text::fold(part))
        });
        // Numbers are remembered whole or in groups.
        let identifiers = self.identifiers.iter().flat_map(|i| {
            let whole: String = text::fold(&i.value).collect();
            text::fold(&i.value).chain([whole])
        });
        let birth = self.birth_date.iter().flat_map(|date| text::fold(date).take(1));
        joined(emails.chain(phones).chain(addresses).chain(identifiers).chain(birth))
    }
}

/// A number with and without its country code, because nobody types it twice the same way.
fn phone_words(raw: &str, country: Option<&str>) -> [String; 2] {
    let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
    [text::phone(raw, country), digits]
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    words.sort_unstable();
    words.dedup();
    words.join(" ")
}
