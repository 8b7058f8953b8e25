//! Comparison levels of the shipped model in other languages than the one in which models name them.

use super::Words;

const GERMAN: [(&str, &str); 34] = [
    ("agrees", "stimmt überein"),
    ("day and month", "Tag und Monat"),
    ("day and month swapped", "Tag und Monat vertauscht"),
    ("different", "verschieden"),
    ("differs", "weicht ab"),
    ("exact", "gleich"),
    ("firm and person", "Firma und Person"),
    ("form of the same name", "Form desselben Namens"),
    ("goes by the middle name", "nennt sich nach dem zweiten Vornamen"),
    ("initial agrees", "Anfangsbuchstabe gleich"),
    ("initial differs", "Anfangsbuchstabe verschieden"),
    ("near", "nahe beieinander"),
    ("one digit differs", "eine Ziffer verschieden"),
    ("one of several", "eines von mehreren"),
    ("only one states it", "nur einer sagt es"),
    ("other source", "andere Quelle"),
    ("parts of it", "Teile davon"),
    ("postcode", "Postleitzahl"),
    ("postcode with a slip", "Postleitzahl mit Fehler"),
    ("same house or a slip", "selbes Haus oder ein Fehler"),
    ("same mailbox elsewhere", "selbes Postfach anderswo"),
    ("same source", "selbe Quelle"),
    ("similar", "ähnlich"),
    ("swapped", "vertauscht"),
    ("town", "Ort"),
    ("typing error", "Tippfehler"),
    ("year and month", "Jahr und Monat"),
    ("year, and no more is known", "Jahr, mehr ist nicht bekannt"),
    ("exact, of two people", "gleich, bei zwei Personen"),
    ("exact, of several people", "gleich, bei mehreren Personen"),
    ("exact, of many people", "gleich, bei vielen Personen"),
    ("exact, of very many people", "gleich, bei sehr vielen Personen"),
    ("postcode, other street", "Postleitzahl, andere Straße"),
    ("year only", "nur das Jahr"),
];

impl Words {
    /// A comparison level for people; one that nobody has translated as its model names it.
    pub fn level(&self, name: &str) -> String {
        let translated = GERMAN.iter().find(|(known, _)| self.code == "de" && *known == name);
        translated.map_or_else(|| name.replace('_', " "), |(_, german)| (*german).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_levels_keep_their_names() {
        let (english, german) = (Words::of("en"), Words::of("de"));
        assert_eq!(
            (english.level("typing error"), german.level("typing error")),
            ("typing error".into(), "Tippfehler".into())
        );
        assert_eq!(german.level("a_level_of_ours"), "a level of ours");
    }
}
