//! One system that is read, asked with its own credentials and within its own budget.

use super::access::{Access, sendable};
use super::answer::{self, Reply};
use super::secret::Environment;
use super::target::AllowedHosts;
use super::{AskError, SystemError};
use connectors::poll::{Pace, Poll, Request};
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use std::time::Duration;

/// One system.
pub struct System {
    client: Client,
    access: Access,
    headers: Vec<(String, String)>,
    pace: Pace,
}

impl System {
    pub fn new(
        poll: &Poll,
        client: Client,
        allowed: AllowedHosts,
        environment: Environment,
    ) -> Result<System, SystemError> {
        let access = Access::new(&poll.base, &poll.credentials, allowed, environment)?;
        Ok(System { client, access, headers: poll.headers.clone(), pace: Pace::new(poll.budget) })
    }

    /// Scheme, host, and what stands before every path.
    pub fn base(&self) -> &str {
        self.access.base()
    }

    /// Asks once, and a second time with another token if the one at hand is no longer good.
    pub async fn ask(&mut self, request: &Request, now_us: impl Fn() -> i64) -> Result<Reply, AskError> {
        let reply = self.ask_once(request, &now_us).await?;
        if reply.status == 401 && self.access.forget_token().await {
            return self.ask_once(request, &now_us).await;
        }
        Ok(reply)
    }

    async fn ask_once(&mut self, request: &Request, now_us: &impl Fn() -> i64) -> Result<Reply, AskError> {
        let auth = self.access.header(&self.client, now_us).await?;
        while let Err(wait_us) = self.pace.ask(now_us()) {
            tokio::time::sleep(Duration::from_micros(u64::try_from(wait_us).unwrap_or(1))).await;
        }
        let url = self.access.url(&request.url).map_err(SystemError::from)?;
        let mut asked = match &request.body {
            None => self.client.get(url),
            Some(body) => self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.clone()),
        };
        // A manifest's own header comes in place of this one.
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            asked = asked.header(ACCEPT, "application/json, text/csv, */*;q=0.1");
        }
        for own in &self.headers {
            let (name, value) = sendable(own.clone(), false)?;
            asked = asked.header(name, value);
        }
        if let Some((name, value)) = auth {
            asked = asked.header(name, value);
        }
        answer::read(asked).await
    }
}
