//! Every shipped manifest against a made-up system that misbehaves, and the command that does the same.

use connectors::Manifest;
use hub::conformance::{Check, Verdict, conforms};
use serde_json::Value;
use tests::program::{Said, hub};

/// Tries a manifest; answers the checks that did not pass, and how many did.
async fn tried(manifest: &Manifest) -> (Vec<(&'static str, String)>, usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut failed, mut passed) = (Vec::new(), 0);
    let is_sound = conforms(manifest, folder.path(), |check, verdict| match verdict {
        Verdict::Passed => passed += 1,
        Verdict::DoesNotApply(_) => {}
        Verdict::Failed(why) => failed.push((check.name(), why.clone())),
    })
    .await
    .expect("the trial can be made");
    assert_eq!(is_sound, failed.is_empty());
    (failed, passed)
}

/// At least so many checks apply to the manifest, and all of them pass.
async fn check(name: &str, passes_at_least: usize) {
    let manifest = Manifest::shipped_named(name).expect("it is shipped");
    let (failed, passed) = tried(&manifest).await;
    assert_eq!(failed, [], "{name}");
    assert!(passed >= passes_at_least, "{name}: {passed} checks passed");
}

/// One test for each manifest, so that they are tried side by side.
macro_rules! conform {
    ($($test:ident: $name:literal, $passes_at_least:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            check($name, $passes_at_least).await;
        })*

        #[test]
        fn every_shipped_manifest_is_tried() {
            let mut tried = vec![$($name),*];
            let mut shipped: Vec<String> = Manifest::shipped().iter().map(|manifest| manifest.name().to_owned()).collect();
            tried.sort_unstable();
            shipped.sort_unstable();
            assert_eq!(tried, shipped);
        }
    };
}

conform! {
    salesforce: "salesforce", 15;
    shopify: "shopify", 15;
    square: "square", 15;
    woocommerce: "woocommerce", 15;
    hubspot: "hubspot", 15;
    klaviyo: "klaviyo", 11;
    stripe: "stripe", 12;
    sap_business_partner: "sap-business-partner", 11;
    tryton: "tryton", 12;
    oscar: "oscar", 11;
    loyalty: "loyalty", 4;
    common_csv: "common-csv", 4;
    canonical: "canonical", 6;
}

/// A kit that everything passes would prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_that_reads_wrongly_fails() {
    let wrong = "name = \"wrong\"\n[record]\nkey = \"$.id\"\nversion = { timestamp = \"$.changed\" }\n[map]\n\
        names = [{ given = \"$.given\" }]\n[poll]\nbase = \"https://wrong.example.com\"\nauth = \"none\"\n\
        path = \"/list\"\npaging = { page = \"page\", records = 2 }\nrecords = \"items\"\nformat = \"csv\"\n";
    let manifest = Manifest::parse("wrong.toml", wrong).unwrap_or_else(|errors| panic!("{errors}"));
    let (failed, passed) = tried(&manifest).await;
    let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
    // Without a header that counts its records, a list of lines that was cut off looks whole.
    assert!(names.contains(&"poll: a truncated page is read again"), "{failed:?}");
    assert!(passed >= 10, "{failed:?}");
}

#[test]
fn the_command_prints_a_line_for_each_check() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let call = |arguments: &[&str]| {
        let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder.path(), "sqlite:nowhere/hub.db");
        Said::from(command.arg("connectors").args(arguments).output().expect("it runs"))
    };
    let said = call(&["test", "loyalty"]);
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);
    assert_eq!(said.out.lines().count(), Check::all().count(), "{}", said.out);
    assert!(said.out.contains("passed          records: duplicates change nothing"), "{}", said.out);
    assert!(said.out.contains("does not apply  poll: 429 is obeyed (there is no [poll])"), "{}", said.out);
    let said = call(&["test", "loyalty", "--json"]);
    let report: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&report["sound"], &report["checks"][0]["verdict"]), (&true.into(), &"passed".into()), "{report}");
}
