use crate::Manifest;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let errors = match Manifest::parse("shop.toml", text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect(),
    };
    assert_eq!(errors, expected);
}

/// Faults of the lines of `[map]`, which begin in line 6.
#[track_caller]
fn check_map(map: &str, expected: &[&str]) {
    let head = "name = \"shop\"\n[record]\nkey = \"$.id\"\n[lookup]\nsex = { f = \"female\", m = \"man\" }\n";
    check(&format!("{head}{map}"), expected);
}

#[test]
fn all_faults_are_told_at_once_each_with_line_and_remedy() {
    let text = r#"name = "My Shop"
trust = 120
country = "Germany"
tittle = "Shop"

[file]
format = "cvs"
records = "$.customers"
delimiter = ";;"

[record]
version = "$.updated_at"
deleted = { path = "$.gone" }

[map]
emial = "$.email"
birth_date = { path = "$.born", then = ["lower"] }
"#;
    check(
        text,
        &[
            "shop.toml:1: `name` may hold only small letters a-z, digits, `-` and `_`, at most 64; write it like `my-shop`",
            "shop.toml:2: `trust` is written as integer; write a whole number from 0 to 100",
            "shop.toml:3: `country` is no ISO 3166 code; write two capitals such as \"DE\"",
            "shop.toml:4: `tittle` is unknown in the manifest; did you mean `title`?",
            "shop.toml:7: the format `cvs` is unknown; did you mean `csv`?",
            "shop.toml:8: `records` is no plain path; write member names with dots between them, such as \"data.customers\"",
            "shop.toml:9: `delimiter` is not one sign; write \";\" or \"\\t\"",
            "shop.toml:11: `key` is missing in [record]; add `key = \"$.id\"`: the path of the id that never changes",
            "shop.toml:12: `version` does not say how the source counts; write { timestamp = \"$.updated_at\" } or { sequence = \"$.version\" }",
            "shop.toml:13: `deleted` is no condition; write { path = \"$.x\", is = \"word\" }, with `is_not` or `present` for `is`, or { all = [..] }, { any = [..] }",
            "shop.toml:16: the canonical customer has no field `emial`; did you mean `emails`?; [map.extensions] takes any name",
            "shop.toml:17: `birth_date` is a date, but this gives a text; end `then` with { parse_date = [\"YYYY-MM-DD\"] }",
        ],
    );
}

#[test]
fn what_a_manifest_must_have_is_named() {
    check(
        "",
        &[
            "shop.toml:1: `name` is missing in the manifest; add `name = \"my-shop\"` as the first line",
            "shop.toml:1: `record` is missing in the manifest; add a [record] table with at least `key = \"$.id\"`",
            "shop.toml:1: `map` is missing in the manifest; add a [map] table that says where the canonical fields come from",
        ],
    );
    check(
        "name = \"a\"\nname = \"b\"\n",
        &["shop.toml:2: this is no TOML: duplicate key; see https://toml.io for the syntax"],
    );
    let head = "name = \"shop\"\ntrust = 30\ntrust_floor = 40\n[record]\nkey = \"$.id\"\n[map]\n";
    check(
        head,
        &["shop.toml:3: `trust_floor` is above `trust`; lower the floor: age never makes a value more trusted"],
    );
}

#[test]
fn paths_are_checked() {
    let cases = [
        (
            "gender = \"female\"",
            "`female` is no path; begin a path with `$.`, or write { constant = \"..\" } for a fixed text",
        ),
        ("country = \"$.a..b..c\"", "`$.a..b..c` descends more than once; name the members between, use `..` once"),
        (
            "country = \"@.country\"",
            "`@.country` begins at the element of an `each`, but there is none; begin it with `$`, or give the entry an `each`",
        ),
        (
            "country = 7",
            "`country` is written as integer; write a path such as \"$.name\", or { constant = \"..\" } for a fixed value",
        ),
    ];
    for (line, fault) in cases {
        let errors =
            Manifest::parse("m", &format!("name = \"m\"\n[record]\nkey = \"$.id\"\n[map]\n{line}")).unwrap_err();
        assert_eq!(errors.0[0].to_string(), format!("m:5: {fault}"));
    }
    let errors = Manifest::parse("m", "name = \"m\"\n[record]\nkey = \"$.a b\"\n[map]\n").unwrap_err();
    assert_eq!(errors.0[0].line, 3);
    assert!(errors.to_string().contains("`$.a b` is no JSONPath"), "{errors}");
    assert!(errors.to_string().ends_with("names with spaces or dots are written $['Account.Name']"), "{errors}");
}

