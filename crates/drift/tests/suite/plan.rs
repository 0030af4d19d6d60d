//! A plan leads exactly to the schema, its way back exactly to where it began, and rows survive whatever did not say that
//! it deletes them.

mod edits;
mod pair;
mod schemas;
mod words;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::{AssertSqlSafe, PgConnection};
use vsa_drift::build::build;
use vsa_drift::catalog::{Catalog, read};
use vsa_drift::compare::compare;
use vsa_drift::migration::render;
use vsa_drift::plan::{Hazard, Plan, PlanError, Step, plan};
use vsa_drift::scratch;
use vsa_schema::migrations::lint;

use pair::Pair;
use schemas::{Schema, Table};

const ROWS: usize = 3;

async fn run(conn: &mut PgConnection, sql: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(conn)
        .await
        .with_context(|| format!("in: {sql}"))?;
    Ok(())
}

/// Runs a file as the migrator does. An error leaves a file that runs in a transaction undone.
async fn file(conn: &mut PgConnection, steps: &[Step], transaction: bool) -> anyhow::Result<()> {
    if transaction {
        run(conn, "BEGIN").await?;
    }
    for step in steps {
        if let Err(error) = run(conn, &step.sql).await {
            if transaction {
                run(conn, "ROLLBACK").await?;
            }
            return Err(error);
        }
    }
    if transaction {
        run(conn, "COMMIT").await?;
    }
    Ok(())
}

/// Rows without nulls and without two that are alike, where that is possible.
async fn fill(conn: &mut PgConnection, schema: &Schema) -> anyhow::Result<()> {
    for (t, table) in schema.tables.iter().enumerate() {
        for n in 0..ROWS {
            let mut columns = vec!["id".to_owned()];
            let mut values = vec![format!("'{}'", id(t, n))];
            for column in &table.columns {
                if column.generated.is_some() || column.identity.is_some() {
                    continue;
                }
                let value = if let Some((target, _)) = &column.references {
                    let target = schema
                        .tables
                        .iter()
                        .position(|one| one.name == *target)
                        .context("a reference")?;
                    id(target, n)
                } else {
                    match &*column.sql_type {
                        "text" => format!("text {n}"),
                        "boolean" => (n % 2 == 0).to_string(),
                        "timestamptz" => format!("2026-01-0{} 10:00:00+00", n + 1),
                        "date" => format!("2026-01-0{}", n + 1),
                        "uuid" => id(99, n),
                        "jsonb" => format!("{{\"n\": {n}}}"),
                        "integer" | "bigint" | "smallint" | "numeric(6,2)" | "numeric(10,4)" => {
                            n.to_string()
                        }
                        name => schema.enums[name][n % schema.enums[name].len()]
                            .name
                            .replace('\'', "''"),
                    }
                };
                columns.push(column.name.clone());
                values.push(format!("'{value}'"));
            }
            let sql = format!(
                "INSERT INTO {} ({}) VALUES ({})",
                table.name,
                columns.join(", "),
                values.join(", ")
            );
            // Two booleans cannot be three different ones: a unique index may hold fewer rows.
            let _ = run(conn, &sql).await;
        }
    }
    Ok(())
}

fn id(table: usize, n: usize) -> String {
    format!("00000000-0000-0000-{table:04}-{n:012}")
}

/// Every value there is, by table, column and row.
type Rows = BTreeMap<(String, String, String), Option<String>>;

async fn rows(conn: &mut PgConnection, tables: &[&str]) -> anyhow::Result<Rows> {
    let mut all = Rows::new();
    for table in tables {
        let sql = format!(
            "SELECT t.id::text, e.key, e.value FROM {table} t CROSS JOIN LATERAL jsonb_each_text(to_jsonb(t)) e"
        );
        let found: Vec<(String, String, Option<String>)> = sqlx::query_as(AssertSqlSafe(sql))
            .persistent(false)
            .fetch_all(&mut *conn)
            .await?;
        all.extend(
            found
                .into_iter()
                .map(|(id, column, value)| (((*table).to_owned(), column, id), value)),
        );
    }
    Ok(all)
}

/// One schema and some edits.
async fn prove_random(pair: &mut Pair, seed: u64) -> anyhow::Result<Outcome> {
    let mut rng = StdRng::seed_from_u64(seed);
    let from = Schema::random(&mut rng);
    let mut to = from.clone();
    for _ in 0..rng.random_range(1..6) {
        to.edit(&mut rng);
    }
    prove(pair, &from, &to).await
}

