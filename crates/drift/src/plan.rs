//! From what the migrations build to what `schema.yaml` asks for: the statements, in files, there and back.
//!
//! A plan is made by doing it. Each stage looks at the catalog as it is, says what is to be done, does it in a scratch
//! database, and the next stage looks again: the server itself says what a rename does to an index. So a plan that is
//! returned has already led from one catalog to the other and back.
//!
//! The way up is light on locks and takes several files where it must. The way down undoes one file at a time, each in
//! one transaction: it is for the minutes after a mistake.

mod columns;
mod comments;
mod constraints;
mod enums;
mod fill;
mod indexes;
mod keys;
mod rename;
mod routines;
mod sql;
mod step;
mod tables;

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};
use vsa_db::error::describe;
use vsa_schema::{Mistake, Mistakes, Spec};

use crate::catalog::{self, Catalog};
use crate::compare::{ColumnOrder, Sides, tell};

pub use step::{Hazard, Step};

/// Which file of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// New names for what is there.
    Rename,
    /// New labels of enums: nothing may use one before it is committed.
    Labels,
    /// Everything that takes a short lock, in one transaction.
    Change,
    /// Rows that are there get the value of a new column, some at a time: without a transaction.
    Fill,
    /// Indexes, built and dropped while others write: without a transaction.
    Indexes,
    /// What was added `NOT VALID` is validated; indexes become keys.
    Finish,
}

impl Phase {
    const ALL: [Self; 6] = [
        Self::Rename,
        Self::Labels,
        Self::Change,
        Self::Fill,
        Self::Indexes,
        Self::Finish,
    ];

    /// What its file is called after the name of the migration; nothing for the one that most plans consist of.
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Rename => Some("rename"),
            Self::Labels => Some("labels"),
            Self::Change => None,
            Self::Fill => Some("fill"),
            Self::Indexes => Some("indexes"),
            Self::Finish => Some("finish"),
        }
    }

    /// Whether the way up is one transaction: all of it or nothing.
    pub fn is_transaction(self) -> bool {
        !matches!(self, Self::Fill | Self::Indexes)
    }
}

/// One pair of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Which.
    pub phase: Phase,
    /// The way there.
    pub up: Vec<Step>,
    /// The way back.
    pub down: Vec<Step>,
    /// Whether the way back goes without a transaction, as that of [`Phase::Indexes`] does there.
    pub down_without_transaction: bool,
}

/// The whole way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The files, in order; none if nothing is to be done.
    pub parts: Vec<Part>,
}

impl Plan {
    /// What the way up deletes: `contacts.email`.
    pub fn deletes(&self) -> BTreeSet<&str> {
        let up = self.parts.iter().flat_map(|part| &part.up);
        up.filter(|step| step.hazards.contains(&Hazard::DeletesData))
            .map(|step| &*step.object)
            .collect()
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The schema asks for something that cannot be done to a database in use.
    #[error(transparent)]
    Impossible(#[from] Mistakes),
    /// The server refused a step.
    #[error("the server refuses a planned step: {why}\n{sql}\nwrite this migration by hand")]
    Refused {
        /// What it says.
        why: String,
        /// The step.
        sql: String,
    },
    /// The plan leads elsewhere.
    #[error(
        "the planned steps do not lead {direction}; write this migration by hand:\n{differences}"
    )]
    Astray {
        /// `to the schema`, or back.
        direction: &'static str,
        /// What is left, rendered.
        differences: String,
    },
    /// The catalog cannot be read.
    #[error("cannot read the catalog: {}", describe(.0))]
    Catalog(#[from] sqlx::Error),
}

/// How the statements are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// For a database in use: short locks, in several files.
    Light,
    /// All in one transaction.
    Plain,
}

