//! Takes connections until told to stop, and then lets the requests in hand finish.

use super::{AppState, router};
use crate::domain::limits::HEAD_SECS_MAX;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long a connection may take to send the head of a request, the waiting for it included.
pub const PATIENCE: Duration = Duration::from_secs(HEAD_SECS_MAX);
/// Before connections are taken again after the system had no room for one.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` completes. Streams that would never end are ended.
pub async fn serve(listener: TcpListener, state: AppState, pages: Router<AppState>, stop: impl Future<Output = ()>) {
    serve_within(listener, state, pages, PATIENCE, stop).await;
}

/// The same with another patience.
pub async fn serve_within(
    listener: TcpListener,
    state: AppState,
    pages: Router<AppState>,
    patience: Duration,
    stop: impl Future<Output = ()>,
) {
    let stopping = async {
        stop.await;
        state.stop();
    };
    take(listener, router(state.clone(), pages), patience, stopping).await;
}

/// Serves a handler that does nothing: the ceiling that reads are measured against.
pub async fn empty_handler(listener: TcpListener) {
    let router = Router::new().route("/", axum::routing::get(|| async {}));
    take(listener, router, PATIENCE, std::future::pending()).await;
}

async fn take(listener: TcpListener, router: Router, patience: Duration, stop: impl Future<Output = ()>) {
    let router = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let (connections, mut stop) = (GracefulShutdown::new(), std::pin::pin!(stop));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            tracing::warn!("a connection could not be taken; is the limit of open files reached?");
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Small answers leave at once and do not wait for more.
        drop(stream.set_nodelay(true));
        let router = router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        // A connection that breaks is the client's to open again.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    connections.shutdown().await;
}
