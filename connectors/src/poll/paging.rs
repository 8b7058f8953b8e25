//! How a system cuts its answer into pages.

use super::PollError;
use super::answer::Answer;

/// Where the next page is told, and how it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// There is one page.
    One,
    /// The header `Link` names it as `rel="next"`.
    LinkHeader,
    /// The body holds its address, whole or without the host: `nextRecordsUrl`, `@odata.nextLink`. Members of members
    /// are named one after the other.
    UrlInBody { path: Vec<String> },
    /// The body holds a token that is sent back.
    TokenInBody { path: Vec<String>, parameter: String },
    /// A header holds a token that is sent back; the word `null` ends the run, as with `Sforce-Locator`.
    TokenInHeader { header: String, parameter: String },
    /// Pages have numbers; one that is not full is the last.
    Number { parameter: String, first: u64, size: Size },
    /// Records have places; a page that is not full is the last.
    Offset { parameter: String, size: Size },
    /// The next page follows the last record of this one, whose member is sent back, as long as the body says that
    /// there is more.
    LastRecord { member: String, parameter: String, more: Vec<String> },
}

/// How many records a page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Absent where the path says it already.
    pub parameter: Option<String>,
    pub records: u64,
}

/// A page, or what comes before the first one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum At {
    /// A job is to be ordered.
    Order,
    /// The job under this id is not done yet.
    Pending(String),
    #[default]
    First,
    Url(String),
    Token(String),
    Number(u64),
}

impl Paging {
    pub(super) fn first(&self) -> At {
        match self {
            Paging::Number { first, .. } => At::Number(*first),
            Paging::Offset { .. } => At::Number(0),
            _ => At::First,
        }
    }

    /// The parameters that ask for a page.
    pub(super) fn parameters(&self, at: &At) -> Vec<(String, String)> {
        match (self, at) {
            (Paging::Number { parameter, size, .. } | Paging::Offset { parameter, size }, At::Number(number)) => {
                let size = size.parameter.iter().map(|name| (name.clone(), size.records.to_string()));
                size.chain([(parameter.clone(), number.to_string())]).collect()
            }
            (
                Paging::TokenInBody { parameter, .. }
                | Paging::TokenInHeader { parameter, .. }
                | Paging::LastRecord { parameter, .. },
                At::Token(token),
            ) => vec![(parameter.clone(), token.clone())],
            _ => Vec::new(),
        }
    }

    /// The page after this one, if there is one.
    pub(super) fn after(&self, at: &At, answer: &Answer<'_>) -> Result<Option<At>, PollError> {
        Ok(match self {
            Paging::One => None,
            Paging::LinkHeader => (answer.header)("link").and_then(next_link).map(|url| At::Url(url.to_owned())),
            Paging::UrlInBody { path } => answer.text_at(path).map(At::Url),
            Paging::TokenInBody { path, .. } => answer.text_at(path).map(At::Token),
            Paging::TokenInHeader { header, .. } => {
                let token =
                    (answer.header)(header).map(str::trim).filter(|token| !token.is_empty() && *token != "null");
                token.map(|token| At::Token(token.to_owned()))
            }
            Paging::LastRecord { more, .. } => {
                let has_more = answer.is_true_at(more);
                let last = || answer.last.map(|last| At::Token(last.to_owned())).ok_or(PollError::NoPlace);
                has_more.then(last).transpose()?
            }
            Paging::Number { size, .. } => Paging::following(at, size, answer, 1),
            Paging::Offset { size, .. } => Paging::following(at, size, answer, size.records),
        })
    }

    fn following(at: &At, size: &Size, answer: &Answer<'_>, step: u64) -> Option<At> {
        let At::Number(number) = at else { return None };
        (answer.records >= size.records.max(1)).then(|| At::Number(number.saturating_add(step)))
    }
}

/// The address of `rel="next"` in a Link header (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (url, after) = after.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        if parameters.split([';', ',']).any(|parameter| is_next(parameter.trim())) {
            return Some(url.trim());
        }
        rest = after;
    }
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
    name.trim().eq_ignore_ascii_case("rel") && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
}
