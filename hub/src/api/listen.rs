//! Takes connections until told to stop, and then lets the requests in hand finish.

use super::{AppState, router};
use axum::serve::{ListenerExt, TapIo};
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// Serves until `stop` completes. Streams that would never end are ended.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = async move {
        stop.await;
        state.stop();
    };
    axum::serve(without_delay(listener), service).with_graceful_shutdown(stopping).await
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
