//! Which addresses the hub may call. A webhook must not become a door into the operator's own network.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Hosts that the operator has named: these may be private, and may be called without TLS.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(Arc<[String]>);

/// Why a URL cannot be called, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the URL cannot be read; write it like https://crm.example.com/hooks/customers")]
    Malformed,
    #[error("the URL has to begin with https://, unless the operator allows its host with allow_targets")]
    NotHttps,
    #[error("the URL must hold no user name and no password; receivers recognise the hub by its signature")]
    Credentials,
    #[error("the host's address is not a public one; the operator can allow the host with allow_targets")]
    NotPublic,
}

impl AllowedHosts {
    pub fn new(hosts: impl IntoIterator<Item = String>) -> AllowedHosts {
        AllowedHosts(hosts.into_iter().map(|host| host.trim().to_ascii_lowercase()).collect())
    }

    fn holds(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.0.iter().any(|allowed| allowed == host)
    }
}

/// Reads a URL and checks what can be checked before its host is looked up.
pub fn check(url: &str, allowed: &AllowedHosts) -> Result<Url, TargetError> {
    let url = Url::parse(url).map_err(|_| TargetError::Malformed)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(TargetError::Malformed)?.to_owned();
    let is_allowed = allowed.holds(&host);
    match url.scheme() {
        "https" => {}
        "http" if is_allowed => {}
        _ => return Err(TargetError::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    if !is_allowed && (literal.is_some_and(|ip| !is_public(ip)) || host == "localhost") {
        return Err(TargetError::NotPublic);
    }
    Ok(url)
}

/// Looks hosts up and hands out the addresses that were checked, so that no second answer of the name service can lead
/// a connection elsewhere.
pub struct Resolver(pub AllowedHosts);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.0.holds(&name.as_str().to_ascii_lowercase());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let usable: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_allowed || is_public(address.ip())).collect();
            if usable.is_empty() {
                return Err(TargetError::NotPublic.into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        // This network; shared address space; protocol assignments; benchmarks; reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let embedded = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b, c, d, e, f) {
        // IPv4 in IPv6 clothes: mapped, translated, 6to4.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => embedded(g, h),
        (0x2002, ..) => embedded(b, c),
        (0x2001, 0x0db8, ..) => false,
        // Only this part of the space is given out as global unicast.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(url: &str) -> Result<(), TargetError> {
        let allowed = AllowedHosts::new(["127.0.0.1".to_owned(), "Crm.Internal".to_owned(), "::1".to_owned()]);
        check(url, &allowed).map(drop)
    }

    #[test]
    fn urls() {
        let cases = [
            ("https://crm.example.com/hook?a=b", Ok(())),
            ("http://127.0.0.1:8080/hook", Ok(())),
            ("http://[::1]:8080/hook", Ok(())),
            ("http://crm.internal/hook", Ok(())),
            ("http://crm.example.com/hook", Err(TargetError::NotHttps)),
            ("ftp://crm.internal/hook", Err(TargetError::NotHttps)),
            ("https://me:secret@crm.example.com/", Err(TargetError::Credentials)),
            ("https://127.0.0.2/", Err(TargetError::NotPublic)),
            // Other ways to write 127.0.0.2.
            ("https://2130706434/", Err(TargetError::NotPublic)),
            ("https://0x7f.2/", Err(TargetError::NotPublic)),
            ("https://[::ffff:127.0.0.2]/", Err(TargetError::NotPublic)),
            ("https://localhost/", Err(TargetError::NotPublic)),
            ("https://169.254.169.254/latest/meta-data", Err(TargetError::NotPublic)),
            ("crm.example.com", Err(TargetError::Malformed)),
            ("https://", Err(TargetError::Malformed)),
        ];
        for (url, expected) in cases {
            assert_eq!(checked(url), expected, "{url}");
        }
    }

    #[test]
    fn addresses() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.1.1.1",
            "169.254.1.1",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ];
        let public = ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "2002:101:101::"];
        for (list, expected) in [(&private[..], false), (&public[..], true)] {
            for text in list {
                assert_eq!(text.parse().map(is_public), Ok(expected), "{text}");
            }
        }
    }
}
