//! Values that change once in a life: a surname, a home, a number.

use crate::calendar::Day;

/// A value, and the one that takes its place from a day on.
#[derive(Debug, Clone)]
pub struct Changing<T> {
    pub first: T,
    pub later: Option<(Day, T)>,
}

impl<T> Changing<T> {
    /// A value that stays.
    pub fn always(value: T) -> Self {
        Self { first: value, later: None }
    }

    /// The value on a day.
    pub fn at(&self, day: Day) -> &T {
        match &self.later {
            Some((from, later)) if day >= *from => later,
            _ => &self.first,
        }
    }

    /// Whether the value on the day is no longer the newest one.
    pub fn is_old_at(&self, day: Day) -> bool {
        self.later.as_ref().is_some_and(|(from, _)| day < *from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_value_holds_from_its_day_on() {
        let name = Changing { first: 'a', later: Some((Day(10), 'b')) };
        let seen = [9, 10, 11].map(|day| (*name.at(Day(day)), name.is_old_at(Day(day))));
        assert_eq!(seen, [('a', true), ('b', false), ('b', false)]);
        assert_eq!(*Changing::always(1).at(Day(0)), 1);
    }
}
