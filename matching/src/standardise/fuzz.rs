//! Whatever stands in a field, standardising gives something small, without panic, and gives the same again for what it
//! gave. How many cases are tried is raised by `PROPTEST_CASES`.

use super::*;
use crate::features::Draft;
use crate::person::{Address, Identifier, Name};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

/// Folding reads so many characters, and one character of another script may be a word in ours.
const FOLDED_BYTES_MAX: usize = 160 * 40;

/// Any text: arbitrary characters, what is nearly an address or a number, and much of it.
fn any_text() -> impl Strategy<Value = String> {
    let mark = prop::sample::select(vec![
        "\u{200b}",
        "\u{200f}",
        "\u{202e}",
        "\u{feff}",
        "\u{301}",
        "\u{0}",
        "😀",
        "👨\u{200d}👩",
        "ß",
        "İ",
        "ﷺ",
        "한",
        "@",
        ".",
        "+",
        "(0)",
        "#",
        ",",
        "-",
        "'",
        "Ã§",
        "٠١٢",
        "０１",
        "Dr. ",
        " jr",
        "\u{a0}",
        "\t",
    ]);
    let mixed = prop::collection::vec(prop_oneof![mark.prop_map(str::to_owned), "[a-zA-Z0-9 ]{0,6}"], 0..12);
    prop_oneof![
        ".{0,40}",
        any::<String>(),
        mixed.prop_map(|parts| parts.concat()),
        (".{1,4}", 1usize..3000).prop_map(|(text, times)| text.repeat(times)),
    ]
}

/// A word of Latin letters, with and without marks.
fn word() -> impl Strategy<Value = String> {
    "[a-zA-ZàáâäãåçèéêëìíîïñòóôöõùúûüýÀÁÄÇÈÉÊËÍÑÓÔÖÚÜÝšžčřćńśźżąęłőű]{1,12}"
}

fn country() -> impl Strategy<Value = [u8; 2]> {
    prop::sample::select(vec![*b"US", *b"GB", *b"DE", *b"FR", *b"ES", *b"IE", *b"AU", *b"XX", [0, 0]])
}

