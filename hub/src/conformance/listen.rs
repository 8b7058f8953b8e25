//! Listens on loopback in the place of a system, and answers as well or as badly as asked.

use connectors::fake::{Asked, Reply};
use std::io::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A larger request is none of the hub's.
const BODY_BYTES_MAX: usize = 8 << 20;

/// How an answer is given.
#[derive(Clone, Debug)]
pub enum Manner {
    Whole(Reply),
    /// The body ends after so many bytes, and the head announces just these, as a broken proxy does.
    Cut(Reply, usize),
    /// The connection ends in the middle of the body.
    Torn(Reply),
    Slow(Reply, Duration),
}

type Answer = dyn FnMut(&Asked) -> Manner + Send;

/// A listening system; it ends when dropped.
pub struct Listening {
    /// Where it listens, such as `http://127.0.0.1:4711`.
    pub base: String,
    answer: Arc<Mutex<Box<Answer>>>,
    task: JoinHandle<()>,
}

impl Listening {
    pub async fn start(answer: impl FnMut(&Asked) -> Manner + Send + 'static) -> Result<Listening> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let answer: Arc<Mutex<Box<Answer>>> = Arc::new(Mutex::new(Box::new(answer)));
        let shared = answer.clone();
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let answer = shared.clone();
                tokio::spawn(async move { drop(serve(connection, &answer).await) });
            }
        });
        Ok(Listening { base, answer, task })
    }

    /// Answers otherwise from now on.
    pub fn answer(&self, answer: impl FnMut(&Asked) -> Manner + Send + 'static) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request a connection: whoever asks often is not measured here.
async fn serve(connection: TcpStream, answer: &Mutex<Box<Answer>>) -> Result<()> {
    let mut connection = BufReader::new(connection);
    let Some(asked) = read(&mut connection).await? else { return Ok(()) };
    let manner = answer.lock().unwrap_or_else(PoisonError::into_inner)(&asked);
    let (reply, announced, sent) = match manner {
        Manner::Whole(reply) => (reply.clone(), reply.body.len(), reply.body.len()),
        Manner::Cut(reply, bytes) => (reply.clone(), bytes.min(reply.body.len()), bytes.min(reply.body.len())),
        Manner::Torn(reply) => (reply.clone(), reply.body.len(), reply.body.len() / 2),
        Manner::Slow(reply, pause) => {
            tokio::time::sleep(pause).await;
            (reply.clone(), reply.body.len(), reply.body.len())
        }
    };
    let mut head = format!("HTTP/1.1 {} made-up\r\nContent-Length: {announced}\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = reply.body.as_bytes().get(..sent).unwrap_or_default();
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(b"\r\n").await?;
    connection.write_all(body).await?;
    connection.flush().await
}

async fn read(connection: &mut BufReader<TcpStream>) -> Result<Option<Asked>> {
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    let Some(path) = line.split(' ').nth(1) else { return Ok(None) };
    let mut asked = Asked { path: path.to_owned(), ..Asked::default() };
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        asked.headers.push((name.to_owned(), value.to_owned()));
    }
    let length = asked.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(0);
    if length > BODY_BYTES_MAX {
        return Ok(None);
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(asked))
}
