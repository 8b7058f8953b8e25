//! Databases that live as long as a bench or a test: a file of their own, or a schema of their own.

use super::StoreError;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::PathBuf;

/// A scratch database beside a configured one.
pub struct Scratch {
    url: String,
    place: Place,
}

enum Place {
    File(PathBuf),
    Schema { server: String, name: String },
}

impl Scratch {
    /// Makes an empty database beside another one; `name` tells several of one process apart.
    pub async fn create(beside: &str, name: &str) -> Result<Scratch, StoreError> {
        let name = format!("scratch_{name}_{}", std::process::id());
        if let Some(path) = beside.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            let file = PathBuf::from(path).with_file_name(format!("{name}.db"));
            return Ok(Scratch { url: format!("sqlite:{}", file.display()), place: Place::File(file) });
        }
        let mut connection = PgConnection::connect(beside).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        let mark = if beside.contains('?') { '&' } else { '?' };
        let url = format!("{beside}{mark}options[search_path]={name}");
        Ok(Scratch { url, place: Place::Schema { server: beside.to_owned(), name } })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes the database; nobody may have it open.
    pub async fn remove(self) -> Result<(), StoreError> {
        match self.place {
            Place::File(file) => {
                for path in ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", file.display()))) {
                    remove_file(path)?;
                }
                remove_file(file.with_extension("lock"))?;
            }
            Place::Schema { server, name } => {
                let mut connection = PgConnection::connect(&server).await?;
                let text = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
                sqlx::raw_sql(text).execute(&mut connection).await?;
                connection.close().await?;
            }
        }
        Ok(())
    }
}

fn remove_file(path: PathBuf) -> Result<(), StoreError> {
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(StoreError::File { path, source }),
        _ => Ok(()),
    }
}
