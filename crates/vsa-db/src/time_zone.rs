//! Time zones by their IANA names, as this server knows them.

use sqlx::PgConnection;

/// Whether the server has a zone of this name. `AT TIME ZONE` is no such test: it takes `GMT+1` for a zone of its own, on the
/// other side of Greenwich, and `CEST` for a summer that never ends.
pub async fn is_known(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)")
        .bind(name)
        .fetch_one(conn)
        .await
}
