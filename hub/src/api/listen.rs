//! Takes connections until told to stop, and then lets the requests in hand finish.

use super::{AppState, router};
use std::future::Future;
use std::net::SocketAddr;
use tokio::net::TcpListener;

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
    axum::serve(listener, service).with_graceful_shutdown(stopping).await
}
