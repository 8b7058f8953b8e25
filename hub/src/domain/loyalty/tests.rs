use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn entry(id: usize, member: &str, kind: Kind, points: Option<i64>) -> Entry {
    let at = jiff::Timestamp::UNIX_EPOCH;
    Entry { id: id.to_string(), member: member.to_owned(), kind, points, at, reverses: None, to: None }
}

/// A ledger as the store keeps it, in memory.
#[derive(Default)]
struct Book {
    posted: BTreeMap<String, (Entry, Vec<Posting>)>,
    taken_back: BTreeMap<String, i64>,
    waiting: Vec<Entry>,
}

impl Book {
    fn post(&mut self, entry: &Entry) {
        if self.posted.contains_key(&entry.id) || self.waiting.contains(entry) {
            return;
        }
        let reversed = entry.reverses.as_ref().map(|id| (id.clone(), self.posted.get(id)));
        let found = match &reversed {
            Some((_, None)) => return self.waiting.push(entry.clone()),
            Some((id, Some((before, lines)))) => {
                Some((before.kind, lines.as_slice(), self.taken_back.get(id).copied().unwrap_or(0)))
            }
            None => None,
        };
        let Ok(lines) = postings(entry, found) else { return };
        if let Some((id, _)) = reversed {
            *self.taken_back.entry(id).or_default() += lines[1].points.abs();
        }
        self.posted.insert(entry.id.clone(), (entry.clone(), lines));
        let waiting = std::mem::take(&mut self.waiting);
        waiting.iter().for_each(|entry| self.post(entry));
    }

    fn balances(&self) -> BTreeMap<Account, i64> {
        let mut balances = BTreeMap::new();
        for posting in self.posted.values().flat_map(|(_, lines)| lines) {
            *balances.entry(posting.account.clone()).or_default() += posting.points;
        }
        balances.retain(|_, points| *points != 0);
        balances
    }

    /// What a person with these cards has.
    fn of(&self, cards: &[usize]) -> i64 {
        let balances = self.balances();
        let mine = |card: &usize| {
            let buckets = [Bucket::Available, Bucket::Pending].map(|bucket| Account::member(CARDS[*card], bucket));
            buckets.iter().filter_map(|account| balances.get(account)).sum::<i64>()
        };
        cards.iter().map(mine).sum()
    }
}

const CARDS: [&str; 4] = ["LC-1", "LC-2", "lc 3", "LC4"];

#[test]
fn entries_that_make_no_sense_are_refused() {
    let cases = [
        (Entry { id: String::new(), ..entry(1, "1", Kind::Earn, Some(1)) }, EntryError::Id),
        (entry(1, " - ", Kind::Earn, Some(1)), EntryError::Member),
        (entry(1, "1", Kind::Earn, None), EntryError::Points),
        (entry(1, "1", Kind::Earn, Some(-1)), EntryError::Points),
        (entry(1, "1", Kind::Burn, Some(i64::MAX)), EntryError::Points),
        (entry(1, "1", Kind::Adjust, Some(i64::MIN)), EntryError::Points),
        (entry(1, "1", Kind::Reverse, None), EntryError::Reverses),
        (Entry { reverses: Some("0".into()), ..entry(1, "1", Kind::Earn, Some(1)) }, EntryError::Reverses),
        (entry(1, "1", Kind::Transfer, Some(1)), EntryError::To),
        (Entry { to: Some("1 ".into()), ..entry(1, "1", Kind::Transfer, Some(1)) }, EntryError::To),
    ];
    for (entry, expected) in cases {
        assert_eq!(entry.check(), Err(expected), "{entry:?}");
    }
    assert_eq!(entry(1, "1", Kind::Adjust, Some(-5)).check(), Ok(()));
}