fn mail() -> impl Strategy<Value = String> {
    let domain = prop_oneof![
        prop::sample::select(vec![
            "gmail.com",
            "googlemail.com",
            "googlemail.co",
            "gmial.com",
            "hotmail.con",
            "GMX.de",
            ".web.de.",
            "x.example"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z.-]{0,12}",
    ];
    ("[a-zA-Z0-9.+_@ -]{0,20}", domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

fn address(lines: String) -> Address {
    Address { lines: Some(lines), ..Address::default() }
}

proptest! {
    #![proptest_config(crate::cases(128))]

    #[test]
    fn folded_text_is_plain_and_stays_as_it_is(raw in any_text()) {
        let folded = text::fold(&raw);
        prop_assert!(folded.len() <= FOLDED_BYTES_MAX);
        prop_assert!(folded.bytes().all(|b| b == b' ' || b.is_ascii_lowercase() || b.is_ascii_digit()));
        prop_assert!(!folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "));
        if folded.len() <= 160 {
            prop_assert_eq!(text::fold(&folded), folded.clone());
        }
        let collapsed = text::collapse(&folded);
        prop_assert_eq!(text::collapse(&collapsed), collapsed);
    }

    #[test]
    fn case_marks_and_blanks_do_not_count(words in prop::collection::vec(word(), 1..4)) {
        let plain = words.join(" ");
        let folded = text::fold(&plain);
        for other in [plain.to_uppercase(), plain.to_lowercase(), plain.nfd().collect(), words.join(" \u{a0}\t"), format!("\u{feff} {plain}\u{200f}\n")] {
            prop_assert_eq!(text::fold(&other), folded.clone(), "{:?}", other);
        }
    }

    #[test]
    fn names(given in any_text(), family in any_text(), full in any_text()) {
        for name in [
            Name { given: Some(given.clone()), middle: Some(full.clone()), family: Some(family), ..Name::default() },
            Name { full: Some(full), ..Name::default() },
        ] {
            let mut draft = Draft::default();
            name::read(&name, &mut draft);
            for token in &draft.tokens {
                prop_assert!(!token.text.is_empty() && token.text.len() <= FOLDED_BYTES_MAX);
                prop_assert!(token.text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            }
            prop_assert!(draft.pack().size_bytes() < 3000);
        }
    }

    #[test]
    fn names_in_any_case_and_form_agree(given in word(), family in word()) {
        let read = |given: &str, family: &str| {
            let mut draft = Draft::default();
            name::read(&Name { given: Some(given.into()), family: Some(family.into()), ..Name::default() }, &mut draft);
            draft.pack()
        };
        let plain = read(&given, &family);
        prop_assert_eq!(&plain, &read(&given.to_uppercase(), &family.to_lowercase()));
        prop_assert_eq!(&plain, &read(&format!("  {given}\u{a0}"), &format!("\t{family} ")));
        prop_assert_eq!(&plain, &read(&given.nfd().collect::<String>(), &family.nfd().collect::<String>()));
    }

    #[test]
    fn emails(raw in prop_oneof![mail(), any_text()]) {
        if let Some(found) = email::read(&raw) {
            prop_assert!(found.local.len() + found.domain.len() < 340 && raw.contains('@'));
            let shown = format!("{}@{}", found.local, found.domain);
            prop_assert!(shown.is_ascii() && !shown.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_whitespace()));
            prop_assert_eq!(email::read(&shown), Some(found.clone()), "{}", shown);
            let spaced: String = shown.chars().flat_map(|c| [' ', c]).collect();
            prop_assert_eq!(email::read(&spaced.to_ascii_uppercase()), Some(found));
        }
    }

    #[test]
    fn phones(raw in prop_oneof!["[+(]{0,2}[0-9]{0,4}[ ()0-9/.-]{4,14}", any_text()], country in country()) {
        let Some(number) = phone::read(&raw, country) else { return Ok(()) };
        let shown = format!("+{number}");
        // What is too short or too long for any country's number (E.164) is kept as it is, but need not be read again.
        if (8..=16).contains(&shown.len()) {
            prop_assert_eq!(phone::read(&shown, country).unwrap_or(number), number, "{}", shown);
            prop_assert_eq!(phone::read(&shown, country), phone::read(&format!("\u{202a}({shown})\u{202c}"), *b"DE"));
        }
        let spaced: String = raw.chars().flat_map(|c| if c.is_ascii_digit() { vec![c, '-'] } else { vec![c] }).collect();
        if !raw.contains('(') {
            prop_assert_eq!(phone::read(&format!(" {spaced} "), country), Some(number));
        }
    }

    #[test]
    fn dates(raw in prop_oneof!["[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}", "[0-9]{1,2} (jan|March|DEC)[a-z]* [0-9]{2,4}", any_text()]) {
        let birth = date::read(&raw);
        prop_assert!(birth.year == 0 || (1000..=2100).contains(&birth.year));
        prop_assert!(birth.month <= 12 && birth.day <= 31 && (birth.day == 0 || birth.month > 0));
        let shown = match (birth.year, birth.month, birth.day) {
            (0, ..) => String::new(),
            (year, 0, _) => format!("{year:04}"),
            (year, month, 0) => format!("{year:04}-{month:02}"),
            (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
        };
        prop_assert_eq!(date::read(&shown), birth, "{}", shown);
        prop_assert_eq!(date::read(&format!("  {shown} ")), birth);
    }

    #[test]
    fn addresses(lines in prop_oneof!["[0-9]{0,4}[ ,#/]{0,2}[A-Za-z ]{0,20}(st|road|strasse|Flat)?[ ,]?[0-9]{0,3}", any_text()], city in any_text(), postcode in any_text(), country in country()) {
        let raw = Address { city: Some(city), postcode: Some(postcode), ..address(lines.clone()) };
        if let Some(found) = address::read(&raw, country) {
            prop_assert!(found.street.len() <= 2 * FOLDED_BYTES_MAX && found.city.len() <= FOLDED_BYTES_MAX && found.postcode.len() <= 17);
            let again = Address { city: Some(found.city.clone()), postcode: Some(found.postcode.clone()), ..Address::default() };
            let again = address::read(&again, country).unwrap_or_default();
            if found.city.len() <= 160 {
                prop_assert_eq!((again.city, again.postcode), (found.city, found.postcode));
            }
        }
        if lines.is_ascii() && lines.len() < 150 {
            let plain = address::read(&address(lines.clone()), country);
            prop_assert_eq!(&plain, &address::read(&address(lines.to_ascii_uppercase()), country));
            prop_assert_eq!(&plain, &address::read(&address(format!(" {lines}\t")), country));
        }
    }

    #[test]
    fn identifiers(scheme in any_text(), value in any_text()) {
        if let Some(found) = identifier::read(&Identifier { scheme: scheme.clone(), value }) {
            prop_assert!(found.value.len() <= 64 && found.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            let shown: String = found.value.chars().flat_map(|c| [c.to_ascii_uppercase(), '-']).take(64).collect();
            let again = identifier::read(&Identifier { scheme, value: shown });
            if found.value.len() <= 32 {
                prop_assert_eq!(again, Some(found));
            }
        }
    }

    #[test]
    fn organisations(words in prop::collection::vec("[A-Za-z]{2,8}", 1..4), raw in any_text(), form in prop::sample::select(vec!["ltd", "GmbH", "Inc", "s.a.", "LLC"])) {
        let firm = organisation::hash(&words.join(" "));
        prop_assert_eq!(organisation::hash(&format!(" {} {} ", words.join("  ").to_uppercase(), form.to_uppercase())), firm);
        let folded = text::fold(&raw.replace(['.', '/'], ""));
        if folded.len() <= 160 {
            prop_assert_eq!(organisation::hash(&raw), organisation::hash(&folded));
        }
    }

    #[test]
    fn countries_and_genders(raw in any_text()) {
        let code = address::country_code(&raw);
        let shown = String::from_utf8_lossy(&code).into_owned();
        prop_assert!(code == [0, 0] || address::country_code(&shown) == code, "{}", shown);
        prop_assert_eq!(gender(&raw), gender(&format!(" {raw} ")));
    }
}
