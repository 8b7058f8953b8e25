//! The contact points of a person that may not be used.

use super::permission::{Question, View, decide};
use super::statement::points_of;
use super::{Catalogue, Statement};
use crate::domain::customer::Customer;
use crate::domain::ids::GoldenId;
use std::collections::BTreeSet;

/// A golden record with what its source records hold and what has been said of them.
#[derive(Clone, Debug)]
pub struct Reached {
    pub golden: GoldenId,
    pub view: View,
    pub customers: Vec<Customer>,
    pub statements: Vec<Statement>,
}

/// Every contact point that the person was ever known by, without those that may be used.
pub fn suppressed(person: &Reached, asked: &Question<'_>, catalogue: &Catalogue) -> BTreeSet<String> {
    let channel = asked.channel;
    let shown = person.view.points(channel);
    let held = person.customers.iter().flat_map(|customer| points_of(customer, channel));
    let about = |statement: &&Statement| {
        statement.scope.purpose == asked.purpose && statement.scope.channel == channel && statement.state.refuses()
    };
    let refused =
        person.statements.iter().filter(about).flat_map(|statement| statement.points.iter().flatten().cloned());
    let mut points: BTreeSet<String> = shown.iter().cloned().chain(held).chain(refused).collect();
    if let Some(purpose) = catalogue.purpose.get(asked.purpose) {
        let allowed = decide(&person.view, asked, purpose, catalogue).points;
        for point in allowed.iter().filter(|point| point.allowed) {
            points.remove(&shown[point.place]);
        }
    }
    points.remove("");
    points
}
