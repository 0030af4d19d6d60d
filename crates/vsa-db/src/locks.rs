//! Advisory locks that more than one domain takes. Each is held until the transaction ends.

use sqlx::PgConnection;

/// Of the do-not-call list. The key is nobody else's: it is not one that `hashtext` or sqlx makes of a name.
const EXCLUSIONS: i64 = 0x7673_6100_0000_0001;

/// For whoever puts numbers on the do-not-call list: nobody may make a contact dialable until they are committed.
/// Taken before anything else, and held for a short time.
///
/// From here on the transaction waits minutes where others give up after seconds: nobody's wish not to be called is refused
/// because the import of a long file comes to its end.
pub async fn changing_exclusions(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('lock_timeout', '5min', true), set_config('statement_timeout', '6min', true)",
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(EXCLUSIONS)
        .execute(conn)
        .await?;
    Ok(())
}

/// For whoever makes contacts dialable: what is on the do-not-call list when the next statement begins is all that is on
/// it until this transaction is committed.
pub async fn relying_on_exclusions(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
        .bind(EXCLUSIONS)
        .execute(conn)
        .await?;
    Ok(())
}
