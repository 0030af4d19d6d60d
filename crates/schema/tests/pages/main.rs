//! The pages about the schema: complete, true to the schema, safe, and linked without a gap.

mod drawings;
mod links;
mod site;

use site::{Site, is, repository_schema, schema_of};

#[test]
fn an_unchanged_schema_gives_the_same_bytes() {
    let schema = repository_schema();
    assert_eq!(Site::of(&schema).files, Site::of(&schema).files);
}

#[test]
fn they_are_light() {
    let site = Site::of(&repository_schema());
    let bytes: usize = site.files.values().map(String::len).sum();
    assert!(bytes < 600_000, "{bytes} bytes");
}

#[test]
fn every_file_says_that_it_is_generated_and_none_asks_for_the_network() {
    for (path, text) in Site::of(&repository_schema()).files {
        let head: Vec<&str> = text.lines().take(2).collect();
        assert!(head.concat().contains("Generated from "), "{path}");
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path}"
        );
    }
}

#[test]
fn every_column_is_on_its_page_with_its_comment_in_all_three() {
    let schema = repository_schema();
    let site = Site::of(&schema);
    let json = site.json();
    let spec = vsa_schema::read("schema.yaml", schema.as_bytes()).unwrap();
    for (table, in_json) in spec.tables.iter().zip(json["tables"].as_array().unwrap()) {
        let html = site.file(&format!("tables/{}.html", table.name));
        let markdown = site.file(&format!("tables/{}.md", table.name));
        assert_eq!(in_json["name"], *table.name);
        let columns = in_json["columns"].as_array().unwrap();
        assert_eq!(columns.len(), table.columns.len());
        for (column, in_json) in table.columns.iter().zip(columns) {
            let what = format!("{}.{}", table.name, column.name);
            assert_eq!(in_json["name"], *column.name, "{what}");
            assert_eq!(in_json["type"], *column.type_text, "{what}");
            assert_eq!(in_json["nullable"], column.nullable, "{what}");
            assert_eq!(in_json["comment"], *column.comment, "{what}");
            let row = markdown
                .lines()
                .find(|line| line.starts_with(&format!("| `{}` |", column.name)));
            let row = row.unwrap_or_else(|| panic!("{what} is not in the Markdown"));
            let null = if column.nullable { "null" } else { "not null" };
            assert_eq!(row.split('|').nth(3).unwrap().trim(), null, "{what}");
            assert!(
                site::words(row).contains(&site::words(&column.comment)),
                "{what}: {row}"
            );
            let row = html
                .lines()
                .find(|line| line.contains(&format!("id=\"column-{}\"", column.name)));
            let row = row.unwrap_or_else(|| panic!("{what} is not in the HTML"));
            assert!(
                site::words(row).contains(&site::words(&column.comment)),
                "{what}: {row}"
            );
        }
    }
}

#[test]
fn every_other_object_is_on_the_page_of_its_table() {
    let schema = repository_schema();
    let site = Site::of(&schema);
    let spec = vsa_schema::read("schema.yaml", schema.as_bytes()).unwrap();
    for table in &spec.tables {
        let keys = table.foreign_keys.iter().map(|key| &key.name);
        let names = [&table.primary_key.name].into_iter().chain(keys);
        let names = names
            .chain(table.uniques.iter().map(|one| &one.name))
            .chain(table.checks.iter().map(|one| &one.name))
            .chain(table.indexes.iter().map(|one| &one.name))
            .chain(table.triggers.iter().map(|one| &one.name));
        let html = site.file(&format!("tables/{}.html", table.name));
        let markdown = site.file(&format!("tables/{}.md", table.name));
        for name in names {
            assert!(html.contains(&format!("-{name}\"")), "{name}");
            assert!(markdown.contains(&format!("| `{name}` |")), "{name}");
            assert!(
                site.file("search.js").contains(&format!("\"{name}\"")),
                "{name}"
            );
        }
    }
    for one in &spec.enums {
        let page = site.file("types.html");
        assert!(page.contains(&format!("id=\"enum-{}\"", one.name)));
        for label in &one.labels {
            assert!(page.contains(&format!("<th scope=\"row\">{}</th>", label.name)));
        }
    }
}

