//! I11, as far as the store tells: what records are held to have said is what their statements come to. That golden records
//! permit no more than that is a part of I4.

use super::PAGE_ROWS;
use crate::domain::consent::Stance;
use crate::domain::ids::RecordNo;
use crate::domain::invariants::{Breach, Invariant};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;

pub async fn check(store: &Store) -> Result<Vec<Breach>, StoreError> {
    let mut breaches = Vec::new();
    let mut after = None;
    loop {
        let page = store.crosswalk_after(after, PAGE_ROWS).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(breaches) };
        after = Some(last.record);
        let (from, upto) = (first.record, RecordNo(last.record.0 + 1));
        let mut found: BTreeMap<RecordNo, Stance> = BTreeMap::new();
        for (record, statement) in store.statements_between(from, upto).await? {
            found.entry(record).or_default().add(&statement);
        }
        found.retain(|_, stance| !stance.is_empty());
        let stored: BTreeMap<RecordNo, Stance> = store.stances_between(from, upto).await?.into_iter().collect();
        for row in page.iter().filter(|row| found.get(&row.record) != stored.get(&row.record)) {
            let what = "this record's stance is not what its statements of consent come to";
            breaches.push(Breach::new(Invariant::I11, what, [format!("{}/{}", row.key.source, row.key.key)]));
        }
    }
}
