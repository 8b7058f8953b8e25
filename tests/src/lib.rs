//! What every test of the whole system stands on: a database of its own, on either engine.
//!
//! A test body is written once and runs on both engines through [`both!`]:
//!
//! ```
//! tests::both!(a_database_answers, |db| async move {
//!     assert!(db.url().starts_with(db.engine().scheme()));
//! });
//! ```

pub mod database;
pub mod http;
pub mod nats;
pub mod node;
pub mod population;
pub mod postgres;
pub mod program;
pub mod proxy;
pub mod receiver;
pub mod schema;
pub mod written;

pub use database::{Database, Engine};
pub use node::Node;

/// Makes two test cases, `NAME::on_sqlite` and `NAME::on_postgres`, of one body.
///
/// The body is a closure that takes a fresh [`Database`] and returns a future.
#[macro_export]
macro_rules! both {
    ($(#[$attribute:meta])* $name:ident, |$db:ident| $body:expr) => {
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "the body may or may not name its surroundings")]
            use super::*;

            async fn body($db: $crate::Database) {
                $body.await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                body($crate::Database::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                body($crate::Database::postgres().await).await;
            }
        }
    };
}
