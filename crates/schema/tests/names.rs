//! Names that are taken: by who left them, or by PostgreSQL's expressions.

use vsa_schema::read;

fn mistakes(enums: &str, columns: &str, table: &str) -> String {
    let schema = format!(
        "areas: {{people: {{title: People, comment: Who is asked.}}}}
enums: {{mood: {{comment: How somebody feels., labels: {{{enums}}}}}}}
tables:
  {table}:
    area: people
    model: User
    comment: People.
    columns:
      id: {{type: uuid, default: gen_random_uuid(), comment: Primary key.}}
{columns}"
    );
    match read("schema.yaml", schema.as_bytes()) {
        Ok(_) => "no mistake".to_owned(),
        Err(mistakes) => mistakes.to_string(),
    }
}

const LABELS: &str = "calm: Not at all excited., angry: Very much so.";
const AGE: &str = "      age: {type: integer, comment: Age.}\n";
const WRITTEN: &str = "take `renamed_from` out if that migration is written; what moves on to a name that was left needs a \
     second one";

#[test]
fn a_name_that_was_left_is_nobodys() {
    assert_eq!(mistakes(LABELS, AGE, "users"), "no mistake");
    let swapped = "      age: {type: integer, renamed_from: size, comment: Age.}
      size: {type: integer, renamed_from: age, comment: Size.}\n";
    assert_eq!(
        mistakes(LABELS, swapped, "users"),
        format!(
            "schema.yaml:10:42: `age` is renamed from `size`, and there is a `size`; {WRITTEN}\n\
             schema.yaml:11:43: `size` is renamed from `age`, and there is a `age`; {WRITTEN}"
        )
    );
    let twice = "      age: {type: integer, renamed_from: years, comment: Age.}
      how_old: {type: integer, renamed_from: years, comment: Age.}\n";
    assert_eq!(
        mistakes(LABELS, twice, "users"),
        "schema.yaml:11:46: `years` is renamed to something else already; write `renamed_from` at one of them"
    );
    let labels = "calm: {comment: Not at all excited., renamed_from: angry}, angry: Very much so.";
    assert_eq!(
        mistakes(labels, AGE, "users"),
        format!(
            "schema.yaml:2:106: `calm` is renamed from `angry`, and there is a `angry`; {WRITTEN}"
        )
    );
}

#[test]
fn a_word_of_expressions_is_no_table_and_may_be_a_column() {
    assert_eq!(
        mistakes(LABELS, AGE, "position"),
        "schema.yaml:4:3: `position` is a word of PostgreSQL's expressions; choose another name, such as `positions` or \
         `position_name`"
    );
    let column = "      position: {type: text, comment: Where.}\n";
    assert_eq!(mistakes(LABELS, column, "users"), "no mistake");
}
