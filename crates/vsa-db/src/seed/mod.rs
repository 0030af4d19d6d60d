//! Rows that an installation starts with, or that a newcomer can look at.
//!
//! The rows are SQL files under `seed/`, embedded here. Each of their statements is an
//! `INSERT … ON CONFLICT DO NOTHING` with fixed ids, so seeding again changes nothing and
//! leaves alone what a person has edited. A seeded row that was deleted comes back.

pub mod load;

use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::{Connection, PgConnection};

/// Ten rows: the administrator, the provider configuration, six templates, two exclusions.
const REFERENCE: &str = include_str!("../../../../seed/reference.sql");

/// Nine rows on top of [`REFERENCE`]: two users, a campaign, five contacts, an exclusion.
const DEMO: &str = include_str!("../../../../seed/demo.sql");

/// What seeding did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeedReport {
    /// The tables that were offered rows, in the order they were first written.
    pub tables: Vec<SeededTable>,
}

/// What seeding did to one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeededTable {
    /// The table's name.
    pub table: String,
    /// Rows that were not there before.
    pub inserted: u64,
}

impl SeedReport {
    /// Rows that were not there before, over all tables; zero means nothing changed.
    pub fn inserted(&self) -> u64 {
        self.tables.iter().map(|table| table.inserted).sum()
    }

    fn add(&mut self, table: &str, inserted: u64) {
        match self.tables.iter_mut().find(|seeded| seeded.table == table) {
            Some(seeded) => seeded.inserted += inserted,
            None => self.tables.push(SeededTable {
                table: table.to_owned(),
                inserted,
            }),
        }
    }
}

/// Puts in what every installation needs (10 rows), in one transaction.
///
/// Fails as the database does; then nothing has changed.
pub async fn reference(conn: &mut PgConnection) -> Result<SeedReport, sqlx::Error> {
    run(conn, &[REFERENCE]).await
}

/// Puts in what [`reference()`] does and a campaign to try (19 rows in all), in one transaction.
///
/// Fails as the database does; then nothing has changed.
pub async fn demo(conn: &mut PgConnection) -> Result<SeedReport, sqlx::Error> {
    run(conn, &[REFERENCE, DEMO]).await
}

async fn run(conn: &mut PgConnection, files: &[&'static str]) -> Result<SeedReport, sqlx::Error> {
    let mut report = SeedReport::default();
    let mut tx = conn.begin().await?;
    for &sql in files {
        // One round trip a file: the server answers with a row count for each statement.
        let counts: Vec<u64> = sqlx::raw_sql(sql)
            .execute_many(&mut *tx)
            .map_ok(|result| result.rows_affected())
            .try_collect()
            .await?;
        for (table, inserted) in tables(sql).zip(counts) {
            report.add(table, inserted);
        }
    }
    tx.commit().await?;
    Ok(report)
}

/// The table each statement of a seed file inserts into, in order.
fn tables(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines()
        .filter_map(|line| line.strip_prefix("INSERT INTO "))
        .filter_map(|rest| rest.split(' ').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_names_its_table_at_the_start_of_a_line() {
        for sql in [REFERENCE, DEMO] {
            assert_eq!(tables(sql).count(), sql.matches("INSERT INTO").count());
            assert_eq!(
                tables(sql).count(),
                sql.matches("ON CONFLICT DO NOTHING;\n").count()
            );
        }
        assert_eq!(
            tables(REFERENCE).collect::<Vec<_>>(),
            [
                "users",
                "provider_configs",
                "email_templates",
                "exclusion_list_entries"
            ]
        );
    }

    #[test]
    fn a_table_written_twice_is_reported_once() {
        let mut report = SeedReport::default();
        report.add("users", 1);
        report.add("contacts", 5);
        report.add("users", 2);
        assert_eq!(report.inserted(), 8);
        let tables: Vec<_> = report
            .tables
            .iter()
            .map(|seeded| seeded.table.as_str())
            .collect();
        assert_eq!(tables, ["users", "contacts"]);
    }
}
