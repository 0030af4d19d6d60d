//! `index.html`: the areas with their diagrams, personal data, and how to read it all.

use maud::{Markup, html};

use crate::spec::Personal;

use super::super::diagram::{self, area_class};
use super::super::model::{Area, Model};
use super::shell::{Page, figure, page, personal, prose};

/// What `schema.json` holds: field, meaning.
const FIELDS: &[(&str, &str)] = &[
    ("generated", "that the file is generated, and by what"),
    ("schema_sha256", "sha256 of schema.yaml"),
    ("migration", "the last migration"),
    ("coverage", "objects, commented, percent"),
    ("areas[]", "name, title, comment, tables"),
    (
        "tables[]",
        "name, area, model, comment, retention, added_in, columns, primary_key, uniques, checks, foreign_keys, referenced_by, indexes, triggers",
    ),
    (
        "tables[].columns[]",
        "name, type, is_enum, nullable, default, generated_as, identity, collation, personal, comment, in_primary_key, unique, checks, references (table, constraint), added_in",
    ),
    ("tables[].primary_key, .uniques[]", "name, columns"),
    ("tables[].checks[]", "name, sql, why"),
    (
        "tables[].foreign_keys[], .referenced_by[]",
        "name, table, columns, to_table, to_columns, on_delete, optional, unique",
    ),
    (
        "tables[].indexes[]",
        "name, sql, unique, keys, include, where, method, serves",
    ),
    (
        "tables[].triggers[]",
        "name, fires, for_each, when, calls, comment",
    ),
    (
        "enums[]",
        "name, comment, labels (name, comment), life_cycle (start, finals, moves), used_by",
    ),
    (
        "functions[]",
        "name, returns, language, comment, body, called_by",
    ),
];

pub(in super::super) fn overview(model: &Model<'_>) -> String {
    let columns: usize = model.tables.iter().map(|table| table.columns.len()).sum();
    let keys: usize = model
        .tables
        .iter()
        .map(|table| table.foreign_keys.len())
        .sum();
    let all_columns = model.tables.iter().flat_map(|table| &table.columns);
    let personal = all_columns
        .filter(|column| column.personal.is_some())
        .count();
    let main = html! {
        h1 { "The schema" }
        p .lead { "Every table of the database: what it holds, what it refers to, and who is in it." }
        dl .facts {
            (fact("tables", &model.tables.len().to_string()))
            (fact("columns", &columns.to_string()))
            (fact("foreign keys", &keys.to_string()))
            (fact("enums", &model.enums.len().to_string()))
            (fact("with personal data", &personal.to_string()))
            (fact("documented", &format!("{} %", model.coverage.percent)))
        }
        (origin(model))
        @for area in &model.areas { (section(model, area)) }
        (personal_data(model))
        (legend())
        (programs())
    };
    page(
        model,
        &Page {
            title: "Overview",
            root: "",
            path: "index.html",
            markdown: "README.md",
            main,
        },
    )
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// From what the pages were made, and what they cannot know.
fn origin(model: &Model<'_>) -> Markup {
    let short = model.schema_sha256.get(..12).unwrap_or_default();
    html! {
        p .origin {
            "schema.yaml " code title={ "sha256 " (model.schema_sha256) } { (short) }
            @if let Some(migration) = model.migration { " · last migration " code { (migration) } }
            " · whether a database agrees with it: " code { "cargo xtask schema check" }
        }
    }
}

fn section(model: &Model<'_>, area: &Area<'_>) -> Markup {
    let parts = diagram::parts(model, area.name);
    html! {
        section .area .(area_class(model, area.name)) aria-labelledby={ "area-" (area.name) } {
            h2 id={ "area-" (area.name) } { (area.title) }
            p { (prose(area.comment)) }
            @for (nth, tables) in parts.iter().enumerate() {
                @let part = if parts.len() > 1 { format!(", part {} of {}", nth + 1, parts.len()) } else { String::new() };
                (figure(
                    &diagram::area(model, tables, area.title),
                    &html! { "Keys of " (area.title) (part) ". Dashed: tables of other areas." },
                ))
            }
            ul .cards {
                @for table in model.tables_of(area.name) {
                    li {
                        a href={ "tables/" (table.name) ".html" } { (table.name) }
                        p { (prose(table.comment)) }
                        span .muted { (table.columns.len()) " columns" }
                    }
                }
            }
        }
    }
}

fn personal_data(model: &Model<'_>) -> Markup {
    html! {
        section aria-labelledby="personal-data" {
            h2 #personal-data { "Personal data" }
            p { "Each of these columns says so in its comment; the models keep them out of every log." }
            dl .personal-data {
                @for (kind, _) in Personal::ALL {
                    dt { (personal(kind)) }
                    dd {
                        ul .inline {
                            @for table in &model.tables {
                                @for column in table.columns.iter().filter(|column| column.personal == Some(*kind)) {
                                    li {
                                        a href={ "tables/" (table.name) ".html#column-" (column.name) } {
                                            (table.name) "." (column.name)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        section aria-labelledby="reading" {
            h2 #reading { "How to read it" }
            p {
                "A line is a foreign key. It leads from the row that is referred to, on the left, to the rows that refer to "
                "it. PK, FK and UQ mark primary key, foreign key and unique column."
            }
            ul .inline .legend {
                li { (diagram::mark(false, false)) " exactly one" }
                li { (diagram::mark(false, true)) " one or none" }
                li { (diagram::mark(true, true)) " any number" }
            }
            p {
                "Drag a diagram to move it; click it and turn the wheel, or press " kbd { "+" } " and " kbd { "-" }
                ", to zoom; " kbd { "0" } " shows all. " kbd { "/" } " searches."
            }
        }
    }
}

fn programs() -> Markup {
    html! {
        section aria-labelledby="programs" {
            h2 #programs { "For programs" }
            p {
                a href="schema.json" { "schema.json" }
                " holds all that these pages say. Its fields keep their names; what is not there is null or empty."
            }
            table {
                thead { tr { th scope="col" { "Field" } th scope="col" { "Holds" } } }
                tbody {
                    @for (field, meaning) in FIELDS {
                        tr { th scope="row" { code { (field) } } td { (meaning) } }
                    }
                }
            }
        }
    }
}
