//! A client that costs little: one request at a time on each of many connections that stay open.

use crate::cli::Failure;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How the load is made.
pub struct Load {
    pub connections: usize,
    pub key: String,
}

/// Times of all answers.
#[derive(Default)]
pub struct Measured {
    pub times_us: Vec<u32>,
    seconds: f64,
    pub errors: u64,
}

impl Measured {
    /// Counts an answer, timed from a moment.
    fn note(&mut self, is_good: bool, from: Instant) {
        self.errors += u64::from(!is_good);
        self.times_us.push(from.elapsed().as_micros() as u32);
    }

    pub fn add(&mut self, mut other: Measured) {
        self.times_us.append(&mut other.times_us);
        self.seconds += other.seconds;
        self.errors += other.errors;
    }

    pub fn per_second(&self) -> f64 {
        self.times_us.len() as f64 / self.seconds
    }

    pub fn quantile_us(&self, quantile: f64) -> u32 {
        let mut times = self.times_us.clone();
        times.sort_unstable();
        let place = (times.len() as f64 * quantile) as usize;
        times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

impl Load {
    /// Asks for every target once.
    pub async fn warm_up(&self, address: SocketAddr, targets: &[String]) -> Result<(), Failure> {
        let mut tasks = JoinSet::new();
        for part in targets.chunks(targets.len().div_ceil(self.connections).max(1)) {
            let requests: Vec<String> = part.iter().map(|target| self.request(target)).collect();
            tasks.spawn(async move {
                let mut connection = Connection::open(address).await?;
                for request in &requests {
                    connection.ask(request).await?;
                }
                Ok::<(), Failure>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(())
    }

    /// Asks for random targets for a while.
    pub async fn run(
        &self,
        address: SocketAddr,
        targets: &[String],
        span: Duration,
        seed: u64,
    ) -> Result<Measured, Failure> {
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for n in 0..self.connections {
            let own: Vec<String> =
                targets.iter().skip(n).step_by(self.connections).map(|target| self.request(target)).collect();
            let requests = if own.is_empty() { vec![self.request(&targets[0])] } else { own };
            tasks.spawn(ask_for(address, requests, started + span, seed * 1_000 + n as u64));
        }
        gathered(tasks, started).await
    }

    /// Sends each request once, as fast as they are answered.
    pub async fn each(&self, address: SocketAddr, requests: &Arc<[String]>) -> Result<Measured, Failure> {
        let connections = self.open(address).await?;
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for (first, mut connection) in connections.into_iter().enumerate() {
            let (requests, step) = (requests.clone(), self.connections);
            tasks.spawn(async move {
                let mut measured = Measured::default();
                for request in requests.iter().skip(first).step_by(step) {
                    let asked = Instant::now();
                    measured.note(connection.ask(request).await?, asked);
                }
                Ok::<Measured, Failure>(measured)
            });
        }
        gathered(tasks, started).await
    }

    /// Sends the requests one after the other, so many a second for a while, whether or not those before are answered.
    /// Each is timed from the moment at which it was due: a server that falls behind is not spared the waiting.
    pub async fn at_rate(
        &self,
        address: SocketAddr,
        requests: Arc<[String]>,
        per_second: u32,
        span: Duration,
    ) -> Result<Measured, Failure> {
        let connections = self.open(address).await?;
        let started = Instant::now();
        let count = (span.as_secs_f64() * f64::from(per_second)) as usize;
        let mut tasks = JoinSet::new();
        for (first, mut connection) in connections.into_iter().enumerate() {
            let requests = requests.clone();
            let due = move |n: usize| started + Duration::from_secs_f64(n as f64 / f64::from(per_second));
            let own = (first..count).step_by(self.connections);
            tasks.spawn(async move {
                let mut measured = Measured::default();
                for n in own {
                    tokio::time::sleep_until(due(n).into()).await;
                    measured.note(connection.ask(&requests[n % requests.len()]).await?, due(n));
                }
                Ok::<Measured, Failure>(measured)
            });
        }
        gathered(tasks, started).await
    }

    /// Connections are opened before the clock runs, one after the other: a burst of them is no part of the load.
    async fn open(&self, address: SocketAddr) -> Result<Vec<Connection>, Failure> {
        let mut connections = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            connections.push(Connection::open(address).await?);
        }
        Ok(connections)
    }

    /// A request that sends JSON.
    pub fn post(&self, target: &str, body: &str) -> String {
        let (key, length) = (&self.key, body.len());
        format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }

    fn request(&self, target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", self.key)
    }
}

/// What all connections have measured, once the last one is done.
async fn gathered(mut tasks: JoinSet<Result<Measured, Failure>>, started: Instant) -> Result<Measured, Failure> {
    let mut all = Measured::default();
    while let Some(done) = tasks.join_next().await {
        all.add(done??);
    }
    all.seconds = started.elapsed().as_secs_f64();
    Ok(all)
}

async fn ask_for(address: SocketAddr, requests: Vec<String>, until: Instant, seed: u64) -> Result<Measured, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut measured = Measured::default();
    let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    loop {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let asked = Instant::now();
        if asked >= until {
            return Ok(measured);
        }
        measured.note(connection.ask(&requests[chance as usize % requests.len()]).await?, asked);
    }
}

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and reads the whole answer; says whether it was a 200.
    pub async fn ask(&mut self, request: &str) -> Result<bool, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed a connection".into());
            }
            if let Some(length) = answer_length(&self.buffer)
                && self.buffer.len() >= length
            {
                return Ok(self.buffer.starts_with(b"HTTP/1.1 200"));
            }
        }
    }
}

/// The length of the whole answer, once its head is there.
fn answer_length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    Some(head + length.unwrap_or(0))
}
