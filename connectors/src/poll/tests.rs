use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Answer, Budget, Clock, Job, Pace, Page, Paging, Plan, PollError, Progress, Reading, Request, Since, Size, Then,
};
use crate::access::{Auth, Grant, Token};
use crate::read::Options;

const BASE: &str = "https://shop.example.com";
const PATH: &str = "/api/customers?fields=id";
const SECOND_US: i64 = 1_000_000;
/// Later than every change in these tests.
const NOW_US: i64 = 2_000_000_000 * SECOND_US;

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
        let last = self.records.last().map(|(id, _)| id.to_string());
        let (body, last) = (Some(&self.body), last.as_deref());
        let status = self.status;
        work(&Answer { status, header: &header, body, is_whole: true, records, last, newest_us, now_us: NOW_US })
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
            Paging::LastRecord { .. } => {
                let after =
                    number("at").map(|id| wanted.iter().position(|(known, _)| *known == id as u64).unwrap() + 1);
                after.unwrap_or(0)
            }
            _ => number("at").unwrap_or(0),
        };
        let end = (start + self.page_records).min(wanted.len());
        let records = wanted.get(start..end).unwrap_or_default().to_vec();
        let next = (end < wanted.len()).then_some(end);
        let whole = |at: usize| format!("{address}?since={}&at={at}", since / SECOND_US);
        let (mut headers, mut body) = (Vec::new(), json!({ "done": next.is_none(), "more": next.is_some() }));
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

fn pagings(size: u64) -> [Paging; KINDS] {
    let path = || vec!["meta".to_owned(), "next".to_owned()];
    let size = || Size { parameter: Some("limit".to_owned()), records: size };
    [
        Paging::LinkHeader,
        Paging::UrlInBody { path: path() },
        Paging::TokenInBody { path: path(), parameter: "at".to_owned() },
        Paging::TokenInHeader { header: "sforce-locator".to_owned(), parameter: "at".to_owned() },
        Paging::Number { parameter: "page".to_owned(), first: 1, size: size() },
        Paging::Offset { parameter: "offset".to_owned(), size: size() },
        Paging::LastRecord { member: "id".to_owned(), parameter: "at".to_owned(), more: vec!["more".to_owned()] },
    ]
}

const KINDS: usize = 7;

fn reading(path: &str, paging: &Paging, since: Option<Since>) -> Reading {
    let (path, paging) = (path.to_owned(), paging.clone());
    Reading { path, body: None, paging, since, job: None, page: Options::default(), count_header: None }
}

fn since(parameter: &str, text: Option<&str>, clock: Clock, look_back_secs: u32) -> Since {
    Since { parameter: Some(parameter.to_owned()), text: text.map(str::to_owned), clock, look_back_secs }
}

fn of(changes: Reading) -> Plan {
    Plan { base: BASE.to_owned(), changes, first: None }
}

fn plan(paging: &Paging) -> Plan {
    of(reading(PATH, paging, Some(since("since", None, Clock::EpochSeconds, 5))))
}

/// Runs to the end, through failures, and from the stored progress each time; gives the ids in the order of arrival.
fn run(plan: &Plan, system: &System, progress: &mut Progress, failures: &mut dyn Iterator<Item = bool>) -> Vec<u64> {
    let mut ids = Vec::new();
    for _ in 0..10_000 {
        // Whoever crashes has the committed progress and nothing else.
        *progress = Progress::from_text(&progress.to_text()).unwrap();
        let busy = Reply { status: 429, headers: vec![("Retry-After", "2".to_owned())], ..Reply::default() };
        let reply = if failures.next().unwrap_or(false) { busy } else { system.reply(&plan.next(progress).url) };
        let taken = reply.answer(|answer| plan.take(progress, answer)).unwrap();
        ids.extend(reply.records.iter().map(|(id, _)| *id));
        assert!(taken.progress.settled_us() >= progress.settled_us(), "what is settled stays settled");
        *progress = taken.progress;
        match taken.then {
            Then::Finished => return ids,
            Then::Wait { secs } => assert_eq!((reply.status, secs), (429, 2)),
            Then::More { pause_secs } => assert!(progress.is_running() && pause_secs == 0),
        }
    }
    panic!("it does not end")
}

