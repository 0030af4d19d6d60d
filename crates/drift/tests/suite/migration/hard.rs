//! Edits in which one thing stands in the way of another.

use anyhow::ensure;
use sqlx::{Connection as _, PgConnection};
use vsa_drift::build::build;
use vsa_drift::catalog::read;
use vsa_drift::migration::render;
use vsa_drift::plan::{Phase, Plan, plan as walk};
use vsa_drift::scratch;
use vsa_schema::migrations::lint;

use super::support::{names, plan};

#[test]
fn the_way_back_says_that_rows_may_not_fit() {
    test_db::run(async |db| {
        let body = "      body_html: {type: text, comment: HTML body; the values of variables are escaped in it.}\n";
        let files = plan(db.url(), &[(body, "")], &["email_templates.body_html"]).await?;
        let down = &files[1].text;
        for part in [
            "Takes it back, if the rows that are there by then fit",
            "-- email_templates.body_html: fails if a row does not fit.",
        ] {
            ensure!(down.contains(part), "no {part:?} in {down}");
        }
        Ok(())
    });
}

#[test]
fn all_rows_are_read_before_a_lock_stops_others() {
    test_db::run(async |db| {
        let edits = [
            (
                "description: {type: text, nullable: true,",
                "description: {type: text, default: \"''\",",
            ),
            (
                "error_code: {type: text, nullable: true,",
                "error_code: {type: text, default: \"''\",",
            ),
        ];
        let files = plan(db.url(), &edits, &[]).await?;
        let finish = &files[2].text;
        let validated = finish.rfind("VALIDATE CONSTRAINT").expect("a scan");
        let locked = finish.find("SET NOT NULL").expect("a lock");
        ensure!(validated < locked, "{finish}");
        Ok(())
    });
}

#[test]
fn a_unique_index_becomes_a_key_of_its_name_and_the_other_way_round() {
    test_db::run(async |db| {
        // So far users_email_key is an index on lower(email), and users_oidc_sub_key a key.
        let edits = [
            (
                "      email:\n        type: text\n        personal: contact\n        comment: Address of",
                "      email:\n        type: text\n        unique: true\n        personal: contact\n        comment: Address of",
            ),
            (
                "        type: text\n        unique: true\n        personal: identity\n",
                "        type: text\n        personal: identity\n",
            ),
            (
                "      - keys: [lower(email)]\n",
                "      - keys: [oidc_sub]\n        where: oidc_sub <> ''\n",
            ),
        ];
        let files = plan(db.url(), &edits, &[]).await?;
        assert_eq!(
            names(&files),
            [
                "0014_edit_indexes.up.sql",
                "0014_edit_indexes.down.sql",
                "0015_edit_finish.up.sql",
                "0015_edit_finish.down.sql"
            ]
        );
        Ok(())
    });
}

#[test]
fn a_column_comes_together_with_one_that_is_computed_from_it() {
    test_db::run(async |db| {
        let last =
            "      created_at: {type: timestamptz, default: now(), comment: When it happened.}\n";
        let more = "      rounds: {type: integer, default: 0, comment: Rounds.}
      next_round: {type: integer, nullable: true, generated: rounds + 1, comment: Next.}\n";
        let files = plan(db.url(), &[(last, &format!("{last}{more}"))], &[]).await?;
        assert_eq!(names(&files), ["0014_edit.up.sql", "0014_edit.down.sql"]);
        Ok(())
    });
}

#[test]
fn what_is_computed_goes_and_nothing_is_lost() {
    test_db::run(async |db| {
        let before = small(LABELS, STATE, "state");
        let computed = "      is_calm: {";
        let (above, rest) = before.split_once(computed).expect("a computed column");
        let (_, below) = rest.split_once('\n').expect("more lines");
        let plan = between(db, &before, &format!("{above}{below}")).await?;
        assert_eq!(plan.deletes().len(), 0);
        let files = render(&plan, 14, "drop_is_calm");
        assert_eq!(lint(&files[0].name, &files[0].text), []);
        ensure!(
            files[0]
                .text
                .contains("-- users.is_calm: breaks programs that use the old name.\n"),
            "{}",
            files[0].text
        );
        Ok(())
    });
}

#[test]
fn more_digits_rewrite_nothing() {
    test_db::run(async |db| {
        let edits = [("numeric(3,2)", "numeric(5,2)")];
        let files = plan(db.url(), &edits, &[]).await?;
        let up = &files[0].text;
        ensure!(!up.contains("USING") && !up.contains("rewrites"), "{up}");
        Ok(())
    });
}

