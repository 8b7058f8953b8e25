//! The canonical customer, version 1: every path and its type, in this one place. Manifests are checked against it
//! when they are loaded, and values when they are mapped. Absent fields are left out, never null.

/// The name under which the hub stores and publishes this contract.
pub const CONTRACT: &str = "customer/v1";

/// What a canonical field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    Text,
    /// Several texts in order.
    Texts,
    Boolean,
    /// `1980-05-02`, or partial: `1980-05`, `1980`, `--05-02`.
    Date,
    /// `2026-11-23T09:30:00Z`; a date or a local time counts in UTC.
    Instant,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One canonical field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub field_type: FieldType,
}

/// A list of objects. An entry counts only if one of its essential fields has a value: a kind alone is no e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    pub name: &'static str,
    pub fields: &'static [Field],
    pub essential: &'static [&'static str],
}

/// The member that keeps whatever the contract has no field for.
pub const EXTENSIONS: &str = "extensions";

pub const FIELDS: &[Field] = &[
    field("birth_date", FieldType::Date),
    field("gender", FieldType::Choice(&["female", "male", "other"])),
    field("organisation", FieldType::Text),
    field("language", FieldType::Text),
    field("country", FieldType::Text),
];

pub const LISTS: &[List] = &[
    List {
        name: "names",
        fields: &[
            field("given", FieldType::Text),
            field("middle", FieldType::Text),
            field("family", FieldType::Text),
            field("full", FieldType::Text),
            field("prefix", FieldType::Text),
            field("suffix", FieldType::Text),
            field("kind", FieldType::Choice(&["current", "birth", "alias"])),
        ],
        essential: &["given", "middle", "family", "full"],
    },
    List {
        name: "emails",
        fields: &[
            field("value", FieldType::Text),
            field("kind", FieldType::Choice(&["home", "work", "other"])),
            field("verified", FieldType::Boolean),
        ],
        essential: &["value"],
    },
    List {
        name: "phones",
        fields: &[
            field("value", FieldType::Text),
            field("kind", FieldType::Choice(&["mobile", "home", "work", "other"])),
        ],
        essential: &["value"],
    },
    List {
        name: "addresses",
        fields: &[
            field("lines", FieldType::Texts),
            field("city", FieldType::Text),
            field("region", FieldType::Text),
            field("postcode", FieldType::Text),
            field("country", FieldType::Text),
            field("kind", FieldType::Choice(&["home", "billing", "shipping", "work", "other"])),
        ],
        essential: &["lines", "city", "region", "postcode"],
    },
    List {
        name: "identifiers",
        fields: &[field("scheme", FieldType::Text), field("value", FieldType::Text)],
        essential: &["value"],
    },
    List {
        name: "consents",
        fields: &[
            field("purpose", FieldType::Text),
            field("channel", FieldType::Choice(&["any", "email", "sms", "phone", "post", "app", "web"])),
            field("state", FieldType::Choice(&["unknown", "granted", "expired", "denied", "withdrawn"])),
            field("point", FieldType::Text),
            field(
                "basis",
                FieldType::Choice(&[
                    "consent",
                    "existing_customer",
                    "contract",
                    "legitimate_interest",
                    "legal_obligation",
                ]),
            ),
            field("jurisdiction", FieldType::Text),
            field("captured_at", FieldType::Instant),
            field("valid_until", FieldType::Instant),
            field("form", FieldType::Text),
            field("wording", FieldType::Text),
            field("place", FieldType::Text),
            field("double_opt_in", FieldType::Boolean),
            field("receipt", FieldType::Text),
            field("signal", FieldType::Text),
        ],
        essential: &["state"],
    },
];

const fn field(name: &'static str, field_type: FieldType) -> Field {
    Field { name, field_type }
}

impl FieldType {
    /// The type in words, for messages and tables.
    pub fn words(self) -> String {
        match self {
            FieldType::Text => "a text".to_owned(),
            FieldType::Texts => "a list of texts".to_owned(),
            FieldType::Boolean => "true or false".to_owned(),
            FieldType::Date => "a date".to_owned(),
            FieldType::Instant => "a time".to_owned(),
            FieldType::Choice(words) => format!("one of {}", words.join(", ")),
        }
    }
}

impl List {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
