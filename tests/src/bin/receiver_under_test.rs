//! A subscriber in a process of its own, to be killed: it answers after what it was told is on its disk.
//! Arguments: the address to listen on, and the file to append to.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tests::http::Request;
use tests::receiver::{self, Message};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(address), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("an address and a file are needed"));
    };
    // A line that a kill cut short was never answered for.
    let mut kept = fs::read(&path).unwrap_or_default();
    kept.truncate(kept.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    let mut file = File::create(format!("{path}.part"))?;
    file.write_all(&kept)?;
    file.sync_all()?;
    fs::rename(format!("{path}.part"), &path)?;
    let file = Arc::new(Mutex::new(file));
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, file.clone()));
    }
}

async fn serve(stream: TcpStream, file: Arc<Mutex<File>>) {
    let mut stream = BufReader::new(stream);
    let key = receiver::key("HUB_SECRET_FIRST");
    while let Some(request) = Request::read(&mut stream).await {
        let status = match receiver::read(&key, &request.headers, &request.body) {
            Some(message) if keep(&file, &message).is_ok() => 204,
            Some(_) => 503,
            None => 401,
        };
        let answer = format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn keep(file: &Mutex<File>, message: &Message) -> io::Result<()> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.write_all(format!("{}\n", message.event).as_bytes())?;
    file.sync_data()
}
