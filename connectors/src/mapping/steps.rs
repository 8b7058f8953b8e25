//! The transforms: a short list, each of them total.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::date::DatePattern;
use super::decimal;
use super::expr::Val;
use crate::json::Shape;

#[derive(Debug, Clone)]
pub(crate) enum Transform {
    Trim,
    Lower,
    Upper,
    /// Without a part to take, the parts are a list.
    Split {
        at: String,
        take: Option<usize>,
    },
    Join {
        with: String,
    },
    Lookup(Lookup),
    ParseDate(Vec<DatePattern>),
    DateFromMillis,
    ParseBoolean,
    ParseDecimal {
        decimal_sign: char,
    },
    Scale {
        by: i8,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    pub(crate) name: String,
    /// Keys are compared without regard to case.
    pub(crate) table: Arc<HashMap<String, String>>,
    pub(crate) otherwise: Option<String>,
}

/// What is known of a value before there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Straight from the payload: anything.
    Any,
    Text,
    List,
    Date,
    Boolean,
    Decimal,
}

impl Kind {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Kind::Any => "a value as received",
            Kind::Text => "a text",
            Kind::List => "a list",
            Kind::Date => "a date",
            Kind::Boolean => "true or false",
            Kind::Decimal => "a decimal number",
        }
    }
}

impl Transform {
    /// What comes out if `input` goes in; none if that makes no sense.
    pub(crate) fn kind(&self, input: Kind) -> Option<Kind> {
        match (self, input) {
            (Transform::Join { .. }, Kind::List | Kind::Any) => Some(Kind::Text),
            (Transform::Scale { .. }, Kind::Decimal | Kind::Any) => Some(Kind::Decimal),
            (Transform::Join { .. } | Transform::Scale { .. }, _) => None,
            (_, Kind::List | Kind::Date | Kind::Boolean | Kind::Decimal) => None,
            (Transform::Split { take: None, .. }, _) => Some(Kind::List),
            (Transform::ParseDate(_) | Transform::DateFromMillis, _) => Some(Kind::Date),
            (Transform::ParseBoolean, _) => Some(Kind::Boolean),
            (Transform::ParseDecimal { .. }, _) => Some(Kind::Decimal),
            _ => Some(Kind::Text),
        }
    }

    pub(crate) fn words(&self) -> String {
        match self {
            Transform::Trim => "trim".to_owned(),
            Transform::Lower => "lower".to_owned(),
            Transform::Upper => "upper".to_owned(),
            Transform::Split { at, take: None } => format!("split at {at:?}"),
            Transform::Split { at, take: Some(part) } => format!("split at {at:?}, part {part}"),
            Transform::Join { with } => format!("join with {with:?}"),
            Transform::Lookup(lookup) => format!("lookup in {}", lookup.name),
            Transform::ParseDate(patterns) => {
                let patterns: Vec<&str> = patterns.iter().map(DatePattern::text).collect();
                format!("parse_date {}", patterns.join(" or "))
            }
            Transform::DateFromMillis => "date_from_millis".to_owned(),
            Transform::ParseBoolean => "parse_boolean".to_owned(),
            Transform::ParseDecimal { decimal_sign } => {
                format!("parse_decimal with {decimal_sign:?}")
            }
            Transform::Scale { by } => format!("scale by 10^{by}"),
        }
    }

    /// The error never holds the value.
    pub(crate) fn apply<'d>(&'d self, value: Val<'d>) -> Result<Val<'d>, String> {
        if let Transform::Join { with } = self {
            let texts = value.into_texts().map_err(|fault| fault.reason)?;
            return Ok(Val::Text(Cow::Owned(texts.join(with))));
        }
        if let (Transform::ParseBoolean, Some(boolean)) = (self, as_boolean(&value)) {
            return Ok(Val::Boolean(boolean));
        }
        let Some(text) = value.into_text().map_err(|fault| fault.reason)? else {
            return Ok(Val::Absent);
        };
        match self {
            Transform::Trim | Transform::Join { .. } => Ok(Val::Text(text)),
            Transform::Lower => Ok(Val::Text(Cow::Owned(text.to_lowercase()))),
            Transform::Upper => Ok(Val::Text(Cow::Owned(text.to_uppercase()))),
            Transform::Split { at, take } => Ok(split(text, at, *take)),
            Transform::Lookup(lookup) => lookup.find(&text),
            Transform::ParseDate(patterns) => parse_date(&text, patterns),
            Transform::DateFromMillis => date_from_millis(&text),
            Transform::ParseBoolean => parse_boolean(&text),
            Transform::ParseDecimal { decimal_sign } => parse_decimal(&text, *decimal_sign),
            Transform::Scale { by } => {
                let plain = decimal::parse(&text, '.').ok_or("the value is no decimal number")?;
                Ok(Val::Decimal(Cow::Owned(decimal::scale(&plain, *by))))
            }
        }
    }
}

impl Lookup {
    fn find<'d>(&'d self, text: &str) -> Result<Val<'d>, String> {
        let found = self.table.get(&text.to_lowercase()).or(self.otherwise.as_ref());
        match found {
            Some(text) => Ok(Val::Text(Cow::Borrowed(text))),
            None => Err(format!("the lookup table {} does not have the value", self.name)),
        }
    }
}

pub(super) fn as_boolean(value: &Val<'_>) -> Option<bool> {
    match value {
        Val::Boolean(boolean) | Val::Owned(serde_json::Value::Bool(boolean)) => Some(*boolean),
        Val::Node(node) => match node.shape() {
            Shape::Boolean(boolean) => Some(boolean),
            _ => None,
        },
        _ => None,
    }
}

fn split<'d>(text: Cow<'d, str>, at: &str, take: Option<usize>) -> Val<'d> {
    match take {
        Some(part) => {
            text.split(at).nth(part).map_or(Val::Absent, |part| Val::Text(Cow::Owned(part.trim().to_owned())))
        }
        None => Val::List(text.split(at).map(|part| Val::Text(Cow::Owned(part.trim().to_owned()))).collect()),
    }
}

fn parse_date<'d>(text: &str, patterns: &[DatePattern]) -> Result<Val<'d>, String> {
    let date = patterns.iter().find_map(|pattern| pattern.read(text));
    let date = date.ok_or("the value fits no date pattern of the manifest, or is no day of the calendar")?;
    Ok(Val::Text(Cow::Owned(date)))
}

fn date_from_millis<'d>(text: &str) -> Result<Val<'d>, String> {
    let instant = text.parse().ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    let instant = instant.ok_or("the value is no number of milliseconds since 1970")?;
    Ok(Val::Text(Cow::Owned(jiff::tz::TimeZone::UTC.to_datetime(instant).date().to_string())))
}

fn parse_boolean<'d>(text: &str) -> Result<Val<'d>, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "t" => Ok(Val::Boolean(true)),
        "false" | "no" | "n" | "0" | "f" => Ok(Val::Boolean(false)),
        _ => Err("the value is neither true nor false, yes nor no, 1 nor 0".to_owned()),
    }
}

fn parse_decimal<'d>(text: &str, decimal_sign: char) -> Result<Val<'d>, String> {
    let plain = decimal::parse(text, decimal_sign).ok_or("the value is no decimal number")?;
    Ok(Val::Decimal(Cow::Owned(plain)))
}