#[test]
fn no_comment_becomes_markup() {
    let bad = "<script>alert(1)</script> `<u>` | \" ' &amp;";
    let schema = schema_of(&format!(
        "  t:
    area: a
    model: T
    comment: {bad:?}
    retention: {bad:?}
    columns:
      id: {{type: uuid, comment: {bad:?}}}
      kind: {{type: kind, default: \"'<script>'\", check: \"kind <> '<script>'\", comment: C.}}
    checks:
      why: {{sql: \"1 < 2\", why: {bad:?}}}
    indexes:
      - {{keys: [kind], comment: {bad:?}}}
"
    ));
    let schema = schema.replace("enums: {}", "enums:\n  kind:\n    comment: \"<script>\"\n    labels: {\"<script>\": \"<script>\", b: B.}\n    starts: b\n    moves: {b: [\"<script>\"]}");
    let site = Site::of(&schema);
    for (path, text) in &site.files {
        let scripts = text.matches("<script").count();
        let own = if is(path, "html") { 2 } else { 0 };
        let is_data = is(path, "js") || is(path, "json");
        // In Markdown it may stand in code alone.
        let in_code = text.matches("`'<script>'`").count()
            + text.matches("<> '<script>'").count()
            + text.matches("`<script>`").count()
            + text.matches("state \"<script>\"").count();
        assert!(is_data || scripts == own + in_code, "{path}");
        assert!(!text.contains("<u>") || !is(path, "html"), "{path}");
    }
    let comment = &site.json()["tables"][0]["comment"];
    assert_eq!(comment, bad);
}

#[test]
fn a_column_says_which_migration_added_it() {
    let table = "  t:
    area: a
    model: T
    comment: C.
    columns:
      id: {type: uuid, comment: C.}
      old: {type: text, comment: C.}
      moved: {type: text, comment: C.}
      late: {type: text, comment: C.}
      again: {type: text, comment: C.}
      unknown: {type: text, comment: C.}
";
    let site = Site::with_migrations(
        &schema_of(table),
        &[
            (
                "0001_a",
                "-- CREATE TABLE t (late text);\nCREATE TABLE IF NOT EXISTS s (\n id uuid DEFAULT f(1, 2), old text, before text, again text,\n CONSTRAINT unknown CHECK (old <> ', late text')\n);",
            ),
            (
                "0002_b",
                "ALTER TABLE s RENAME COLUMN before TO moved;\nALTER TABLE ONLY s DROP COLUMN again, ADD COLUMN other text;",
            ),
            ("0003_c", "ALTER TABLE s RENAME TO t;"),
            (
                "0004_d",
                "DO $$ BEGIN\nALTER TABLE IF EXISTS t ADD COLUMN IF NOT EXISTS late text DEFAULT 'x', ADD COLUMN again text;\nEND $$;",
            ),
        ],
    );
    let json = site.json();
    assert_eq!(json["migration"], "0004_d");
    let table = &json["tables"][0];
    assert_eq!(table["added_in"], "0001_a");
    let since: Vec<_> = table["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["added_in"].as_str())
        .collect();
    let want = [
        Some("0001_a"),
        Some("0001_a"),
        Some("0001_a"),
        Some("0004_d"),
        Some("0004_d"),
        None,
    ];
    assert_eq!(since, want);
}

#[test]
fn a_foreign_key_says_how_many_rows_there_may_be() {
    let json = Site::of(&repository_schema()).json();
    let key = |table: &str, column: &str| {
        let tables = json["tables"].as_array().unwrap();
        let table = tables.iter().find(|one| one["name"] == table).unwrap();
        let keys = table["foreign_keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["columns"][0] == column).unwrap();
        (key["optional"] == true, key["unique"] == true)
    };
    assert_eq!(key("contacts", "campaign_id"), (false, false));
    assert_eq!(key("campaigns", "email_refused_template_id"), (true, false));
    assert_eq!(key("email_notifications", "event_id"), (false, true));
}

#[test]
fn an_index_without_a_purpose_counts_as_not_documented() {
    let schema = schema_of(
        "  t:
    area: a
    model: T
    comment: C.
    columns:
      id: {type: uuid, comment: C.}
      t_id: {type: uuid, references: t, on_delete: cascade, index: true, comment: C.}
      name: {type: text, index: true, comment: C.}
",
    );
    let json = Site::of(&schema).json();
    let coverage = &json["coverage"];
    assert_eq!(coverage["objects"], 7);
    assert_eq!(
        (&coverage["commented"], &coverage["percent"]),
        (&6.into(), &85.into())
    );
}

#[test]
fn the_page_explains_every_field_of_the_json() {
    fn fields(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    found.insert(name.clone());
                    fields(value, found);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| fields(value, found)),
            _ => {}
        }
    }
    let site = Site::of(&repository_schema());
    let mut found = std::collections::BTreeSet::new();
    fields(&site.json(), &mut found);
    let (_, explained) = site
        .file("index.html")
        .split_once("id=\"programs\"")
        .unwrap();
    let words: Vec<&str> = explained
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    for field in &found {
        assert!(words.contains(&field.as_str()), "{field}");
    }
}
