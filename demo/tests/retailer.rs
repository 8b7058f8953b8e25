//! The retailer as its users see it: files that parse, a truth that holds, rates within bounds.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use demo::{Exports, Retailer};
use serde_json::Value;

type Row = HashMap<String, String>;

/// The rows by column; a row cut short lacks the last columns.
fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().expect("a header").clone();
    let by_column = |row: csv::StringRecord| {
        header.iter().zip(&row).map(|(name, field)| (name.to_owned(), field.to_owned())).collect()
    };
    reader.records().map(|row| by_column(row.expect("a row that parses"))).collect()
}

fn exports(records: usize) -> (tempfile::TempDir, Exports) {
    let dir = tempfile::tempdir().expect("a directory");
    let retailer = Retailer { seed: 7, records };
    let exports = retailer.write_exports(dir.path(), &mut |_| {}).expect("written exports");
    (dir, exports)
}

fn common(seed: u64, records: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut out, mut truth) = (Vec::new(), Vec::new());
    let retailer = Retailer { seed, records };
    let written = retailer.write_common_csv(&mut out, &mut truth, &mut |_| {});
    assert_eq!(written.expect("a written file"), records as u64);
    (out, truth)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("UTF-8")
}

/// The customers in an export file, by key; entries without a readable key are left out.
fn customers(exports: &Exports, file: usize) -> HashMap<String, Value> {
    let text = read(&exports.files[file].path);
    let (name, list): (&str, Vec<Value>) = match file {
        0 => ("Id", rows(text.as_bytes()).into_iter().map(|row| serde_json::json!(row)).collect()),
        3 => ("member_id", text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        _ => {
            let all: Value = serde_json::from_str(&text).expect("JSON");
            ("id", all["customers"].as_array().expect("a list").clone())
        }
    };
    let keyed = list.into_iter().filter_map(|customer| {
        let key = match &customer[name] {
            Value::String(key) if !key.is_empty() => key.clone(),
            Value::Number(key) => key.to_string(),
            _ => return None,
        };
        Some((key, customer))
    });
    keyed.collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let contents = |dir: &Path| {
        let mut files: Vec<_> = fs::read_dir(dir)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| (path.file_name().map(ToOwned::to_owned), read(&path)))
            .collect();
        files.sort();
        files
    };
    let ((one, _), (two, _)) = (exports(3_000), exports(3_000));
    assert_eq!(contents(one.path()).len(), 5);
    assert!(contents(one.path()) == contents(two.path()));
    assert!(common(1, 5_000) == common(1, 5_000));
    assert!(common(1, 5_000) != common(2, 5_000));
}

#[test]
fn every_file_has_its_shape_and_its_count() {
    let (_dir, exports) = exports(6_000);
    let total: u64 = exports.files.iter().map(|file| file.records).sum();
    assert!((6_000..6_050).contains(&total), "{total}");
    let expected: [(&str, &[&str]); 4] = [
        ("salesforce", &["LastName", "MailingStreet", "SystemModstamp", "IsDeleted", "Loyalty_Number__c"]),
        ("shopify", &["first_name", "default_address", "email_marketing_consent", "admin_graphql_api_id"]),
        ("square", &["created_at", "updated_at", "preferences", "creation_source", "version"]),
        ("loyalty", &["card_number", "birth_date", "tier", "points", "enrolled_at", "status"]),
    ];
    for (place, (source, fields)) in expected.into_iter().enumerate() {
        let file = &exports.files[place];
        assert_eq!((file.source, file.bad), (source, 10));
        let customers = customers(&exports, place);
        assert!(customers.len() as u64 >= file.records, "{source}");
        let complete = customers.values().filter(|customer| fields.iter().all(|field| customer.get(field).is_some()));
        assert!(complete.count() as u64 >= file.records, "{source}");
    }
}

#[test]
fn keys_look_like_those_of_the_systems() {
    let (_dir, exports) = exports(3_000);
    let check = |file: usize, looks_right: fn(&str) -> bool| {
        let wrong: Vec<String> = customers(&exports, file).into_keys().filter(|key| !looks_right(key)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    };
    check(0, |key| key.len() == 18 && key.starts_with("003"));
    check(1, |key| (13..=18).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit()));
    check(2, |key| key.len() == 26);
    check(3, |key| key.starts_with("WF-") && key.len() == 10);
    let past_float = customers(&exports, 1).into_keys().filter(|key| key.len() == 18).count();
    assert!(past_float > 10, "{past_float}");
}

#[test]
fn the_truth_knows_each_record_once() {
    let (_dir, exports) = exports(6_000);
    let truth = rows(read(&exports.truth).as_bytes());
    let mut homes: HashMap<&str, &str> = HashMap::new();
    let mut seen = HashSet::new();
    for row in truth.iter().filter(|row| row["tags"] != "bad") {
        let home = homes.entry(&row["person_id"]).or_insert(&row["household_id"]);
        assert_eq!(*home, row["household_id"], "a person lives in one household");
        assert!(seen.insert((&row["source"], &row["source_key"])));
    }
    assert_eq!(homes.len() as u64, exports.people);
    assert_eq!(homes.values().collect::<HashSet<_>>().len() as u64, exports.households);
    for (place, file) in exports.files.iter().enumerate() {
        let in_file: HashSet<String> = customers(&exports, place).into_keys().collect();
        let in_truth: HashSet<String> =
            truth.iter().filter(|row| row["source"] == file.source).map(|row| row["source_key"].clone()).collect();
        assert!(in_file == in_truth, "{}: {:?}", file.source, in_file.symmetric_difference(&in_truth));
    }
}

