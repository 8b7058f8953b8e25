//! Tables that break matching tools, through the program: `hub match` on a file, and `hub import` into each database.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use tests::both;
use tests::program::{Said, hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hub-under-test");
const HEADER: &str = "record_id,given_name,surname,dob,email,phone\n";

/// A word that no other number has, nor one that looks like it.
fn word(number: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "do", "ki", "lu", "ma", "ne", "po", "ri", "sa", "to", "vu", "zi", "gra", "sple", "tro", "chi"];
    let mut rest = spread(number, 1 << 20);
    (0..5).fold(String::new(), |mut word, _| {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
        word
    })
}

/// Neighbours become anything but.
fn spread(number: usize, below: usize) -> usize {
    number.wrapping_mul(2_654_435_761) % (1 << 20) % below
}

/// A person of their own but for the e-mail address.
fn person(number: usize, email: &str) -> String {
    let (year, month, day) = (1930 + number * 7 % 75, 1 + number * 5 % 12, 1 + number * 11 % 28);
    let (given, family) = (word(number), word(number + 1_000_000));
    format!("{given},{family},{year}-{month:02}-{day:02},{email},02079{:06}\n", spread(number + 1, 1_000_000))
}

/// What is in the file, and how many people are.
struct Case {
    name: &'static str,
    table: String,
    people: i64,
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).fold(HEADER.to_owned(), |mut table, at| {
        let _ = write!(table, "r{at},{}", row(at));
        table
    })
}

fn cases() -> Vec<Case> {
    let case = |name, people, table| Case { name, table, people };
    let long = "Ann ".repeat(2_500);
    let births = ["1931-02-03", "1948-11-21", "1967-07-15", "1985-05-30"];
    let names = ["😀,🎉", "שרה,כהן", "محمد,الأحمد", "\u{202e}נעה,לוי"];
    vec![
        case("nothing", 0, HEADER.to_owned()),
        case("one record", 1, rows(1, |at| person(at, ""))),
        case("two alike", 1, rows(2, |_| person(7, "ann.lee@post.example"))),
        case("one customer over and over", 1, rows(3_000, |_| person(7, "ann.lee@post.example"))),
        case("one e-mail for everybody", 3_000, rows(3_000, |at| person(at, "till@shop.example"))),
        case("empty fields", 300, rows(300, |_| ",,,,\n".to_owned())),
        case("one value a column", 300, rows(300, |_| "NaN,NaN,NaN,NaN,NaN\n".to_owned())),
        case(
            "numbers that are none",
            30,
            rows(60, |at| {
                let none = ["inf", "-0", "1e999", "0x1F", "nan"][at % 5];
                person(at / 2, &format!("a{}@post.example", at / 2)).replacen(",02079", &format!(",{none}02079"), 1)
            }),
        ),
        case("names without end", 4, rows(4, |at| format!("{long},{},{},,\n", word(at * 977), births[at]))),
        case(
            "other scripts",
            4,
            rows(8, |at| {
                let of = at / 2;
                format!("{},19{}1-05-06,someone{of}@post.example,\n", names[of], 4 + of)
            }),
        ),
    ]
}

fn in_json(said: &Said) -> Value {
    let last = said.out.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

fn written(folder: &Path, case: &Case) -> String {
    let file = folder.join("people.csv");
    std::fs::write(&file, &case.table).expect("a file");
    file.display().to_string()
}

#[tokio::test]
async fn a_file_is_matched_whatever_is_in_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for case in cases() {
        let file = written(folder.path(), &case);
        let mut command = hub(PROGRAM, folder.path(), "sqlite:unused.db");
        let said: Said = command.args(["match", &file, "--json"]).output().expect("it runs").into();
        assert_eq!(said.code, Some(0), "{}: {}", case.name, said.err);
        let report = in_json(&said);
        assert_eq!(report["clusters"], case.people, "{}: {report}", case.name);
    }
}

both!(a_file_is_taken_in_whatever_is_in_it, |db| async move {
    for case in cases() {
        let other = db.another().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = written(folder.path(), &case);
        let mut command = hub(PROGRAM, folder.path(), other.url());
        let import = ["import", "--source", "common-csv", "--json", &file];
        let said: Said = command.args(import).output().expect("it runs").into();
        assert!(matches!(said.code, Some(0 | 3)), "{}: {}{}", case.name, said.out, said.err);
        let mut command = hub(PROGRAM, folder.path(), other.url());
        let said: Said = command.args(["verify", "--json"]).output().expect("it runs").into();
        assert_eq!(said.code, Some(0), "{}: {}{}", case.name, said.out, said.err);
        let (store, _) = hub::store::Store::migrate(other.url()).await.expect("the store opens");
        let counts = store.counts().await.expect("counts");
        // What the contract refuses is a dead letter; whatever is in is with the right people.
        let letters = store.dead_letter_count().await.expect("a count");
        assert_eq!(counts.records + letters, case.table.lines().count() as i64 - 1, "{}", case.name);
        assert!(letters > 0 || counts.golden_records == case.people, "{}: {counts:?}", case.name);
        store.close().await;
    }
});
