use std::io::{Cursor, Read, Write};

use proptest::prelude::*;

use super::{Format, Item, Limits, Options, records};

fn options(format: Format) -> Options {
    Options { format, ..Options::default() }
}

fn small() -> Options {
    Options { limits: Limits { record_bytes_max: 60, excerpt_bytes_max: 8, ..Limits::default() }, ..Options::default() }
}

/// One line an item: the payload, or the line number and the message.
fn shown(input: impl Read, options: &Options) -> Vec<String> {
    let show = |item| match item {
        Item::Record { payload, .. } => String::from_utf8_lossy(&payload).into_owned(),
        Item::Rejected { position, reason, .. } => format!("{}: {reason}", position.line),
        Item::Failed { position, reason } => format!("failed {}: {reason}", position.line),
    };
    records(input, options).map(show).collect()
}

#[track_caller]
fn check(input: impl AsRef<[u8]>, options: &Options, expected: &[&str]) {
    let whole = shown(input.as_ref(), options);
    assert_eq!(whole, expected);
    // Whatever sizes the input arrives in, the records are the same.
    assert_eq!(shown(Trickle(Cursor::new(input.as_ref())), options), expected, "byte by byte");
}

/// Gives one byte a call.
struct Trickle<R>(R);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_format_is_found_from_the_beginning() {
    let auto = Options::default();
    check("id,name\n1,Ann\n", &auto, &[r#"{"id":"1","name":"Ann"}"#]);
    check("id;name\n1;\"A;n\"\n", &auto, &[r#"{"id":"1","name":"A;n"}"#]);
    check("\tid\n1\t2", &auto, &[r#"{"column_1":"1","id":"2"}"#]);
    check("\u{feff}id\n1\n", &auto, &[r#"{"id":"1"}"#]);
    check(" [ {\"id\": 1},\n{\"id\":2} ] ", &auto, &[r#"{"id": 1}"#, r#"{"id":2}"#]);
    check("[{\"a\":1}]\n[{\"a\":2}]", &auto, &[r#"{"a":1}"#, r#"{"a":2}"#]);
    check("\u{feff}{\"id\":1}\n\n{\"id\":2}", &auto, &[r#"{"id":1}"#, r#"{"id":2}"#]);
    check("{\n \"id\":1\n}\n{\n \"id\":2}\n", &auto, &["{\n \"id\":1\n}", "{\n \"id\":2}"]);
    check("[]", &auto, &[]);
}

#[test]
fn a_wrapping_object_is_looked_through() {
    let named = |records: &[&str]| Options {
        records: records.iter().map(|&path| path.to_owned()).collect(),
        ..Options::default()
    };
    let page = r#"{"count":2,"data":{"x":[{"customers":7}],"customers":[{"id":1},{"id":2}],"z":"]}"},"next":null}"#;
    check(page, &named(&["data.customers"]), &[r#"{"id":1}"#, r#"{"id":2}"#]);
    let two = format!("{page}\n{page}");
    check(two, &named(&["data.customers"]), &[r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":1}"#, r#"{"id":2}"#]);
    check(r#"{"customers":[{"id":1}],"n":1}"#, &Options::default(), &[r#"{"id":1}"#]);
    check(r#"{"customer":{"id":1}}"#, &named(&["customers", "customer"]), &[r#"{"id":1}"#]);
    check(r#"{"id":1,"customers":7}"#, &named(&["customers"]), &[r#"{"id":1,"customers":7}"#]);
    check("{\"id\":1}\n{\"id\":2}", &named(&["customers"]), &[r#"{"id":1}"#, r#"{"id":2}"#]);
    let absent = r#"{"customers":[{"id":1}]}{"other":[]}"#;
    let message = "failed 1: no array was found at `customers`; set `records` in the manifest to the path of the array";
    check(absent, &named(&["customers"]), &[r#"{"id":1}"#, message]);
    let long = format!("{{\n\"pad\":\"{}\",\n\"customers\":[{{\"id\":1}}]}}", "x".repeat(100_000));
    assert_eq!(shown(long.as_bytes(), &named(&["customers"])), [r#"{"id":1}"#]);
}

#[test]
fn empty_inputs_say_so() {
    let empty = "failed 1: the input is empty; an export without records still has a header line or an empty array";
    for format in [Format::Auto, Format::Csv, Format::JsonArray] {
        check("", &options(format), &[empty]);
    }
    check("", &options(Format::Ndjson), &[]);
    check(
        " \n",
        &Options::default(),
        &["failed 1: the input is empty; an export without records still has a header line or an empty array"],
    );
    check("id,name\n", &Options::default(), &[]);
    check("id,name", &Options::default(), &[]);
}

#[test]
fn a_bad_csv_row_costs_only_itself() {
    let input = b"id,name\n1,A\n2\n3,C,x\n4,\xff\n5,\"E\n6,F\n7,\"G\"G\n8,\"H\nH\"\n\n9,\"I\"\"\"\r\n10,J";
    let expected = [
        r#"{"id":"1","name":"A"}"#,
        "3: the row has 1 cells, the header has 2",
        "4: the row has 3 cells, the header has 2",
        "5: the text is not valid UTF-8 at byte 2 of the record; export the file as UTF-8",
        "6: a quoted cell of the row is not closed, or text follows its closing quote",
        r#"{"id":"6","name":"F"}"#,
        "8: a quoted cell of the row is not closed, or text follows its closing quote",
        r#"{"id":"8","name":"H\nH"}"#,
        r#"{"id":"9","name":"I\""}"#,
        r#"{"id":"10","name":"J"}"#,
    ];
    check(input, &Options::default(), &expected);
    let open = "id\n1\n\"2\n3\n";
    let message = "3: a quoted cell of the row is not closed, or text follows its closing quote";
    check(open, &Options::default(), &[r#"{"id":"1"}"#, message, r#"{"id":"3"}"#]);
}

#[test]
fn a_bad_header_stops_with_a_message() {
    let twice = "failed 1: the column name \"id\" stands 2 times in the header; give each column its own name";
    check("id,name, id\n1,2,3\n", &Options::default(), &[twice]);
    let encoding = "failed 1: the header line cannot be used: the text is not valid UTF-8 at byte 0 of the record; export the file as UTF-8";
    check(b"\xffd\n1\n", &options(Format::Csv), &[encoding]);
    check(b"\xff\xfei\0d\0", &Options::default(), &["failed 1: the input is UTF-16; export it as UTF-8"]);
    let zip = "failed 1: the input is a zip archive or a spreadsheet; unpack it, or export it as CSV in UTF-8";
    check(b"PK\x03\x04....", &Options::default(), &[zip]);
    check("id\n1", &options(Format::JsonArray), &["failed 1: the input is no JSON: neither `[` nor `{` begins it"]);
}

#[test]
fn a_bad_json_line_costs_only_itself() {
    let input = b"{\"id\":1}\n{\"id\":\n7\n[1]\n{\"id\":\"\xff\"}\n{\"id\":01}\n{\"id\":2}x\n{\"id\":3}";
    let expected = [
        r#"{"id":1}"#,
        "2: the JSON is malformed at byte 6 of the record: it ends within a value",
        "3: a record must be a JSON object, this is a number",
        "4: a record must be a JSON object, this is an array",
        "5: the text is not valid UTF-8 at byte 7 of the record; export the file as UTF-8",
        "6: the JSON is malformed at byte 7 of the record: `,` or `}` is expected",
        "7: the JSON is malformed at byte 8 of the record: text follows after the value",
        r#"{"id":3}"#,
    ];
    check(input, &Options::default(), &expected);
}

#[test]
fn a_bad_array_element_costs_only_itself() {
    let cases: [(&[u8], &str); 9] = [
        (b"7", "a record must be a JSON object, this is a number"),
        (b"null", "a record must be a JSON object, this is null"),
        (b"\"{\"", "a record must be a JSON object, this is a text"),
        (b"{\"id\":\"\xff\"}", "the text is not valid UTF-8 at byte 7 of the record; export the file as UTF-8"),
        (b"{\"id\":tru}", "the JSON is malformed at byte 6 of the record: a value is expected"),
        (b"{\"id\":[1}", "the JSON is malformed at byte 8 of the record: `,` or `]` is expected"),
        (b"{\"id\":{\"x\":1}", "the JSON is malformed at byte 14 of the record: a member's name in quotes is expected"),
        (b"{\"id\":\"x}", "the JSON is malformed at byte 12 of the record: `,` or `}` is expected"),
        (b"{id:1}", "the JSON is malformed at byte 1 of the record: a member's name in quotes is expected"),
    ];
    for (bad, message) in cases {
        let input = [b"[{\"id\":1},\n".as_slice(), bad, b",{\"id\":2},{\"id\":3}]"].concat();
        check(input, &Options::default(), &[r#"{"id":1}"#, &format!("2: {message}"), r#"{"id":2}"#, r#"{"id":3}"#]);
    }
    let nested = r#"[{"id":1,"a":[]},{"id":2,"a":[{"x":1},{"x":2}],},{"id":3,"a":[]}]"#;
    let message = "1: the JSON is malformed at byte 30 of the record: a member's name in quotes is expected";
    check(nested, &Options::default(), &[r#"{"id":1,"a":[]}"#, message, r#"{"id":3,"a":[]}"#]);
}

#[test]
fn deep_nesting_costs_only_its_record() {
    let deep = format!("{{\"id\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let message = "the record is nested deeper than 64 levels";
    let lines = format!("{{\"id\":1}}\n{deep}\n{{\"id\":2}}\n");
    check(lines, &Options::default(), &[r#"{"id":1}"#, &format!("2: {message}"), r#"{"id":2}"#]);
    let array = format!("[{{\"id\":1}},{deep},{{\"id\":2}}]");
    check(array, &Options::default(), &[r#"{"id":1}"#, &format!("1: {message}"), r#"{"id":2}"#]);
}

#[test]
fn a_record_over_the_limit_costs_only_itself() {
    let long = "x".repeat(100_000);
    for (before, bad, after) in [
        ("id,name\n1,A\n", format!("2,{long}\n"), "3,C\n"),
        ("{\"id\":\"1\",\"name\":\"A\"}\n", format!("{{\"id\":\"{long}\"}}\n"), "{\"id\":\"3\",\"name\":\"C\"}"),
        ("[{\"id\":\"1\",\"name\":\"A\"},", format!("{{\"id\":\"{long}\"}}"), ",{\"id\":\"3\",\"name\":\"C\"}]"),
    ] {
        let items: Vec<Item> = records(format!("{before}{bad}{after}").as_bytes(), &small()).collect();
        let [Item::Record { .. }, Item::Rejected { reason, excerpt, bytes, .. }, Item::Record { payload, .. }] =
            &items[..]
        else {
            panic!("{items:?}")
        };
        assert_eq!(reason.to_string(), format!("the record has {} bytes, the limit is 60", bad.len()));
        assert_eq!((excerpt.as_slice(), *bytes), (&bad.as_bytes()[..8], bad.len() as u64));
        assert_eq!(payload, br#"{"id":"3","name":"C"}"#);
    }
}

#[test]
fn a_line_of_fifty_megabytes_is_never_held() {
    let line = std::io::repeat(b'x').take(50 << 20);
    let input = Cursor::new("id\n1\n").chain(line).chain(Cursor::new("\n2\n"));
    let expected = [r#"{"id":"1"}"#, "3: the record has 52428801 bytes, the limit is 1048576", r#"{"id":"2"}"#];
    assert_eq!(shown(input, &Options::default()), expected);
}

#[test]
fn gzip_is_known_by_its_bytes_and_may_end_early() {
    let lines: String = (0..20_000).map(|n| format!("{{\"id\":{}}}\n", n * 7919 % 10_007)).collect();
    let whole = packed(lines.as_bytes());
    assert_eq!(records(&whole[..], &Options::default()).count(), 20_000);
    let joined = [packed(b"id\n1\n"), packed(b"2\n")].concat();
    check(joined, &Options::default(), &[r#"{"id":"1"}"#, r#"{"id":"2"}"#]);

    let items = shown(&whole[..whole.len() / 2], &Options::default());
    let (last, before) = items.split_last().unwrap();
    assert!(last.ends_with("the gzip file ends too early; the records before are complete, send the file again"));
    assert!(before.len() > 1000);
    assert!(before.iter().zip(lines.lines()).all(|(read, written)| read == written));

    let mut damaged = whole;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    let items = shown(&damaged[..], &Options::default());
    assert!(items.last().unwrap().contains("the gzip file is damaged"), "{:?}", items.last());
}

#[test]
fn a_packed_input_is_read_no_further_than_allowed() {
    let mut options = Options::default();
    let lines = "{\"id\":1}\n".repeat(100);
    options.limits.unpacked_bytes_max = lines.len() as u64;
    assert_eq!(shown(&packed(lines.as_bytes())[..], &options).len(), 100);
    options.limits.unpacked_bytes_max -= 1;
    let items = shown(&packed(lines.as_bytes())[..], &options);
    assert!(items.last().unwrap().contains("unpacks to more than is allowed"), "{:?}", items.last());
    // What is not packed is as long as it looks.
    assert_eq!(shown(lines.as_bytes(), &options).len(), 100);
}

#[test]
fn json_that_ends_early_fails_after_its_complete_records() {
    let message =
        "failed 1: the input ends within a JSON array or object; the records before are complete, send the file again";
    for cut in [r#"[{"id":1},{"id":"#, r#"[{"id":1},"#, r#"[{"id":1}"#] {
        check(cut, &Options::default(), &[r#"{"id":1}"#, message]);
    }
}

#[test]
fn an_input_that_breaks_off_fails_with_its_reason() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    let input = Cursor::new("id\n1\n2").chain(Broken);
    assert_eq!(shown(input, &Options::default()), [r#"{"id":"1"}"#, "failed 3: reading failed: connection reset"]);
    assert_eq!(shown(Broken, &Options::default()), ["failed 1: reading failed: connection reset"]);
}

#[test]
fn positions_name_line_byte_and_number() {
    let items: Vec<Item> = records("id,name\n1,\"A\nB\"\n\n2\n3,C\n".as_bytes(), &Options::default()).collect();
    let positions: Vec<_> = items
        .iter()
        .map(|item| match item {
            Item::Record { position, .. } | Item::Rejected { position, .. } | Item::Failed { position, .. } => {
                (position.line, position.offset, position.index)
            }
        })
        .collect();
    assert_eq!(positions, [(2, 8, 0), (5, 17, 1), (6, 19, 2)]);
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        r#"[\[\]{}",:;0-9a-c\\ \n\r]{0,120}"#.prop_map(String::into_bytes),
        r#"\[(\{"id":[0-9]{1,3}\}|[\[\]{}",a-c]{1,3}|,){0,20}\]"#.prop_map(String::into_bytes),
    ]
}

/// What can stand between good records of an array.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    let fixed: [&[u8]; 9] = [
        b"7",
        b"\"text\"",
        b"{\"id\":tru}",
        b"{\"id\":[1}",
        b"{\"id\":{\"x\":1}",
        b"{\"id\":\"open}",
        b"{\"id\":\"\xff\"}",
        b"{id:1}",
        b"[{\"id\":1}]",
    ];
    proptest::sample::select(fixed.to_vec()).prop_map(<[u8]>::to_vec)
}

proptest! {
    #[test]
    fn the_reader_never_panics_and_ends(bytes in noise(), format in 0..4) {
        let format = [Format::Auto, Format::Csv, Format::JsonArray, Format::Ndjson][format as usize];
        let mut options = small();
        options.format = format;
        prop_assert!(records(&bytes[..], &options).count() <= bytes.len() + 1);
    }

    #[test]
    fn the_reader_gives_the_same_in_any_chunks(bytes in noise()) {
        prop_assert_eq!(shown(&bytes[..], &small()), shown(Trickle(&bytes[..]), &small()));
    }

    #[test]
    fn good_records_around_damage_are_delivered(parts in proptest::collection::vec((0..1000u32, proptest::option::of(damage())), 1..20)) {
        let mut input = Vec::new();
        let mut good = Vec::new();
        for (index, (id, damage)) in parts.iter().enumerate() {
            let record = format!("{{\"id\":{id},\"n\":{index}}}");
            input.extend_from_slice(if index == 0 { b"[" } else { b"," });
            input.extend_from_slice(record.as_bytes());
            good.push(record);
            if let Some(damage) = damage {
                input.push(b',');
                input.extend_from_slice(damage);
            }
        }
        input.push(b']');
        let delivered: Vec<String> = shown(&input[..], &Options::default()).into_iter().filter(|item| item.contains("\"n\"")).collect();
        prop_assert_eq!(delivered, good);
    }

    #[test]
    fn rows_survive_the_writer_of_another_program(rows in proptest::collection::vec(proptest::collection::vec("[a-c\",;\n\r é]{0,6}", 3), 0..12)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["x", "y", "z"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let read: Vec<String> = shown(&text[..], &options(Format::Csv));
        let expected: Vec<String> = rows.iter().map(|row| serde_json::json!({"x": row[0], "y": row[1], "z": row[2]}).to_string()).collect();
        let parsed: Vec<serde_json::Value> = read.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        prop_assert_eq!(parsed.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }
}