#[test]
fn transforms_and_types_are_checked() {
    let cases = [
        ("country = { path = \"$.c\", then = [\"uper\"] }", "the transform `uper` is unknown; did you mean `upper`?"),
        (
            "birth_date = { path = \"$.c\", then = [\"parse_date\"] }",
            "the transform `parse_date` needs a setting; write it as { parse_date = [\"DD.MM.YYYY\"] }",
        ),
        (
            "birth_date = { path = \"$.c\", then = [{ parse_date = \"DD.MM\", scale = 2 }] }",
            "a transform needs exactly one of split, lookup, join, parse_date, parse_decimal, scale; put each transform in a table of its own",
        ),
        (
            "birth_date = { path = \"$.c\", then = [{ parse_date = \"DD.MM.JJJJ\" }] }",
            "`DD.MM.JJJJ`: a date pattern is made of YYYY, MM, M, DD, D and signs; write it like \"DD.MM.YYYY\", with `*` for any rest",
        ),
        (
            "country = { path = \"$.c\", then = [{ parse_date = \"YYYY\" }, \"lower\"] }",
            "`lower` cannot be applied to a date; change the order of `then`, or take one value before",
        ),
        (
            "country = { path = \"$.c\", then = [{ lookup = \"lands\" }] }",
            "the lookup table `lands` is unknown; add [lookup.lands], or name another",
        ),
        (
            "country = \"$.list[*]\"",
            "`country` is a text, but this gives a list; take one with { coalesce = [..] } or { split = \",\", take = 0 }, or join them",
        ),
        (
            "country = { constant = true }",
            "`country` is a text, but this gives true or false; use { lookup = \"..\" } to translate it to a word",
        ),
        ("gender = { constant = \"woman\" }", "`woman` is no word of `gender`; use one of female, male, other"),
        (
            "gender = { path = \"$.sex\", then = [{ lookup = \"sex\" }] }",
            "`man` is no word of `gender`; use one of female, male, other",
        ),
        (
            "country = { path = \"$.a\", constant = \"DE\" }",
            "the expression for `country` needs exactly one source; give one of `path`, `constant`, `coalesce`, `join`",
        ),
        (
            "country = { path = \"$.a\", on_error = \"ignore\" }",
            "`on_error` is neither omit nor fail; write \"omit\" to leave the field out, or \"fail\" to refuse the record",
        ),
        (
            "country = { path = \"$.a\", wen = {} }",
            "`wen` is unknown in the expression for `country`; did you mean `when`?",
        ),
        (
            "country = []",
            "`country` is a text, but this gives a list; take one with { coalesce = [..] } or { split = \",\", take = 0 }, or join them",
        ),
        ("emails = [{ kind = \"$.k\" }]", "the entry of `emails` would always be empty; map at least one of value"),
        (
            "emails = [{ value = \"$.e\", adress = \"$.f\" }]",
            "`adress` is unknown in [[map.emails]]; known here: each, when, value, kind, verified",
        ),
        (
            "emails = [{ value = \"$.e\", verified = { path = \"$.v\", then = \"lower\" } }]",
            "`emails[].verified` is true or false, but this gives a text; end `then` with \"parse_boolean\"",
        ),
        ("emails = \"$.email\"", "`emails` is a list of tables; begin each entry with [[map.emails]]"),
    ];
    for (line, fault) in cases {
        let fault = format!("shop.toml:7: {fault}");
        let expected = if line == "country = []" {
            vec!["shop.toml:7: the list of expressions is empty; name at least one path", &fault]
        } else {
            vec![fault.as_str()]
        };
        check_map(&format!("[map]\n{line}"), &expected);
    }
}

