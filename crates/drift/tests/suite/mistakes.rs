//! What only a server can tell of a schema file: each is told with line and column, and what to write.

use sqlx::{Connection as _, PgConnection};
use vsa_drift::build::{BuildError, build};
use vsa_drift::scratch;

/// A whole schema, right as it stands; the tests spoil it.
const GOOD: &str = "\
areas:
  people: {title: People, comment: Who is asked.}
functions:
  touch:
    returns: trigger
    language: plpgsql
    comment: Does nothing.
    body: |
      BEGIN
          RETURN NEW;
      END
tables:
  users:
    area: people
    model: User
    comment: People.
    columns:
      id: {type: uuid, default: gen_random_uuid(), comment: Primary key.}
      name: {type: text, comment: Name.}
      age: {type: integer, default: 1, check: age > 0, comment: Age.}
      born: {type: timestamptz, comment: Birth.}
      boss_id: {type: uuid, references: users, on_delete: cascade, comment: Boss.}
      sorted: {type: text, collation: C, comment: Name once more.}
      year: {type: integer, generated: age + 1, comment: Age next year.}
    indexes:
      - {keys: [lower(name)], where: age > 18, comment: Serves nobody.}
    triggers:
      touch: {fires: before update, for_each: row, calls: touch, comment: Nothing.}
";

async fn built(server: &scratch::Server, text: &str) -> anyhow::Result<String> {
    let spec = match vsa_schema::read("schema.yaml", text.as_bytes()) {
        Ok(spec) => spec,
        Err(mistakes) => return Ok(format!("no server needed: {mistakes}")),
    };
    let url = server.create().await?;
    let mut conn = PgConnection::connect_with(&url.options()).await?;
    let built = build(&mut conn, "schema.yaml", &spec).await;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            .fetch_one(&mut conn)
            .await?;
    conn.close().await?;
    match built {
        Ok(()) => Ok(format!("{tables} table")),
        Err(BuildError::Refused(mistakes)) => {
            assert_eq!(tables, 0, "all or nothing");
            Ok(mistakes.to_string())
        }
        Err(error) => Err(error.into()),
    }
}

fn spoilt(cases: &[(&str, &str, &str)]) {
    test_db::run(async |db| {
        scratch::with(db.url(), async |server| {
            let mut found = Vec::new();
            for (from, to, _) in cases {
                assert!(GOOD.contains(from), "the schema has no {from:?} to spoil");
                found.push(built(server, &GOOD.replacen(from, to, 1)).await?);
            }
            let expected: Vec<_> = cases.iter().map(|(_, _, expected)| *expected).collect();
            assert_eq!(found, expected);
            Ok(())
        })
        .await
    });
}

#[test]
fn a_right_schema_is_built() {
    spoilt(&[("People.", "People.", "1 table")]);
}

