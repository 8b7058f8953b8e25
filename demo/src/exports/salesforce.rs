//! A Contact export as the Bulk API writes it.

use std::io;

use crate::{
    calendar::Instant,
    dice::{Dice, scramble},
    exports::{Broken, Shape},
    record::Record,
    sheet::Sheet,
    tags::Tag,
};

/// Contacts of the CRM.
pub struct Contacts;

const HEADER: &str = "Id,Salutation,FirstName,MiddleName,LastName,Suffix,Birthdate,Email,Phone,MobilePhone,HomePhone,\
MailingStreet,MailingCity,MailingState,MailingPostalCode,MailingCountryCode,AccountName,Loyalty_Number__c,\
CreatedDate,LastModifiedDate,SystemModstamp,IsDeleted\n";

impl Shape for Contacts {
    const FILE: &'static str = "salesforce-contacts.csv";
    const FRAME: [&'static str; 3] = [HEADER, "", ""];

    /// Fifteen letters and digits that tell upper case from lower, and three that say which are
    /// which for those who cannot.
    fn key(place: u64) -> String {
        const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut id = *b"0038e00000A0000";
        let mut rest = place * 7 + 238_328;
        for symbol in id[11..].iter_mut().rev() {
            *symbol = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        id[10] = DIGITS[10 + (rest % 52) as usize];
        let mut text: String = id.iter().map(|&symbol| char::from(symbol)).collect();
        text.extend(id.chunks(5).map(case_mark));
        text
    }

    fn entry(key: &str, record: &Record) -> String {
        let times = [record.created, record.updated, Instant(record.updated.0 + 7)];
        row(key, record, &birth_date(record), &times.map(|time| time.iso(".000Z")))
    }

    fn broken() -> Vec<Broken> {
        let created = "2025-02-03T09:30:00.000Z";
        let entry = |id: &str, last: &str, birth: &str, modified: &str| {
            let text = format!(
                "{id},Ms.,Bad,,{last},,{birth},bad.{last}@example.com,,,,1 Main Street,Boston,MA,02101,US,,,\
                 {created},{modified},{modified},false\n"
            );
            if id.is_empty() { Broken::keyless(text) } else { Broken::keyed(id, text) }
        };
        let id = |n: u64| Self::key(14_000_000 + n);
        vec![
            entry("", "Nokey", "1980-02-03", created),
            entry("", "Nokeyeither", "", created),
            entry(&id(1), "Tomorrow", "2093-05-06", created),
            entry(&id(2), "Nextyear", "2027-11-30", created),
            entry(&id(3), "Noday", "1980-02-31", created),
            entry(&id(4), "Noletters", "the fifth of May", created),
            entry(&id(5), "Notime", "1975-01-09", "yesterday"),
            entry(&id(6), "Badmonth", "1975-13-09", created),
            entry(&id(7), "Timeless", "1990-06-07", ""),
            Broken::keyed(&id(8), format!("{},Mr.,Short,,Row\n", id(8))),
        ]
    }
}

fn case_mark(five: &[u8]) -> char {
    const MARKS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let bits = five.iter().enumerate().filter(|(_, symbol)| symbol.is_ascii_uppercase());
    char::from(MARKS[bits.map(|(place, _)| 1 << place).sum::<usize>()])
}

fn birth_date(record: &Record) -> String {
    record.birth.map(|birth| birth.to_string()).unwrap_or_default()
}

fn row(key: &str, record: &Record, birth: &str, [created, updated, stamp]: &[String; 3]) -> String {
    let mut sheet = Sheet::new(io::sink());
    for field in [key, record.title, &record.given, &record.middle, last_name(record), record.suffix] {
        sheet.field(field);
    }
    let (mobile, landline) = (record.mobile.text(), record.landline.text());
    // The main telephone is whichever was given first, mostly the landline.
    let main = if landline.is_empty() { &mobile } else { &landline };
    for field in [birth, &record.email, main, &mobile, &landline, &record.address_line()] {
        sheet.field(field);
    }
    for field in [&record.city, record.region, &record.postcode, record.country.code(), &account(record), &record.card]
    {
        sheet.field(field);
    }
    let deleted = if record.tags.has(Tag::Deleted) { "true" } else { "false" };
    for field in [created, updated, stamp, deleted] {
        sheet.field(field);
    }
    sheet.break_line();
    sheet.take_text()
}

/// The last name is mandatory; the system fills in its own words for none.
fn last_name(record: &Record) -> &str {
    match (record.surname.is_empty(), record.company.is_empty()) {
        (false, _) => &record.surname,
        (true, false) => &record.company,
        (true, true) => "[not provided]",
    }
}

/// Contacts hang on an account: the firm, or for some the household.
fn account(record: &Record) -> String {
    if !record.company.is_empty() {
        return record.company.clone();
    }
    let mut dice = Dice::new(record.household, scramble(record.person));
    if dice.chance(0.4) { format!("{} Household", last_name(record)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_carry_their_case() {
        let mut keys: Vec<String> = (0..3_000).map(Contacts::key).collect();
        assert!(keys.iter().all(|key| key.len() == 18 && key.starts_with("003")));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 3_000);
        assert_eq!([b"aBcDe".as_slice(), b"00000", b"ABCDE"].map(case_mark), ['K', 'A', '5']);
    }
}
