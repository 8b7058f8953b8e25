//! Households: who lives together, and how they came to.

use crate::{
    address::Home,
    calendar::{DRAWN, Day},
    changing::Changing,
    country::Country,
    dice::Dice,
    firm::Firm,
    person::{Maker, Origin, Person, Surname, business_day},
    tables::tables,
    tags::Tag,
};

/// People at one address, or a firm.
pub struct Household {
    pub id: u64,
    pub country: Country,
    pub homes: Vec<Home>,
    pub people: Vec<Person>,
    /// Set when the customer is a company; then the one person is its contact.
    pub firm: Option<Firm>,
}

impl Household {
    /// The household of a number; the same for the same seed, whichever were made before.
    pub fn draw(seed: u64, id: u64, people: f64) -> (Self, Dice) {
        let mut dice = Dice::new(seed, id);
        let (country, local_household) = Country::of_household(id);
        let tradition = tables().tradition(country, &mut dice);
        let origin = Origin { country, local_household, tradition, people };
        let mut household = Self { id, country, homes: Vec::with_capacity(2), people: Vec::new(), firm: None };
        household.homes.push(Home::draw(country, local_household, 0, &mut dice));
        let mut maker = Maker { origin: &origin, household: id, made: 0 };
        if dice.chance(0.015) {
            household.found_firm(&mut maker, &mut dice);
        } else {
            household.settle(&mut maker, &mut dice);
            household.share(&mut dice);
            household.move_house(local_household, &mut dice);
        }
        (household, dice)
    }

    fn found_firm(&mut self, maker: &mut Maker<'_>, dice: &mut Dice) {
        let surname = maker.surname(dice);
        let mut contact = maker.person(&surname, dice.chance(0.4), adult(dice), None, dice);
        let firm = Firm::draw(self.country, &surname.text, dice);
        contact.email = Changing::always(firm.email());
        contact.tags.add(Tag::Firm);
        self.firm = Some(firm);
        self.people.push(contact);
    }

    /// Fills the home with one of the usual kinds of household.
    fn settle(&mut self, maker: &mut Maker<'_>, dice: &mut Dice) {
        let surname = maker.surname(dice);
        match dice.weighted(&[38, 24, 24, 6, 4, 4]) {
            0 => {
                let female = dice.chance(0.52);
                self.people.push(maker.person(&surname, female, adult(dice), None, dice));
            }
            1 => self.couple(maker, &surname, dice),
            2 => {
                self.couple(maker, &surname, dice);
                self.children(maker, &surname, dice);
            }
            3 => {
                self.people.push(maker.person(&surname, dice.chance(0.8), adult(dice), None, dice));
                self.children(maker, &surname, dice);
            }
            4 => {
                self.couple(maker, &surname, dice);
                let birth = Day(self.people[0].birth.0 - dice.between(23 * 365, 36 * 365));
                let female = dice.chance(0.6);
                self.people.push(maker.person(&surname, female, birth, None, dice));
                self.children(maker, &surname, dice);
            }
            _ => {
                for _ in 0..2 + dice.below(3) {
                    let own = maker.surname(dice);
                    let birth = DRAWN.plus_years(-dice.between(19, 34));
                    self.people.push(maker.person(&own, dice.chance(0.5), birth, None, dice));
                }
            }
        }
    }

    /// A husband and a wife (or two of a kind), one of whom may have taken the other's name.
    fn couple(&mut self, maker: &mut Maker<'_>, surname: &Surname, dice: &mut Dice) {
        let birth = adult(dice);
        let first = maker.person(surname, false, birth, None, dice);
        let own = maker.surname(dice);
        let spouse_birth = Day(birth.0 + dice.between(-4 * 365, 7 * 365));
        let female = !dice.chance(0.04);
        let takes_name = self.country != Country::Spain && dice.chance(0.75);
        let lately = takes_name && dice.chance(0.3);
        let married = if takes_name { family_name(&own, surname, self.country, dice) } else { own.clone() };
        let known_as = if lately { &own } else { &married };
        let mut second = maker.person(known_as, female, spouse_birth, None, dice);
        if lately {
            second.surname.later = Some((business_day(dice), married.text));
            second.tags.add(Tag::Married);
        }
        self.people.extend([first, second]);
    }

    fn children(&mut self, maker: &mut Maker<'_>, surname: &Surname, dice: &mut Dice) {
        let parent = self.people[0].birth;
        let count = 1 + dice.weighted(&[40, 42, 14, 4]);
        let mut births: Vec<Day> = (0..count).map(|_| Day(parent.0 + dice.between(21 * 365, 38 * 365))).collect();
        let twins = count > 1 && dice.chance(0.06);
        if twins {
            births[1] = births[0];
        }
        for (place, birth) in births.into_iter().enumerate() {
            if birth.plus_years(14) >= DRAWN {
                continue;
            }
            let mut child = self.child(maker, surname, birth, dice);
            if twins && place < 2 {
                child.tags.add(Tag::Twin);
            }
            self.people.push(child);
        }
    }

    fn child(&mut self, maker: &mut Maker<'_>, surname: &Surname, birth: Day, dice: &mut Dice) -> Person {
        let female = dice.chance(0.49);
        let father = &mut self.people[0];
        let named_after = !female && !father.female && father.suffix.is_empty() && dice.chance(0.05);
        let given = named_after.then_some(father.given);
        let mut child = maker.person(surname, female, birth, given, dice);
        if named_after {
            let father = &mut self.people[0];
            father.tags.add(Tag::JuniorSenior);
            child.tags.add(Tag::JuniorSenior);
            if self.country == Country::UnitedStates {
                (father.suffix, child.suffix) = ("Sr", "Jr");
            }
        }
        child
    }

    /// Spouses who use one loyalty card or one mailbox.
    fn share(&mut self, dice: &mut Dice) {
        let [first, second, ..] = self.people.as_mut_slice() else {
            return;
        };
        if first.card.is_some() && dice.chance(0.06) {
            second.card = first.card;
            first.tags.add(Tag::SharedCard);
            second.tags.add(Tag::SharedCard);
        }
    }

    /// A move of everybody, and of grown children on their own.
    fn move_house(&mut self, local_household: u64, dice: &mut Dice) {
        let moved = dice.chance(0.22).then(|| business_day(dice));
        if let Some(day) = moved {
            let home = Home::draw(self.country, local_household, 1, dice);
            self.homes.push(home);
            for person in &mut self.people {
                person.home.later = Some((day, 1));
                person.tags.add(Tag::Moved);
            }
        }
        for place in 2..self.people.len() {
            let of_age = self.people[place].birth.plus_years(19);
            if of_age < DRAWN && dice.chance(0.3) {
                let next = self.homes.len();
                self.homes.push(Home::draw(self.country, local_household, next as u64, dice));
                let day = Day(of_age.0.max(business_day(dice).0));
                let person = &mut self.people[place];
                person.home.later = Some((day, next));
                person.tags.add(Tag::Moved);
            }
        }
    }
}

/// What a spouse is called after the wedding: in Germany now and then both names.
fn family_name(own: &Surname, family: &Surname, country: Country, dice: &mut Dice) -> Surname {
    let mut name = family.clone();
    if country == Country::Germany && dice.chance(0.1) {
        name.text = [family.text.as_str(), "-", own.text.as_str()].concat();
    }
    name
}

/// The birth of somebody who has long been of age.
fn adult(dice: &mut Dice) -> Day {
    let age = dice.between(20, 58) + dice.between(0, 30);
    Day(DRAWN.plus_years(-age).0 - dice.between(0, 364))
}
