//! What joining two people would make of their points.

use super::parties::Parties;
use crate::api::AppState;
use crate::api::loyalty::{Membership, points};
use crate::api::problem::Answer;
use crate::domain::loyalty::membership;
use crate::ui::values::number;
use std::collections::BTreeMap;
use web::words::Words;

/// A line for each programme in which both have points: what each has, and what one balance would show. A card that both
/// have counts once.
pub async fn effects(state: &AppState, words: &'static Words, parties: &Parties) -> Answer<Vec<String>> {
    let mut programmes: BTreeMap<String, Vec<Vec<Membership>>> = BTreeMap::new();
    for golden in [parties.left.golden, parties.right.golden].into_iter().flatten() {
        let Some(profile) = state.store.profile(golden).await? else { continue };
        for programme in points(state, &profile).await? {
            programmes.entry(programme.title).or_default().push(programme.memberships);
        }
    }
    let both = programmes.into_iter().filter(|(_, sides)| sides.len() > 1);
    Ok(both.map(|(title, sides)| line(words, &title, &sides)).collect())
}

fn line(words: &Words, title: &str, sides: &[Vec<Membership>]) -> String {
    let sum = |cards: &[Membership]| cards.iter().map(|card| card.available).sum::<i64>();
    let cards: BTreeMap<String, i64> =
        sides.iter().flatten().map(|card| (membership(&card.number), card.available)).collect();
    let each: Vec<String> = sides.iter().map(|cards| number(sum(cards))).collect();
    format!("{title}: {} → {} {}", each.join(" + "), number(cards.values().sum()), words.effect_points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: &str, available: i64) -> Membership {
        Membership { number: number.to_owned(), available, pending: 0, shared: false }
    }

    #[test]
    fn a_card_that_both_have_counts_once() {
        let words = Words::of("en");
        let told = |sides: &[Vec<Membership>]| line(words, "Club", sides);
        assert!(told(&[vec![card("LC-1", 300)], vec![card("LC-2", 70)]]).starts_with("Club: 300 + 70 → 370 "));
        assert!(told(&[vec![card("LC-1", 300)], vec![card("lc 1", 300)]]).starts_with("Club: 300 + 300 → 300 "));
    }
}
