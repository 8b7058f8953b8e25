//! Mistakes in addresses.

use crate::{
    dice::Dice,
    fold,
    record::{Record, Source},
    tags::Tag,
};

use super::slip;

/// Distorts the address of a record.
pub fn distort(record: &mut Record, dice: &mut Dice) {
    if record.city.is_empty() {
        return;
    }
    if dice.chance(0.01) {
        return replace_address(record, dice);
    }
    if dice.chance(0.04) && slip::letter(&mut record.street, dice) {
        record.tags.add(Tag::AddressTypo);
    }
    if dice.chance(0.018) && slip::letter(&mut record.city, dice) {
        record.tags.add(Tag::CityTypo);
    }
    if dice.chance(0.022) && slip::digit(&mut record.postcode, dice) {
        record.tags.add(Tag::PostcodeTypo);
    }
    if dice.chance(0.15) && !(record.street.is_ascii() && record.city.is_ascii()) {
        record.street = fold::fold(&record.street);
        record.city = fold::fold(&record.city);
    }
    if record.source == Source::Square && dice.chance(0.2) {
        record.street.make_ascii_uppercase();
        record.city.make_ascii_uppercase();
    }
    // A postcode without its blank, or a city left out: as common as they are harmless.
    if dice.chance(0.08) {
        record.postcode.retain(|symbol| symbol != ' ');
    }
    if dice.chance(0.03) {
        record.city.clear();
    }
}

fn replace_address(record: &mut Record, dice: &mut Dice) {
    record.street.clear();
    record.street.push_str(dice.pick(&["Unknown", "n/a", "Store pickup", "xxx", "-"]));
    record.house_number.clear();
    record.unit.clear();
    record.tags.add(Tag::AddressPlaceholder);
    if dice.chance(0.4) {
        record.postcode.clear();
        record.postcode.push_str(dice.pick(&["00000", "99999", "12345"]));
    }
}
