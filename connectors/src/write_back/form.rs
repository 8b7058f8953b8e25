//! Bodies as forms, with objects and lists written in brackets: `address[city]=Bath&tags[0]=a`.

use serde_json::Value;

/// Null is written as an empty value, which clears a field where forms are understood so.
pub(super) fn encoded(body: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    if let Value::Object(members) = body {
        members.iter().for_each(|(name, value)| add(&mut form, name, value));
    }
    form.finish()
}

fn add(form: &mut form_urlencoded::Serializer<'_, String>, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| add(form, &format!("{name}[{member}]"), value))
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, value)| add(form, &format!("{name}[{at}]"), value))
        }
        Value::String(text) => drop(form.append_pair(name, text)),
        Value::Null => drop(form.append_pair(name, "")),
        other => drop(form.append_pair(name, &other.to_string())),
    }
}
