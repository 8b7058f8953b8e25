//! One customer: who they are, and what changes in their life.

use crate::{
    calendar::{Civil, DRAWN, Day, OPENED},
    changing::Changing,
    country::Country,
    dice::Dice,
    email, fold,
    phone::Phone,
    tables::{Names, Tradition, tables},
    tags::{Tag, Tags},
};

/// A customer as they are, before any system has written them down.
pub struct Person {
    /// Unique over the population, and the same at every run.
    pub id: u64,
    pub female: bool,
    pub given: &'static str,
    pub middle: &'static str,
    /// `Jr`, `Sr` or nothing.
    pub suffix: &'static str,
    pub surname: Changing<String>,
    pub nicknames: &'static [String],
    pub birth: Day,
    pub email: Changing<String>,
    pub mobile: Changing<Phone>,
    /// Which of the household's homes they live in.
    pub home: Changing<usize>,
    /// The person whose loyalty card they use, their own or the spouse's.
    pub card: Option<u64>,
    /// Traits, for the truth.
    pub tags: Tags,
}

impl Person {
    /// The birth date as a calendar date.
    pub fn birth_date(&self) -> Civil {
        self.birth.civil()
    }
}

/// A name drawn from a tradition, with what an e-mail address needs to know of it.
struct DrawnName<'a> {
    word: &'static str,
    folded: &'a str,
    share: f64,
}

/// Draws a name from a list.
fn draw_name(names: &'static Names, dice: &mut Dice) -> DrawnName<'static> {
    let index = names.draw(dice);
    DrawnName { word: names.word(index), folded: names.folded(index), share: names.share(index) }
}

/// What a new person brings along from their family.
pub struct Origin {
    pub country: Country,
    pub local_household: u64,
    pub tradition: &'static Tradition,
    /// The size of the whole population.
    pub people: f64,
}

/// The family name as the household bears it.
#[derive(Clone)]
pub struct Surname {
    pub text: String,
    pub folded: String,
    pub share: f64,
}

/// Makes people of one household.
pub struct Maker<'a> {
    pub origin: &'a Origin,
    pub household: u64,
    /// How many people have been made.
    pub made: u64,
}

/// At most this many people live in a household, so that ids can be given out by place.
pub const PLACES: u64 = 8;

impl Maker<'_> {
    /// A surname; in Spain two, the father's and the mother's.
    pub fn surname(&self, dice: &mut Dice) -> Surname {
        let names = &self.origin.tradition.surnames;
        let first = draw_name(names, dice);
        if self.origin.country != Country::Spain {
            return Surname { text: first.word.to_owned(), folded: first.folded.to_owned(), share: first.share };
        }
        let second = draw_name(names, dice);
        Surname { text: [first.word, " ", second.word].concat(), folded: first.folded.to_owned(), share: first.share }
    }

    /// A person of the surname, born on the day. `given` is set for a son named after his father.
    pub fn person(
        &mut self,
        surname: &Surname,
        female: bool,
        birth: Day,
        given: Option<&'static str>,
        dice: &mut Dice,
    ) -> Person {
        let names = if female { &self.origin.tradition.female } else { &self.origin.tradition.male };
        let mut drawn = draw_name(names, dice);
        let inherited = given.map(fold::for_email);
        if let (Some(given), Some(folded)) = (given, &inherited) {
            (drawn.word, drawn.folded) = (given, folded);
        }
        let given = drawn.word;
        let place = self.made;
        self.made += 1;
        let id = self.household * PLACES + place;
        let mut tags = Tags::default();
        let email = self.email(&drawn, surname, birth, dice);
        let mobile = self.mobile(place, &mut tags, dice);
        Person {
            id,
            female,
            given,
            middle: self.middle(names, given, dice),
            suffix: "",
            surname: Changing::always(surname.text.clone()),
            nicknames: self.origin.tradition.nicknames.get(given).map_or(&[], Vec::as_slice),
            birth,
            email,
            mobile,
            home: Changing::always(0),
            card: dice.chance(0.55).then_some(id),
            tags,
        }
    }

    fn middle(&self, names: &'static Names, given: &str, dice: &mut Dice) -> &'static str {
        let share = [0.6, 0.5, 0.2, 0.15, 0.1][self.origin.country as usize];
        if !dice.chance(share) {
            return "";
        }
        let middle = draw_name(names, dice).word;
        if middle == given { "" } else { middle }
    }

    fn email(&self, given: &DrawnName<'_>, surname: &Surname, birth: Day, dice: &mut Dice) -> Changing<String> {
        let owner = email::Owner {
            given: given.folded,
            surname: &surname.folded,
            birth_year: birth.civil().year,
            country: self.origin.country,
            namesakes: self.origin.people * given.share * surname.share,
            people: self.origin.people,
        };
        let first = email::draw(&owner, &tables().hobbies, dice);
        let later = dice.chance(0.2).then(|| (business_day(dice), email::draw(&owner, &tables().hobbies, dice)));
        Changing { first, later }
    }

    /// Two slots for each of the first six; the number given up by a household long served may
    /// come back to a newcomer.
    fn mobile(&self, place: u64, tags: &mut Tags, dice: &mut Dice) -> Changing<Phone> {
        let Origin { country, local_household: local, .. } = *self.origin;
        let first = if dice.chance(0.006) && local > 40 {
            tags.add(Tag::Recycled);
            Phone::mobile(country, local - 1 - dice.below(40) as u64, 0)
        } else {
            Phone::mobile(country, local, place * 2)
        };
        let later = dice.chance(0.2).then(|| (business_day(dice), Phone::mobile(country, local, place * 2 + 1)));
        Changing { first, later }
    }
}

/// A day on which the retailer was in business.
pub fn business_day(dice: &mut Dice) -> Day {
    Day(dice.between(OPENED.0, DRAWN.0 - 1))
}
