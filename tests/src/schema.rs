//! Checks values against the part of JSON Schema 2020-12 that the hub's own schemas use. A keyword that is not known here
//! is a fault, so that no schema is satisfied for want of a check.

use serde_json::{Map, Value};

/// What is wrong with an event: its envelope, its type, or its data.
pub fn check_event(event: &Value, origin: &str) -> Result<(), String> {
    const MEMBERS: [&str; 12] = [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "partitionkey",
        "time",
        "datacontenttype",
        "dataschema",
        "sequence",
        "policy",
        "data",
    ];
    let members: Vec<&str> = event.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    if members != MEMBERS {
        return Err(format!("the envelope has {members:?}"));
    }
    let name = event["type"].as_str().unwrap_or_default();
    let schema = hub::deliver::schema::of(name, origin).ok_or_else(|| format!("there is no type {name}"))?;
    if event["dataschema"] != schema["$id"] {
        return Err(format!("dataschema is {}", event["dataschema"]));
    }
    check(&schema, &event["data"], "data").map_err(|fault| format!("{name}: {fault}"))
}

/// What is wrong with a value, if anything is.
pub fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else { return Err(format!("{at}: the schema is no object")) };
    for (keyword, wanted) in keywords {
        let is_good = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "format" | "example" => true,
            "type" => types(wanted).any(|name| is_a(value, name)),
            "enum" => wanted.as_array().is_some_and(|known| known.contains(value)),
            "minimum" => value.as_f64() >= wanted.as_f64(),
            "required" => {
                wanted.as_array().into_iter().flatten().filter_map(Value::as_str).all(|name| value.get(name).is_some())
            }
            "additionalProperties" => wanted == false && has_only_known(keywords, value),
            "properties" => {
                for (name, schema) in wanted.as_object().into_iter().flatten() {
                    value.get(name).map_or(Ok(()), |value| check(schema, value, &format!("{at}.{name}")))?;
                }
                true
            }
            "items" => {
                for element in value.as_array().into_iter().flatten() {
                    check(wanted, element, &format!("{at}[]"))?;
                }
                true
            }
            unknown => return Err(format!("{at}: the keyword {unknown} is not checked")),
        };
        if !is_good {
            return Err(format!("{at}: {value} breaks {keyword}: {wanted}"));
        }
    }
    Ok(())
}

fn types(wanted: &Value) -> impl Iterator<Item = &str> {
    let many = wanted.as_array().into_iter().flatten();
    many.chain(std::iter::once(wanted)).filter_map(Value::as_str)
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn has_only_known(keywords: &Map<String, Value>, value: &Value) -> bool {
    let known = keywords.get("properties").and_then(Value::as_object);
    let mut members = value.as_object().into_iter().flatten();
    members.all(|(name, _)| known.is_some_and(|known| known.contains_key(name)))
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn faults_are_found() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array", "items": {"enum": [1, 2]}}},
            "required": ["a"],
            "additionalProperties": false,
        });
        let cases = [
            (json!({"a": "x", "b": [1, 2]}), true),
            (json!({"a": null}), true),
            (json!([]), false),
            (json!({}), false),
            (json!({"a": 1}), false),
            (json!({"a": "x", "b": [3]}), false),
            (json!({"a": "x", "c": 1}), false),
        ];
        for (value, expected) in cases {
            assert_eq!(check(&schema, &value, "it").is_ok(), expected, "{value}");
        }
        assert!(check(&json!({"oneOf": []}), &json!(1), "it").is_err_and(|fault| fault.contains("oneOf")));
    }
}
