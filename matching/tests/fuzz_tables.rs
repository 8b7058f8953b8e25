//! Whatever bytes a table consists of, reading ends with records or with a message. How many cases are tried is raised
//! by `PROPTEST_CASES`.

mod cases;

use cases::cases;
use flate2::{Compression, write::GzEncoder};
use matching::{Records, TableError, read_table, read_truth};
use proptest::prelude::*;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file of these bytes, gone when it goes out of scope.
struct Temporary(PathBuf);

impl Temporary {
    fn new(extension: &str, bytes: &[u8]) -> std::io::Result<Temporary> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("table-{}-{number}.{extension}", std::process::id()));
        std::fs::write(&path, bytes)?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A file that is left behind is no reason for a test to fail.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn read(extension: &str, bytes: &[u8]) -> Result<Records, TableError> {
    let file = Temporary::new(extension, bytes).expect("the temporary directory takes files");
    read_table(&file.0, |_| {})
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes every byte")
}

/// What a table might begin with.
fn beginning() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"record_id,given_name,surname,email\n",
        b"\xef\xbb\xbfrecord_id,email\r\n",
        b"id\r",
        b"RECORD_ID , dob\n\n",
        b"record_id;email\n",
        b"\"record_id\",\"email\n",
        b"\xff\xfer\0e\0c\0",
        b"record_id,record_id\n",
        b"\x1f\x8b\x08",
        b"",
        b"\0record_id\n",
        b"record_id,na\xefve\n",
    ];
    prop::sample::select(known).prop_map(<[u8]>::to_vec)
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        prop::collection::vec(prop::sample::select(b"ab1@.,\";\n\r\0\t '\xff\xc3".to_vec()), 0..400),
    ];
    (beginning(), noise).prop_map(|(mut bytes, noise)| {
        bytes.extend(noise);
        bytes
    })
}

/// Cells without quotes, as they are and as a spreadsheet writes them.
fn cells() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zA-Zéß@. 0-9]{0,12}", 1..20)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_bytes_give_records_or_a_message(bytes in any_bytes(), extension in prop::sample::select(vec!["csv", "csv.gz"])) {
        match read(extension, &bytes) {
            Ok(records) => {
                prop_assert!(records.len() <= bytes.len() && records.features.len() == records.len());
                let names: usize = (0..records.len()).map(|row| records.name(row).len()).sum();
                // An invalid byte is shown as a mark of three.
                prop_assert!(names <= 3 * bytes.len());
            }
            Err(error) => prop_assert!(error.to_string().len() > 10),
        }
        let file = Temporary::new("csv", &bytes).expect("the temporary directory takes files");
        match read_truth(&file.0) {
            Ok(truth) => prop_assert!(truth.rows.len() <= bytes.len()),
            Err(error) => prop_assert!(error.to_string().len() > 10),
        }
    }

    #[test]
    fn packing_line_ends_and_marks_change_nothing(cells in cells(), quoted in any::<bool>()) {
        let row = |at: usize, cell: &String| if quoted { format!("r{at},\"{cell}\"") } else { format!("r{at},{cell}") };
        let lines: Vec<String> = std::iter::once("record_id,full_name".to_owned())
            .chain(cells.iter().enumerate().map(|(at, cell)| row(at, cell)))
            .collect();
        let plain = read("csv", lines.join("\n").as_bytes()).expect("the table is sound");
        prop_assert_eq!(plain.len(), cells.len());
        for other in [lines.join("\r\n"), lines.join("\r"), lines.join("\n\n") + "\n", format!("\u{feff}{}", lines.join("\n"))] {
            let read = read("csv", other.as_bytes()).expect("the table is sound");
            prop_assert_eq!(&read.features, &plain.features);
        }
        // Packed or not is seen from the bytes, whatever the file is called.
        for extension in ["csv.gz", "csv"] {
            let read = read(extension, &packed(lines.join("\n").as_bytes())).expect("the table is sound");
            prop_assert_eq!(&read.features, &plain.features);
        }
    }

    #[test]
    fn a_truncated_gzip_is_an_error(cells in cells(), cut in 0.0..1.0f64) {
        let table = cells.iter().fold("record_id,full_name\n".to_owned(), |table, cell| table + "r," + cell + "\n");
        let whole = packed(table.as_bytes());
        let length = 3 + ((whole.len() - 4) as f64 * cut) as usize;
        prop_assert!(read("csv.gz", &whole[..length]).is_err(), "{} of {}", length, whole.len());
    }
}

#[test]
fn messages_say_what_to_do() {
    let check = |bytes: &[u8], says: &str| {
        let message = read("csv", bytes).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains(says), "{message}");
    };
    check(b"record_id;email\na;b\n", "commas");
    check(b"\xff\xfer\0e\0c\0o\0r\0d\0_\0i\0d\0", "UTF-8");
    check(b"name\nAnn\n", "record_id");
    check(b"", "record_id");
    check(&packed(b"record_id\na\n")[..20], "ends too early");
}
