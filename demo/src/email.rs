//! E-mail addresses under invented providers.

use std::fmt::Write;

use crate::{country::Country, dice::Dice};

/// Providers that every country uses, with weights.
const PROVIDERS: [(&str, u32); 7] = [
    ("mailbox.example", 34),
    ("inbox.example", 16),
    ("post.example", 12),
    ("webmail.example", 10),
    ("example.com", 7),
    ("example.net", 5),
    ("example.org", 4),
];
/// One provider at home in each country.
const NATIONAL: [&str; 5] =
    ["sunmail.example", "tealpost.example", "briefkasten.example", "courriel.example", "correo.example"];

/// What an address is made from.
pub struct Owner<'a> {
    pub given: &'a str,
    pub surname: &'a str,
    pub birth_year: u16,
    pub country: Country,
    /// How many people of this name the whole population is likely to hold. A provider gives an
    /// address to one of them only, so the others need digits.
    pub namesakes: f64,
    /// How many people there are in all.
    pub people: f64,
}

/// An address such as a person would choose.
pub fn draw(owner: &Owner<'_>, hobbies: &(Vec<&str>, Vec<&str>), dice: &mut Dice) -> String {
    let mut out = String::with_capacity(40);
    if dice.chance(0.08) {
        out.push_str(dice.pick(&hobbies.0));
        out.push_str(dice.pick(&hobbies.1));
        let pairs = (hobbies.0.len() * hobbies.1.len()) as f64;
        digits(owner, owner.people * 0.1 / pairs, &mut out, dice);
    } else {
        local_part(owner, &mut out, dice);
    }
    out.push('@');
    out.push_str(provider(owner.country, dice));
    out
}

fn local_part(owner: &Owner<'_>, out: &mut String, dice: &mut Dice) {
    let Owner { given, surname, .. } = *owner;
    let initial = given.get(..1).unwrap_or("x");
    let mut rivals = owner.namesakes * 0.2;
    let form = dice.weighted(&[34, 18, 8, 10, 8, 6, 8]);
    match form {
        0 => out.extend([given, ".", surname]),
        1 => out.extend([given, surname]),
        2 => out.extend([given, "_", surname]),
        3 => out.extend([initial, ".", surname]),
        4 => out.extend([surname, ".", given]),
        5 => out.extend([initial, surname]),
        _ => out.extend([given, &surname[..surname.len().min(3)]]),
    }
    // Forms that shorten a name are wanted by more people.
    if matches!(form, 3 | 5 | 6) {
        rivals = rivals * 20.0 + 2.0;
    }
    digits(owner, rivals, out, dice);
}

/// Adds as many digits as it takes to be alone.
fn digits(owner: &Owner<'_>, rivals: f64, out: &mut String, dice: &mut Dice) {
    let count = match rivals {
        few if few < 0.02 && !dice.chance(0.25) => return,
        few if few < 1.0 => 2,
        some if some < 15.0 => 3,
        many if many < 150.0 => 4,
        _ => 6,
    };
    // Writing to a String cannot fail.
    let _ = match count {
        2 if dice.chance(0.6) => write!(out, "{:02}", owner.birth_year % 100),
        4 if dice.chance(0.3) => write!(out, "{}{:02}", owner.birth_year, dice.below(100)),
        _ => write!(out, "{:0count$}", dice.below(10usize.pow(count as u32))),
    };
}

fn provider(country: Country, dice: &mut Dice) -> &'static str {
    if dice.chance(0.12) {
        return NATIONAL[country as usize];
    }
    PROVIDERS[dice.weighted(&PROVIDERS.map(|(_, weight)| weight))].0
}

/// The same mailbox written differently: dots moved, a tag added.
pub fn variant(address: &str, dice: &mut Dice) -> String {
    let Some((local, domain)) = address.split_once('@') else {
        return address.to_owned();
    };
    let tag = dice.pick(&["shop", "offers", "orders", "news"]);
    match local.find('.') {
        Some(_) if dice.chance(0.6) => format!("{}@{domain}", local.replace('.', "")),
        _ => format!("{local}+{tag}@{domain}"),
    }
}

/// A domain as it comes from hasty fingers.
pub fn mistyped_domain(address: &str, dice: &mut Dice) -> String {
    const SLIPS: [(&str, &str); 6] = [
        (".example", ".exmple"),
        (".example", ".exampel"),
        ("mail", "mial"),
        ("box", "bx"),
        ("post", "pots"),
        (".com", ".con"),
    ];
    let start = dice.below(SLIPS.len());
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    (0..SLIPS.len())
        .map(|step| SLIPS[(start + step) % SLIPS.len()])
        .find(|(right, _)| domain.contains(right))
        .map_or_else(
            || format!("{local}@{domain}."),
            |(right, wrong)| format!("{local}@{}", domain.replace(right, wrong)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_at_sign_and_an_invented_domain() {
        let hobbies = (vec!["sunny"], vec!["runner"]);
        let mut dice = Dice::new(5, 5);
        for namesakes in [0.0, 1.0, 50.0, 5_000.0] {
            let owner = Owner {
                given: "mary",
                surname: "li",
                birth_year: 1984,
                country: Country::Spain,
                namesakes,
                people: 1e6,
            };
            for _ in 0..200 {
                let address = draw(&owner, &hobbies, &mut dice);
                let (local, domain) = address.split_once('@').unwrap();
                assert!(local.len() > 2 && !domain.contains('@'), "{address}");
                assert!(domain.ends_with(".example") || domain.starts_with("example."), "{domain}");
                assert_ne!(variant(&address, &mut dice), address);
                assert_ne!(mistyped_domain(&address, &mut dice), address);
            }
        }
    }
}
