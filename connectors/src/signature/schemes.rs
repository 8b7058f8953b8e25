//! The schemes that are known by name, and the plain one that a manifest describes.

use std::borrow::Cow;

use super::key::Form;
use super::{Carries, Encoding, Hash, Part, Scheme, TOLERANCE_SECS, Time, TimeAt};

const NOTHING: Carries = Carries::One { prefix: Cow::Borrowed("") };
/// The body alone, by SHA-256, in base64.
const BODY: Scheme = Scheme {
    header: Cow::Borrowed(""),
    carries: NOTHING,
    hash: Hash::Sha256,
    encoding: Encoding::Base64,
    key_form: Form::Text,
    message: &[Part::Body],
    time: None,
};

const NAMED: [(&str, Scheme); 6] = [
    ("shopify", Scheme { header: Cow::Borrowed("X-Shopify-Hmac-Sha256"), ..BODY }),
    ("woocommerce", Scheme { header: Cow::Borrowed("X-WC-Webhook-Signature"), ..BODY }),
    (
        "square",
        Scheme { header: Cow::Borrowed("X-Square-HmacSha256-Signature"), message: &[Part::Url, Part::Body], ..BODY },
    ),
    (
        "hubspot",
        Scheme {
            header: Cow::Borrowed("X-HubSpot-Signature-v3"),
            message: &[Part::Method, Part::PlainUrl, Part::Body, Part::Timestamp],
            time: Some(Time {
                at: TimeAt::Header("X-HubSpot-Request-Timestamp"),
                units_per_sec: 1000,
                tolerance_secs: TOLERANCE_SECS,
            }),
            ..BODY
        },
    ),
    (
        "stripe",
        Scheme {
            header: Cow::Borrowed("Stripe-Signature"),
            carries: Carries::Pairs,
            encoding: Encoding::Hex,
            message: &[Part::Timestamp, Part::Dot, Part::Body],
            time: Some(Time { at: TimeAt::Pair, units_per_sec: 1, tolerance_secs: TOLERANCE_SECS }),
            ..BODY
        },
    ),
    (
        "standard-webhooks",
        Scheme {
            header: Cow::Borrowed("webhook-signature"),
            carries: Carries::Versions,
            key_form: Form::Whsec,
            message: &[Part::Id("webhook-id"), Part::Dot, Part::Timestamp, Part::Dot, Part::Body],
            time: Some(Time {
                at: TimeAt::Header("webhook-timestamp"),
                units_per_sec: 1,
                tolerance_secs: TOLERANCE_SECS,
            }),
            ..BODY
        },
    ),
];

impl Scheme {
    /// A scheme that is known by name.
    pub fn named(name: &str) -> Option<Scheme> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, scheme)| scheme.clone())
    }

    /// The name of the scheme, whatever its replay window; `hmac` for a plain one.
    pub fn name(&self) -> &'static str {
        let known = NAMED.iter().find(|(_, scheme)| scheme.header == self.header && scheme.message == self.message);
        known.map_or("hmac", |(name, _)| name)
    }

    /// The names of all known schemes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// The body alone is signed; the header may begin with fixed letters such as `sha256=`.
    pub fn plain(header: &str, prefix: &str, hash: Hash, encoding: Encoding) -> Scheme {
        let carries = Carries::One { prefix: Cow::Owned(prefix.to_owned()) };
        Scheme { header: Cow::Owned(header.to_owned()), carries, hash, encoding, ..BODY }
    }

    /// The same scheme with another replay window. Without a signed time there is none to widen, and no scheme.
    pub fn with_tolerance(mut self, tolerance_secs: u32) -> Option<Scheme> {
        self.time.as_mut()?.tolerance_secs = tolerance_secs;
        Some(self)
    }
}
