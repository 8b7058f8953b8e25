use proptest::prelude::*;
use serde_json::{Value, json};

use super::paging::Size;
use super::{Answer, Auth, Budget, Clock, Grant, Pace, Paging, Plan, PollError, Progress, Since, Then, Token};

const URL: &str = "https://shop.example.com/api/customers?fields=id";
const SECOND_US: i64 = 1_000_000;

/// Answers as a system would: records by the time of their change, a few at a time.
struct System {
    paging: Paging,
    records: Vec<(u64, i64)>,
    page_records: usize,
}

/// What came back, before the plan looks at it.
#[derive(Default)]
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
    records: Vec<(u64, i64)>,
}

impl Reply {
    fn answer<T>(&self, work: impl FnOnce(&Answer<'_>) -> T) -> T {
        let header = |name: &str| {
            let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let newest_us = self.records.iter().map(|(_, changed)| *changed).max();
        let records = self.records.len() as u64;
        work(&Answer { status: self.status, header: &header, body: Some(&self.body), records, newest_us, now_us: 0 })
    }
}

impl System {
    fn reply(&self, url: &str) -> Reply {
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(address, "https://shop.example.com/api/customers");
        let parameter = |name: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
            found.last().map(|(_, value)| value.into_owned())
        };
        let number = |name: &str| parameter(name).and_then(|text| text.parse::<usize>().ok());
        let since = number("since").unwrap_or(0) as i64 * SECOND_US;
        let wanted: Vec<(u64, i64)> = self.records.iter().copied().filter(|(_, changed)| *changed >= since).collect();
        let start = match &self.paging {
            Paging::Number { first, .. } => (number("page").unwrap() - *first as usize) * self.page_records,
            Paging::Offset { .. } => number("offset").unwrap(),
            _ => number("at").unwrap_or(0),
        };
        let end = (start + self.page_records).min(wanted.len());
        let records = wanted.get(start..end).unwrap_or_default().to_vec();
        let next = (end < wanted.len()).then_some(end);
        let whole = |at: usize| format!("{address}?since={}&at={at}", since / SECOND_US);
        let (mut headers, mut body) = (Vec::new(), json!({ "done": next.is_none() }));
        match (&self.paging, next) {
            (Paging::LinkHeader, Some(at)) => {
                headers.push(("Link", format!("<{address}?x=1>; rel=\"previous\", <{}>; rel=\"next\"", whole(at))));
            }
            (Paging::UrlInBody { .. }, Some(at)) => {
                body["meta"] = json!({ "next": whole(at).strip_prefix("https://shop.example.com") });
            }
            (Paging::TokenInBody { .. }, Some(at)) => body["meta"] = json!({ "next": at }),
            (Paging::TokenInHeader { .. }, at) => {
                headers.push(("Sforce-Locator", at.map_or("null".to_owned(), |at| at.to_string())));
            }
            _ => {}
        }
        Reply { status: 200, headers, body, records }
    }
}

fn pagings(size: u64) -> [Paging; 6] {
    let path = || vec!["meta".to_owned(), "next".to_owned()];
    let size = || Size { parameter: "limit".to_owned(), records: size };
    [
        Paging::LinkHeader,
        Paging::UrlInBody { path: path() },
        Paging::TokenInBody { path: path(), parameter: "at".to_owned() },
        Paging::TokenInHeader { header: "sforce-locator".to_owned(), parameter: "at".to_owned() },
        Paging::Number { parameter: "page".to_owned(), first: 1, size: size() },
        Paging::Offset { parameter: "offset".to_owned(), size: size() },
    ]
}

fn plan(paging: &Paging) -> Plan {
    let since = Since { parameter: "since".to_owned(), clock: Clock::EpochSeconds, look_back_secs: 5 };
    Plan { url: URL.to_owned(), paging: paging.clone(), since: Some(since) }
}

/// Runs to the end, through failures, and from the stored progress each time; gives the ids in the order of arrival.
fn run(plan: &Plan, system: &System, progress: &mut Progress, failures: &mut dyn Iterator<Item = bool>) -> Vec<u64> {
    let mut ids = Vec::new();
    for _ in 0..10_000 {
        // Whoever crashes has the committed progress and nothing else.
        *progress = Progress::from_text(&progress.to_text()).unwrap();
        let busy = Reply { status: 429, headers: vec![("Retry-After", "2".to_owned())], ..Reply::default() };
        let reply = if failures.next().unwrap_or(false) { busy } else { system.reply(&plan.next(progress)) };
        let taken = reply.answer(|answer| plan.take(progress, answer)).unwrap();
        ids.extend(reply.records.iter().map(|(id, _)| *id));
        assert!(taken.progress.settled_us() >= progress.settled_us(), "what is settled stays settled");
        *progress = taken.progress;
        match taken.then {
            Then::Finished => return ids,
            Then::Wait { secs } => assert_eq!((reply.status, secs), (429, 2)),
            Then::More => assert!(progress.is_running()),
        }
    }
    panic!("it does not end")
}

proptest! {
    #[test]
    fn every_record_is_read_once_a_run_whatever_the_paging(
        kind in 0usize..6, size in 1u64..6, count in 0u64..40, failing in prop::collection::vec(any::<bool>(), 0..30),
    ) {
        let paging = pagings(size)[kind].clone();
        let records = (0..count).map(|id| (id, (id as i64 / 3 + 100) * SECOND_US)).collect();
        let mut system = System { paging: paging.clone(), records, page_records: size as usize };
        let (plan, mut progress) = (plan(&paging), Progress::default());
        let ids = run(&plan, &system, &mut progress, &mut failing.into_iter());
        prop_assert_eq!(ids, (0..count).collect::<Vec<_>>());
        prop_assert_eq!(progress.settled_us(), system.records.last().map(|(_, changed)| *changed));
        // A change that was committed late, within the look-back, and a new one.
        let settled = progress.settled_us().unwrap_or(100 * SECOND_US);
        system.records.extend([(900, settled - 4 * SECOND_US), (901, settled + SECOND_US)]);
        let ids = run(&plan, &system, &mut progress, &mut std::iter::empty());
        prop_assert!(ids.contains(&900) && ids.contains(&901));
        prop_assert!(ids.len() <= 2 + 3 * 6, "the look-back is narrow");
        prop_assert_eq!(progress.settled_us(), Some(settled + SECOND_US));
    }

    #[test]
    fn a_budget_is_kept_in_every_window(
        requests in 1u32..20, refill_secs in 1u32..10, pauses in prop::collection::vec(0i64..3_000_000, 1..100),
    ) {
        let mut pace = Pace::new(Budget { requests, refill_secs });
        let (mut now, mut granted) = (0i64, Vec::new());
        for pause in pauses {
            now += pause;
            if let Err(wait) = pace.ask(now) {
                prop_assert!(wait > 0);
                now += wait;
                prop_assert_eq!(pace.ask(now), Ok(()), "who waits as long as told is let in");
            }
            granted.push(now);
        }
        let width = i64::from(refill_secs) * SECOND_US;
        for (place, start) in granted.iter().enumerate() {
            let within = granted[place..].iter().filter(|at| **at - start < width).count();
            prop_assert!(within <= 2 * requests as usize, "a full bucket and what flows in meanwhile");
        }
    }

    #[test]
    fn no_answer_makes_it_panic(
        kind in 0usize..6, status in 100u16..600, link in "\\PC{0,40}", next in "\\PC{0,40}", records in 0u64..9, at: i64,
    ) {
        let plan = plan(&pagings(3)[kind]);
        let headers = vec![("link", link.clone()), ("sforce-locator", next.clone()), ("retry-after", link)];
        let reply = Reply { status, headers, body: json!({ "meta": { "next": next } }), records: vec![(1, at); records as usize] };
        if let Ok(taken) = reply.answer(|answer| plan.take(&Progress::default(), answer)) {
            prop_assert!(plan.next(&taken.progress).starts_with("https://shop.example.com"));
            prop_assert_eq!(Progress::from_text(&taken.progress.to_text()), Ok(taken.progress));
        }
    }
}

fn after(paging: Paging, headers: &[(&'static str, &str)], body: Value) -> Result<String, PollError> {
    let plan = plan(&paging);
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let reply = Reply { status: 200, headers, body, records: vec![] };
    reply.answer(|answer| plan.take(&Progress::default(), answer)).map(|taken| plan.next(&taken.progress))
}

#[test]
fn the_next_page_stays_on_the_host_of_the_credentials() {
    let link = |url: &str| after(Paging::LinkHeader, &[("link", &format!("<{url}>; rel=next"))], json!({}));
    assert_eq!(link("https://shop.example.com/p?2").as_deref(), Ok("https://shop.example.com/p?2"));
    assert_eq!(link("/p?2").as_deref(), Ok("https://shop.example.com/p?2"));
    let elsewhere = [
        "https://evil.example.com/",
        "http://shop.example.com/",
        "//evil.example.com/",
        "https://shop.example.com.evil.org/",
        "https://shop.example.com@evil.org/",
        "https://shop.example.com:8443/",
    ];
    for url in elsewhere {
        assert_eq!(link(url), Err(PollError::Elsewhere), "{url}");
    }
    let first = "https://shop.example.com/p";
    let plan = Plan { url: first.to_owned(), paging: Paging::LinkHeader, since: None };
    let headers = vec![("link", format!("<{first}>; rel=\"next\""))];
    let reply = Reply { status: 200, headers, ..Reply::default() };
    let once = reply.answer(|answer| plan.take(&Progress::default(), answer)).unwrap();
    assert_eq!(reply.answer(|answer| plan.take(&once.progress, answer)), Err(PollError::Circle));
}

#[test]
fn systems_that_are_busy_are_left_alone() {
    let plan = plan(&Paging::One);
    let then = |status: u16, retry: Option<&str>, failures: u32| {
        let headers = retry.map(|retry| ("retry-after", retry.to_owned())).into_iter().collect();
        let reply = Reply { status, headers, ..Reply::default() };
        let progress = Progress { failures, ..Progress::default() };
        reply.answer(|answer| plan.take(&progress, answer)).map(|taken| (taken.then, taken.progress.failures))
    };
    let wait = |secs, failures| Ok((Then::Wait { secs }, failures));
    assert_eq!(then(429, Some("7"), 0), wait(7, 1));
    assert_eq!(then(429, Some("0.5"), 0), wait(1, 1));
    assert_eq!(then(503, Some("Thu, 01 Jan 1970 00:00:09 GMT"), 0), wait(9, 1));
    assert_eq!(then(503, Some("999999999"), 0), wait(86_400, 1));
    assert_eq!(then(500, None, 3), wait(8, 4));
    assert_eq!(then(502, Some("soon"), 40), wait(300, 41));
    assert_eq!(then(401, None, 0), Err(PollError::Refused(401)));
    assert_eq!(then(204, None, 9), Ok((Then::Finished, 0)));
}

#[test]
fn times_are_written_as_the_system_counts() {
    let since = |clock| {
        let since = Since { parameter: "from".to_owned(), clock, look_back_secs: 0 };
        since.parameter(1_767_323_045_678_901).1
    };
    assert_eq!(since(Clock::Rfc3339), "2026-01-02T03:04:05Z");
    assert_eq!(since(Clock::EpochSeconds), "1767323045");
    assert_eq!(since(Clock::EpochMillis), "1767323045678");
    assert_eq!(Progress::from_text("{\"failures\":0,\"run\":{}}"), Err(PollError::Progress));
}

#[test]
fn credentials_are_sent_as_asked_and_never_shown() {
    assert_eq!(Auth::Bearer.header("s").1, "Bearer s");
    assert_eq!(Auth::Basic { user: "a".to_owned() }.header("b").1, "Basic YTpi");
    assert_eq!(Auth::Header { name: "X-Key".to_owned() }.header("s"), ("X-Key".to_owned(), "s".to_owned()));
    let grant = Grant::ClientCredentials { client_id: "c d".to_owned(), scope: Some("read".to_owned()) };
    assert_eq!(grant.form("s&s", None), "grant_type=client_credentials&client_id=c+d&client_secret=s%26s&scope=read");
    let refresh = Grant::Refresh { client_id: "c".to_owned() }.form("s", Some("r"));
    assert_eq!(refresh, "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r");
    let token = Token::read(&json!({"access_token": "hush", "expires_in": "3600"}), 0).unwrap();
    assert_eq!(
        (token.secret(), token.is_due(3_539 * SECOND_US), token.is_due(3_540 * SECOND_US)),
        ("hush", false, true)
    );
    assert!(!format!("{token:?}").contains("hush"));
    assert_eq!(Token::read(&json!({"error": "invalid_client"}), 0), None);
}