#[test]
fn versions_are_checked() {
    let record = |line: &str| format!("name = \"shop\"\n[map]\n[record]\nkey = \"$.id\"\n{line}\n");
    let ways = "write { timestamp = \"$.updated_at\" } or { sequence = \"$.version\" }";
    check(
        &record("version = { timestamp = \"$.a\", sequence = \"$.b\" }"),
        &[&format!("shop.toml:5: `version` needs exactly one way to count; {ways}")],
    );
    check(
        &record("version = { timestamp = \"$.a\", formats = [\"%&\"] }"),
        &["shop.toml:5: `%&` is no time pattern; use the directives of strptime, such as \"%d/%m/%Y %H:%M\""],
    );
    check(
        &record("changed_at = { sequence = \"$.a\" }"),
        &[
            "shop.toml:5: `changed_at` must be a time; use `timestamp` or `epoch_seconds`, `epoch_millis`, `epoch_micros`",
        ],
    );
}

proptest! {
    #[test]
    fn any_text_is_a_manifest_or_has_faults(text in "(name|record|map|key|emails|value|then|[\\[\\]{}=\"$.@*, \n]|[a-z]){0,60}") {
        if let Err(errors) = Manifest::parse("m", &text) {
            prop_assert!(!errors.0.is_empty());
        }
    }
}

#[test]
fn webhooks_are_checked() {
    let head = "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n";
    let faults = |lines: &str| match Manifest::parse("shop.toml", &format!("{head}{lines}")) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect::<Vec<_>>(),
    };
    assert_eq!(
        faults("[webhook]\n"),
        [
            "shop.toml:5: `signature` is missing in [webhook]; add `signature = \"..\"`: nothing that is not signed is taken in",
            "shop.toml:5: `secret` is missing in [webhook]; add `secret = { env = \"MY_SHOP_SECRET\" }`",
            "shop.toml:5: `topics` is missing in [webhook]; add [webhook.topics] with lines such as \"customers/update\" = \"customer\"; \"*\" stands for any",
        ]
    );
    let line = |line: &str, topics: &str| {
        let rest = ["signature = \"shopify\"", "secret = { env = \"S\" }", "topic = { header = \"T\" }"];
        let rest = rest.iter().filter(|known| !line.starts_with(known.split(' ').next().unwrap_or_default()));
        let rest: Vec<&str> = rest.copied().collect();
        faults(&format!("[webhook]\n{line}\n{}\n[webhook.topics]\n{topics}\n", rest.join("\n")))
    };
    let cases = [
        (
            "signature = \"shopfy\"",
            "the signature scheme `shopfy` is unknown; did you mean `shopify`?; any other HMAC of the body is { header = \"X-Signature\", encoding = \"hex\" }",
        ),
        (
            "signature = { hash = \"md5\" }",
            "`header` is missing in `signature`; name a known `scheme`, or the `header` that holds an HMAC of the body",
        ),
        (
            "signature = { scheme = \"square\", tolerance_secs = 60 }",
            "`tolerance_secs` has no meaning here, because this scheme signs no time; leave it out",
        ),
        (
            "secret = \"hush-hush\"",
            "`secret` must not stand in the manifest itself; write { env = \"MY_SHOP_SECRET\" } or { file = \"/run/secrets/my-shop\" }, and keep it there",
        ),
        ("secret = []", "`secret` names no place; write { env = \"MY_SHOP_SECRET\" }"),
        ("topic = { header = \"T\", path = \"$.t\" }", "`path` is unknown in `topic`; known here: header"),
        ("topic = { header = \"a b\" }", "`header` is no name of a header; write it like \"X-Signature\""),
        (
            "record = \"$.a[*]\"",
            "`record` may lead to several values; name one place, with dots and numbers alone, such as \"$.data.object\"",
        ),
        (
            "handshake = {}",
            "`handshake` is of one kind; write { echo_query = \"challenge\" }, { echo_body = \"$.challenge\" } or { ping_form = \"webhook_id\" }",
        ),
        ("form = 1", "`form` is written as integer; write true, or the name of the field that holds JSON"),
        ("url = \"hub\"", "`url` is no address; write the address that the sender was given, with https://"),
    ];
    for (text, fault) in cases {
        let found = line(text, "\"a\" = \"customer\"");
        assert_eq!(found.first(), Some(&format!("shop.toml:6: {fault}")), "{found:?}");
        assert!(!found.concat().contains("hush-hush"));
    }
    let topics = [
        ("\"a\" = \"custmer\"", "no notice is for `custmer`; did you mean `customer`?"),
        ("\"a*b\" = \"keep\"", "`a*b` has a star inside; a star stands at the end alone: \"orders/*\""),
        (
            "\"a\" = { key = \"$.id\" }",
            "`purpose` is missing in the topic `a`; add `purpose`, one of customer, delete, merge, privacy, fetch, keep",
        ),
    ];
    for (text, fault) in topics {
        assert_eq!(line("", text), [format!("shop.toml:11: {fault}")]);
    }
    assert_eq!(line("", "\"a\" = \"keep\""), [""; 0]);
    assert_eq!(
        faults(
            "[webhook]\nsignature = \"stripe\"\nsecret = [{ env = \"A\" }, { file = \"b\" }]\n[webhook.topics]\n\"a\" = \"keep\"\n"
        ),
        [
            "shop.toml:5: `topic` is missing in [webhook], so that no notice would have one; add `topic = { header = \"X-Topic\" }` or { path = \"$.type\" }, or name the topic \"*\""
        ]
    );
}