#[test]
fn expressions_that_the_server_does_not_take() {
    spoilt(&[
        (
            "type: uuid, default: gen_random_uuid(),",
            "type: uuid, default: now(),",
            "schema.yaml:18:33: `users.id`: \
             PostgreSQL says: column \"id\" is of type uuid but default expression is of type timestamp with time zone; write a value of type uuid",
        ),
        (
            "born: {type: timestamptz,",
            "born: {type: timestamptz, default: 7 + 1,",
            "schema.yaml:21:42: `users.born`: \
             PostgreSQL says: column \"born\" is of type timestamp with time zone but default expression is of type integer; write a value of type timestamptz",
        ),
        (
            "type: timestamptz,",
            "type: timestamptz, default: nothing + 1,",
            "schema.yaml:21:42: `users.born`: \
             PostgreSQL says: cannot use column reference in DEFAULT expression; write a value of type timestamptz",
        ),
        (
            "check: age > 0,",
            "check: age >> > 0,",
            "schema.yaml:20:47: `users_age_check`: \
             PostgreSQL says: syntax error at or near \">\"; write SQL that PostgreSQL can read",
        ),
        (
            "check: age > 0,",
            "check: agee > 0,",
            "schema.yaml:20:47: `users_age_check`: \
             PostgreSQL says: column \"agee\" does not exist; perhaps you meant to reference the column \"users.age\"",
        ),
        (
            "check: age > 0,",
            "check: age,",
            "schema.yaml:20:47: `users_age_check`: \
             PostgreSQL says: argument of CHECK must be type boolean, not type integer; write a condition, which is true or false",
        ),
        (
            "check: age > 0,",
            "check: age > 'x',",
            "schema.yaml:20:47: `users_age_check`: \
             PostgreSQL says: invalid input syntax for type integer: \"x\"; write what PostgreSQL takes there",
        ),
        (
            "check: age > 0,",
            "check: name + age > 0,",
            "schema.yaml:20:47: `users_age_check`: \
             PostgreSQL says: operator does not exist: text + integer; write one that there is for such values, or cast them",
        ),
        (
            "generated: age + 1,",
            "generated: extract(year from now())::integer,",
            "schema.yaml:24:40: `users.year`: \
             PostgreSQL says: generation expression is not immutable; use only what is immutable: gives the same for the same values, for ever",
        ),
        (
            "collation: C,",
            "collation: klingon,",
            "schema.yaml:23:39: `users.sorted`: \
             PostgreSQL says: collation \"klingon\" for encoding \"UTF8\" does not exist; write one of those that `SELECT collname FROM pg_collation` names, such as C",
        ),
        (
            "where: age > 18,",
            "where: age > > 18,",
            "schema.yaml:26:17: `users_name_idx`: \
             PostgreSQL says: syntax error at or near \">\"; write SQL that PostgreSQL can read",
        ),
        (
            "where: age > 18,",
            "where: born < now(),",
            "schema.yaml:26:17: `users_name_idx`: \
             PostgreSQL says: functions in index predicate must be marked IMMUTABLE; use only what is immutable: gives the same for the same values, for ever",
        ),
        (
            "lower(name)",
            "lowerr(name)",
            "schema.yaml:26:17: `users_name_idx`: \
             PostgreSQL says: function lowerr(text) does not exist; write one that there is for such values, or cast them",
        ),
    ]);
}

#[test]
fn a_function_that_does_not_compile() {
    spoilt(&[
        (
            "RETURN NEW;",
            "RETURN NEW",
            "schema.yaml:9:7: `touch()`: \
             PostgreSQL says: syntax error at end of input; write SQL that PostgreSQL can read",
        ),
        (
            "RETURN NEW;",
            "RETRUN NEW;",
            "schema.yaml:9:7: `touch()`: \
             PostgreSQL says: syntax error at or near \"RETRUN\", in `RETRUN NEW;`; write SQL that PostgreSQL can read",
        ),
        (
            "language: plpgsql",
            "language: sql",
            "schema.yaml:9:7: `touch()`: \
             PostgreSQL says: SQL functions cannot return type trigger; write what PostgreSQL takes there",
        ),
    ]);
}

#[test]
fn one_run_tells_all_and_nothing_that_only_follows() {
    test_db::run(async |db| {
        scratch::with(db.url(), async |server| {
            let text = GOOD
                .replace("gen_random_uuid()", "now()")
                .replace("RETURN NEW;", "RETURN NEW")
                .replace("collation: C,", "collation: klingon,")
                .replace("where: age > 18,", "where: agee > 18,");
            let found = built(server, &text).await?;
            assert_eq!(found,  "schema.yaml:9:7: `touch()`: PostgreSQL says: syntax error at end of input; write SQL that PostgreSQL can read\n\
                 schema.yaml:18:33: `users.id`: PostgreSQL says: column \"id\" is of type uuid but default expression is of type \
                 timestamp with time zone; write a value of type uuid\n\
                 schema.yaml:23:39: `users.sorted`: PostgreSQL says: collation \"klingon\" for encoding \"UTF8\" does not \
                 exist; write one of those that `SELECT collname FROM pg_collation` names, such as C\n\
                 schema.yaml:26:17: `users_name_idx`: PostgreSQL says: column \"agee\" does not exist; perhaps you meant to \
                 reference the column \"users.age\"");
            Ok(())
        })
        .await
    });
}
