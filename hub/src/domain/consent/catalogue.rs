//! What consent can be asked for, and what the law asks for where: data, a part of the rules and versioned with them.

use super::{Channel, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Purposes and signals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The country whose law holds where a record names none. Not said: the strictest law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    #[serde(default)]
    pub purpose: BTreeMap<String, Purpose>,
    /// What a signal of a browser or device says, by its name.
    #[serde(default)]
    pub signal: BTreeMap<String, Signal>,
}

/// Something that personal data is used for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    pub title: String,
    /// The term of the W3C Data Privacy Vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpv: Option<String>,
    /// What holds where no particular law is named.
    pub regime: Regime,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub law: Vec<Law>,
}

/// What holds in some countries on some channels; the first that fits counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    pub countries: Vec<String>,
    pub channels: Vec<Channel>,
    pub regime: Regime,
}

/// What is asked for before somebody may be reached; the later, the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Nothing: the purpose rests on a contract or a duty, and is not refused.
    NotNeeded,
    /// That nobody has refused.
    OptOut,
    /// A permission, or an earlier purchase with the offer to refuse.
    SoftOptIn,
    /// A permission.
    OptIn,
}

/// What a signal refuses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    pub says: State,
    pub purposes: Vec<String>,
    #[serde(default)]
    pub channel: Channel,
}

/// Why a catalogue cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    #[error("[consent.purpose.{0}]: a purpose is named by 1 to 64 small letters, digits, -, _ and dots")]
    Name(String),
    #[error("[consent] names the country {0}; write two capital letters, as in ISO 3166-1")]
    Country(String),
    #[error("[consent.signal.{signal}] names the purpose {purpose}, which [consent.purpose] does not have")]
    SignalPurpose { signal: String, purpose: String },
    #[error("[consent.signal.{0}] may not grant anything: a signal is no permission")]
    SignalGrants(String),
}

impl Catalogue {
    /// Checks what its types leave open.
    pub fn check(&self) -> Result<(), CatalogueError> {
        let named = |name: &str| {
            (1..=64).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
        };
        if let Some(name) = self.purpose.keys().find(|name| !named(name)) {
            return Err(CatalogueError::Name(name.clone()));
        }
        let is_code = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        let laws = self.purpose.values().flat_map(|purpose| &purpose.law);
        let mut countries = laws.flat_map(|law| &law.countries).chain(&self.home);
        if let Some(code) = countries.find(|code| !is_code(code)) {
            return Err(CatalogueError::Country(code.clone()));
        }
        for (name, signal) in &self.signal {
            if !signal.says.refuses() {
                return Err(CatalogueError::SignalGrants(name.clone()));
            }
            if let Some(purpose) = signal.purposes.iter().find(|p| !self.purpose.contains_key(*p)) {
                return Err(CatalogueError::SignalPurpose { signal: name.clone(), purpose: purpose.clone() });
            }
        }
        Ok(())
    }

    /// The strictest regime among the laws that a person may be under.
    pub fn regime(&self, purpose: &Purpose, countries: &BTreeSet<Option<String>>, channel: Channel) -> Regime {
        let one = |country: &Option<String>| match country.as_ref().or(self.home.as_ref()) {
            Some(country) => purpose.regime_in(country, channel),
            None => purpose.regime,
        };
        countries.iter().map(one).max().unwrap_or_else(|| one(&None))
    }
}

impl Purpose {
    fn regime_in(&self, country: &str, channel: Channel) -> Regime {
        let fits = |law: &&Law| law.countries.iter().any(|c| c == country) && law.channels.contains(&channel);
        self.law.iter().find(fits).map_or(self.regime, |law| law.regime)
    }
}
