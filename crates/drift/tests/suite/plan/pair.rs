//! Where plans are made.

use sqlx::{Connection as _, PgConnection};
use vsa_drift::scratch;

use super::run;

/// Two databases, for one plan after another: making them, and planning the one large query of the catalog in new
/// sessions, takes longer than all the rest.
pub(crate) struct Pair {
    conn: PgConnection,
    other: PgConnection,
}

impl Pair {
    pub(crate) async fn on(server: &scratch::Server) -> anyhow::Result<Self> {
        let (there, wanted) = (server.create().await?, server.create().await?);
        Ok(Self {
            conn: PgConnection::connect_with(&there.options()).await?,
            other: PgConnection::connect_with(&wanted.options()).await?,
        })
    }

    /// As they were made.
    pub(crate) async fn emptied(
        &mut self,
    ) -> anyhow::Result<(&mut PgConnection, &mut PgConnection)> {
        for conn in [&mut self.conn, &mut self.other] {
            let anew = "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public";
            run(conn, anew).await?;
        }
        Ok((&mut self.conn, &mut self.other))
    }
}
