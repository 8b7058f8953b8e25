//! One fresh, empty database for one test.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres;

/// The two engines that the hub stores its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// What a URL of this engine starts with.
    pub fn scheme(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// An empty database that nobody else uses; it is removed when this value is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    place: Place,
}

/// A connection in whose way all others are.
#[derive(Debug)]
pub enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(Debug)]
enum Place {
    /// Held for its destructor, which removes the directory.
    Directory { _held: TempDir },
    /// The name of a database on this process's private server.
    Server(String),
}

impl Database {
    /// A file in a directory of its own. It does not exist yet: the code under test creates it.
    pub async fn sqlite() -> Self {
        let directory =
            tempfile::Builder::new().prefix("hub-sqlite-").tempdir().expect("a temporary directory can be made");
        let url = format!("sqlite://{}", directory.path().join("hub.db").display());
        Self { url, place: Place::Directory { _held: directory } }
    }

    /// A new database on the private PostgreSQL server, which the first caller starts.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start: a test that silently skips one engine proves nothing about it.
    pub async fn postgres() -> Self {
        let server = tokio::task::spawn_blocking(postgres::server)
            .await
            .expect("starting the server does not panic")
            .unwrap_or_else(|reason| panic!("{reason}"));
        let name = format!("t{}", Uuid::now_v7().simple());
        let mut admin =
            PgConnection::connect(&server.url("postgres")).await.expect("the private server accepts connections");
        admin
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("the private server creates databases");
        Self { url: server.url(&name), place: Place::Server(name) }
    }

    /// Where the files of this database lie, if it has some of its own.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Directory { _held: folder } => Some(folder.path()),
            Place::Server(_) => None,
        }
    }

    /// Another empty database on the same engine.
    pub async fn another(&self) -> Self {
        match self.engine() {
            Engine::Sqlite => Self::sqlite().await,
            Engine::Postgres => Self::postgres().await,
        }
    }

    /// Has every write wait until the answer is dropped, as a machine that stalls does.
    pub async fn hold(&self) -> Held {
        match self.engine() {
            Engine::Sqlite => {
                let mut one = SqliteConnection::connect(&self.url).await.expect("the file can be opened");
                one.execute("BEGIN IMMEDIATE").await.expect("nobody else holds it for long");
                Held::Sqlite(one)
            }
            Engine::Postgres => {
                let mut one = PgConnection::connect(&self.url).await.expect("the server accepts connections");
                one.execute("BEGIN; LOCK TABLE command, decision IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
                Held::Postgres(one)
            }
        }
    }

    /// Changes it behind the hub's back.
    pub async fn run(&self, text: &'static str) {
        let done = match self.engine() {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file can be opened");
                connection.execute(text).await.map(drop)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server answers");
                connection.execute(text).await.map(drop)
            }
        };
        done.expect("the statement can be run");
    }

    /// The URL to give to the code under test.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which engine stands behind the URL.
    pub fn engine(&self) -> Engine {
        match self.place {
            Place::Directory { .. } => Engine::Sqlite,
            Place::Server(_) => Engine::Postgres,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let (Place::Server(name), Ok(server)) = (&self.place, postgres::server()) {
            // Failing to drop costs disk space until the server goes away with its directory, nothing more.
            server.drop_database(name);
        }
    }
}
