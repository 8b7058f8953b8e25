//! I10, as far as the store tells: nobody can be skipped by whoever goes on from what is stored.

use super::{Breach, Invariant};
use crate::domain::ids::{EventSeq, GoldenId, SubscriberId};

/// How far one subscriber has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    pub subscriber: SubscriberId,
    pub cursor: EventSeq,
    /// Who is owed something, from which event on, and whether that is an event of that person.
    pub owed: Vec<(GoldenId, EventSeq, bool)>,
}

/// Everything up to the cursor is delivered, unwanted, or owed; so the cursor lies in the feed, and each debt is one of the
/// person's own events that the cursor has passed.
pub fn check_delivered(delivered: &Delivered, newest: EventSeq) -> Vec<Breach> {
    let of = |golden: &GoldenId| [delivered.subscriber.0.to_string(), golden.to_string()];
    let mut breaches = Vec::new();
    if delivered.cursor > newest || delivered.cursor.0 < 0 {
        let what = "this subscriber's cursor is not in the feed, so that the next events are skipped";
        breaches.push(Breach::new(Invariant::I10, what, [delivered.subscriber.0.to_string()]));
    }
    for (golden, seq, is_own) in &delivered.owed {
        if !is_own {
            let what = "this subscriber owes a person an event that is another's";
            breaches.push(Breach::new(Invariant::I10, what, of(golden)));
        } else if *seq > delivered.cursor {
            let what =
                "this subscriber owes a person an event that its cursor has not passed, and would send it out of order";
            breaches.push(Breach::new(Invariant::I10, what, of(golden)));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn check(cursor: i64, owed: &[(i64, bool)], expected: usize) {
        let owed = owed.iter().map(|(seq, own)| (GoldenId(Uuid::nil()), EventSeq(*seq), *own)).collect();
        let delivered = Delivered { subscriber: SubscriberId(Uuid::nil()), cursor: EventSeq(cursor), owed };
        assert_eq!(check_delivered(&delivered, EventSeq(10)).len(), expected, "{delivered:?}");
    }

    #[test]
    fn debts_lie_before_the_cursor_and_are_their_owners() {
        check(0, &[], 0);
        check(10, &[(3, true), (10, true)], 0);
        check(11, &[], 1);
        check(5, &[(6, true)], 1);
        check(5, &[(4, false)], 1);
        check(12, &[(13, true), (4, false)], 3);
    }
}
