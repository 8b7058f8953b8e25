//! Survivorship rules as data: which source is trusted how much, and how each attribute's winner is chosen.

use super::consent::{Catalogue, CatalogueError};
use super::loyalty::Loyalty;
use super::survivorship::CONSENTS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The rule set that ships with the hub.
pub const SHIPPED: &str = include_str!("rules.toml");

/// A versioned rule set; part of every lineage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub version: String,
    #[serde(default)]
    pub source: BTreeMap<String, Trust>,
    pub default_trust: Trust,
    pub attribute: BTreeMap<Attribute, AttributeRule>,
    /// What consent can be asked for; rules that say nothing of it go by what ships with the hub.
    #[serde(default = "shipped_consent")]
    pub consent: Catalogue,
    /// Loyalty programmes; rules that say nothing of them go by what ships with the hub.
    #[serde(default = "shipped_loyalty")]
    pub loyalty: Loyalty,
}

/// A rule set as it was written, comments included, and as it is obeyed.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub text: String,
    pub rules: Rules,
}

/// How far a source is believed, from 0 to 100, halving with the age of what it said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    pub trust: f64,
    #[serde(default)]
    pub half_life_days: Option<f64>,
}

/// How one attribute (or group of fields that stay together) survives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeRule {
    /// Criteria in order; the first that tells two values apart decides.
    pub rank: Vec<Criterion>,
    /// How many values survive: 1, or more for multi-valued attributes.
    #[serde(default = "one")]
    pub keep_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// A value that its source has verified, or that is valid by its own form.
    Validated,
    /// The source's trust after decay.
    Trust,
    /// The newest source version.
    Recent,
    /// The value that most source records agree on.
    Frequent,
    /// The value with the most parts filled in.
    Complete,
    /// The longest text.
    Longest,
}

/// The golden record's attributes; a group such as the address survives as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    Name,
    BirthDate,
    Gender,
    Emails,
    Phones,
    Addresses,
    Identifiers,
    Organisation,
    Language,
    Country,
}

impl Attribute {
    /// The one that a canonical field, such as `addresses[].city`, competes for. The others identify the record, order its
    /// states, or stay with it.
    pub fn fed_by(field: &str) -> Option<Attribute> {
        let list = field.split("[]").next().unwrap_or(field);
        let name = if list == "names" { "name" } else { list };
        Attribute::ALL.into_iter().find(|attribute| attribute.name() == name)
    }

    /// The member of golden records that a canonical field feeds: an attribute, or the consents, which do not compete.
    pub fn member_fed_by(field: &str) -> Option<&'static str> {
        let consents = field.starts_with("consents[]").then_some(CONSENTS);
        Attribute::fed_by(field).map(Attribute::name).or(consents)
    }

    pub const ALL: [Attribute; 10] = [
        Attribute::Name,
        Attribute::BirthDate,
        Attribute::Gender,
        Attribute::Emails,
        Attribute::Phones,
        Attribute::Addresses,
        Attribute::Identifiers,
        Attribute::Organisation,
        Attribute::Language,
        Attribute::Country,
    ];

    /// The name under which the attribute stands in golden records, rules and decisions.
    pub fn name(self) -> &'static str {
        match self {
            Attribute::Name => "name",
            Attribute::BirthDate => "birth_date",
            Attribute::Gender => "gender",
            Attribute::Emails => "emails",
            Attribute::Phones => "phones",
            Attribute::Addresses => "addresses",
            Attribute::Identifiers => "identifiers",
            Attribute::Organisation => "organisation",
            Attribute::Language => "language",
            Attribute::Country => "country",
        }
    }

    /// Whether the golden record holds a list of values.
    pub fn is_list(self) -> bool {
        matches!(self, Attribute::Emails | Attribute::Phones | Attribute::Addresses | Attribute::Identifiers)
    }
}

