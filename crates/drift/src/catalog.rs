//! Everything that a database holds, rows aside: read in one round trip, as typed objects keyed by their names.
//!
//! Names in the schema `public` stand alone, all others have their schema before them, both quoted where SQL wants
//! it. Definitions are as the server prints them, under settings that are the same in every session. The migrator's
//! own tables stand apart, as [`Ledger`]; what extensions brought is left out.
//! So is what belongs to the server or to the database as a whole (roles, tablespaces, large objects, security labels, and
//! owner, rights and settings of the database), the statistics targets of indexed expressions, and the options of foreign
//! servers and subscriptions, which hold passwords.
//!
//! Definitions that servers of two major versions print may differ in form: those of views, publications and collations,
//! and rights that only the later version knows. Nothing in our own schema does.
//!
//! An owner that is `None`, and "the migrating role" in grants, is the role that owns the migrator's ledger (where
//! there is none: the one that reads), for it has another name in every place.

mod objects;

use sqlx::{Connection as _, PgConnection};

pub use objects::{
    Catalog, Column, Constraint, DefaultPrivileges, Enum, EventTrigger, Extension, Function, Index,
    Ledger, Other, Policy, Publication, Rule, Schema, Sequence, Statistics, Table, TableKind,
    Trigger, Type,
};

/// Settings that change how the server prints a definition; a role or a database may have its own.
const SETTINGS: &str = "SET LOCAL search_path = public; SET LOCAL quote_all_identifiers = off; SET LOCAL TimeZone = 'UTC'; \
     SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1; \
     SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'; SET LOCAL jit = off; \
     SET LOCAL statement_timeout = '60s'";

/// One statement; its plan is kept by the session, so that the second reading takes half as long.
const CATALOG: &str = concat!(
    include_str!("catalog/shared.sql"),
    include_str!("catalog/tables.sql"),
    include_str!("catalog/others.sql"),
);

/// Reads the catalog of the database that `conn` is connected to. Writes nothing.
pub async fn read(conn: &mut PgConnection) -> Result<Catalog, sqlx::Error> {
    parse(&read_json(conn).await?)
}

/// The same as JSON. Equal texts are equal catalogs: the server sorts keys and lists.
pub(crate) async fn read_json(conn: &mut PgConnection) -> Result<String, sqlx::Error> {
    let mut transaction = conn.begin().await?;
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *transaction)
        .await?;
    let json = read_within(&mut transaction).await?;
    transaction.commit().await?;
    Ok(json)
}

/// The same within a transaction, which may have changed things.
pub(crate) async fn read_within(transaction: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::raw_sql(SETTINGS).execute(&mut *transaction).await?;
    sqlx::query_scalar(CATALOG).fetch_one(transaction).await
}

pub(crate) fn parse(json: &str) -> Result<Catalog, sqlx::Error> {
    serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))
}