/// Plans the way from the database that `conn` is connected to, a scratch one that the migrations built, to `to`, which
/// `spec` builds. The database is the same afterwards, up to the order of columns that were dropped on the way.
pub async fn plan(
    conn: &mut PgConnection,
    file: &str,
    spec: &Spec,
    to: &Catalog,
) -> Result<Plan, PlanError> {
    let mut walk = Walk {
        now: catalog::read(conn).await?,
        filled_later: fill::Columns::new(),
        conn,
    };
    refuse_impossible(file, spec, &walk.now, to)?;
    let renames = rename::Renames::of(spec, &walk.now);
    let mut parts = Vec::new();
    let mut states = Vec::new();
    for phase in Phase::ALL {
        let before = walk.now.clone();
        let up = walk.up(phase, to, &renames).await?;
        if phase == Phase::Rename {
            refuse(file, columns::refuse_recomputed(spec, &walk.now, to))?;
        }
        if !up.is_empty() {
            states.push(before);
            parts.push(Part {
                phase,
                up,
                down: Vec::new(),
                down_without_transaction: false,
            });
        }
    }
    walk.arrived("to the schema", to, ColumnOrder::Counts)?;
    let back = renames.inverse();
    for (part, before) in parts.iter_mut().zip(&states).rev() {
        let renames = (part.phase == Phase::Rename).then_some(&back);
        (part.down, part.down_without_transaction) = walk.down(before, renames).await?;
        walk.arrived("back", before, ColumnOrder::Free)?;
    }
    Ok(Plan { parts })
}

/// A database on its way.
struct Walk<'c> {
    conn: &'c mut PgConnection,
    now: Catalog,
    /// The new columns that [`Phase::Fill`] fills.
    filled_later: fill::Columns,
}

