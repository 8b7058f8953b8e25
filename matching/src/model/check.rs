//! Tells a model that can be used from nonsense, and names the place.

use super::{FieldModel, Level, Model};
use crate::compare::Field;
use std::fmt;

/// What is wrong with a model, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelError(String);

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelError {}

impl Model {
    /// Reads a model from JSON and checks it.
    pub fn from_json(text: &str) -> Result<Model, ModelError> {
        let model: Model =
            serde_json::from_str(text).map_err(|error| ModelError(format!("the model cannot be read: {error}")))?;
        model.check()?;
        Ok(model)
    }

    /// Whether this program can weigh by the model: it has exactly the fields and levels that records are compared by,
    /// and every number can be what it is said to be.
    pub fn check(&self) -> Result<(), ModelError> {
        let numbers = [
            ("population", self.population),
            ("duplicates_per_record", self.duplicates_per_record),
            ("household_per_record", self.household_per_record),
        ];
        for (name, value) in numbers {
            let is_sound = value.is_finite() && value > 0.0;
            require(is_sound, || format!("{name} is {value}; it has to be a number above 0"))?;
        }
        let thresholds = &self.thresholds;
        let in_order = thresholds.floor <= thresholds.review && thresholds.review <= thresholds.link;
        let finite = thresholds.floor.is_finite() && thresholds.link.is_finite();
        require(in_order && finite, || "thresholds have to rise from floor over review to link".to_owned())?;
        self.check_fields()?;
        self.check_names()
    }

    /// The shipped model lists what is compared.
    fn check_fields(&self) -> Result<(), ModelError> {
        let shipped = Model::default();
        for expected in &shipped.fields {
            let place = place(expected.field);
            let mut found = self.fields.iter().filter(|entry| entry.field == expected.field);
            let Some(entry) = found.next() else { return Err(ModelError(format!("{place} is missing"))) };
            require(found.next().is_none(), || format!("{place} stands there twice"))?;
            check_levels(&place, entry, expected)?;
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), ModelError> {
        let otherwise =
            [("given_otherwise", self.names.given_otherwise), ("family_otherwise", self.names.family_otherwise)];
        for (name, share) in otherwise {
            check_probability(&format!("names.{name}"), f64::from(share))?;
        }
        for (name, shares) in [("given", &self.names.given), ("family", &self.names.family)] {
            for (hash, share) in shares {
                check_probability(&format!("names.{name}.{hash}"), f64::from(*share))?;
            }
        }
        Ok(())
    }
}

fn check_levels(place: &str, entry: &FieldModel, expected: &FieldModel) -> Result<(), ModelError> {
    for (at, level) in expected.levels.iter().enumerate() {
        let name = &level.name;
        let found = entry.levels.get(at);
        require(found.is_some_and(|found| found.name == *name), || {
            format!("{place} lacks the level \"{name}\" as number {}", at + 1)
        })?;
    }
    if let Some(surplus) = entry.levels.get(expected.levels.len()) {
        return Err(ModelError(format!("{place} has no level \"{}\" in this program", surplus.name)));
    }
    entry.levels.iter().try_for_each(|level| check_level(place, level))
}

fn check_level(place: &str, level: &Level) -> Result<(), ModelError> {
    for (kind, value) in [("same", level.same), ("household", level.household), ("stranger", level.stranger)] {
        check_probability(&format!("{place}, level \"{}\", {kind}", level.name), value)?;
    }
    Ok(())
}

/// Zero would make one pair's evidence infinite; what has never been seen is rare, not impossible.
fn check_probability(place: &str, value: f64) -> Result<(), ModelError> {
    let is_sound = value > 0.0 && value <= 1.0;
    require(is_sound, || format!("{place} is {value}; a probability lies above 0 and is at most 1"))
}

fn place(field: Field) -> String {
    format!("field \"{}\"", field.name())
}

fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), ModelError> {
    if holds { Ok(()) } else { Err(ModelError(what())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn shipped() -> Value {
        serde_json::to_value(Model::default()).expect("plain data")
    }

    fn check(spoil: impl FnOnce(&mut Value), expected: &str) {
        let mut model = shipped();
        spoil(&mut model);
        let said = Model::from_json(&model.to_string()).map_or_else(|error| error.to_string(), |_| "fine".to_owned());
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn the_shipped_model_survives_being_written_and_read() {
        assert_eq!(Model::from_json(&shipped().to_string()), Ok(Model::default()));
    }

    #[test]
    fn nonsense_is_refused_by_its_place() {
        check(
            |model| drop(model["fields"].as_array_mut().map(|fields| fields.remove(0))),
            "field \"given name\" is missing",
        );
        check(
            |model| drop(model["fields"][0]["levels"].as_array_mut().map(|levels| levels.remove(2))),
            "lacks the level",
        );
        check(
            |model| model["fields"][1]["levels"][0]["same"] = json!(0.0),
            "field \"family name\", level \"exact\", same is 0",
        );
        check(|model| model["fields"][1]["levels"][0]["stranger"] = json!(1.5), "stranger is 1.5");
        check(|model| model["fields"][1]["levels"][0]["same"] = json!(null), "line 1");
        check(|model| model["fields"][1]["levels"][0]["other"] = json!(1), "other");
        check(|model| model["fields"][1]["field"] = json!("shoe_size"), "shoe_size");
        check(|model| model["fields"][1]["field"] = json!("given"), "twice");
        check(|model| model["thresholds"]["review"] = json!(9.0), "thresholds");
        check(|model| model["population"] = json!(0), "population");
        check(|model| model["names"]["given"]["7"] = json!(-1.0), "names.given.7");
        check(|model| model["surprise"] = json!(1), "surprise");
        check(|_| {}, "fine");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let text = shipped().to_string().replacen("\"same\":", "\"same\":NaN,\"was\":", 1);
        assert!(Model::from_json(&text).is_err());
        let mut model = Model::default();
        model.fields[0].levels[0].same = f64::NAN;
        assert!(model.check().is_err());
        model = Model { population: f64::INFINITY, ..Model::default() };
        assert!(model.check().is_err());
    }
}