/// Faults of the lines of `[poll]`, which begin in line 5.
#[track_caller]
fn check_poll(poll: &str, expected: &[&str]) {
    let head = "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n[poll]\n";
    check(&format!("{head}{poll}"), expected);
}

const ASKED: &str = "base = \"https://shop.example.com\"\nauth = { bearer = { env = \"TOKEN\" } }\n";

#[test]
fn polls() {
    check_poll(&format!("{ASKED}path = \"/customers\""), &[]);
    check_poll(
        "pth = \"/customers\"",
        &[
            "shop.toml:5: `base` is missing in [poll]; add `base = \"https://api.example.com\"`, or { env = \"MY_SHOP_BASE\" } where it differs",
            "shop.toml:5: `auth` is missing in [poll]; write { bearer = { env = \"MY_TOKEN\" } }, { basic = { env = .. }, user = .. }, { header = \"X-Key\", secret = { env = .. } }, { oauth = { env = .. }, client_id = .., token = \"/token\" }, or \"none\"",
            "shop.toml:5: `path` is missing in [poll]; add `path = \"/customers?limit=100\"`, what is asked first",
            "shop.toml:6: `pth` is unknown in [poll]; did you mean `path`?",
        ],
    );
    check_poll(
        "base = \"shop.example.com\"\nauth = { bearer = \"hush\" }\npath = \"customers\"\nevery_secs = 0\n",
        &[
            "shop.toml:6: `base` is no address; write it like \"https://api.example.com\"",
            "shop.toml:7: `bearer` must not stand in the manifest itself; write { env = \"MY_SHOP_SECRET\" } or { file = \"/run/secrets/my-shop\" }, and keep it there",
            "shop.toml:8: this is no path below `base`; begin it with `/`; the host stands in `base`, and spaces are written %20",
            "shop.toml:9: `every_secs` is written as integer; write a whole number from 1 to 2678400",
        ],
    );
    check_poll(
        &format!(
            "{ASKED}path = \"/c\"\nsince = {{ clock = \"epoch\" }}\nrate = {{ requests = 1 }}\nheaders = {{ Authorization = \"hush\" }}\nbody = \"{{\"\nfetch = {{ path = \"/c\" }}\npaging = {{ page = \"p\", offset = \"o\" }}"
        ),
        &[
            "shop.toml:5: `since` names no parameter; add `parameter = \"updated_since\"`, the one that takes the time",
            "shop.toml:9: the clock `epoch` is unknown; known here: rfc3339, date, epoch_seconds, epoch_millis",
            "shop.toml:10: `per_secs` is missing in `rate`; write { requests = 40, per_secs = 20 }",
            "shop.toml:11: a secret must not stand in the manifest itself; write it as `auth`, see MANIFEST.md",
            "shop.toml:12: `body` is no JSON; write the JSON in ''' quotes; parameters are set in it",
            "shop.toml:13: the path does not hold {key}; say where the value goes",
            "shop.toml:14: `paging` is of one kind; write \"link-header\", \"one\", { url_in_body = \"next\" }, { token_in_body = \"next\", parameter = \"after\" }, { token_in_header = \"X-Next\", parameter = \"at\" }, { page = \"page\", records = 100 }, { offset = \"offset\", records = 100 } or { last_record = \"id\", parameter = \"after\", more = \"has_more\" }",
        ],
    );
}
