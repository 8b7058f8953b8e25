//! Whose law a person may be under.

use super::Channel;
use super::statement::points_of;
use crate::domain::customer::Customer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where the records of a golden record say that the person lives, for when the golden record's own country does not tell
/// all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jurisdictions {
    /// In order; the strictest law among them holds.
    pub countries: BTreeSet<String>,
    /// Contact points that only records without a country hold: no country's leniency reaches them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unplaced: BTreeSet<String>,
}

impl Jurisdictions {
    pub fn of<'a>(members: impl Iterator<Item = &'a Customer>) -> Jurisdictions {
        let (placed, stray): (Vec<_>, Vec<_>) =
            members.map(|customer| (country(customer), customer)).partition(|(country, _)| country.is_some());
        let countries: BTreeSet<String> = placed.iter().filter_map(|(country, _)| country.clone()).collect();
        if countries.is_empty() || stray.is_empty() {
            return Jurisdictions { countries, unplaced: BTreeSet::new() };
        }
        let held = |members: &[(Option<String>, &Customer)]| -> BTreeSet<String> {
            members.iter().flat_map(|(_, customer)| all_points(customer)).collect()
        };
        let unplaced = held(&stray).difference(&held(&placed)).cloned().collect();
        Jurisdictions { countries, unplaced }
    }

    /// Whether the golden record's own country says as much.
    pub fn go_without_saying(&self) -> bool {
        self.countries.len() <= 1 && self.unplaced.is_empty()
    }

    /// The countries whose law counts for a contact point, told in every form that it may have been read in, or for the person
    /// without any; `None` is one that is not known.
    pub fn at(&self, forms: &[&str]) -> BTreeSet<Option<String>> {
        let stray = self.countries.is_empty() || forms.iter().any(|form| self.unplaced.contains(*form));
        self.countries.iter().cloned().map(Some).chain(stray.then_some(None)).collect()
    }
}

fn all_points(customer: &Customer) -> impl Iterator<Item = String> {
    [Channel::Email, Channel::Phone, Channel::Post].into_iter().flat_map(|channel| points_of(customer, channel))
}

pub(super) fn country(customer: &Customer) -> Option<String> {
    let addresses = customer.addresses.iter().filter_map(|address| address.country.as_deref());
    customer.country.as_deref().into_iter().chain(addresses).find_map(matching::country_code)
}