#[test]
fn progress_ends_at_the_count() {
    let mut heard = Vec::new();
    let retailer = Retailer { seed: 1, records: 25_000 };
    let (out, truth) = (std::io::sink(), std::io::sink());
    let written = retailer.write_common_csv(out, truth, &mut |done| heard.push(done));
    assert_eq!(heard, [10_000, 20_000, 25_000]);
    assert_eq!(written.expect("a written file"), 25_000);
}

#[test]
fn small_retailers_exist() {
    for records in [0, 1, 2, 37] {
        let (out, truth) = common(3, records);
        assert_eq!((rows(&out).len(), rows(&truth).len()), (records, records));
        let (_dir, exports) = exports(records);
        assert!(exports.files.iter().all(|file| file.bad == 10));
    }
}

#[test]
fn mistakes_come_at_their_rates() {
    let (_, truth) = common(11, 60_000);
    let mut counts: HashMap<String, f64> = HashMap::new();
    for row in rows(&truth) {
        for tag in row["tags"].split(';') {
            *counts.entry(tag.to_owned()).or_default() += 100.0 / 60_000.0;
        }
    }
    // Bounds in per cent of all records.
    let bounds: &[(&str, f64, f64)] = &[
        ("", 20.0, 40.0),
        ("typo_given", 2.0, 6.0),
        ("typo_surname", 3.0, 7.0),
        ("no_given", 1.5, 5.0),
        ("no_surname", 2.0, 6.0),
        ("initial", 1.5, 5.0),
        ("nick", 2.0, 8.0),
        ("swap", 0.4, 1.5),
        ("upper", 4.0, 12.0),
        ("diac_fold", 0.5, 4.0),
        ("diac_expand", 0.1, 2.0),
        ("mojibake", 0.01, 0.5),
        ("name_placeholder", 0.1, 1.0),
        ("email_typo", 0.5, 2.5),
        ("email_domain", 0.3, 1.5),
        ("email_variant", 0.3, 2.0),
        ("email_placeholder", 0.5, 3.0),
        ("email_household", 0.5, 4.0),
        ("phone_typo", 0.4, 2.5),
        ("phone_placeholder", 0.3, 2.0),
        ("phone_household", 2.0, 9.0),
        ("addr_old", 5.0, 20.0),
        ("addr_typo", 1.0, 5.0),
        ("dob_partial", 0.3, 3.0),
        ("dob_placeholder", 0.1, 1.5),
        ("copy", 1.0, 3.0),
        ("deleted", 0.05, 1.0),
        ("P:firm", 0.3, 2.5),
        ("P:moved", 10.0, 35.0),
        ("P:married", 1.5, 8.0),
        ("P:twin", 0.4, 3.0),
        ("P:jrsr", 0.4, 3.0),
        ("P:sharedcard", 0.4, 5.0),
        ("P:recycled", 0.2, 1.5),
    ];
    for &(tag, low, high) in bounds {
        let rate = counts.get(tag).copied().unwrap_or_default();
        assert!((low..high).contains(&rate), "{tag}: {rate:.2} %");
    }
}

#[test]
fn people_and_households_have_usual_sizes() {
    let (_, truth) = common(12, 60_000);
    let mut records: HashMap<String, usize> = HashMap::new();
    let mut members: HashMap<String, HashSet<String>> = HashMap::new();
    for row in rows(&truth) {
        *records.entry(row["cluster_id"].clone()).or_default() += 1;
        members.entry(row["household_id"].clone()).or_default().insert(row["cluster_id"].clone());
    }
    let per_person = 60_000.0 / records.len() as f64;
    assert!((2.3..2.8).contains(&per_person), "{per_person}");
    let alone = records.values().filter(|&&count| count == 1).count() as f64 / records.len() as f64;
    assert!((0.35..0.48).contains(&alone), "{alone}");
    assert!(records.values().any(|&count| count >= 8) && records.values().all(|&count| count < 26));
    let per_household = records.len() as f64 / members.len() as f64;
    assert!((1.7..2.6).contains(&per_household), "{per_household}");
    assert!(members.values().all(|people| people.len() <= 8));
}

#[test]
fn no_domain_could_be_real() {
    let (out, _) = common(13, 20_000);
    let rows = rows(&out);
    let invented = |email: &str| {
        let domain = email.to_lowercase().trim_end_matches('.').to_owned();
        let reserved = ["example.com", "example.net", "example.org"];
        reserved.iter().any(|name| domain.ends_with(name))
            || [".example", ".exmple", ".exampel", ".con"].iter().any(|top| domain.ends_with(top))
    };
    let wrong: Vec<&String> =
        rows.iter().map(|row| &row["email"]).filter(|email| !email.is_empty() && !invented(email)).collect();
    let filled = rows.iter().filter(|row| !row["email"].is_empty()).count();
    assert!(filled > 10_000 && wrong.is_empty(), "{filled}: {wrong:?}");
}

#[test]
fn birth_dates_are_of_people_old_enough() {
    let (out, _) = common(14, 20_000);
    let births: Vec<String> = rows(&out)
        .into_iter()
        .map(|mut row| row.remove("dob").unwrap_or_default())
        .filter(|dob| !dob.is_empty())
        .collect();
    assert!(births.len() > 2_000);
    for birth in births {
        let year: u32 = birth[..4].parse().expect("a year");
        assert!(year == 0 || (1890..=2013).contains(&year), "{birth}");
        assert!(birth.len() == 4 || birth.len() == 10, "{birth}");
    }
}