/// Why a rule set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("the survivorship rules cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("the survivorship rules lack [attribute.{0}]; add it with at least `rank = [\"trust\"]`")]
    AttributeMissing(&'static str),
    #[error("trust of {0} must lie between 0 and 100 and its half-life above 0 days")]
    TrustOutOfRange(String),
    #[error(transparent)]
    Consent(#[from] CatalogueError),
}

impl Rules {
    /// Reads and checks a rule set.
    pub fn parse(text: &str) -> Result<Rules, RulesError> {
        let rules: Rules = toml::from_str(text)?;
        for attribute in Attribute::ALL {
            if !rules.attribute.contains_key(&attribute) {
                return Err(RulesError::AttributeMissing(attribute.name()));
            }
        }
        let trusts = rules.source.iter().map(|(name, trust)| (name.as_str(), trust));
        for (name, trust) in trusts.chain([("default_trust", &rules.default_trust)]) {
            let decays = trust.half_life_days.is_none_or(|days| days > 0.0);
            if !(0.0..=100.0).contains(&trust.trust) || !decays {
                return Err(RulesError::TrustOutOfRange(name.to_owned()));
            }
        }
        rules.consent.check()?;
        Ok(rules)
    }

    pub fn trust_of(&self, source: &str) -> Trust {
        self.source.get(source).copied().unwrap_or(self.default_trust)
    }
}

impl RuleSet {
    pub fn parse(text: &str) -> Result<RuleSet, RulesError> {
        Ok(RuleSet { text: text.to_owned(), rules: Rules::parse(text)? })
    }

    /// The rule set that ships with the hub.
    pub fn shipped() -> Result<RuleSet, RulesError> {
        RuleSet::parse(SHIPPED)
    }
}

impl Trust {
    /// Trust in a value that is `age_days` older than the newest word on the same person.
    /// Measured between source versions and not against the clock, so that time alone changes no golden record.
    pub fn after(self, age_days: f64) -> f64 {
        match self.half_life_days {
            Some(half_life) => self.trust * 0.5f64.powf(age_days / half_life),
            None => self.trust,
        }
    }
}

fn one() -> usize {
    1
}

/// The parts of the shipped rules that others may leave out.
#[derive(Default, Deserialize)]
struct Usual {
    consent: Catalogue,
    loyalty: Loyalty,
}

static USUAL: LazyLock<Usual> = LazyLock::new(|| toml::from_str(SHIPPED).unwrap_or_default());

fn shipped_consent() -> Catalogue {
    USUAL.consent.clone()
}

fn shipped_loyalty() -> Loyalty {
    USUAL.loyalty.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_rules_are_valid() {
        let rules = Rules::parse(SHIPPED).map_err(|e| e.to_string());
        assert!(rules.is_ok(), "{rules:?}");
    }

    #[test]
    fn rules_without_purposes_have_those_that_ship() {
        let (without, _) = SHIPPED.split_once("[consent.purpose.marketing]").expect("purposes are shipped");
        let both = [without, SHIPPED].map(|text| Rules::parse(text).map(|rules| rules.consent).ok());
        assert_eq!(both[0], both[1]);
        assert!(both[0].as_ref().is_some_and(|consent| consent.purpose.contains_key("marketing")));
        let programmes = Rules::parse(without).map(|rules| rules.loyalty.programme.len()).ok();
        assert_eq!(programmes, Some(1));
    }

    #[test]
    fn trust_halves_with_its_half_life() {
        let trust = Trust { trust: 80.0, half_life_days: Some(365.0) };
        assert_eq!((trust.after(0.0), trust.after(365.0), trust.after(730.0)), (80.0, 40.0, 20.0));
    }

    #[test]
    fn bad_rules_are_refused_with_the_remedy() {
        let out_of_range = SHIPPED.replacen("trust = 50", "trust = 500", 1);
        let missing = SHIPPED.replacen("[attribute.gender]", "[attribute.sex]", 1);
        assert!(matches!(Rules::parse(&out_of_range), Err(RulesError::TrustOutOfRange(_))));
        assert!(matches!(Rules::parse(&missing), Err(RulesError::Malformed(_))));
        for (wrong, right) in
            [("countries = [\"Us\"]", "countries = [\"US\"]"), ("purposes = [\"share\",", "purposes = [\"sharing\",")]
        {
            let text = SHIPPED.replacen(right, wrong, 1);
            assert!(matches!(Rules::parse(&text), Err(RulesError::Consent(_))), "{wrong}");
        }
    }

    #[test]
    fn every_canonical_field_competes_for_an_attribute() {
        let fields = connectors::contract::FIELDS.iter().map(|field| field.name.to_owned());
        // Consents do not compete: all of them count.
        let lists = connectors::contract::LISTS.iter().filter(|list| list.name != "consents");
        let lists = lists.map(|list| format!("{}[].kind", list.name));
        for field in fields.chain(lists) {
            assert!(Attribute::fed_by(&field).is_some(), "{field}");
        }
        let others = ["names[].given", "extensions.tier", "key"].map(Attribute::fed_by);
        assert_eq!(others, [Some(Attribute::Name), None, None]);
    }
}
