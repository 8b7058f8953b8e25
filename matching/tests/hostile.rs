//! Tables that break matching tools: values that everybody has, texts without end, columns without content, numbers
//! that are none. Each case says which clusters are right.

mod table;

use std::error::Error;
use table::{company, run};

/// So many pairs a record the blocking rules may find at the most, whatever the table holds.
const PAIRS_PER_RECORD_MAX: f64 = 1000.0;

/// A word that no other number has, nor one that sounds like it.
fn word(number: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "do", "ki", "lu", "ma", "ne", "po", "ri", "sa", "to", "vu", "zi", "gra", "sple", "tro", "chi"];
    let mut rest = number.wrapping_mul(2_654_435_761) % (1 << 20);
    (0..5).fold(String::new(), |mut word, _| {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
        word
    })
}

fn birth(number: usize) -> String {
    format!("{}-{:02}-{:02}", 1930 + number * 7 % 75, 1 + number * 5 % 12, 1 + number * 11 % 28)
}

/// A table of so many rows, each with its number as its id.
fn rows(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let lines = (0..count).map(|at| format!("r{at},{}\n", row(at)));
    std::iter::once(format!("record_id,{header}\n")).chain(lines).collect()
}

/// Matches a table and compares its clusters of more than one record.
fn check(name: &str, table: &str, expected: &[&[&str]]) -> Result<(), Box<dyn Error>> {
    let (report, clusters) = run(name, table, None)?;
    assert_eq!(company(&clusters), expected, "{name}");
    assert!(report.pairs_per_record <= PAIRS_PER_RECORD_MAX, "{name}: {}", report.pairs_per_record);
    Ok(())
}

/// Everybody has the shop's address; every thousandth customer is there twice, and those pairs alone are found.
#[test]
fn one_email_for_everybody() -> Result<(), Box<dyn Error>> {
    let table = rows("given_name,surname,dob,email", 50_000, |at| {
        let person = if at % 1000 == 999 { at - 1 } else { at };
        format!("{},{},{},till@shop.example", word(person), word(person + 1_000_000), birth(person))
    });
    let (report, clusters) = run("one-email", &table, None)?;
    let pairs: Vec<Vec<String>> =
        (0..50).map(|at| vec![format!("r{}", 1000 * at + 998), format!("r{}", 1000 * at + 999)]).collect();
    let mut found = company(&clusters);
    found.sort_by_key(|members| members[0][1..].parse::<u32>().unwrap_or_default());
    assert_eq!(found, pairs);
    assert!(report.pairs_per_record < 20.0, "{}", report.pairs_per_record);
    Ok(())
}

/// An address that just fewer have than make it too costly to look at: each block costs what its limit allows, and
/// nobody is joined who has another name and birth date.
#[test]
fn values_shared_up_to_their_limit() -> Result<(), Box<dyn Error>> {
    let table = rows("given_name,surname,dob,email", 6_000, |at| {
        format!("{},{},{},family{}@shop.example", word(at), word(at + 1_000_000), birth(at), at / 250)
    });
    check("up-to-the-limit", &table, &[])?;
    // Nor if all their names begin alike, whether in large groups or in small ones.
    for (name, group) in [("one-letter", 250), ("one-letter-few", 25)] {
        let table = rows("given_name,surname,dob,email", 6_000, |at| {
            format!("a{},{},{},family{}@shop.example", word(at), word(at + 1_000_000), birth(at), at / group)
        });
        check(name, &table, &[])?;
    }
    Ok(())
}

/// One customer who is there two hundred times is one cluster; so are ten such customers.
#[test]
fn many_copies_of_few_people() -> Result<(), Box<dyn Error>> {
    let table = rows("given_name,surname,dob,email", 2_000, |at| {
        let person = at % 10;
        format!("{0},{1},{2},{0}.{1}@post.example", word(person), word(person + 1_000_000), birth(person))
    });
    let (report, _) = run("copies", &table, None)?;
    assert_eq!((report.clusters, report.largest_cluster), (10, 200));
    Ok(())
}

/// However many copies there are, they are one customer, and another spelling of it joins them.
#[test]
fn one_customer_over_and_over() -> Result<(), Box<dyn Error>> {
    let table = rows("given_name,surname,dob,email,city", 8_000, |at| match at {
        77 => "Ana,Winterbottom,1980-02-03,anna.w@post.example,".into(),
        78 => "Bob,Carter,1970-05-06,bob.c@post.example,York".into(),
        _ => "Anna,Winterbottom,1980-02-03,anna.w@post.example,Leeds".into(),
    });
    let (report, _) = run("over-and-over", &table, None)?;
    assert_eq!((report.clusters, report.largest_cluster), (2, 7_999));
    assert!(report.pairs_compared < 10_000, "{} pairs", report.pairs_compared);
    Ok(())
}

