//! The points of the fictitious programme's members: what they have earned, spent, and have coming.

use crate::cli::Failure;
use crate::domain::limits::ENTRIES_MAX;
use crate::domain::loyalty::{Entry, Kind};
use crate::pipeline::clock;
use crate::store::Store;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Members whose points are posted; more would make the demo slower and show nothing else.
const MEMBERS_MAX: usize = 5000;
/// The programme of the shipped rules, and the system that tells its points.
const PROGRAMME: &str = "loyalty";

#[derive(Deserialize)]
struct Member {
    member_id: String,
    card_number: String,
    points: i64,
    enrolled_at: jiff::civil::Date,
    updated_at: jiff::Timestamp,
}

/// Posts the points that the export of members tells; what is broken there on purpose is left out.
pub async fn post(store: &Store, members: &Path) -> Result<(), Failure> {
    let lines = BufReader::new(File::open(members)?).lines().map_while(Result::ok);
    let members = lines.filter_map(|line| serde_json::from_str::<Member>(&line).ok());
    let members = members.filter(|member| member.points > 0 && !member.card_number.is_empty());
    let entries: Vec<Entry> = members.take(MEMBERS_MAX).flat_map(history).collect();
    for part in entries.chunks(ENTRIES_MAX) {
        store.post(PROGRAMME, PROGRAMME, part, clock::now_us()).await?;
    }
    Ok(())
}

/// Entries that come to a member's points: a quarter more was earned and has been spent, and an order is on its way.
fn history(member: Member) -> Vec<Entry> {
    let enrolled =
        jiff::tz::TimeZone::UTC.to_timestamp(member.enrolled_at.at(12, 0, 0, 0)).unwrap_or(member.updated_at);
    let one = |name: &str, kind: Kind, points: i64, at: jiff::Timestamp| Entry {
        id: format!("{}-{name}", member.member_id),
        member: member.card_number.clone(),
        kind,
        points: Some(points),
        at,
        reverses: None,
        to: None,
    };
    let spent = member.points / 4;
    let mut entries = vec![one("earned", Kind::Earn, member.points + spent, enrolled)];
    if spent > 0 {
        entries.push(one("spent", Kind::Burn, spent, member.updated_at));
    }
    if member.points % 3 == 0 {
        entries.push(one("ordered", Kind::Pending, 25, member.updated_at));
    }
    entries
}
