//! A golden record as somebody may see it who uses it for one purpose.

use super::permission::{Question, View, decide};
use super::{Catalogue, Channel};
use crate::domain::survivorship::{CONSENTS, JURISDICTIONS};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What for, under which rules, and when.
#[derive(Clone, Copy, Debug)]
pub struct Lens<'a> {
    pub purpose: &'a str,
    pub catalogue: &'a Catalogue,
    pub now: jiff::Timestamp,
}

/// Golden values that are contact points, with the channels that use them.
const POINTS: [(&str, &[Channel]); 3] =
    [("emails", &[Channel::Email]), ("phones", &[Channel::Sms, Channel::Phone]), ("addresses", &[Channel::Post])];

/// Leaves the contact points out that may not be used for the purpose, and what was said about others. Values that are no
/// golden record's, and a purpose that the rules do not know, permit nothing.
pub fn narrow(values: &mut Map<String, Value>, lens: &Lens<'_>) {
    let view = View::deserialize(Value::Object(values.clone())).unwrap_or_default();
    let mut known = Vec::new();
    for (name, channels) in POINTS {
        let allowed = allowed(&view, lens, channels);
        for channel in channels {
            let points = view.points(*channel).into_iter().enumerate();
            known.extend(points.filter(|(place, _)| allowed.contains(place)).map(|(_, point)| point));
        }
        if let Some(Value::Array(points)) = values.get_mut(name) {
            let mut place = 0..;
            points.retain(|_| place.next().is_some_and(|place| allowed.contains(&place)));
            if points.is_empty() {
                values.remove(name);
            }
        }
    }
    values.remove(JURISDICTIONS);
    if let Some(Value::Array(consents)) = values.get_mut(CONSENTS) {
        let reaches = |entry: &Value| entry["point"].as_str().is_none_or(|point| known.iter().any(|k| k == point));
        consents.retain(|entry| entry["purpose"] == lens.purpose && reaches(entry));
        if consents.is_empty() {
            values.remove(CONSENTS);
        }
    }
}

/// The places of the values that one of the channels at least may use.
fn allowed(view: &View, lens: &Lens<'_>, channels: &[Channel]) -> Vec<usize> {
    let Some(purpose) = lens.catalogue.purpose.get(lens.purpose) else { return Vec::new() };
    let on = |&channel: &Channel| {
        let asked = Question { purpose: lens.purpose, channel, now: lens.now };
        decide(view, &asked, purpose, lens.catalogue).points
    };
    let points = channels.iter().flat_map(on).filter(|point| point.allowed);
    points.map(|point| point.place).collect()
}