/// What says nothing joins nobody: rows without content, columns of one value, rows alike in everything that a file of
/// placeholders has.
#[test]
fn nothing_to_go_by() -> Result<(), Box<dyn Error>> {
    let header = "given_name,surname,dob,email,phone,address,city,postcode,loyalty_id";
    check("blank", &rows(header, 6_000, |_| ",,,,,,,,".into()), &[])?;
    check("one-value", &rows(header, 6_000, |_| "x,x,x,x,x,x,x,x,x".into()), &[])?;
    check("one-town", &rows("city,country,gender", 6_000, |_| "Leeds,GB,F".into()), &[])?;
    check("one-card", &rows("loyalty_id", 6_000, |_| "L1000001".into()), &[])?;
    check("few-blank", &rows(header, 3, |_| ",,,,,,,,".into()), &[])
}

#[test]
fn one_record_and_two_alike() -> Result<(), Box<dyn Error>> {
    let header = "given_name,surname,dob,email";
    check("none", &rows(header, 0, |_| String::new()), &[])?;
    check("one", &rows(header, 1, |_| "Ann,Lee,1980-02-03,ann.lee@post.example".into()), &[])?;
    check("two", &rows(header, 2, |_| "Ann,Lee,1980-02-03,ann.lee@post.example".into()), &[&["r0", "r1"]])
}

/// Names of ten thousand characters, and names of signs that no rule knows: who is alike in all that can be read is
/// found, the others are left alone.
#[test]
fn texts_without_end_and_other_scripts() -> Result<(), Box<dyn Error>> {
    let header = "given_name,surname,dob,email";
    let long = |text: &str| text.repeat(10_000 / text.chars().count());
    let names = [long("ann "), long("annabel"), long("\u{5d0}"), long("😀"), long("\u{202e}x"), long("e\u{301}")];
    let table = rows(header, 12, |at| format!("{},Lee{at},{},", names[at / 2], birth(at)));
    check("long", &table, &[])?;
    let table = rows(header, 12, |at| {
        format!("{0},{0},{1},person{2}@post.example", names[at / 2], birth(at / 2), at / 2 + 100)
    });
    let pairs = [["r0", "r1"], ["r10", "r11"], ["r2", "r3"], ["r4", "r5"], ["r6", "r7"], ["r8", "r9"]];
    let expected: Vec<&[&str]> = pairs.iter().map(<[&str; 2]>::as_slice).collect();
    check("long-alike", &table, &expected)?;
    let people = ["שרה,כהן", "محمد,الأحمد", "😀,🎉", "王,小明", "Зоя,Иванова", "\u{200f}דוד\u{200f},לוי"];
    let table = rows(header, 12, |at| format!("{},{},person{}@post.example", people[at / 2], birth(at / 2), at / 2));
    check("scripts", &table, &expected)
}

/// Thirty people twice. Whatever column a program has filled with its word for "no number", they are told apart and
/// found together by the others.
#[test]
fn numbers_that_are_none() -> Result<(), Box<dyn Error>> {
    let columns = [
        "given_name",
        "surname",
        "dob",
        "email",
        "phone",
        "middle_name",
        "full_name",
        "gender",
        "address",
        "city",
        "region",
        "postcode",
        "country",
        "national_id",
        "loyalty_id",
        "organisation",
        "source",
    ];
    let people = |at: usize| -> Vec<String> {
        let (given, family) = (word(at), word(at + 1_000_000));
        let mail = format!("{given}.{family}@post.example");
        let mut cells = vec![given, family, birth(at), mail, format!("02079{:06}", 104_729 + at * 7919)];
        cells.resize(columns.len(), String::new());
        cells
    };
    for (spoiled, column) in columns.iter().enumerate() {
        for value in ["NaN", "inf", "1e999", "-0", "0x1F"] {
            let table = rows(&columns.join(","), 60, |at| {
                let mut cells = people(at / 2);
                cells[spoiled] = value.to_owned();
                cells.join(",")
            });
            let (report, clusters) = run(&format!("{column}-{value}"), &table, None)?;
            let sizes: Vec<usize> = company(&clusters).iter().map(Vec::len).collect();
            assert_eq!((report.clusters, sizes), (30, vec![2; 30]), "{column} {value}");
        }
    }
    // Rows of nothing else say nothing.
    let table = rows(&columns.join(","), 60, |at| vec![["NaN", "nan", "-0"][at % 3]; columns.len()].join(","));
    check("nothing-but-none", &table, &[])
}
