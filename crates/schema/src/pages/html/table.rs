//! A page a table.

use maud::{Markup, html};

use super::super::diagram::{self, area_class};
use super::super::model::{Column, ForeignKey, Model, Table};
use super::shell::{Page, breakable, figure, page, personal, prose};
use super::types;

pub(in super::super) fn table(model: &Model<'_>, table: &Table<'_>) -> String {
    let area = model.areas.iter().find(|area| area.name == table.area);
    let main = html! {
        p .crumbs .(area_class(model, table.area)) {
            a href={ "../index.html#area-" (table.area) } { (area.map_or(table.area, |area| area.title)) }
        }
        h1 { (table.name) }
        p .lead { (prose(table.comment)) }
        (origin(table))
        (figure(
            &diagram::neighbourhood(model, table),
            &html! { (table.name) ", what it refers to (left) and what refers to it (right)." },
        ))
        (columns(table))
        (life_cycles(model, table))
        (constraints(table))
        (indexes(table))
        (triggers(table))
    };
    page(
        model,
        &Page {
            title: table.name,
            root: "../",
            path: &format!("tables/{}.html", table.name),
            markdown: &format!("{}.md", table.name),
            main,
        },
    )
}

fn origin(table: &Table<'_>) -> Markup {
    html! {
        p .origin {
            (table.columns.len()) " columns · a row is " code { (table.model) }
            @if let Some(migration) = table.added_in { " · made by " code { (migration) } }
        }
        @if let Some(retention) = table.retention {
            p .retention { b { "Retention. " } (prose(retention)) }
        }
    }
}

fn columns(table: &Table<'_>) -> Markup {
    html! {
        section aria-labelledby="columns" {
            h2 #columns { "Columns" }
            table .columns {
                thead {
                    tr {
                        th scope="col" { "Column" }
                        th scope="col" { "Type" }
                        th scope="col" { "Null" }
                        th scope="col" { "Default" }
                        th scope="col" { "Meaning" }
                        th scope="col" { "Since" }
                    }
                }
                tbody { @for one in &table.columns { (column(one)) } }
            }
        }
    }
}

fn column(column: &Column<'_>) -> Markup {
    let id = format!("column-{}", column.name);
    html! {
        tr id=(id) {
            th scope="row" {
                a .anchor href={ "#" (id) } { (breakable(column.name)) }
                @if column.in_primary_key { " " span .badge title="Primary key" { "PK" } }
                @if column.references.is_some() { " " span .badge title="Foreign key" { "FK" } }
                @if column.unique && !column.in_primary_key { " " span .badge title="Unique" { "UQ" } }
            }
            td {
                @if column.is_enum {
                    a href={ "../types.html#enum-" (column.sql_type) } { code { (column.sql_type) } }
                } @else {
                    code { (column.sql_type) }
                }
                @if let Some(collation) = column.collation { " " code { "collate " (collation) } }
            }
            td data-label="Null" { @if column.nullable { "null" } @else { span .muted { "not null" } } }
            td data-label="Default" {
                @if let Some(default) = column.default { code { (default) } }
                @if let Some(expression) = column.generated_as { "generated: " code { (expression) } }
                @if let Some(identity) = column.identity { "identity, " (identity) }
            }
            td .meaning {
                (prose(column.comment))
                @if let Some(kind) = column.personal { " " (personal(kind)) }
                @if let Some(to) = &column.references {
                    p { "→ " a href={ (to.table) ".html" } { (to.table) } }
                }
                @for check in &column.checks { p { span .muted { "check " } code { (check) } } }
            }
            td data-label="Since" {
                @if let Some(migration) = column.added_in {
                    span .muted title=(migration) { (migration.split('_').next().unwrap_or(migration)) }
                }
            }
        }
    }
}

/// The life cycles that rows of the table go through.
fn life_cycles(model: &Model<'_>, table: &Table<'_>) -> Markup {
    html! {
        @for column in table.columns.iter().filter(|column| column.is_enum) {
            @if let Some(one) = model.enumeration(&column.sql_type)
                && let Some(cycle) = &one.life_cycle {
                section aria-labelledby={ "life-" (column.name) } {
                    h2 id={ "life-" (column.name) } { "Life cycle: " (column.name) }
                    (types::life_cycle_figure(one, cycle, "../types.html"))
                }
            }
        }
    }
}

fn constraints(table: &Table<'_>) -> Markup {
    html! {
        section aria-labelledby="constraints" {
            h2 #constraints { "Constraints" }
            table .named {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Demands" } } }
                tbody {
                    @for one in table.constraints() {
                        tr id={ "constraint-" (one.name) } {
                            th scope="row" { (breakable(one.name)) }
                            td {
                                code { (one.sql) }
                                @if let Some(to) = one.to_table { " → " a href={ (to) ".html" } { (to) } }
                                @if let Some(why) = one.why { p { (prose(why)) } }
                            }
                        }
                    }
                }
            }
            @if !table.referenced_by.is_empty() {
                h3 #referenced-by { "Referred to by" }
                ul .references { @for key in &table.referenced_by { (referenced_by(key)) } }
            }
        }
    }
}

fn referenced_by(key: &ForeignKey<'_>) -> Markup {
    html! {
        li {
            a href={ (key.table) ".html" } { (key.table) } " (" code { (key.columns.join(", ")) } "), on delete "
            (key.on_delete)
        }
    }
}

fn indexes(table: &Table<'_>) -> Markup {
    html! {
        @if !table.indexes.is_empty() {
            section aria-labelledby="indexes" {
                h2 #indexes { "Indexes" }
                table .named {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Serves" } } }
                    tbody {
                        @for index in &table.indexes {
                            tr id={ "index-" (index.name) } {
                                th scope="row" { (breakable(index.name)) }
                                td {
                                    @if let Some(serves) = &index.serves { (prose(serves)) }
                                    p { code { (index.sql) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn triggers(table: &Table<'_>) -> Markup {
    html! {
        @if !table.triggers.is_empty() {
            section aria-labelledby="triggers" {
                h2 #triggers { "Triggers" }
                table .named {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Does" } } }
                    tbody {
                        @for trigger in &table.triggers {
                            tr id={ "trigger-" (trigger.name) } {
                                th scope="row" { (breakable(trigger.name)) }
                                td {
                                    (prose(trigger.comment))
                                    p {
                                        code {
                                            (trigger.fires) " for each " (trigger.for_each.to_ascii_lowercase())
                                            @if let Some(when) = trigger.when { " when " (when) }
                                        }
                                        " calls "
                                        a href={ "../types.html#function-" (trigger.calls) } { (trigger.calls) "()" }
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