proptest! {
    #[test]
    fn every_record_is_read_once_a_run_whatever_the_paging(
        kind in 0usize..KINDS, size in 1u64..6, count in 0u64..40, failing in prop::collection::vec(any::<bool>(), 0..30),
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
        kind in 0usize..KINDS, status in 100u16..600, link in "\\PC{0,40}", next in "\\PC{0,40}", records in 0u64..9, at: i64,
    ) {
        let plan = plan(&pagings(3)[kind]);
        let headers = vec![("link", link.clone()), ("sforce-locator", next.clone()), ("retry-after", link)];
        let reply = Reply { status, headers, body: json!({ "meta": { "next": next } }), records: vec![(1, at); records as usize] };
        if let Ok(taken) = reply.answer(|answer| plan.take(&Progress::default(), answer)) {
            prop_assert!(plan.next(&taken.progress).url.starts_with("https://shop.example.com"));
            prop_assert_eq!(Progress::from_text(&taken.progress.to_text()), Ok(taken.progress));
        }
    }
}

fn after(paging: Paging, headers: &[(&'static str, &str)], body: Value) -> Result<String, PollError> {
    let plan = plan(&paging);
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let reply = Reply { status: 200, headers, body, records: vec![] };
    reply.answer(|answer| plan.take(&Progress::default(), answer)).map(|taken| plan.next(&taken.progress).url)
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
    let plan = of(reading("/p", &Paging::LinkHeader, None));
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
    assert_eq!(then(503, Some("Wed, 18 May 2033 03:33:29 GMT"), 0), wait(9, 1));
    assert_eq!(then(503, Some("999999999"), 0), wait(86_400, 1));
    assert_eq!(then(500, None, 3), wait(8, 4));
    assert_eq!(then(502, Some("soon"), 40), wait(300, 41));
    assert_eq!(then(401, None, 0), Err(PollError::Refused(401)));
    assert_eq!(then(204, None, 9), Ok((Then::Finished, 0)));
}

#[test]
fn times_are_written_as_the_system_counts() {
    let at = |clock: Clock| clock.write(1_767_323_045_678_901);
    assert_eq!(at(Clock::Rfc3339), "2026-01-02T03:04:05Z");
    assert_eq!(at(Clock::Date), "2026-01-02");
    assert_eq!(at(Clock::EpochSeconds), "1767323045");
    assert_eq!(at(Clock::EpochMillis), "1767323045678");
    assert_eq!(Progress::from_text("{\"failures\":0,\"run\":{}}"), Err(PollError::Progress));
}

#[test]
fn a_condition_that_cannot_be_left_out_begins_in_1970() {
    let soql = since("q", Some("SELECT Id FROM Contact WHERE SystemModstamp >= {since}"), Clock::Rfc3339, 60);
    let plan = of(reading("/query", &Paging::One, Some(soql)));
    let first = "https://shop.example.com/query?q=SELECT%20Id%20FROM%20Contact%20WHERE%20SystemModstamp%20%3E%3D%20\
                 1970-01-01T00%3A00%3A00Z";
    assert_eq!(plan.next(&Progress::default()), Request { url: first.to_owned(), body: None });
    let settled = Progress { settled_us: Some(1_767_323_045_000_000), ..Progress::default() };
    assert!(plan.next(&settled).url.ends_with("2026-01-02T03%3A03%3A05Z"));
}

#[test]
fn parameters_are_set_within_a_body() {
    let paging = Paging::Offset { parameter: "params.1".to_owned(), size: Size { parameter: None, records: 2 } };
    let filter = since("params.0.0.2", None, Clock::EpochSeconds, 0);
    let body = Some(r#"{"method":"search","params":[[["changed",">=",0]],0,2]}"#.to_owned());
    let plan = of(Reading { body, ..reading("/rpc", &paging, Some(filter)) });
    let settled = Progress { settled_us: Some(7 * SECOND_US), ..Progress::default() };
    let reply = Reply { status: 200, records: vec![(1, 0), (2, 0)], ..Reply::default() };
    let taken = reply.answer(|answer| plan.take(&settled, answer)).unwrap();
    let expected = r#"{"method":"search","params":[[["changed",">=",7]],2,2]}"#;
    assert_eq!(plan.next(&taken.progress), Request { url: format!("{BASE}/rpc"), body: Some(expected.to_owned()) });
}

fn bulk() -> Plan {
    let job = Job {
        path: "/jobs".to_owned(),
        body: "{\"query\":\"changed since {since}\"}".to_owned(),
        id: vec!["id".to_owned()],
        state: vec!["state".to_owned()],
        done: vec!["JobComplete".to_owned()],
        failed: vec!["Failed".to_owned()],
        results: "/jobs/{job}/results?max=2".to_owned(),
    };
    let paging = Paging::TokenInHeader { header: "sforce-locator".to_owned(), parameter: "locator".to_owned() };
    let first = Reading { job: Some(job), ..reading("", &paging, None) };
    Plan { first: Some(first), ..of(reading("/changes", &Paging::One, Some(since("since", None, Clock::Date, 0)))) }
}

#[test]
fn the_first_run_goes_by_a_job_and_later_ones_by_changes() {
    let plan = bulk();
    let mut progress = Progress::default();
    let null = || vec![("sforce-locator", "null".to_owned())];
    let page = |at: &str| vec![("sforce-locator", at.to_owned())];
    let steps = [
        ("/jobs", true, json!({"id": "750R"}), vec![], vec![], Then::Wait { secs: 5 }),
        ("/jobs/750R", false, json!({"state": "InProgress"}), vec![], vec![], Then::Wait { secs: 5 }),
        ("/jobs/750R", false, json!({"state": "JobComplete"}), vec![], vec![], Then::More { pause_secs: 0 }),
        ("/jobs/750R/results?max=2", false, json!(null), page("Mg"), vec![(1, 5)], Then::More { pause_secs: 0 }),
        ("/jobs/750R/results?max=2&locator=Mg", false, json!(null), null(), vec![(2, 9)], Then::Finished),
        ("/changes?since=1970-01-01", false, json!(null), vec![], vec![], Then::Finished),
    ];
    for (address, is_posted, body, headers, records, then) in steps {
        let request = plan.next(&progress);
        assert_eq!((request.url.strip_prefix(BASE), request.body.is_some()), (Some(address), is_posted));
        assert_eq!(plan.expects_records(&progress), records.len() + usize::from(address.contains("changes")) > 0);
        let reply = Reply { status: 200, headers, body, records };
        let taken = reply.answer(|answer| plan.take(&progress, answer)).unwrap();
        assert_eq!(taken.then, then, "{address}");
        progress = Progress::from_text(&taken.progress.to_text()).unwrap();
    }
}

#[test]
fn a_run_that_cannot_go_on_begins_anew() {
    let plan = bulk();
    let reply = |body| Reply { status: 200, body, ..Reply::default() };
    let ordered =
        reply(json!({"id": "750R"})).answer(|answer| plan.take(&Progress::default(), answer)).unwrap().progress;
    let failed = reply(json!({"state": "Failed"})).answer(|answer| plan.take(&ordered, answer));
    assert_eq!(failed, Err(PollError::JobFailed));
    let no_id = reply(json!({"id": "../../other"})).answer(|answer| plan.take(&Progress::default(), answer));
    assert_eq!(no_id, Err(PollError::NoJob));
    // What the error is, whether the run goes on, and how long to wait then.
    let cases = [
        (None, true),
        (Some(PollError::Refused(401)), true),
        (Some(PollError::Refused(404)), false),
        (Some(PollError::JobFailed), false),
        (Some(PollError::Circle), false),
    ];
    for (error, goes_on) in cases {
        let after = ordered.failed(error.as_ref());
        assert_eq!((after.is_running(), after.failures(), after.wait_secs()), (goes_on, 1, 1), "{error:?}");
    }
    // Another address in the manifest: the job belongs to the former one.
    let moved = Plan { base: "https://other.example.com".to_owned(), ..plan };
    assert_eq!(moved.next(&ordered).url, "https://other.example.com/jobs");
}

#[test]
fn a_clock_that_is_ahead_does_not_lead_into_the_future() {
    let plan = plan(&Paging::One);
    let reply = Reply { status: 200, records: vec![(1, i64::MAX)], ..Reply::default() };
    let taken = reply.answer(|answer| plan.take(&Progress::default(), answer)).unwrap();
    assert_eq!(taken.progress.settled_us(), Some(NOW_US));
}

#[test]
fn what_is_granted_is_not_overdrawn() {
    let then = |headers: &[(&'static str, &str)]| {
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("link", "</p?2>; rel=next".to_owned()));
        let reply = Reply { status: 200, headers, ..Reply::default() };
        reply.answer(|answer| plan(&Paging::LinkHeader).take(&Progress::default(), answer)).unwrap().then
    };
    let pause = |pause_secs| Then::More { pause_secs };
    assert_eq!(then(&[("ratelimit-remaining", "5"), ("ratelimit-reset", "9")]), pause(0));
    assert_eq!(then(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "9")]), pause(9));
    assert_eq!(then(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2000000012")]), pause(12));
    assert_eq!(then(&[("x-ratelimit-remaining", "0")]), pause(1));
    assert_eq!(then(&[("x-shopify-shop-api-call-limit", "40/40")]), pause(1));
    assert_eq!(then(&[("x-shopify-shop-api-call-limit", "12/40")]), pause(0));
}

#[test]
fn pages_are_taken_apart_and_those_cut_off_are_noticed() {
    let manifest = crate::Manifest::parse(
        "shop.toml",
        "name = \"shop\"\n[record]\nkey = \"$.id\"\nversion = { timestamp = \"$.at\" }\n[map]\n",
    )
    .unwrap();
    let check = |records: &str, count: Option<&str>, text: &str, expected: (bool, u64)| {
        let page =
            Options { records: vec![records.to_owned()], format: crate::read::Format::JsonArray, ..Options::default() };
        let page =
            Page::read(&manifest, &Reading { page, ..reading(PATH, &Paging::One, None) }, count, text.as_bytes());
        assert_eq!((page.is_whole, page.count()), expected, "{text}");
        page.newest_us
    };
    let two = r#"{"c":[{"id":1,"at":"1970-01-01T00:00:07Z"},{"id":2}],"next":null}"#;
    assert_eq!(check("c", None, two, (true, 2)), Some(7 * SECOND_US));
    check("c", Some("2"), two, (true, 2));
    check("c", Some("3"), two, (false, 2));
    check("c", None, &two[..two.len() - 9], (false, 0));
    check("c", None, r#"{"next":"x","errors":[]}"#, (true, 0));
    check("c", None, r#"{"c":{"id":1}}"#, (true, 1));
    check("", None, "[]", (true, 0));
    check("", None, "", (true, 0));
    check("", None, "<html>", (false, 0));
}

#[test]
fn a_record_that_names_no_place_does_not_end_the_run() {
    let paging = pagings(1)[KINDS - 1].clone();
    let manifest = crate::Manifest::parse("shop.toml", "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n").unwrap();
    let last = |text: &str| Page::read(&manifest, &reading(PATH, &paging, None), None, text.as_bytes()).last;
    assert_eq!(last(r#"[{"id":1},{"id":"b"},{"id":[]}]"#).as_deref(), Some("b"));
    let reply = Reply { status: 200, body: json!({ "more": true }), ..Reply::default() };
    assert_eq!(reply.answer(|answer| plan(&paging).take(&Progress::default(), answer)), Err(PollError::NoPlace));
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
