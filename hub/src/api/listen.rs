//! Takes connections until told to stop, and then lets the requests in hand finish.

use super::{AppState, router};
use crate::domain::limits::HEAD_SECS_MAX;
use axum::extract::{ConnectInfo, Request};
use axum::serve::{Listener, ListenerExt, TapIo};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Serves until `stop` completes. Streams that would never end are ended.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (mut listener, mut stop) = (without_delay(listener), pin!(stop));
    let service = TowerToHyperService::new(router(state.clone()));
    let connections = GracefulShutdown::new();
    let mut server = http1::Builder::new();
    // Whoever sends a head byte by byte, or none, must not hold a connection for ever.
    server.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(HEAD_SECS_MAX));
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let service = service.clone();
        let with_peer = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        // A connection that breaks is its client's to open again.
        tokio::spawn(connections.watch(server.serve_connection(TokioIo::new(stream), with_peer)));
    }
    drop(listener);
    state.stop();
    connections.shutdown().await;
    Ok(())
}

/// Serves a handler that does nothing: the ceiling that reads are measured against.
pub async fn empty_handler(listener: TcpListener) -> std::io::Result<()> {
    let router: axum::Router = axum::Router::new().route("/", axum::routing::get(|| async {}));
    axum::serve(without_delay(listener), router).await
}

/// Small answers leave at once and do not wait for more.
fn without_delay(listener: TcpListener) -> TapIo<TcpListener, fn(&mut TcpStream)> {
    listener.tap_io(|stream| drop(stream.set_nodelay(true)))
}