#[test]
fn an_entry_is_taken_back_in_parts_and_no_further() {
    let earn = entry(1, "1", Kind::Earn, Some(100));
    let lines = postings(&earn, None).expect("it makes sense");
    let back = |points, taken| {
        let reverse = Entry { reverses: Some("1".into()), ..entry(2, "1", Kind::Reverse, points) };
        postings(&reverse, Some((Kind::Earn, &lines, taken))).map(|lines| lines[0].points)
    };
    assert_eq!(back(Some(30), 0), Ok(-30));
    assert_eq!(back(None, 30), Ok(-70));
    assert_eq!(back(Some(71), 30), Err(EntryError::TooMuch));
    assert_eq!(back(None, 100), Err(EntryError::TooMuch));
}

#[test]
fn accounts_are_written_and_read() {
    for account in [Account::member("LC 0017", Bucket::Pending), Account::House("burned")] {
        assert_eq!(Account::parse(&account.to_string()), Some(account));
    }
    assert_eq!(Account::parse("house:unknown"), None);
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::*;
    prop::sample::select(vec![Earn, Earn, Pending, Release, Burn, Expire, Adjust, Reverse, Reverse, Transfer])
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (kinds(), 0usize..4, 0usize..4, 1i64..500, any::<bool>(), 0usize..30);
    prop::collection::vec(one, 1..30).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(id, (kind, member, to, points, some, reversed))| {
            let points = (kind != Kind::Reverse || some).then_some(points);
            let mut entry = entry(id, CARDS[member], kind, points);
            entry.reverses = (kind == Kind::Reverse).then(|| reversed.to_string());
            entry.to = (kind == Kind::Transfer).then(|| CARDS[to].to_owned());
            entry
        });
        made.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// I12: whatever happens, no point comes from nowhere: the postings of every entry, and so all balances, sum to 0; and
    /// however people are joined and parted, together they have what their cards have.
    #[test]
    fn no_point_is_created_or_lost(all in entries(), parting in prop::collection::vec(0usize..3, 4)) {
        let mut book = Book::default();
        all.iter().for_each(|entry| book.post(entry));
        for (_, lines) in book.posted.values() {
            prop_assert_eq!(lines.iter().map(|line| line.points).sum::<i64>(), 0);
        }
        prop_assert_eq!(book.balances().values().sum::<i64>(), 0);
        let everybody = book.of(&[0, 1, 2, 3]);
        let people = (0..3).map(|person| (0..4).filter(|card| parting[*card] == person).collect::<Vec<usize>>());
        prop_assert_eq!(people.map(|cards| book.of(&cards)).sum::<i64>(), everybody);
    }

    /// Sent twice, an entry counts once.
    #[test]
    fn the_same_entry_counts_once(all in entries()) {
        let (mut once, mut twice) = (Book::default(), Book::default());
        all.iter().for_each(|entry| once.post(entry));
        all.iter().chain(&all).for_each(|entry| twice.post(entry));
        prop_assert_eq!(once.balances(), twice.balances());
    }

    /// A reversal that comes before what it reverses waits for it. Whole reversals alone: of several parts it is the order
    /// that says which one is too much.
    #[test]
    fn reversals_may_come_early(all in entries(), order in prop::collection::vec(any::<u32>(), 30)) {
        let mut seen = std::collections::BTreeSet::new();
        let whole: Vec<Entry> = all.into_iter().map(|entry| match entry.kind {
            Kind::Reverse => Entry { points: None, ..entry },
            _ => entry,
        }).filter(|entry| entry.reverses.as_ref().is_none_or(|id| seen.insert(id.clone()))).collect();
        let reverses: Vec<String> = whole.iter().filter(|e| e.kind == Kind::Reverse).map(|e| e.id.clone()).collect();
        let whole: Vec<Entry> = whole.into_iter().filter(|e| !e.reverses.iter().any(|id| reverses.contains(id))).collect();
        let mut shuffled: Vec<(u32, Entry)> = whole.iter().cloned().zip(order).map(|(entry, place)| (place, entry)).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        let (mut straight, mut turned) = (Book::default(), Book::default());
        whole.iter().for_each(|entry| straight.post(entry));
        shuffled.iter().for_each(|(_, entry)| turned.post(entry));
        prop_assert_eq!(straight.balances(), turned.balances());
    }
}
