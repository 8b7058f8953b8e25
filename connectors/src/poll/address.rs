//! Addresses: parameters added, next pages kept on the host that the credentials are for.

/// The address with more parameters in its query.
pub(super) fn with_query(url: &str, parameters: &[(String, String)]) -> String {
    if parameters.is_empty() {
        return url.to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let between = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{between}{}", query.finish())
}

/// The next page's address, made whole; nothing if it is on another host.
pub(super) fn same_origin(base: &str, next: &str) -> Option<String> {
    let origin = origin(base)?;
    if next.starts_with('/') && !next.starts_with("//") {
        return Some(format!("{origin}{next}"));
    }
    let rest = next.strip_prefix(origin)?;
    (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| next.to_owned())
}

/// Scheme, host and port.
fn origin(url: &str) -> Option<&str> {
    let host_at = url.find("://")? + 3;
    let end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |length| host_at + length);
    Some(&url[..end])
}
