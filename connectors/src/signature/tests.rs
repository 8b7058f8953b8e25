use proptest::prelude::*;

use super::{Encoding, Hash, Key, KeyError, Refused, Request, Scheme};

/// Signed by another implementation of HMAC: `openssl dgst -sha256 -hmac SECRET`.
const BODY: &str = r#"{"id":706405506930370084,"email":"mira@example.com"}"#;
const SECRET: &str = "shop-secret-2026";
const WHSEC: &str = "whsec_YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywga25vd24u";
const NOW: i64 = 1_767_323_045;

/// A request that can be changed before it is checked.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(url: &str, body: &str, headers: &[(&str, &str)]) -> Sent {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sent { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.as_bytes().to_vec() }
    }

    fn with<T>(&self, work: impl FnOnce(&Request<'_>) -> T) -> T {
        let header = |name: &str| {
            let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        work(&Request { method: &self.method, url: &self.url, header: &header, body: &self.body })
    }

    fn verified(&self, scheme: &Scheme, keys: &[Key], now_secs: i64) -> Result<(), Refused> {
        self.with(|request| scheme.verify(request, keys, now_secs))
    }
}

fn key(scheme: &Scheme, secret: &str) -> Key {
    scheme.key(secret).unwrap()
}

/// What other implementations sign is accepted, with the new secret in force beside the old one.
#[track_caller]
fn check(scheme: &Scheme, secret: &str, url: &str, headers: &[(&str, &str)]) {
    let sent = Sent::new(url, BODY, headers);
    let keys = [key(scheme, "whsec_bmV4dA=="), key(scheme, secret)];
    assert_eq!(sent.verified(scheme, &keys, NOW), Ok(()));
    assert_eq!(sent.verified(scheme, &keys[..1], NOW), Err(Refused::Mismatch));
    assert_eq!(sent.verified(scheme, &[], NOW), Err(Refused::Mismatch));
}

#[test]
fn known_signatures_are_accepted() {
    let named = |name| Scheme::named(name).unwrap();
    let body = "YIYnRT9BcMGbZCpL/96xpnnTtuoHtQeb8oF2yDUJrvk=";
    check(&named("shopify"), SECRET, "", &[("x-shopify-hmac-sha256", body)]);
    check(&named("woocommerce"), SECRET, "", &[("x-wc-webhook-signature", body)]);
    let square = "vQ3D29U51UYXMKmJFjv5AB55x/Y9+qvSZ3KamPpL6cw=";
    let url = "https://hub.example.com/v1/sources/square/webhook";
    check(&named("square"), SECRET, url, &[("x-square-hmacsha256-signature", square)]);
    let hubspot = "c67YfdHWaYnnem+nLFBqqeBsRvJZhXpK48dr16I3y0Y=";
    let url = "https://hub.example.com/v1/sources/hubspot/webhook?shop=a%3Ab%2fc";
    let time = ("x-hubspot-request-timestamp", "1767323045000");
    check(&named("hubspot"), SECRET, url, &[("x-hubspot-signature-v3", hubspot), time]);
    let stripe = "61e11ad8dd3708bddb6ad766280c2e9d693ed69284d0397e30e2f2c00d9d8795";
    let value = format!("t=1767323045,v1={},v1={stripe},v0=00", "0".repeat(64));
    check(&named("stripe"), SECRET, "", &[("stripe-signature", &value)]);
    let value = "v1,AAAA v1,7eJZ9OgjRAoJPATFKTAMSymJGRSBNAZEB0nDgT0Odd4= v1a,AAAA";
    let headers = [("webhook-signature", value), ("webhook-id", "msg_2LhZ"), ("webhook-timestamp", "1767323045")];
    check(&named("standard-webhooks"), WHSEC, "", &headers);
}

#[test]
fn plain_signatures_take_any_hash_encoding_and_prefix() {
    let sha512 = "92297813d701554f575c56d52b2a3cf90dec425d3fb3f1e296780497152db1d1c593f766f264a3eba9c579e722235144ef1cb18576d6f0475f7fbc636ba2d3ff";
    let scheme = Scheme::plain("X-Signature", "", Hash::Sha512, Encoding::Hex);
    check(&scheme, SECRET, "", &[("x-signature", sha512)]);
    let scheme = Scheme::plain("X-Hub-Signature", "sha1=", Hash::Sha1, Encoding::Hex);
    check(&scheme, SECRET, "", &[("x-hub-signature", "sha1=9A48A6D65295A08A355A657666B92F7AACCAC534")]);
    let bare = Sent::new("", BODY, &[("x-hub-signature", "9a48a6d65295a08a355a657666b92f7aaccac534")]);
    let refused = bare.verified(&scheme, &[key(&scheme, SECRET)], NOW);
    assert_eq!(refused, Err(Refused::Malformed("X-Hub-Signature".to_owned())));
}

#[test]
fn what_is_no_signature_is_named() {
    let stripe = Scheme::named("stripe").unwrap();
    let keys = [key(&stripe, SECRET)];
    let refused = |value: &str| Sent::new("", BODY, &[("stripe-signature", value)]).verified(&stripe, &keys, NOW);
    let malformed = |name: &str| Err(Refused::Malformed(name.to_owned()));
    assert_eq!(refused("v1=00"), malformed("t"));
    assert_eq!(refused("t=soon,v1=00"), malformed("t"));
    assert_eq!(refused("t=1767323045"), malformed("Stripe-Signature"));
    assert_eq!(refused("t=1767323045,v1=0"), malformed("Stripe-Signature"));
    assert_eq!(refused("t=1767323045,v1=\u{e9}\u{e9}"), malformed("Stripe-Signature"));
    assert_eq!(refused("t=1767323045,v1="), Err(Refused::Mismatch));
    let unsigned = Sent::new("", BODY, &[]).verified(&stripe, &keys, NOW);
    assert_eq!(unsigned, Err(Refused::Missing("Stripe-Signature".to_owned())));
}

#[test]
fn secrets_are_checked_and_never_shown() {
    let standard = Scheme::named("standard-webhooks").unwrap();
    assert_eq!(standard.key("whsec_no base64"), Err(KeyError::NotBase64));
    assert_eq!(standard.key("whsec_"), Err(KeyError::Empty));
    let shopify = Scheme::named("shopify").unwrap();
    assert_eq!(shopify.key(" \n"), Err(KeyError::Empty));
    assert_eq!(shopify.key("text\n"), shopify.key("text"));
    assert_eq!(format!("{:?}", key(&shopify, SECRET)), "Key(..)");
}

/// A request that this crate has signed itself; the schemes' own vectors stand above.
fn signed(name: &str, body: &[u8]) -> (Scheme, Vec<Key>, Sent) {
    let scheme = Scheme::named(name).unwrap();
    let keys = vec![key(&scheme, WHSEC)];
    let mut sent = Sent::new("https://hub.example.com/hook?a=1", "", &[("webhook-id", "msg_1")]);
    sent.body = body.to_vec();
    let headers = sent.with(|request| scheme.sign(request, &keys[0], NOW)).unwrap();
    sent.headers.extend(headers);
    (scheme, keys, sent)
}

fn any_scheme() -> impl Strategy<Value = &'static str> {
    prop::sample::select(Scheme::names().collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn a_changed_body_is_refused(name in any_scheme(), body in prop::collection::vec(any::<u8>(), 1..200), at: prop::sample::Index, by in 1u8..) {
        let (scheme, keys, mut sent) = signed(name, &body);
        prop_assert_eq!(sent.verified(&scheme, &keys, NOW), Ok(()));
        sent.body[at.index(body.len())] ^= by;
        prop_assert_eq!(sent.verified(&scheme, &keys, NOW), Err(Refused::Mismatch));
        sent.body = body;
        sent.body.push(b'\n');
        prop_assert_eq!(sent.verified(&scheme, &keys, NOW), Err(Refused::Mismatch));
    }

    #[test]
    fn a_changed_header_is_refused(name in any_scheme(), header: prop::sample::Index, at: prop::sample::Index, with in "[0-9a-zA-Z=+/,]") {
        let (scheme, keys, sent) = signed(name, b"{}");
        let mut forged = sent.clone();
        let place = header.index(sent.headers.len());
        let value = &mut forged.headers[place].1;
        let at = at.index(value.len());
        value.replace_range(at..=at, &with);
        let is_signed = !sent.headers[place].0.eq_ignore_ascii_case("webhook-id") || name == "standard-webhooks";
        let (now, before) = (&forged.headers[place].1, &sent.headers[place].1);
        // Hexadecimal digits mean the same in either case.
        let is_same_digit = name == "stripe" && with.as_bytes()[0].is_ascii_hexdigit() && now.eq_ignore_ascii_case(before);
        let is_changed = now != before && !is_same_digit;
        prop_assert_eq!(forged.verified(&scheme, &keys, NOW).is_err(), is_signed && is_changed);
    }

    #[test]
    fn a_changed_method_or_address_is_refused_where_it_is_signed(name in any_scheme(), query in "[a-z]{1,5}") {
        let (scheme, keys, sent) = signed(name, b"{}");
        let elsewhere = Sent { url: format!("{}&b={query}", sent.url), ..sent.clone() };
        prop_assert_eq!(elsewhere.verified(&scheme, &keys, NOW).is_err(), scheme.signs_url());
        let put = Sent { method: "PUT".to_owned(), ..sent };
        prop_assert_eq!(put.verified(&scheme, &keys, NOW).is_err(), name == "hubspot");
    }

    #[test]
    fn a_replay_is_refused_outside_the_window(name in any_scheme(), later in -4000i64..4000, tolerance in 1u32..2000) {
        let (scheme, keys, sent) = signed(name, b"{}");
        let timed = scheme.clone().with_tolerance(tolerance);
        let is_timed = timed.is_some();
        prop_assert_eq!(is_timed, ["hubspot", "stripe", "standard-webhooks"].contains(&name));
        let expected = match is_timed && later.unsigned_abs() > u64::from(tolerance) {
            true => Err(Refused::Untimely { tolerance_secs: tolerance }),
            false => Ok(()),
        };
        prop_assert_eq!(sent.verified(&timed.unwrap_or(scheme), &keys, NOW + later), expected);
    }

    #[test]
    fn no_header_makes_it_panic(name in any_scheme(), value in "\\PC{0,80}", now: i64) {
        let (scheme, keys, mut sent) = signed(name, b"{}");
        for header in &mut sent.headers {
            header.1 = value.clone();
        }
        prop_assert!(sent.verified(&scheme, &keys, now).is_err());
    }
}
