//! E-mail addresses.

use crate::features::EmailDraft;

const PLACEHOLDER_LOCALS: [&str; 22] = [
    "test",
    "noemail",
    "none",
    "na",
    "no",
    "noreply",
    "nomail",
    "unknown",
    "null",
    "nobody",
    "anonymous",
    "email",
    "mail",
    "customer",
    "fake",
    "sample",
    "example",
    "user",
    "donotreply",
    "asdf",
    "abc",
    "xxx",
];

/// No address is longer (RFC 5321).
const LENGTH_MAX: usize = 320;

/// Domains whose typing errors are common enough to be worth mending.
const DOMAINS: [&str; 16] = [
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "comcast.net",
    "live.com",
    "web.de",
    "gmx.de",
    "t-online.de",
    "orange.fr",
    "btinternet.com",
    "yahoo.co.uk",
    "hotmail.co.uk",
];

/// Reads one address; `None` when it cannot name a mailbox of one person.
pub(crate) fn read(raw: &str) -> Option<EmailDraft> {
    let folded: String = raw
        .trim()
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .filter(char::is_ascii)
        .take(LENGTH_MAX + 1)
        .collect();
    if folded.len() > LENGTH_MAX {
        return None;
    }
    let (local, domain) = folded.rsplit_once('@')?;
    let domain = mended_domain(domain);
    let local = mailbox(local, &domain);
    let bare: String = local.chars().filter(char::is_ascii_alphanumeric).collect();
    let worthless = bare.len() < 2 || PLACEHOLDER_LOCALS.contains(&bare.as_str());
    (!worthless && !domain.is_empty()).then_some(EmailDraft { local, domain })
}

/// The mailbox that the provider delivers to: tags never count, dots not where the provider ignores them.
fn mailbox(local: &str, domain: &str) -> String {
    let untagged = local.split('+').next().unwrap_or(local);
    if matches!(domain, "gmail.com" | "googlemail.com") { untagged.replace('.', "") } else { untagged.to_owned() }
}

fn mended_domain(domain: &str) -> String {
    let domain = domain.trim_matches('.');
    let is_near =
        |known: &&&str| known.len() > 6 && rapidfuzz::distance::osa::distance(known.bytes(), domain.bytes()) == 1;
    let known = match DOMAINS.contains(&domain) {
        true => domain,
        false => DOMAINS.iter().find(is_near).copied().unwrap_or(domain),
    };
    // One provider under two names.
    if known == "googlemail.com" { "gmail.com".to_owned() } else { known.to_owned() }
}
