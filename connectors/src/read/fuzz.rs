//! Files of any kind give records, refusals and at most one failure, and never more than was in them. How many cases are
//! tried is raised by `PROPTEST_CASES`.

use super::{FailReason, Format, Item, Limits, Options, records};
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::io::Write;

const LIMITS: Limits =
    Limits { record_bytes_max: 200, depth_max: 8, excerpt_bytes_max: 16, columns_max: 9, unpacked_bytes_max: u64::MAX };

/// So many cases unless the environment asks for another number.
fn cases(usual: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked { Config::default() } else { Config::with_cases(usual) }
}

fn small(format: Format) -> Options {
    Options { format, limits: LIMITS, ..Options::default() }
}

fn format() -> impl Strategy<Value = Format> {
    prop::sample::select(vec![Format::Auto, Format::Csv, Format::JsonArray, Format::Ndjson])
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Pieces of which files consist, sound and broken, in the encodings that arrive.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"id,name\n",
        b"id;name\r\n",
        b"1,Ann\n",
        b"2,\"Ann\r\nLee\"\r\n",
        b"3,\"open\n",
        b"\r",
        b"\n\n",
        b"\0",
        b"\"",
        b"\"\"",
        b"\xef\xbb\xbf",
        b"\xff\xfei\0d\0",
        b"\xfe\xff\0i",
        b"\xe9t\xe9",
        b"\xc3\xa9",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98\x80",
        b"[",
        b"]",
        b"{",
        b"}",
        b"{\"id\":1}",
        b"{\"id\":\"\\ud800\"}",
        b",",
        b":",
        b"\\",
        b"1e999",
        b"-0",
        b"NaN",
        b"[[[[[[[[[[",
        b"{\"customers\":[",
        b"\x1f\x8b\x08\0",
        b"PK\x03\x04",
        b"\t",
        b" ",
    ];
    prop_oneof![
        8 => prop::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 1usize..400).prop_map(|(byte, times)| vec![byte; times]),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(piece(), 0..30), any::<bool>()).prop_map(|(pieces, pack)| {
        let bytes = pieces.concat();
        if pack { packed(&bytes) } else { bytes }
    })
}

fn offset(item: &Item) -> u64 {
    match item {
        Item::Record { position, .. } | Item::Rejected { position, .. } | Item::Failed { position, .. } => {
            position.offset
        }
    }
}

/// What holds of whatever comes out, for so many bytes of input.
fn sound(items: &[Item], input_bytes: usize) -> Result<(), TestCaseError> {
    prop_assert!(items.len() <= input_bytes + 1);
    prop_assert!(items.windows(2).all(|pair| offset(&pair[0]) <= offset(&pair[1])));
    for (at, item) in items.iter().enumerate() {
        match item {
            Item::Record { payload, .. } => {
                // The names of the columns come with every row, and JSON writes a control character in six bytes.
                let written = 6 * 2 * LIMITS.record_bytes_max + 8 * LIMITS.columns_max;
                prop_assert!(payload.len() <= written);
                prop_assert!(serde_json::from_slice::<serde_json::Map<_, _>>(payload).is_ok());
            }
            Item::Rejected { reason, excerpt, .. } => {
                prop_assert!(excerpt.len() <= LIMITS.excerpt_bytes_max && !reason.to_string().is_empty());
            }
            Item::Failed { reason, .. } => prop_assert!(at + 1 == items.len() && !reason.to_string().is_empty()),
        }
    }
    Ok(())
}

/// Rows of which none needs quotes.
fn rows() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[0-9]{1,3},[a-zéß ]{0,9}", 1..30)
}

fn payloads(bytes: &[u8]) -> Vec<Item> {
    records(bytes, &small(Format::Csv))
        .map(|item| match item {
            Item::Record { payload, .. } => Item::Record { position: super::Position::default(), payload },
            other => other,
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn any_file_gives_sound_items(bytes in file(), format in format()) {
        let items: Vec<Item> = records(&bytes[..], &small(format)).collect();
        // Packed input may unpack to a thousand times its size.
        sound(&items, bytes.len().saturating_mul(1100))?;
    }

    #[test]
    fn line_ends_marks_and_packing_change_nothing(rows in rows(), ends in prop::collection::vec(0usize..3, 31)) {
        let lines = || std::iter::once("id,name").chain(rows.iter().map(String::as_str));
        let plain: String = lines().map(|line| format!("{line}\n")).collect();
        let mixed: String = lines().zip(&ends).map(|(line, end)| format!("{line}{}", ["\n", "\r\n", "\n\r\n"][*end])).collect();
        let expected = payloads(plain.as_bytes());
        prop_assert_eq!(expected.len(), rows.len());
        for other in [mixed.clone(), format!("\u{feff}{mixed}")] {
            prop_assert_eq!(&payloads(other.as_bytes()), &expected);
            prop_assert_eq!(&payloads(&packed(other.as_bytes())), &expected);
        }
    }

    #[test]
    fn a_truncated_gzip_gives_what_came_before(rows in rows(), cut in 0.0..1.0f64) {
        let text: String = std::iter::once("id,name\n".to_owned()).chain(rows.iter().map(|row| format!("{row}\n"))).collect();
        let (whole, expected) = (packed(text.as_bytes()), payloads(text.as_bytes()));
        let length = 3 + ((whole.len() - 3) as f64 * cut) as usize;
        let found = payloads(&whole[..length]);
        let Some((Item::Failed { reason, .. }, before)) = found.split_last() else {
            return Err(TestCaseError::fail(format!("{length} of {} bytes: {found:?}", whole.len())));
        };
        prop_assert!(matches!(reason, FailReason::TruncatedGzip), "{}", reason);
        prop_assert_eq!(before, &expected[..before.len()]);
    }
}
