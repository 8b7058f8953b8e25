//! Companies that buy like customers.

use crate::{country::Country, dice::Dice, fold, tables::tables};

/// A company.
pub struct Firm {
    pub name: String,
    domain: String,
    mailbox: &'static str,
    /// Whether records name a person beside the company.
    pub shows_contact: bool,
}

impl Firm {
    /// A company called after its founder.
    pub fn draw(country: Country, founder: &str, dice: &mut Dice) -> Self {
        let locale = tables().locale(country);
        let trade = &locale.trades[dice.below(locale.trades.len())];
        let form = &locale.legal_forms[dice.below(locale.legal_forms.len())];
        let name = match country {
            Country::France | Country::Spain => format!("{trade} {founder} {form}"),
            _ => format!("{founder} {trade} {form}"),
        };
        let domain = format!("{}-{}.example", fold::for_email(founder), fold::for_email(trade));
        Self { name, domain, mailbox: dice.pick(&["info", "office", "orders"]), shows_contact: dice.chance(0.4) }
    }

    /// The company's mailbox.
    pub fn email(&self) -> String {
        format!("{}@{}", self.mailbox, self.domain)
    }
}
