//! Whole tables from file to clusters, odd ones included.

mod table;

use matching::Model;
use std::fmt::Write as _;
use table::run;

const HEADER: &str = "record_id,given_name,surname,email,dob\n";

#[test]
fn two_records_of_one_person_and_one_of_another() -> Result<(), Box<dyn std::error::Error>> {
    let table = format!(
        "{HEADER}a,Ann,Lee,ann.lee@example.org,1980-02-03\nb,ANN,LEE,Ann.Lee@example.org,\nc,Bob,Ray,,1971-05-06\n"
    );
    let (report, clusters) = run("plain", &table, Some("record_id,cluster_id\na,1\nb,1\nc,2\n"))?;
    assert_eq!((report.records, report.clusters, report.largest_cluster), (3, 2, 2));
    assert_eq!(report.evaluation.map(|evaluation| evaluation.f1), Some(1.0));
    let lines: Vec<&str> = clusters.lines().collect();
    assert_eq!(lines[0], "record_id,cluster_id,score");
    assert_eq!(lines[1].split(',').nth(1), lines[2].split(',').nth(1));
    assert_eq!(lines[3], "c,c,1.0000");
    Ok(())
}

#[test]
fn odd_tables() -> Result<(), Box<dyn std::error::Error>> {
    let check = |name: &str, table: String, clusters: usize| -> Result<(), Box<dyn std::error::Error>> {
        let (report, _) = run(name, &table, None)?;
        assert_eq!(report.clusters, clusters, "{name}");
        Ok(())
    };
    let many = |row: fn(u32) -> String| {
        (0..3000).fold(HEADER.to_owned(), |mut table, at| {
            let _ = writeln!(table, "r{at},{}", row(at));
            table
        })
    };
    check("empty", HEADER.to_owned(), 0)?;
    check("one", format!("{HEADER}a,Ann,Lee,,\n"), 1)?;
    check("blank", many(|_| ",,,".into()), 3000)?;
    check("one e-mail", many(|_| ",,everybody@example.org,".into()), 3000)?;
    check("one value a column", many(|_| "NaN,inf,-1e999,1980".into()), 3000)?;
    check("long", format!("{HEADER}a,{},Lee,,\nb,{},😀,,\n", "ann ".repeat(5000), "\u{5d0}".repeat(10_000)), 2)?;
    check("ragged", "record_id,email\na,ann.lee@example.org,more,and more\nb\nc,ann.lee@example.org\n".to_owned(), 2)?;
    Ok(())
}

#[test]
fn a_table_without_record_ids_is_refused() {
    let refused = run("refused", "name\nAnn\n", None).map(|_| ()).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|text| text.contains("record_id")));
}

#[test]
fn a_model_survives_being_stored() -> Result<(), serde_json::Error> {
    let mut model = Model::default();
    model.names.given.insert(7, 0.25);
    let text = serde_json::to_string(&model)?;
    let back: Model = serde_json::from_str(&text)?;
    assert_eq!(text, serde_json::to_string(&back)?);
    assert_eq!(back.thresholds, model.thresholds);
    Ok(())
}
