//! Answers to requests that carried an Idempotency-Key, kept in the transaction that they report on.

use super::bulk::{Column, Rows, insert};
use super::database::{Database, Tx, on};
use super::{Store, StoreError};
use foldhash::HashMap;
use uuid::Uuid;

/// A request whose answer is to be remembered.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub caller: Uuid,
    pub key: String,
    pub request_hash: i64,
    /// First id and number of the request's deliveries that earlier transactions have stored.
    pub before: Vec<(i64, i64)>,
    /// Place of the request's first delivery within the transaction, and how many it has there.
    pub offset: i64,
    pub count: i64,
}

/// What an earlier request with the same key was and got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub request_hash: i64,
    /// First id and number of the deliveries that the request stored, in its order.
    pub deliveries: Vec<(i64, i64)>,
}

impl Store {
    /// Finds the answer to an earlier request.
    pub async fn earlier(&self, caller: Uuid, key: &str) -> Result<Option<Earlier>, StoreError> {
        const TEXT: &str = "SELECT request_hash, response FROM idempotency WHERE caller = $1 AND key = $2";
        let row: Option<(i64, String)> =
            on!(&self.db, pool => sqlx::query_as(TEXT).bind(caller).bind(key).fetch_optional(pool).await)?;
        row.map(|(request_hash, response)| Earlier::read(request_hash, &response)).transpose()
    }
}

impl Store {
    /// Finds the answers to earlier requests by those of the keys that are taken.
    pub async fn known(&self, caller: Uuid, keys: Vec<String>) -> Result<HashMap<String, Earlier>, StoreError> {
        let rows: Vec<(String, i64, String)> = match &self.db {
            Database::Postgres(pool) => {
                const TEXT: &str =
                    "SELECT key, request_hash, response FROM idempotency WHERE caller = $1 AND key = ANY($2)";
                // Planned each time: the plan that suits a young table, reading all of it, would be kept while it grows.
                sqlx::query_as(TEXT).bind(caller).bind(keys).persistent(false).fetch_all(pool).await?
            }
            Database::Sqlite(pool) => {
                const TEXT: &str = "SELECT key, request_hash, response FROM idempotency \
                                    WHERE caller = $1 AND key IN (SELECT value FROM json_each($2))";
                let keys = serde_json::to_string(&keys).unwrap_or_default();
                sqlx::query_as(TEXT).bind(caller).bind(keys).fetch_all(pool).await?
            }
        };
        rows.into_iter().map(|(key, hash, response)| Ok((key, Earlier::read(hash, &response)?))).collect()
    }
}

impl Earlier {
    fn read(request_hash: i64, response: &str) -> Result<Earlier, StoreError> {
        let corrupt = |_| StoreError::Corrupt { what: "answer of an earlier request" };
        Ok(Earlier { request_hash, deliveries: serde_json::from_str(response).map_err(corrupt)? })
    }
}

/// Two requests with one key that arrive together: the second finds the row taken and its transaction fails.
pub(super) async fn remember(
    tx: &mut Tx,
    remembered: Vec<Remembered>,
    first: i64,
    at_us: i64,
) -> Result<(), StoreError> {
    let responses = remembered.iter().map(|r| response(r, first)).collect();
    let rows = Rows {
        table: "idempotency",
        columns: vec![
            ("caller", Column::Uuid(remembered.iter().map(|r| r.caller).collect())),
            ("request_hash", Column::Int(remembered.iter().map(|r| r.request_hash).collect())),
            ("response", Column::Text(responses)),
            ("at_us", Column::Int(vec![at_us; remembered.len()])),
            ("key", Column::Text(remembered.into_iter().map(|r| r.key).collect())),
        ],
        conflict: "",
    };
    insert(tx, &rows).await
}

fn response(remembered: &Remembered, first: i64) -> String {
    let here = (remembered.count > 0).then_some((first + remembered.offset, remembered.count));
    let all: Vec<(i64, i64)> = remembered.before.iter().copied().chain(here).collect();
    serde_json::to_string(&all).unwrap_or_default()
}
