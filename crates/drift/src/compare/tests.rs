use serde_json::json;

use super::*;
use crate::catalog::Enum;

const SIDES: Sides = Sides {
    expected: "schema.yaml",
    found: "the migrations",
};

fn table(columns: &[Value]) -> Catalog {
    let table = json!({
        "kind": "table", "definition": null, "persistence": "logged", "populated": true, "row_security": false,
        "row_security_forced": false, "replica_identity": "default", "inherits": [], "partition": null,
        "access_method": null, "tablespace": null, "options": [], "comment": null, "owner": null, "grants": [],
        "columns": columns, "constraints": {}, "indexes": {}, "triggers": {}, "rules": {}, "policies": {},
        "statistics": {}
    });
    let mut catalog = Catalog::default();
    catalog
        .tables
        .insert("t".to_owned(), serde_json::from_value(table).unwrap());
    catalog
}

fn column(name: &str, sql_type: &str) -> Value {
    json!({
        "name": name, "type": sql_type, "not_null": true, "not_null_validated": true, "default": null,
        "generated": null, "identity": null, "identity_sequence": null, "identity_sequence_comment": null,
        "identity_sequence_grants": [], "collation": null, "comment": null,
        "storage": null, "compression": null, "statistics_target": null, "options": [], "grants": []
    })
}

fn labels(labels: &[&str]) -> Catalog {
    let labels = labels.iter().map(|&label| label.to_owned()).collect();
    let state = Enum {
        labels,
        comment: None,
        owner: None,
        grants: Vec::new(),
    };
    let mut catalog = Catalog::default();
    catalog.enums.insert("state".to_owned(), state);
    catalog
}

fn told(expected: &Catalog, found: &Catalog) -> Vec<String> {
    let differences = compare(expected, found);
    differences
        .iter()
        .map(|difference| difference.render(SIDES))
        .collect()
}

#[test]
fn what_is_equal_differs_in_nothing() {
    let catalog = table(&[column("a", "text")]);
    assert_eq!(compare(&catalog, &catalog), []);
}

#[test]
fn a_changed_property_is_told_with_both_sides() {
    let (text, integer) = (
        table(&[column("a", "text")]),
        table(&[column("a", "integer")]),
    );
    assert_eq!(
        told(&text, &integer),
        [
            "breaking  column t.a: type differs\n    schema.yaml     text\n    the migrations  integer"
        ]
    );
}

#[test]
fn a_table_of_one_side_is_told_once_and_not_with_all_its_columns() {
    let (catalog, empty) = (table(&[column("a", "text")]), Catalog::default());
    assert_eq!(
        told(&catalog, &empty),
        ["breaking  table t: is in schema.yaml, not in the migrations"]
    );
    assert_eq!(
        told(&empty, &catalog),
        ["additive  table t: is in the migrations, not in schema.yaml"]
    );
}

#[test]
fn columns_in_another_order_are_one_difference() {
    let one = table(&["a", "b", "c"].map(|name| column(name, "text")));
    let other = table(&["c", "x", "a", "b"].map(|name| column(name, "text")));
    let differences = compare(&one, &other);
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert!(differences[0].is_column_order());
    assert_eq!(differences[0].severity, Severity::Cosmetic);
    assert_eq!(differences[1].object.to_string(), "column t.x");
    // No row can be written without a value for it.
    assert_eq!(differences[1].severity, Severity::Breaking);
}

#[test]
fn a_further_label_is_additive_and_another_order_is_not() {
    let severity =
        |expected: &[&str], found: &[&str]| compare(&labels(expected), &labels(found))[0].severity;
    assert_eq!(severity(&["a", "b"], &["a", "x", "b"]), Severity::Additive);
    assert_eq!(severity(&["a", "b"], &["b", "a"]), Severity::Breaking);
    assert_eq!(severity(&["a", "b"], &["a"]), Severity::Breaking);
}

#[test]
fn json_names_the_object_and_both_sides() {
    let differences = compare(&labels(&["a"]), &labels(&["a", "b"]));
    assert_eq!(
        serde_json::to_value(&differences).unwrap(),
        json!([{
            "severity": "additive", "object": "enum state", "kind": "enum", "table": null, "name": "state",
            "change": "changed", "property": "labels", "expected": ["a"], "found": ["a", "b"]
        }])
    );
}
