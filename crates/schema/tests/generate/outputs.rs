//! What the files say.

use std::path::Path;
use std::process::Command;

use crate::checkout::{Checkout, QUERIES};
use crate::{CONTACT, SAMPLES};

/// Generates after an edit of the schema.
fn generated(edit: impl Fn(&Checkout)) -> Checkout {
    let checkout = Checkout::new();
    edit(&checkout);
    let ran = checkout.generate(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    checkout
}

#[track_caller]
fn holds(checkout: &Checkout, path: &str, part: &str) {
    let text = checkout.read(path);
    assert!(text.contains(part), "{path} lacks {part:?}:\n{text}");
}

#[test]
fn every_generated_file_says_so_first() {
    let checkout = Checkout::new();
    let says = "Generated from schema.yaml by cargo xtask schema generate; edit that file instead.";
    for (path, (text, _)) in checkout.files() {
        if path.starts_with("crates/vsa-db") {
            assert!(text.starts_with(&format!("// {says}\n")), "{path}");
        }
    }
    holds(&checkout, "sqlx.toml", &format!("# {says}\n"));
}

#[test]
fn a_new_column_becomes_a_field_and_stands_in_every_list() {
    let checkout = generated(|checkout| {
        checkout.add_column(
            "called_by",
            "type: uuid, nullable: true, references: users, on_delete: set null, index: true, \
             comment: Whose_voice it is; null is nobody's.",
        );
    });
    holds(
        &checkout,
        CONTACT,
        "    /// `Whose_voice` it is; `None` is nobody's.\n    pub called_by: Option<UserId>,\n",
    );
    holds(
        &checkout,
        CONTACT,
        "use crate::ids::{CampaignId, ContactId, UserId};\n",
    );
    holds(&checkout, SAMPLES, "time_zone, called_by,");
    holds(
        &checkout,
        "sqlx.toml",
        "'called_by' = \"vsa_db::ids::UserId\"\n",
    );
    let queries = checkout.read(QUERIES);
    let lists = queries.matches("-- columns of contacts\n").count();
    assert!(lists > 0, "{queries}");
    assert_eq!(queries.matches(" called_by,").count(), lists, "{queries}");
}

#[test]
fn the_words_for_rust_stand_in_the_place_of_the_comment() {
    let checkout = generated(|checkout| {
        checkout.add_column(
            "a",
            "type: text, comment: A., doc: \"About `null`.\\n\\nMore.\"",
        );
    });
    let docs = "    /// About `null`.\n    ///\n    /// More.\n    pub a: String,\n";
    holds(&checkout, CONTACT, docs);
}

#[test]
fn personal_data_of_a_new_column_is_not_shown() {
    let checkout = generated(|checkout| {
        checkout.add_column(
            "street_address",
            "type: text, personal: contact, comment: Street. Personal data.",
        );
    });
    let redacted = "redacted: external_contact_id, phone_number, email, street_address";
    holds(&checkout, CONTACT, redacted);
    let secret = "secret: external_contact_id, phone_number, email, street_address";
    holds(&checkout, SAMPLES, secret);
}

#[test]
fn a_new_label_and_a_new_enum_are_in_rust() {
    let checkout = generated(|checkout| {
        let new = "enums:\n  pet_kind:\n    comment: A kind of pet.\n    labels:\n      big-cat: Purrs.\n";
        checkout.edit("schema.yaml", "enums:\n", new);
        checkout.edit(
            "schema.yaml",
            "      it: Italian.\n",
            "      it: Italian.\n      de: German.\n",
        );
    });
    let enums = "crates/vsa-db/src/enums/generated.rs";
    holds(
        &checkout,
        enums,
        "        /// German.\n        De = \"de\",\n",
    );
    holds(
        &checkout,
        enums,
        "pg_enum! {\n    /// A kind of pet.\n    PetKind: \"pet_kind\" {\n        /// Purrs.\n        BigCat = \"big-cat\",\n    }\n}\n",
    );
    holds(
        &checkout,
        "sqlx.toml",
        "'pet_kind' = \"vsa_db::enums::PetKind\"\n",
    );
    holds(
        &checkout,
        "crates/vsa-db/tests/suite/enums/generated.rs",
        " PetKind,",
    );
}

/// A new table, before the others.
const THINGS: &str = "tables:
  things:
    area: people
    model: Thing
    comment: Things.
    columns:
      id: {type: uuid, default: gen_random_uuid(), comment: Primary key.}
";

#[test]
fn a_column_of_every_type_has_its_rust_type_and_its_json() {
    let types = [
        ("uuid", "Uuid", ""),
        ("text", "String", ""),
        ("text[]", "Vec<String>", ""),
        ("boolean", "bool", ""),
        ("smallint", "i16", ""),
        ("integer", "i32", ""),
        ("bigint", "i64", ""),
        ("double precision", "f64", ""),
        ("numeric(10,2)", "Decimal", "crate::models::json::decimal"),
        ("timestamptz", "OffsetDateTime", "time::serde::rfc3339"),
        ("date", "Date", "crate::models::json::date"),
        ("time", "Time", "crate::models::json::time_of_day"),
        ("interval", "PgInterval", "crate::models::json::interval"),
        ("jsonb", "Value", ""),
        ("bytea", "Vec<u8>", "crate::models::json::bytes"),
        ("user_role", "UserRole", ""),
    ];
    let checkout = generated(|checkout| {
        let columns = types.iter().enumerate().map(|(n, (sql, ..))| {
            format!(
                "      a{n}: {{type: \"{sql}\", comment: A.}}
      b{n}: {{type: \"{sql}\", nullable: true, comment: B.}}
"
            )
        });
        let table = THINGS.to_owned() + &columns.collect::<String>();
        checkout.edit("schema.yaml", "tables:\n", &table);
    });
    let path = "crates/vsa-db/src/models/generated/thing.rs";
    for (n, (_, rust, json)) in types.iter().enumerate() {
        let with = |option| match *json {
            "" => String::new(),
            json => format!("    #[serde(with = \"{json}{option}\")]\n"),
        };
        let plain = format!("    /// A.\n{}    pub a{n}: {rust},\n", with(""));
        holds(&checkout, path, &plain);
        let nullable = format!(
            "    /// B.\n{}    pub b{n}: Option<{rust}>,\n",
            with("::option")
        );
        holds(&checkout, path, &nullable);
    }
    holds(
        &checkout,
        path,
        "use rust_decimal::Decimal;\nuse serde::Serialize;\nuse serde_json::Value;\n\
         use sqlx::postgres::types::PgInterval;\nuse time::{Date, OffsetDateTime, Time};\nuse uuid::Uuid;\n\n\
         use crate::enums::UserRole;\nuse crate::ids::ThingId;\n",
    );
}

#[test]
fn a_new_table_has_an_id_a_model_and_a_place_in_every_list() {
    let checkout = generated(|checkout| checkout.edit("schema.yaml", "tables:\n", THINGS));
    let expected = "\
/// Things.
///
/// A row of `things`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Thing {
    /// Primary key.
    pub id: ThingId,
}
";
    let model = checkout.read("crates/vsa-db/src/models/generated/thing.rs");
    assert!(model.ends_with(expected), "{model}");
    let list = checkout.read("crates/vsa-db/src/models/generated.rs");
    assert!(list.contains("mod thing;\n") && list.contains("pub use thing::Thing;\n"));
    holds(
        &checkout,
        "crates/vsa-db/src/ids/generated.rs",
        "    ThingId;\n",
    );
    holds(
        &checkout,
        SAMPLES,
        "    Thing {\n        plain: id;\n        secret: ;\n    }\n",
    );
    let tests = "crates/vsa-db/tests/suite/models/generated.rs";
    holds(
        &checkout,
        tests,
        "        table: \"things\",\n        name: \"Thing\",\n",
    );
    let overrides = "[macros.table-overrides.'things']\n'id' = \"vsa_db::ids::ThingId\"\n";
    holds(&checkout, "sqlx.toml", overrides);
}

#[test]
fn a_key_that_is_no_single_uuid_has_no_type_of_its_own() {
    let checkout = generated(|checkout| {
        let table = THINGS.replace(
            "id: {type: uuid, default: gen_random_uuid(), comment: Primary key.}",
            "id: {type: bigint, identity: always, comment: Primary key.}",
        );
        checkout.edit("schema.yaml", "tables:\n", &table);
    });
    holds(
        &checkout,
        "crates/vsa-db/src/models/generated/thing.rs",
        "    pub id: i64,\n",
    );
    assert!(
        !checkout
            .read("crates/vsa-db/src/ids/generated.rs")
            .contains("ThingId")
    );
    assert!(!checkout.read("sqlx.toml").contains("things"));
}

#[test]
fn a_list_of_columns_may_have_a_prefix_and_keeps_its_indent() {
    let checkout = generated(|checkout| {
        checkout.write(
            QUERIES,
            "r#\"\n  SELECT\n    -- columns of transcript_snippets AS t\n    -- end of columns\n  FROM t\n\"#\n",
        );
    });
    assert_eq!(
        checkout.read(QUERIES),
        "r#\"\n  SELECT\n    -- columns of transcript_snippets AS t\n    \
         t.id, t.call_attempt_id, t.transcript_text, t.language, t.created_at\n    \
         -- end of columns\n  FROM t\n\"#\n"
    );
}

/// A schema that makes long lines, and names whose order is not that of their letters.
fn unwieldy() -> Checkout {
    generated(|checkout| {
        let long = "column_with_a_long_name_that_makes_each_list_go_over_the_edge";
        for n in ["a", "ab", "abc"] {
            checkout.add_column(
                &format!("{n}_{long}")[..60],
                &format!("type: text, comment: \"{}\"", "Long. ".repeat(40)),
            );
        }
        let long = &format!("{}kind", "very_".repeat(11));
        let kinds = ["step_10", "step_2", "step_a", "steps", "step_01_b", long];
        let enums = kinds.map(|kind| format!("  {kind}: {{comment: Kind., labels: {{a: A.}}}}\n"));
        let columns = kinds.map(|kind| {
            let name = format!("a{}{kind}", "_".repeat(62 - kind.len()));
            format!("      {name}: {{type: {kind}, nullable: true, comment: Kind.}}\n")
        });
        checkout.edit(
            "schema.yaml",
            "enums:\n",
            &("enums:\n".to_owned() + &enums.concat()),
        );
        checkout.edit(
            "schema.yaml",
            "tables:\n",
            &(THINGS.to_owned() + &columns.concat()),
        );
        let table = THINGS
            .replace("things", "matches")
            .replace("Thing", "Match");
        checkout.edit("schema.yaml", "tables:\n", &table);
        let table = THINGS
            .replace("things", "uses")
            .replace("Thing", "Step1Of12");
        checkout.edit("schema.yaml", "tables:\n", &table);
    })
}

#[test]
fn rustfmt_finds_nothing_to_do() {
    let checkout = unwieldy();
    let files = checkout.files();
    let sources = files
        .keys()
        .filter(|path| Path::new(path).extension() == Some("rs".as_ref()));
    let output = Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "--style-edition", "2024"])
        .args(sources)
        .current_dir(checkout.root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn no_list_is_wider_than_a_line_of_ours() {
    let checkout = unwieldy();
    for path in [CONTACT, SAMPLES, QUERIES] {
        for line in checkout.read(path).lines() {
            assert!(line.chars().count() <= 100, "{path}: {line}");
        }
    }
}