impl Walk<'_> {
    fn arrived(
        &self,
        direction: &'static str,
        at: &Catalog,
        order: ColumnOrder,
    ) -> Result<(), PlanError> {
        let sides = Sides {
            expected: "the schema",
            found: "the steps",
        };
        let differences = tell(at, &self.now, sides, order);
        if differences.is_empty() {
            return Ok(());
        }
        Err(PlanError::Astray {
            direction,
            differences,
        })
    }

    async fn up(
        &mut self,
        phase: Phase,
        to: &Catalog,
        renames: &rename::Renames,
    ) -> Result<Vec<Step>, PlanError> {
        let style = Style::Light;
        let mut done = Vec::new();
        match phase {
            Phase::Rename => self.rename(to, renames, &mut done).await?,
            Phase::Labels => {
                self.take(enums::add_labels(&self.now, to), &mut done)
                    .await?;
            }
            Phase::Change => self.change(to, style, &mut done).await?,
            Phase::Fill => {
                let columns = std::mem::take(&mut self.filled_later);
                self.take(fill::steps(&self.now, to, &columns), &mut done)
                    .await?;
            }
            Phase::Indexes => {
                self.take(indexes::concurrently(&self.now, to), &mut done)
                    .await?;
            }
            Phase::Finish => {
                self.take(constraints::validate(&self.now, to), &mut done)
                    .await?;
                self.take(columns::set_not_null(&self.now, to), &mut done)
                    .await?;
                self.take(columns::number(&self.now, to), &mut done).await?;
                self.take(keys::from_indexes(&self.now, to), &mut done)
                    .await?;
                self.take(comments::all(&self.now, to), &mut done).await?;
            }
        }
        Ok(done)
    }

    /// One file back to where it was before; the flag says whether it goes without a transaction.
    async fn down(
        &mut self,
        to: &Catalog,
        renames: Option<&rename::Renames>,
    ) -> Result<(Vec<Step>, bool), PlanError> {
        let mut done = Vec::new();
        if let Some(renames) = renames {
            self.rename(to, renames, &mut done).await?;
            return Ok((done, false));
        }
        if indexes::only(&self.now, to) {
            self.take(indexes::concurrently(&self.now, to), &mut done)
                .await?;
            return Ok((done, true));
        }
        self.change(to, Style::Plain, &mut done).await?;
        Ok((done, false))
    }

    async fn rename(
        &mut self,
        to: &Catalog,
        renames: &rename::Renames,
        done: &mut Vec<Step>,
    ) -> Result<(), PlanError> {
        let steps = renames.steps();
        if !steps.is_empty() {
            self.take(steps, done).await?;
            // A trigger whose function knows the old name would fail from here on.
            self.take(routines::replace_functions(&self.now, to), done)
                .await?;
        }
        self.take(rename::parts(&self.now, to), done).await
    }

    async fn change(
        &mut self,
        to: &Catalog,
        style: Style,
        done: &mut Vec<Step>,
    ) -> Result<(), PlanError> {
        self.take(routines::drop_triggers(&self.now, to), done)
            .await?;
        self.take(constraints::drop(&self.now, to), done).await?;
        if style == Style::Plain {
            self.take(keys::drop(&self.now, to), done).await?;
            self.take(indexes::drop(&self.now, to), done).await?;
            self.take(enums::swap(&self.now, to), done).await?;
        }
        self.take(enums::create(&self.now, to), done).await?;
        self.take(routines::create_functions(&self.now, to), done)
            .await?;
        self.take(tables::create(&self.now, to), done).await?;
        let by_row = self.by_row(to).await?;
        if style == Style::Light {
            self.filled_later = fill::possible(&self.now, to, &by_row);
        }
        let add = columns::add(&self.now, to, &by_row, &self.filled_later);
        self.take(add, done).await?;
        let alter = columns::alter(&self.now, to, style, &self.filled_later);
        self.take(alter, done).await?;
        self.take(columns::drop(&self.now, to), done).await?;
        self.take(tables::drop(&self.now, to), done).await?;
        if style == Style::Light {
            self.take(enums::swap(&self.now, to), done).await?;
        } else {
            self.take(indexes::create(&self.now, to), done).await?;
            self.take(keys::create(&self.now, to), done).await?;
        }
        self.take(constraints::add(&self.now, to, style), done)
            .await?;
        self.take(routines::create_triggers(&self.now, to), done)
            .await?;
        self.take(routines::drop_functions(&self.now, to), done)
            .await?;
        self.take(enums::drop(&self.now, to), done).await?;
        self.take(comments::all(&self.now, to), done).await
    }

    /// Does the steps, and looks again.
    async fn take(&mut self, steps: Vec<Step>, done: &mut Vec<Step>) -> Result<(), PlanError> {
        if steps.is_empty() {
            return Ok(());
        }
        for step in &steps {
            self.run(&step.sql).await?;
        }
        done.extend(steps);
        self.now = catalog::read(self.conn).await?;
        Ok(())
    }

    async fn run(&mut self, sql: &str) -> Result<(), PlanError> {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *self.conn)
            .await
            .map_err(|error| PlanError::Refused {
                why: describe(&error),
                sql: sql.to_owned(),
            })?;
        Ok(())
    }

    /// The new columns whose default differs from row to row. The server knows: it keeps one value for the old rows of
    /// all others.
    async fn by_row(&mut self, to: &Catalog) -> Result<fill::Columns, PlanError> {
        let mut found = fill::Columns::new();
        let new: Vec<_> = columns::new(&self.now, to)
            .filter(|(_, column)| column.default.is_some())
            .map(|(table, column)| (table.to_owned(), column.clone()))
            .collect();
        for (table, column) in new {
            self.run("BEGIN").await?;
            self.run(&columns::add_column(&table, &column)).await?;
            let kept: bool = sqlx::query_scalar(
                "SELECT atthasmissing FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = $2",
            )
            .bind(&table)
            .bind(&column.name)
            .fetch_one(&mut *self.conn)
            .await?;
            self.run("ROLLBACK").await?;
            if !kept {
                found.insert((table, column.name));
            }
        }
        Ok(found)
    }
}

/// What no statement can do to a database in use, told before anything is tried.
fn refuse_impossible(
    file: &str,
    spec: &Spec,
    now: &Catalog,
    to: &Catalog,
) -> Result<(), PlanError> {
    let mut all: Vec<Mistake> = Vec::new();
    let renames = rename::Renames::of(spec, now);
    enums::refuse(spec, now, to, &renames, &mut all);
    columns::refuse(spec, now, to, &renames, &mut all);
    all.sort_by_key(|mistake| mistake.at);
    refuse(file, all)
}

fn refuse(file: &str, all: Vec<Mistake>) -> Result<(), PlanError> {
    if all.is_empty() {
        return Ok(());
    }
    Err(Mistakes {
        file: file.to_owned(),
        all,
    }
    .into())
}
