//! What was done to a record, for the truth file.

use std::fmt;

macro_rules! tags {
    ($($name:ident $text:literal),* $(,)?) => {
        /// One thing that happened to a record, or (`P:`) a trait of its person.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Tag { $($name),* }
        impl Tag {
            /// Every tag, in the order of the bits of [`Tags`].
            pub const ALL: &'static [Tag] = &[$(Tag::$name),*];
            /// The name in the truth file.
            pub fn name(self) -> &'static str {
                match self { $(Tag::$name => $text),* }
            }
        }
    };
}

tags! {
    TypoGiven "typo_given", TypoSurname "typo_surname", NoGiven "no_given", NoSurname "no_surname",
    Initial "initial", Nick "nick", Swap "swap", Upper "upper", Lower "lower",
    DiacriticsFolded "diac_fold", DiacriticsExpanded "diac_expand", Mojibake "mojibake",
    Maiden "maiden", GoesByMiddle "goes_by_middle", Title "title", NamePlaceholder "name_placeholder",
    MiddleInGiven "middle_in_given", NameInOneField "name_in_one", OneSurname "one_surname",
    EmailTypo "email_typo", EmailDomain "email_domain", EmailVariant "email_variant",
    EmailHousehold "email_household", EmailPlaceholder "email_placeholder", EmailStore "email_store",
    EmailBroken "email_broken", EmailOld "email_old",
    PhoneTypo "phone_typo", PhonePlaceholder "phone_placeholder", PhoneHousehold "phone_household",
    PhoneStore "phone_store", PhoneOld "phone_old",
    AddressOld "addr_old", AddressTypo "addr_typo", CityTypo "city_typo", PostcodeTypo "pc_typo",
    AddressPlaceholder "addr_placeholder",
    BirthTypo "dob_typo", BirthPlaceholder "dob_placeholder", BirthFirstOfJanuary "dob_jan1",
    BirthSwapped "dob_swap", BirthPartial "dob_partial",
    CardTypo "loy_typo", Copy "copy", Deleted "deleted", Bad "bad",
    Firm "P:firm", Moved "P:moved", Married "P:married", Twin "P:twin", JuniorSenior "P:jrsr",
    SharedCard "P:sharedcard", Recycled "P:recycled",
}

/// A set of tags in one word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags(u64);

impl Tags {
    /// Adds one.
    pub fn add(&mut self, tag: Tag) {
        self.0 |= 1 << tag as u64;
    }

    /// Whether it is in the set.
    pub fn has(self, tag: Tag) -> bool {
        self.0 & (1 << tag as u64) != 0
    }

    /// The names, separated by semicolons.
    pub fn write(self, out: &mut String) {
        let start = out.len();
        let mut rest = self.0;
        while rest != 0 {
            if out.len() > start {
                out.push(';');
            }
            out.push_str(Tag::ALL[rest.trailing_zeros() as usize].name());
            rest &= rest - 1;
        }
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_in_order() {
        assert!(Tag::ALL.len() <= 64);
        let mut tags = Tags::default();
        assert_eq!(tags.to_string(), "");
        tags.add(Tag::Twin);
        tags.add(Tag::TypoGiven);
        assert_eq!(tags.to_string(), "typo_given;P:twin");
        assert!(tags.has(Tag::Twin) && !tags.has(Tag::Firm));
    }
}
