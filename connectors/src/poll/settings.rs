//! The `[poll]` table: where a system is, who asks, how often, and how it is read.

use super::{Budget, Plan, Reading};
use crate::access::{Credentials, Setting};
use crate::read::Options;
use crate::webhook::SecretRef;

/// How a system is read over HTTP.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Scheme, host, and what stands before every path.
    pub base: Setting,
    pub credentials: Credentials,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// From the end of one run to the next.
    pub every_secs: u32,
    pub budget: Budget,
    pub changes: Reading,
    pub first: Option<Reading>,
    /// How one record is asked for, by its key.
    pub fetch: Option<Fetch>,
}

/// How one record is asked for.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// After the base, with `{key}` for the key.
    pub path: String,
    /// Where in the answer the record is.
    pub page: Options,
}

impl Poll {
    /// The plan for a system at this address.
    pub fn plan(&self, base: &str) -> Plan {
        let base = base.trim_end_matches('/').to_owned();
        Plan { base, changes: self.changes.clone(), first: self.first.clone() }
    }

    /// Every place of a setting or a secret that has to hold something before the system can be asked.
    pub fn places(&self) -> Vec<&SecretRef> {
        self.base.place().into_iter().chain(self.credentials.places()).collect()
    }

    /// The address of one record.
    pub fn record_url(&self, base: &str, key: &str) -> Option<String> {
        let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace('+', "%20");
        let path = self.fetch.as_ref()?.path.replace("{key}", &key);
        Some(format!("{}{path}", base.trim_end_matches('/')))
    }
}
