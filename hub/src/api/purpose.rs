//! What a caller uses people's data for: contact points that may not be used for it are not given out.

use super::keys::Caller;
use super::problem::{Answer, Kind, Problem, internal};
use super::state::AppState;
use crate::domain::consent::{Lens, Purpose, narrow};
use crate::domain::rules::Rules;
use crate::pipeline::clock;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A purpose under the rules in force.
pub struct Declared {
    purpose: Arc<str>,
    rules: Arc<Rules>,
}

/// The purpose that a caller is bound to, or has declared for this request.
pub async fn declared(state: &AppState, caller: &Caller, asked: Option<&str>) -> Answer<Option<Declared>> {
    let purpose: Arc<str> = match (&caller.purpose, asked) {
        (None, None) => return Ok(None),
        (Some(own), None) => own.clone(),
        (Some(own), Some(asked)) if &**own == asked => own.clone(),
        (Some(_), Some(_)) => return Err(Kind::Forbidden.because("The key is bound to another purpose.")),
        (None, Some(asked)) => asked.into(),
    };
    let rules = state.policies.in_force().await?;
    // A purpose that the rules have lost permits a bound key nothing; whoever names one is told.
    if caller.purpose.is_none() {
        known(&rules, &purpose)?;
    }
    Ok(Some(Declared { purpose, rules }))
}

/// What the rules say of a purpose.
pub fn known<'r>(rules: &'r Rules, purpose: &str) -> Answer<&'r Purpose> {
    rules.consent.purpose.get(purpose).ok_or_else(|| unknown(rules))
}

fn unknown(rules: &Rules) -> Problem {
    let names: Vec<&str> = rules.consent.purpose.keys().map(String::as_str).collect();
    let detail = format!("The rules in force know no such purpose; they have {}.", names.join(", "));
    Kind::MalformedParameter.because(detail)
}

impl Declared {
    /// A golden record as it may be seen for the purpose.
    pub fn narrowed(&self, profile: &[u8]) -> Answer<Box<RawValue>> {
        let mut values: Map<String, Value> = serde_json::from_slice(profile).map_err(|_| internal())?;
        let (purpose, catalogue) = (&*self.purpose, &self.rules.consent);
        narrow(&mut values, &Lens { purpose, catalogue, now: clock::now() });
        let text = serde_json::to_string(&values).map_err(|_| internal())?;
        RawValue::from_string(text).map_err(|_| internal())
    }
}
