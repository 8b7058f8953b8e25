//! Gives a value the type that the canonical contract asks for, or says why that cannot be.

use std::borrow::Cow;

use serde_json::Value;

use super::expr::{Expr, Val, contract_fault};
use super::path::Context;
use super::{Fault, date, steps, version};
use crate::contract::{Field, FieldType};
use crate::mapped::{MapError, Step};

/// The canonical value of a field; `name` is the field's whole path, for messages.
pub(super) fn value_of(
    field: &Field,
    name: &str,
    expr: &Expr,
    context: &Context<'_>,
    omitted: &mut Vec<MapError>,
) -> Result<Option<Value>, MapError> {
    let value = expr.evaluate(context).and_then(|value| typed(value, field.field_type));
    match value {
        Ok(value) => Ok(value),
        Err(fault) => {
            let path = if fault.path.is_empty() { expr.source_words() } else { fault.path };
            let error = Fault { path, ..fault }.for_field(name);
            if !expr.omits_errors {
                return Err(error);
            }
            omitted.push(error);
            Ok(None)
        }
    }
}

fn typed(value: Val<'_>, field_type: FieldType) -> Result<Option<Value>, Fault> {
    if value.is_absent() {
        return Ok(None);
    }
    match field_type {
        FieldType::Text => Ok(value.into_text()?.map(owned)),
        FieldType::Texts => {
            let texts: Vec<Value> = value.into_texts()?.into_iter().map(owned).collect();
            Ok(Some(Value::Array(texts)).filter(|texts| texts.as_array().is_some_and(|texts| !texts.is_empty())))
        }
        FieldType::Boolean => match steps::as_boolean(&value) {
            Some(boolean) => Ok(Some(Value::Bool(boolean))),
            None => Err(contract_fault("true or false is expected; parse_boolean reads texts")),
        },
        FieldType::Choice(words) => match value.into_text()? {
            Some(text) if !words.contains(&text.as_ref()) => {
                Err(contract_fault(&format!("the value is not {}; a lookup translates it", field_type.words())))
            }
            text => Ok(text.map(owned)),
        },
        FieldType::Instant => match value.into_text()? {
            Some(text) => {
                let at = version::instant(&text).ok_or_else(|| {
                    contract_fault("a time such as 2026-01-31T10:20:30Z is expected; without an offset it is UTC")
                })?;
                Ok(Some(Value::String(at.to_string())))
            }
            None => Ok(None),
        },
        FieldType::Date => match value.into_text()? {
            Some(text) => {
                let date = date::canonical(&text);
                let date = date
                    .ok_or_else(|| contract_fault("a date such as 1980-05-02 is expected; parse_date reads others"))?;
                Ok(Some(Value::String(date)))
            }
            None => Ok(None),
        },
    }
}

fn owned(text: Cow<'_, str>) -> Value {
    Value::String(text.into_owned())
}

/// A fault that concerns a whole list.
pub(super) fn list_error(name: &str, path: &str, reason: String) -> MapError {
    Fault { step: Step::Contract, path: path.to_owned(), reason }.for_field(name)
}
