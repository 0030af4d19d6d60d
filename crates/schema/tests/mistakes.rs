//! What is wrong in a schema is told with line and column, what it is, and what to write.

use vsa_schema::read;

/// A whole schema, right as it stands; the tests spoil it.
const GOOD: &str = "\
areas:
  people: {title: People, comment: Who is asked.}
enums:
  mood:
    comment: How somebody feels.
    labels:
      calm: Not at all excited.
      angry: Very much so.
    starts: calm
    moves:
      calm: [angry]
functions:
  touch:
    returns: trigger
    language: plpgsql
    comment: Does nothing.
    body: BEGIN RETURN NEW; END
tables:
  users:
    area: people
    model: User
    comment: People.
    columns:
      id: {type: uuid, default: gen_random_uuid(), comment: Primary key.}
      mood: {type: mood, default: \"'calm'\", comment: Mood.}
      boss_id:
        type: uuid
        nullable: true
        references: users
        on_delete: set null
        index: true
        comment: Boss.
      age: {type: integer, default: 1, check: age > 0, comment: Age.}
    unique:
      - [boss_id, age]
    indexes:
      - {keys: [lower(mood::text), age DESC], comment: Serves nobody.}
    triggers:
      touch: {fires: before update, for_each: row, calls: touch, comment: Nothing.}
";

fn mistakes(text: &str) -> String {
    match read("schema.yaml", text.as_bytes()) {
        Ok(_) => "no mistake".to_owned(),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[track_caller]
fn spoilt(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "the schema has no {from:?} to spoil");
    let found = mistakes(&GOOD.replacen(from, to, 1));
    assert_eq!(found, format!("schema.yaml:{expected}"));
}

#[test]
fn a_right_schema_has_no_mistakes() {
    assert_eq!(mistakes(GOOD), "no mistake");
}

#[test]
fn an_unknown_type_gets_a_suggestion() {
    spoilt(
        "type: integer",
        "type: intger",
        "33:19: unknown type `intger`; write `integer`",
    );
    spoilt(
        "type: integer",
        "type: timestamp",
        "33:19: unknown type `timestamp`; write `timestamptz`",
    );
    spoilt(
        "type: integer",
        "type: varchar(20)",
        "33:19: unknown type `varchar(20)`; write `text`",
    );
    spoilt(
        "type: integer",
        "type: 'numeric(40,2)'",
        "33:19: unknown type `numeric(40,2)`; \
         write `numeric(p,s)` with 1 to 28 digits, s of them after the point",
    );
}

#[test]
fn a_foreign_key_to_nowhere_is_told() {
    spoilt(
        "references: users",
        "references: usrs",
        "29:21: no table is called `usrs`; write `users`",
    );
    spoilt(
        "        on_delete: set null\n",
        "",
        "29:21: the column `users.boss_id` does not say what becomes of its rows; \
         write `on_delete: cascade`, `restrict` or `set null`",
    );
    spoilt(
        "      boss_id:\n        type: uuid",
        "      boss_id:\n        type: text",
        "27:15: `boss_id` is text, but `users.id`, to which it refers, is uuid; write `type: uuid`",
    );
}

#[test]
fn a_name_stands_once() {
    spoilt(
        "      age: {",
        "      mood: {",
        "33:7: `mood` stands here twice, first in line 25; \
         keep one of them, or give this one another name",
    );
    spoilt(
        "  users:\n",
        "  mood:\n",
        "19:3: a second type is called `mood`, the first in line 4; \
         give one of them another name, or leave one out\n\
         schema.yaml:29:21: no table is called `users`; write `mood`",
    );
    spoilt(
        "      - [boss_id, age]\n",
        "      - [boss_id, age]\n      - [boss_id, age]\n",
        "36:10: a second relation is called `users_boss_id_age_key`, the first in line 35; \
         give one of them another name, or leave one out\n\
         schema.yaml:36:10: a second constraint is called `users_boss_id_age_key`, the first in line 35; \
         give one of them another name, or leave one out",
    );
}

#[test]
fn a_name_that_rust_has_given_away_is_told() {
    spoilt(
        "model: User",
        "model: Value",
        "21:12: `Value` means something else where Rust describes the tables; choose another name",
    );
    spoilt(
        "enums:\n",
        "enums:\n  time_: {comment: A., labels: {none: None.}}\n",
        "4:3: `Time` means something else where Rust describes the tables; choose another name",
    );
    spoilt(
        "enums:\n",
        "enums:\n  user_id: {comment: A., labels: {none: None.}}\n",
        "22:12: a second Rust type is called `UserId`, the first in line 4; \
         give one of them another name, or leave one out",
    );
}

#[test]
fn a_name_that_would_be_cut_is_told() {
    let long = "a".repeat(64);
    spoilt(
        "      age: {type: integer, default: 1, check: age > 0,",
        &format!("      {long}: {{type: integer, default: 1,"),
        &format!(
            "33:7: the name `{long}` has 64 bytes, and PostgreSQL would cut it to `{}`; \
             choose one of at most 63\n\
             schema.yaml:35:19: `users` has no column `age`; write `id`",
            "a".repeat(63)
        )
        .replace(
            "\nschema.yaml:35:19: `users` has no column `age`; write `id`",
            "",
        ),
    );
    let name = "b".repeat(55);
    spoilt(
        "{type: integer, default: 1, check: age > 0, comment: Age.}",
        &format!(
            "{{type: integer, comment: Age.}}\n      {name}: {{type: text, index: true, comment: B.}}"
        ),
        &format!(
            "34:7: the name `users_{name}_idx` has 65 bytes, and PostgreSQL would cut it to `users_{name}_i`; \
             give the index a shorter one with `name: …`"
        ),
    );
}

#[test]
fn a_cycle_is_told() {
    let other = "  jobs:
    area: people
    model: Job
    comment: Jobs.
    columns:
      id: {type: uuid, comment: Primary key.}
      user_id: {type: uuid, references: users, on_delete: cascade, comment: Who.}
";
    let text = format!(
        "{}{other}",
        GOOD.replacen("references: users", "references: jobs", 1)
    );
    assert_eq!(
        mistakes(&text),
        "schema.yaml:46:41: the tables users → jobs → users refer to each other in a cycle; \
         leave out one of these references; a table of its own can hold the pairs"
    );
}

#[test]
fn reserved_and_impossible_names_are_told() {
    spoilt(
        "      age: {type: integer, default: 1, check: age > 0, comment: Age.}\n    unique:\n      - [boss_id, age]\n    indexes:\n      - {keys: [lower(mood::text), age DESC],",
        "      order: {type: integer, comment: Age.}\n    indexes:\n      - {keys: [mood],",
        "33:7: `order` is a reserved word of PostgreSQL; choose another name, such as `orders` or `order_name`",
    );
    spoilt(
        "  touch:\n    returns",
        "  Touch-it:\n    returns",
        "13:3: `Touch-it` is no name; \
         write small letters, digits and `_`, a letter first, so that it never needs quotation marks",
    );
    spoilt(
        "functions:\n",
        "  text: {comment: Words., labels: {a: A.}}\nfunctions:\n",
        "12:3: `text` is a type of PostgreSQL; choose another name",
    );
    spoilt(
        "      calm: Not",
        "      \"1st\": Not",
        "7:7: no variant of a Rust enum can be called `1st`; \
         write the label as a map with `comment` and `rust: UpperCamelCase`",
    );
}

#[test]
fn a_wrong_default_is_told() {
    spoilt(
        "\"'calm'\"",
        "\"'clam'\"",
        "25:35: 'clam' is no mood; write `\"'calm'\"` or `\"'angry'\"`",
    );
    spoilt(
        "default: 1,",
        "default: one,",
        "33:37: one is no integer; write a whole number of at most 2147483647",
    );
    spoilt(
        "default: 1,",
        "default: 3000000000,",
        "33:37: 3000000000 is no integer; write a whole number of at most 2147483647",
    );
    spoilt(
        "default: 1,",
        "default: 1, identity: always,",
        "33:7: `age` gets its value from `default` and from `identity`; keep one of them",
    );
}

#[test]
fn columns_and_functions_that_are_not_there_are_told() {
    spoilt(
        "- [boss_id, age]",
        "- [bos_id, age]",
        "35:10: `users` has no column `bos_id`; write `boss_id`",
    );
    spoilt(
        "age DESC]",
        "aage DESC]",
        "37:36: `users` has no column `aage`; write `age`",
    );
    spoilt(
        "calls: touch",
        "calls: tuch",
        "39:59: no function is called `tuch`; write `touch`",
    );
    spoilt(
        "returns: trigger",
        "returns: integer",
        "39:59: `touch` returns integer, not a trigger; call a function that `returns: trigger`",
    );
    spoilt(
        "calm: [angry]",
        "calm: [angy]",
        "11:14: `angy` is no label of `mood`; write `angry`",
    );
    spoilt(
        "area: people",
        "area: peple",
        "20:11: no area is called `peple`; write `people`",
    );
}

#[test]
fn an_unknown_key_names_those_that_are_known() {
    spoilt(
        "nullable: true",
        "nulable: true",
        "28:9: unknown key `nulable` in the column `users.boss_id`; write `nullable`; known are \
         `type`, `comment`, `nullable`, `default`, `generated`, `identity`, `collation`, `personal`, `doc`, \
         `renamed_from`, `check`, `unique`, `index`, `references` and `on_delete`",
    );
    spoilt(
        "    comment: People.\n",
        "",
        "19:3: the table `users` has no `comment`; write `comment: …`",
    );
    spoilt(
        "nullable: true",
        "nullable: maybe",
        "28:19: `maybe` is no nullable; write `true` or `false`",
    );
    spoilt(
        "check: age > 0",
        "check: age > 0 -- why",
        "33:47: a comment in SQL, which could swallow what follows it; \
         say it in `why`, or in a YAML comment above",
    );
    for (sql, stray) in [
        ("true), ADD CHECK (true", ")"),
        ("age > 0; DROP TABLE users", ";"),
        ("age > 0, ADD COLUMN more text", ","),
        ("(age > 0", "("),
        ("name <> 'x", "'"),
    ] {
        spoilt(
            "check: age > 0",
            &format!("check: \"{sql}\""),
            &format!(
                "33:47: `{stray}` where no expression can hold it; write one expression, and close every bracket and \
                 quotation mark that is opened"
            ),
        );
    }
}

#[test]
fn brackets_and_commas_in_quotation_marks_are_text() {
    for sql in [
        r"name <> E'\\\\\\''",
        "name <> 'a);,'",
        "(name) IN (')', E'(')",
        r#"\"age\" > 0"#,
    ] {
        let text = GOOD.replacen("check: age > 0", &format!("check: \"{sql}\""), 1);
        assert_eq!(mistakes(&text), "no mistake", "{sql}");
    }
}

#[test]
fn what_makes_yaml_surprising_is_refused() {
    spoilt(
        "    area: people",
        "\tarea: people",
        "20:1: a tab; write spaces; two for each level",
    );
    spoilt(
        "comment: Does nothing.",
        "comment: &words Does nothing.",
        "16:14: an anchor; leave out the `&name`; nothing may refer to it",
    );
    spoilt(
        "comment: Does nothing.",
        "comment: !!str Does nothing.",
        "16:14: a tag; leave out the `!name`",
    );
    let alias = mistakes("areas: &a {x: {title: t, comment: c}}\nenums: *a\n");
    assert_eq!(
        alias,
        "schema.yaml:1:8: an anchor; leave out the `&name`; nothing may refer to it"
    );
    assert_eq!(
        mistakes(&format!("{GOOD}---\na: b\n")),
        "schema.yaml:40:1: a second document; write one, without a line `---`"
    );
}

#[test]
fn an_alias_to_nothing_is_told() {
    let found = mistakes("areas:\n  a: *nothing\n");
    assert!(found.starts_with("schema.yaml:2:6: "), "{found}");
    assert!(found.contains("mend it there"), "{found}");
}

#[test]
fn ten_megabytes_are_refused_at_once() {
    let text = format!("{GOOD}{}", "# nothing\n".repeat(1_000_000));
    let found = mistakes(&text);
    assert!(found.ends_with("describe the schema in less"), "{found}");
    assert!(
        found.contains(": the file goes on after 1000000 bytes, it has 1000"),
        "{found}"
    );
    let deep = format!("areas: {}", "[".repeat(20));
    assert!(mistakes(&deep).contains("more than 16 levels deep"));
    let deeper = format!("areas: {}", "[".repeat(500_000));
    assert!(mistakes(&deeper).starts_with("schema.yaml:1:"));
}

#[test]
fn what_is_no_utf_8_is_told_by_its_place() {
    let error = read("schema.yaml", b"areas:\n  a\xffb: c\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema.yaml:2:4: this is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn an_empty_file_has_no_table() {
    assert_eq!(
        mistakes(""),
        "schema.yaml:1:1: no table; write `tables:` and at least one below it"
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replacen("type: uuid, default", "type: guid, default", 1)
        .replacen("    returns: trigger\n", "", 1);
    assert_eq!(
        mistakes(&text),
        "schema.yaml:13:3: the function `touch` has no `returns`; write `returns: …`\n\
         schema.yaml:23:18: unknown type `guid`; write `uuid`"
    );
}

proptest::proptest! {
    #[test]
    fn whatever_is_cut_out_or_put_in_nothing_panics(at in 0..GOOD.len(), cut in 0_usize..40, put in "[a-z:{}\\[\\]&*!'\"\n -]{0,6}") {
        let end = (at + cut).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
        if let Err(mistakes) = read("schema.yaml", text.as_bytes()) {
            for mistake in &mistakes.all {
                proptest::prop_assert!(mistake.at.line >= 1 && mistake.at.column >= 1);
                proptest::prop_assert!(!mistake.what.is_empty() && !mistake.write.is_empty());
            }
        }
    }
}
