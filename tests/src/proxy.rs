//! A door between two programs that a test can slam: it passes bytes on, and cuts every connection when told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A running proxy; it ends with the test's runtime.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    open: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Proxy {
    /// Passes connections on to a port of this machine, whether or not anybody listens there yet.
    pub async fn to(port: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let open: Arc<Mutex<Vec<AbortHandle>>> = Arc::default();
        let kept = open.clone();
        tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((inside, _)) = listener.accept().await {
                let handle = connections.spawn(pass_on(inside, port));
                let mut open = kept.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|earlier| !earlier.is_finished());
                open.push(handle);
            }
        });
        Proxy { address, open }
    }

    /// Cuts what is connected now, in the middle of whatever is being said.
    pub fn cut(&self) {
        for connection in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            connection.abort();
        }
    }
}

async fn pass_on(mut inside: TcpStream, port: u16) {
    if let Ok(mut outside) = TcpStream::connect(("127.0.0.1", port)).await {
        let _ = (inside.set_nodelay(true), outside.set_nodelay(true));
        let _ = copy_bidirectional(&mut inside, &mut outside).await;
    }
}
