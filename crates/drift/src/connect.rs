//! One connection, which is not waited for without end.

use std::time::Duration;

use sqlx::PgConnection;
use vsa_db::config::DatabaseUrl;
use vsa_db::pool::{ConnectError, connect_one};

/// A server that does not answer within this time is not there.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn connect(url: &DatabaseUrl) -> Result<PgConnection, ConnectError> {
    connect_one(url, TIMEOUT).await
}
