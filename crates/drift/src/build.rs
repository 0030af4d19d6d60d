//! A schema file as a database: what a server does not take is a mistake of the file.

mod refusal;

use sqlx::postgres::PgDatabaseError;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Transaction};
use vsa_db::error::DatabaseError;
use vsa_schema::sql::{self, Statement};
use vsa_schema::{Mistake, Mistakes, Spec};

/// What a database or a role may have set otherwise.
const SESSION: &str = "SET LOCAL search_path = public; SET LOCAL check_function_bodies = on; \
     SET LOCAL client_min_messages = error; SET LOCAL statement_timeout = '60s'; SAVEPOINT empty";

/// Why a schema was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The server refuses something that the file says.
    #[error(transparent)]
    Refused(#[from] Mistakes),
    /// The server could not be asked.
    #[error("cannot build the schema: {0}")]
    Database(DatabaseError),
}

impl From<sqlx::Error> for BuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Builds `spec` in the empty database of `conn`: all of it, or nothing and every mistake that the server finds. `file`
/// is what messages call the schema file.
pub async fn build(conn: &mut PgConnection, file: &str, spec: &Spec) -> Result<(), BuildError> {
    Ok(begin(conn, file, spec).await?.commit().await?)
}

/// The same, in a transaction that is yet to be committed.
pub(crate) async fn begin<'c>(
    conn: &'c mut PgConnection,
    file: &str,
    spec: &Spec,
) -> Result<Transaction<'c, Postgres>, BuildError> {
    let statements = sql::build(spec);
    let mut transaction = conn.begin().await?;
    sqlx::raw_sql(SESSION).execute(&mut *transaction).await?;
    for statement in &statements {
        match execute(&mut transaction, statement).await {
            Ok(()) => {}
            Err(error) if server_error(&error).is_some() => {
                sqlx::raw_sql("ROLLBACK TO SAVEPOINT empty")
                    .execute(&mut *transaction)
                    .await?;
                let all = mistakes(&mut transaction, spec, &statements).await?;
                return Err(BuildError::Refused(Mistakes {
                    file: file.to_owned(),
                    all,
                }));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(transaction)
}

/// Everything that the server refuses, but for what only follows.
async fn mistakes(
    transaction: &mut Transaction<'_, Postgres>,
    spec: &Spec,
    statements: &[Statement],
) -> Result<Vec<Mistake>, BuildError> {
    let mut refused: Vec<&Statement> = Vec::new();
    let mut all = Vec::new();
    for statement in statements {
        let mut savepoint = transaction.begin().await?;
        let Err(error) = execute(&mut savepoint, statement).await else {
            savepoint.commit().await?;
            continue;
        };
        savepoint.rollback().await?;
        let Some(server) = server_error(&error) else {
            return Err(error.into());
        };
        if !refusal::follows(server, statement, &refused) {
            all.push(refusal::mistake(spec, statement, server));
        }
        refused.push(statement);
    }
    all.sort_by_key(|mistake| mistake.at);
    Ok(all)
}

/// As a prepared statement, which is never more than one: nothing can follow a semicolon in an expression.
async fn execute(conn: &mut PgConnection, statement: &Statement) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(statement.sql.as_str()))
        .persistent(false)
        .execute(conn)
        .await?;
    Ok(())
}

fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}