/// A small schema: a state, what is computed from it, and a trigger that looks at it.
fn small(labels: &str, state: &str, watched: &str) -> String {
    format!(
        "areas: {{people: {{title: People, comment: Who is asked.}}}}
enums: {{mood: {{comment: How somebody feels., labels: {{{labels}}}}}}}
functions:
  touch:
    returns: trigger
    language: plpgsql
    comment: Watches.
    body: |
      BEGIN
          IF NEW.{watched} = 'calm' THEN
              RETURN NEW;
          END IF;
          RETURN NEW;
      END
tables:
  users:
    area: people
    model: User
    comment: People.
    columns:
      id: {{type: uuid, default: gen_random_uuid(), comment: Primary key.}}
      {state}
      is_calm: {{type: boolean, nullable: true, generated: {watched} = 'calm', comment: Whether all is well.}}
    triggers:
      touch: {{fires: before update, for_each: row, when: NEW.{watched} = 'calm', calls: touch, comment: Nothing.}}
"
    )
}

const LABELS: &str = "calm: Not at all excited., angry: Very much so.";
const STATE: &str = "state: {type: mood, default: \"'calm'\", comment: State.}";

/// The plan from one to the other, which has been walked there and back.
async fn between(db: &test_db::TestDb, before: &str, after: &str) -> anyhow::Result<Plan> {
    let specs = [before, after].map(|text| vsa_schema::read("schema.yaml", text.as_bytes()));
    let [before, after] = specs;
    let (before, after) = (before?, after?);
    scratch::with(db.url(), async |server| {
        let mut goal = PgConnection::connect_with(&server.create().await?.options()).await?;
        build(&mut goal, "schema.yaml", &after).await?;
        let goal = read(&mut goal).await?;
        let mut conn = PgConnection::connect_with(&server.create().await?.options()).await?;
        build(&mut conn, "schema.yaml", &before).await?;
        Ok(walk(&mut conn, "schema.yaml", &after, &goal).await?)
    })
    .await
}

#[test]
fn a_label_can_be_added_although_a_column_is_computed_from_the_type() {
    test_db::run(async |db| {
        let before = small(LABELS, STATE, "state");
        let after = small(&format!("{LABELS}, tired: Very."), STATE, "state");
        let plan = between(db, &before, &after).await?;
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.parts[0].phase, Phase::Labels);
        Ok(())
    });
}

#[test]
fn a_function_and_what_is_computed_follow_the_new_name_of_a_column_in_the_same_transaction() {
    test_db::run(async |db| {
        let renamed = STATE.replacen("state: {", "feeling: {renamed_from: state, ", 1);
        let before = small(LABELS, STATE, "state");
        let after = small(LABELS, &renamed, "feeling");
        let plan = between(db, &before, &after).await?;
        assert_eq!(plan.parts.len(), 1);
        let first = &plan.parts[0];
        assert_eq!(first.phase, Phase::Rename);
        for steps in [&first.up, &first.down] {
            ensure!(
                steps
                    .iter()
                    .any(|step| step.sql.contains("CREATE OR REPLACE FUNCTION")),
                "{steps:#?}"
            );
        }
        Ok(())
    });
}

#[test]
fn another_body_of_a_function_is_one_file_and_no_rename() {
    test_db::run(async |db| {
        let before = small(LABELS, STATE, "state");
        let after = before
            .replacen("comment: Watches.", "comment: Watches closely.", 1)
            .replacen("= 'calm' THEN", "= 'angry' THEN", 1);
        let plan = between(db, &before, &after).await?;
        assert_eq!(plan.parts.len(), 1);
        assert_eq!(plan.parts[0].phase, Phase::Change);
        Ok(())
    });
}

#[test]
fn a_column_goes_although_a_trigger_looked_at_it() {
    test_db::run(async |db| {
        let two = format!("{STATE}\n      {}", STATE.replacen("state:", "mood:", 1));
        let before = small(LABELS, &two, "state");
        let after = small(LABELS, &STATE.replacen("state:", "mood:", 1), "mood").replacen(
            "is_calm:",
            "is_at_ease:",
            1,
        );
        let plan = between(db, &before, &after).await?;
        ensure!(plan.deletes().contains("users.state"), "{plan:#?}");
        Ok(())
    });
}
