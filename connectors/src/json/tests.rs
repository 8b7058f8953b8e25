use proptest::prelude::*;
use serde_json::Value;

use super::{Problem, parse};

/// serde_json is the oracle: both accept the same texts and see the same values.
fn check(text: &[u8]) {
    let ours = parse(text, 64).map(|document| document.root().to_value());
    match (ours, serde_json::from_slice::<Value>(text)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours.to_string(), theirs.to_string()),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{ours:?} but the oracle has {theirs:?}"),
    }
}

#[test]
fn agrees_with_the_oracle_on_the_grammar() {
    let texts = [
        "null",
        " true ",
        "[]",
        "{}",
        "[1,2 , 3]",
        r#"{"a":{"b":[{}]},"a":2}"#,
        r#""\u00e9\ud83d\ude00\n""#,
        r#""\ud83d""#,
        r#""\ud83dx""#,
        r#""\ude00""#,
        "706405506930370084",
        "-0.5e+10",
        "01",
        "1.",
        "-",
        ".5",
        "1e",
        "[1,]",
        "[,1]",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        "{1:2}",
        "[1}",
        "tru",
        "truex",
        "nul",
        "\"a\nb\"",
        "\"open",
        "",
        " ",
        "[1] 2",
        r#""\x""#,
        r#""\u12g4""#,
        "\u{feff}{}",
    ];
    for text in texts {
        check(text.as_bytes());
    }
    check(b"\"\xff\"");
    check(b"[1]\xff");
}

#[test]
fn depth_has_a_limit() {
    let deep = "[".repeat(10_000);
    assert_eq!(parse(deep.as_bytes(), 64).unwrap_err().problem, Problem::TooDeep);
    let fits = "[".repeat(64) + &"]".repeat(64);
    assert!(parse(fits.as_bytes(), 64).is_ok());
}

#[test]
fn an_early_end_is_told_from_a_wrong_character() {
    assert_eq!(parse(br#"{"a":[1,"#, 64).unwrap_err().problem, Problem::Ends);
    assert!(matches!(parse(br#"{"a":[1}"#, 64).unwrap_err().problem, Problem::Syntax(_)));
    assert_eq!(parse(b"{\"a\":\"\xff\"}", 64).unwrap_err().problem, Problem::InvalidUtf8);
}

proptest! {
    #[test]
    fn agrees_with_the_oracle_on_noise(text in r#"[\[\]{}",:0-9a-zé\\u+.\- ]{0,40}"#) {
        check(text.as_bytes());
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }
}