/// The plan, and the proof.
async fn prove(pair: &mut Pair, from: &Schema, to: &Schema) -> anyhow::Result<Outcome> {
    let read_spec = |schema: &Schema| {
        vsa_schema::read("schema.yaml", schema.yaml().as_bytes())
            .with_context(|| format!("the test made a wrong schema:\n{}", schema.yaml()))
    };
    let (from_spec, to_spec) = (read_spec(from)?, read_spec(to)?);
    let (conn, other) = pair.emptied().await?;
    build(conn, "schema.yaml", &from_spec).await?;
    build(other, "schema.yaml", &to_spec).await?;
    let (origin, goal) = (read(conn).await?, read(other).await?);
    let plan = match plan(conn, "schema.yaml", &to_spec, &goal).await {
        Ok(plan) => plan,
        Err(PlanError::Impossible(_)) => return Ok(Outcome::Impossible),
        Err(error) => return Err(error.into()),
    };
    same(
        &origin,
        &read(conn).await?,
        true,
        "planning changed something",
    )?;
    for file in render(&plan, 14, "edit") {
        let found = lint(&file.name, &file.text);
        ensure!(found.is_empty(), "{found:?} in:\n{}", file.text);
    }
    fill(conn, from).await?;
    walk(conn, &plan, from, to, &origin, &goal)
        .await
        .with_context(|| format!("the plan: {plan:#?}"))
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Nothing,
    Impossible,
    Proved,
    /// A row did not fit; the plan had said that this may be.
    DidNotFit,
}

async fn walk(
    conn: &mut PgConnection,
    plan: &Plan,
    from: &Schema,
    to: &Schema,
    origin: &Catalog,
    goal: &Catalog,
) -> anyhow::Result<Outcome> {
    let names: Vec<&str> = from.tables.iter().map(|table| &*table.name).collect();
    let before = rows(conn, &names).await?;
    let mut done = Vec::new();
    let mut states = vec![origin.clone()];
    for part in &plan.parts {
        ensure!(
            !part.up.is_empty() && !part.down.is_empty(),
            "the migrator takes no empty file"
        );
        let transaction = part.phase.is_transaction();
        for time in ["first", "second"] {
            if let Err(error) = file(conn, &part.up, transaction).await {
                ensure!(
                    part.up
                        .iter()
                        .any(|step| step.hazards.contains(&Hazard::FailsOnRows))
                        && time == "first",
                    "the {time} run of {:?}: {error:#}",
                    part.phase
                );
                return Ok(Outcome::DidNotFit);
            }
        }
        done.push(part);
        states.push(read(conn).await?);
    }
    same(
        goal,
        &states[states.len() - 1],
        false,
        "the way up leads elsewhere",
    )?;
    survived(conn, plan, &before, from, to).await?;
    filled(conn, from, to).await?;

    for part in done.into_iter().rev() {
        states.pop();
        let transaction = !part.down_without_transaction;
        for time in ["first", "second"] {
            if let Err(error) = file(conn, &part.down, transaction).await {
                ensure!(
                    part.down
                        .iter()
                        .any(|step| step.hazards.contains(&Hazard::FailsOnRows))
                        && time == "first",
                    "the {time} run back of {:?}: {error:#}",
                    part.phase
                );
                return Ok(Outcome::DidNotFit);
            }
        }
        same(
            &states[states.len() - 1],
            &read(conn).await?,
            true,
            "the way back leads elsewhere",
        )?;
    }
    Ok(if plan.parts.is_empty() {
        Outcome::Nothing
    } else {
        Outcome::Proved
    })
}

fn same(expected: &Catalog, found: &Catalog, any_order: bool, what: &str) -> anyhow::Result<()> {
    let mut differences = compare(expected, found);
    differences.retain(|one| !(any_order && one.is_column_order()));
    ensure!(differences.is_empty(), "{what}: {differences:#?}");
    Ok(())
}

