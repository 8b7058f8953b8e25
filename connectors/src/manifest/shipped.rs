//! The manifests that come with the program.

const SHIPPED: [(&str, &str); 13] = [
    ("salesforce", include_str!("../../manifests/salesforce.toml")),
    ("shopify", include_str!("../../manifests/shopify.toml")),
    ("square", include_str!("../../manifests/square.toml")),
    ("woocommerce", include_str!("../../manifests/woocommerce.toml")),
    ("hubspot", include_str!("../../manifests/hubspot.toml")),
    ("klaviyo", include_str!("../../manifests/klaviyo.toml")),
    ("stripe", include_str!("../../manifests/stripe.toml")),
    ("sap-business-partner", include_str!("../../manifests/sap-business-partner.toml")),
    ("tryton", include_str!("../../manifests/tryton.toml")),
    ("oscar", include_str!("../../manifests/oscar.toml")),
    ("loyalty", include_str!("../../manifests/loyalty.toml")),
    ("common-csv", include_str!("../../manifests/common-csv.toml")),
    ("canonical", include_str!("../../manifests/canonical.toml")),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

pub(super) fn text(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
