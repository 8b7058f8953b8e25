//! Addresses: parameters added, next pages kept on the host that the credentials are for.

use serde_json::Value;

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
    // A plus is a space in forms alone; `%20` is one everywhere.
    format!("{url}{between}{}", query.finish().replace('+', "%20"))
}

/// The JSON with values set at places such as `params.1`; numbers count the elements of a list. Where nothing stands, a
/// member is added; a number stays a number.
pub(super) fn set_in_body(body: &str, parameters: &[(String, String)]) -> String {
    let Ok(mut whole) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    for (place, value) in parameters {
        let (above, last) = place.rsplit_once('.').map_or((None, place.as_str()), |(above, last)| (Some(above), last));
        let mut above = above.into_iter().flat_map(|above| above.split('.'));
        let Some(found) = above.try_fold(&mut whole, step) else { continue };
        match found {
            Value::Object(members) => {
                let value = like(members.get(last), value);
                members.insert(last.to_owned(), value);
            }
            Value::Array(elements) => {
                if let Some(element) = last.parse().ok().and_then(|at: usize| elements.get_mut(at)) {
                    *element = like(Some(element), value);
                }
            }
            _ => {}
        }
    }
    whole.to_string()
}

fn step<'v>(at: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    match at {
        Value::Object(members) => members.get_mut(name),
        Value::Array(elements) => elements.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    }
}

fn like(before: Option<&Value>, value: &str) -> Value {
    let number = before.filter(|before| before.is_number()).and_then(|_| value.parse().ok()).map(Value::Number);
    number.unwrap_or_else(|| Value::String(value.to_owned()))
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
