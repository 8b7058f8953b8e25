//! What a system should hold of a person: the golden values, as far as the system accepts them. Pure.

use super::rules::Attribute;
use super::survivorship::alike;
use serde_json::{Map, Value};

/// What a system accepts.
pub struct Accepts<'a> {
    /// Attributes that may go to it at all.
    pub attribute: &'a dyn Fn(&str) -> bool,
    /// Lists of which it follows the best value, even while the golden record still holds its own.
    pub best: &'a dyn Fn(&str) -> bool,
}

/// The golden values as the system would write them. Where it says the same in another spelling, its own stands; of a
/// list its own values come first as long as the golden record holds them, so that nobody's second address is
/// overwritten with the first.
pub fn wanted(golden: &Map<String, Value>, own: &Map<String, Value>, accepts: &Accepts<'_>) -> Map<String, Value> {
    let mut wanted = Map::new();
    for attribute in Attribute::ALL.into_iter().filter(|attribute| (accepts.attribute)(attribute.name())) {
        let name = attribute.name();
        let Some(value) = golden.get(name) else { continue };
        let value = match (value, own.get(name)) {
            (Value::Array(values), Some(Value::Array(own))) if (accepts.best)(name) => {
                values.iter().map(|value| spelled(attribute, value, own)).collect()
            }
            (Value::Array(values), Some(Value::Array(own))) => held_first(attribute, values, own),
            (value, Some(own)) if alike(attribute, value, own) => own.clone(),
            (value, _) => value.clone(),
        };
        wanted.insert(name.to_owned(), value);
    }
    wanted
}

/// What the system holds of what it accepts.
pub fn held(own: &Map<String, Value>, accepts: &Accepts<'_>) -> Map<String, Value> {
    own.iter()
        .filter(|(name, _)| (accepts.attribute)(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn spelled(attribute: Attribute, value: &Value, own: &[Value]) -> Value {
    own.iter().find(|own| alike(attribute, value, own)).unwrap_or(value).clone()
}

fn held_first(attribute: Attribute, values: &[Value], own: &[Value]) -> Value {
    let is_golden = |own: &&Value| values.iter().any(|value| alike(attribute, value, own));
    let is_new = |value: &&Value| !own.iter().any(|own| alike(attribute, value, own));
    own.iter().filter(is_golden).chain(values.iter().filter(is_new)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(golden: Value, own: Value, best: bool, expected: Value) {
        let accepts = Accepts { attribute: &|name| name != "gender", best: &|_| best };
        let (Value::Object(golden), Value::Object(own)) = (golden, own) else { panic!("objects are compared") };
        assert_eq!(Value::Object(wanted(&golden, &own, &accepts)), expected);
    }

    #[test]
    fn another_spelling_is_not_stale() {
        let golden = json!({"name": {"given": "Ana", "family": "Silva"}, "country": "GB", "records": []});
        let own = json!({"name": {"given": "ANA", "family": "SILVA"}, "country": "DE"});
        check(golden.clone(), own, false, json!({"name": {"given": "ANA", "family": "SILVA"}, "country": "GB"}));
        check(golden, json!({}), false, json!({"name": {"given": "Ana", "family": "Silva"}, "country": "GB"}));
    }

    #[test]
    fn a_list_keeps_what_is_still_golden_unless_the_best_is_wanted() {
        let golden = json!({"phones": [{"value": "+44 20 7946 0001"}, {"value": "+44 20 7946 0002"}]});
        let own = json!({"phones": [{"value": "02079460002"}, {"value": "02079460003"}]});
        let kept = json!({"phones": [{"value": "02079460002"}, {"value": "+44 20 7946 0001"}]});
        check(golden.clone(), own.clone(), false, kept);
        check(golden, own, true, json!({"phones": [{"value": "+44 20 7946 0001"}, {"value": "02079460002"}]}));
    }

    #[test]
    fn what_the_golden_record_does_not_know_is_left_alone() {
        check(json!({"gender": "female"}), json!({"language": "de"}), false, json!({}));
    }
}