/// Every value is where it was, under its new name, unless a step said that it deletes it.
async fn survived(
    conn: &mut PgConnection,
    plan: &Plan,
    before: &Rows,
    from: &Schema,
    to: &Schema,
) -> anyhow::Result<()> {
    let names: Vec<&str> = to.tables.iter().map(|table| &*table.name).collect();
    let after = rows(conn, &names).await?;
    let deletes = plan.deletes();
    let old_name = |table: &Table| table.before.clone().unwrap_or_else(|| table.name.clone());
    for ((table, column, id), value) in before {
        let was = from
            .tables
            .iter()
            .find(|one| one.name == *table)
            .context("a table")?;
        let now = to.tables.iter().find(|one| old_name(one) == was.name);
        let Some(now) = now else {
            ensure!(
                deletes.contains(table.as_str()),
                "{table} is gone, and nothing said so: {deletes:?}"
            );
            continue;
        };
        let new_column = now
            .columns
            .iter()
            .find(|one| one.before.as_deref().unwrap_or(&one.name) == column)
            .map_or("id", |one| &one.name);
        let generated = was
            .columns
            .iter()
            .any(|one| one.name == *column && one.generated.is_some());
        let key = if column == "id" { "id" } else { new_column };
        if column != "id" && new_column == "id" {
            let object = format!("{}.{column}", now.name);
            ensure!(
                generated || deletes.contains(object.as_str()),
                "{object} is gone, and nothing said so: {deletes:?}"
            );
            continue;
        }
        if deletes.contains(format!("{}.{key}", now.name).as_str()) {
            continue;
        }
        let found = after.get(&(now.name.clone(), key.to_owned(), id.clone()));
        let found = found.with_context(|| format!("the row {id} of {} is gone", now.name))?;
        let renamed = |value: &str| {
            let labels = to.enums.values().flatten();
            labels
                .into_iter()
                .find(|label| label.before.as_deref() == Some(value))
                .map(|label| label.name.clone())
        };
        let equal = match (value, found) {
            (Some(value), Some(found)) => {
                value == found
                    || value
                        .parse::<f64>()
                        .ok()
                        .zip(found.parse::<f64>().ok())
                        .is_some_and(|(a, b)| (a - b).abs() < 1e-9)
                    || renamed(value).as_ref() == Some(found)
            }
            (a, b) => a == b,
        };
        ensure!(equal, "{}.{key} was {value:?} and is {found:?}", now.name);
    }
    Ok(())
}

/// Rows that were there have what the default of a new column gives.
async fn filled(conn: &mut PgConnection, from: &Schema, to: &Schema) -> anyhow::Result<()> {
    for table in &to.tables {
        let was = table.before.as_ref().unwrap_or(&table.name);
        let Some(was) = from.tables.iter().find(|one| one.name == *was) else {
            continue;
        };
        let is_new = |name: &str| was.columns.iter().all(|column| column.name != name);
        for column in &table.columns {
            if column.before.is_none() && column.default.is_some() && is_new(&column.name) {
                let sql = format!(
                    "SELECT count(*) FROM {} WHERE {} IS NULL",
                    table.name, column.name
                );
                let empty: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                    .persistent(false)
                    .fetch_one(&mut *conn)
                    .await?;
                ensure!(empty == 0, "{empty} rows have no {}", column.name);
            }
        }
    }
    Ok(())
}

/// How many random edits this run proves; `VSA_PLANS=5000` proves more.
fn plans() -> u64 {
    std::env::var("VSA_PLANS").map_or(320, |text| {
        text.parse()
            .expect("VSA_PLANS is a number of plans, such as 5000")
    })
}

/// So many plans go through the same two databases: what is dropped in them leaves dead rows in their catalogs.
const TOGETHER: usize = 40;

/// An eighth of the plans: eight tests, so that they run side by side.
fn eighth(n: u64) {
    test_db::run(async move |db| {
        let mut proved = 0;
        let total = plans() / 8;
        let seeds: Vec<u64> = (0..total).map(|seed| seed * 8 + n).collect();
        for seeds in seeds.chunks(TOGETHER) {
            proved += scratch::with(db.url(), async |server| {
                let mut pair = Pair::on(server).await?;
                let mut proved = 0;
                for &seed in seeds {
                    let outcome = prove_random(&mut pair, seed).await;
                    let outcome = outcome.with_context(|| format!("seed {seed}"))?;
                    proved += u64::from(outcome == Outcome::Proved);
                }
                Ok(proved)
            })
            .await?;
        }
        ensure!(
            proved * 2 > total,
            "only {proved} of {total} plans could be proved"
        );
        println!("{proved} of {total} plans led there and back");
        Ok(())
    });
}

/// It is filled, may not be null from then on, and only then numbers rows.
#[test]
fn a_column_without_numbers_of_its_own_gets_them_from_the_server() {
    test_db::run(async |db| {
        let (from, to) = (Schema::of_numbers(None), Schema::of_numbers(Some("always")));
        let outcome = scratch::with(db.url(), async |server| {
            prove(&mut Pair::on(server).await?, &from, &to).await
        })
        .await?;
        assert_eq!(outcome, Outcome::Proved);
        Ok(())
    });
}

macro_rules! eighths {
    ($($name:ident: $n:literal,)+) => {$(
        #[test]
        fn $name() {
            eighth($n);
        }
    )+};
}

eighths! {
    random_edits_lead_there_and_back_1: 0,
    random_edits_lead_there_and_back_2: 1,
    random_edits_lead_there_and_back_3: 2,
    random_edits_lead_there_and_back_4: 3,
    random_edits_lead_there_and_back_5: 4,
    random_edits_lead_there_and_back_6: 5,
    random_edits_lead_there_and_back_7: 6,
    random_edits_lead_there_and_back_8: 7,
}
