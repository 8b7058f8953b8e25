//! A subscriber's side: takes webhooks, each in its manner, and tells when it was called.

use crate::cli::Failure;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Calls that wait to be looked at; more are not counted.
const CALLS_MAX: usize = 1 << 20;

/// How a receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Healthy,
    /// Never.
    Hangs,
    /// With an error every second time.
    Fails,
}

/// A receiver that listens until it is dropped.
pub struct Receiver {
    pub url: String,
    /// The number of each change that it was called for, and when.
    pub called: mpsc::Receiver<(usize, Instant)>,
    listening: JoinHandle<()>,
}

#[derive(Clone)]
struct Called {
    manner: Manner,
    calls: Arc<AtomicU64>,
    tell: mpsc::Sender<(usize, Instant)>,
}

/// What tells a change: its number stands in front of the address.
#[derive(Deserialize)]
struct Event {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    emails: Vec<Email>,
}

#[derive(Deserialize)]
struct Email {
    value: String,
}

impl Receiver {
    pub async fn start(manner: Manner) -> Result<Receiver, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (tell, called) = mpsc::channel(CALLS_MAX);
        let state = Called { manner, calls: Arc::default(), tell };
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // A connection that breaks is the hub's to open again.
                tokio::spawn(serve(connection, state.clone()));
            }
        });
        Ok(Receiver { url, called, listening })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes one webhook after the other, as long as the connection stays open.
async fn serve(connection: TcpStream, called: Called) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let (mut connection, mut line, mut body) = (BufReader::new(connection), String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if connection.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0);
                }
                None if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        body.resize(length, 0);
        connection.read_exact(&mut body).await?;
        let answer = called.take(&body).await;
        connection.write_all(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await?;
    }
}

impl Called {
    async fn take(&self, body: &[u8]) -> &'static str {
        let at = Instant::now();
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.manner {
            Manner::Hangs => std::future::pending().await,
            Manner::Fails if before % 2 == 1 => "500 Internal Server Error",
            Manner::Fails => "200 OK",
            Manner::Healthy => {
                if let Some(number) = number(body) {
                    // Nobody listens once the measurement is over.
                    let _ = self.tell.try_send((number, at));
                }
                "200 OK"
            }
        }
    }
}

fn number(body: &[u8]) -> Option<usize> {
    let event: Event = serde_json::from_slice(body).ok()?;
    let (number, _) = event.data.emails.first()?.value.strip_prefix('n')?.split_once('@')?;
    number.parse().ok()
}
