//! The pages as Markdown, with diagrams that a forge draws from their mermaid text.

mod mermaid;
mod text;

use std::fmt::Write as _;

use crate::generate::FIRST_LINE;

use super::model::{Column, Enum, Model, Table};
use text::{code, prose};

pub(super) fn overview(model: &Model<'_>) -> String {
    let mut out = head("The schema");
    let short = model.schema_sha256.get(..12).unwrap_or_default();
    let _ = write!(out, "schema.yaml `{short}`");
    if let Some(migration) = model.migration {
        let _ = write!(out, " · last migration `{migration}`");
    }
    let _ = writeln!(
        out,
        " · documented {} % · whether a database agrees with it: `cargo xtask schema check`\n",
        model.coverage.percent
    );
    out += "To look around with search and zoom, open `index.html` of this folder in a browser. \
            For programs: [schema.json](schema.json). Enums and functions: [types.md](types.md).\n";
    for area in &model.areas {
        let _ = writeln!(
            out,
            "\n## {}\n\n{}\n",
            prose(area.title),
            prose(area.comment)
        );
        let tables: Vec<&Table<'_>> = model.tables_of(area.name).collect();
        out += &mermaid::area(model, &tables);
        out += "\n| table | holds |\n|---|---|\n";
        for table in tables {
            let _ = writeln!(
                out,
                "| [{0}](tables/{0}.md) | {1} |",
                table.name,
                prose(table.comment)
            );
        }
    }
    out
}

pub(super) fn table(model: &Model<'_>, table: &Table<'_>) -> String {
    let mut out = head(table.name);
    let _ = writeln!(out, "{}\n", prose(table.comment));
    if let Some(retention) = table.retention {
        let _ = writeln!(out, "**Retention.** {}\n", prose(retention));
    }
    let _ = write!(out, "[Overview](../README.md) · a row is `{}`", table.model);
    if let Some(migration) = table.added_in {
        let _ = write!(out, " · made by `{migration}`");
    }
    out += "\n\n";
    out += &mermaid::neighbourhood(model, table);
    out += "\n## Columns\n\n| column | type | null | default | meaning | since |\n|---|---|---|---|---|---|\n";
    for one in &table.columns {
        out += &column(one);
    }
    out += "\n## Constraints\n\n| name | demands | why |\n|---|---|---|\n";
    for one in table.constraints() {
        let why = prose(one.why.unwrap_or_default());
        let _ = writeln!(out, "| `{}` | {} | {why} |", one.name, code(&one.sql));
    }
    if !table.indexes.is_empty() {
        out += "\n## Indexes\n\n| name | serves | SQL |\n|---|---|---|\n";
        for one in &table.indexes {
            let serves = prose(one.serves.as_deref().unwrap_or_default());
            let _ = writeln!(out, "| `{}` | {serves} | {} |", one.name, code(&one.sql));
        }
    }
    if !table.triggers.is_empty() {
        out += "\n## Triggers\n\n| name | does | when |\n|---|---|---|\n";
        for one in &table.triggers {
            let when = one.when.map(|when| format!(" when {}", code(when)));
            let _ = writeln!(
                out,
                "| `{}` | {} | {} for each {}{} |",
                one.name,
                prose(one.comment),
                one.fires,
                one.for_each.to_ascii_lowercase(),
                when.unwrap_or_default()
            );
        }
    }
    out
}

fn column(column: &Column<'_>) -> String {
    let sql_type = if column.is_enum {
        format!("[{0}](../types.md#{0})", column.sql_type)
    } else {
        code(&column.sql_type)
    };
    let mut default = column.default.map(code).unwrap_or_default();
    if let Some(expression) = column.generated_as {
        default = format!("generated: {}", code(expression));
    }
    if let Some(identity) = column.identity {
        default = format!("identity, {identity}");
    }
    let mut meaning = prose(column.comment);
    if let Some(kind) = column.personal {
        let _ = write!(meaning, " **{kind}**");
    }
    if let Some(to) = &column.references {
        let _ = write!(meaning, " → [{0}]({0}.md)", to.table);
    }
    for check in &column.checks {
        let _ = write!(meaning, " check {}", code(check));
    }
    format!(
        "| `{}` | {sql_type} | {} | {default} | {meaning} | {} |\n",
        column.name,
        if column.nullable { "null" } else { "not null" },
        column.added_in.unwrap_or_default()
    )
}

pub(super) fn types(model: &Model<'_>) -> String {
    let mut out = head("Enums and functions");
    out += "[Overview](README.md)\n";
    for one in &model.enums {
        out += &enumeration(one);
    }
    for function in &model.functions {
        let _ = writeln!(
            out,
            "\n## {}\n\n{} Returns `{}`.\n\n```{}\n{}\n```",
            function.name,
            prose(function.comment),
            function.returns,
            function.language,
            function.body
        );
    }
    out
}

fn enumeration(one: &Enum<'_>) -> String {
    let mut out = format!("\n## {}\n\n{}\n", one.name, prose(one.comment));
    if let Some(cycle) = &one.life_cycle {
        out += "\n";
        out += &mermaid::life_cycle(one, cycle);
    }
    out += "\n| label | means |\n|---|---|\n";
    for label in &one.labels {
        let _ = writeln!(out, "| {} | {} |", code(label.name), prose(label.comment));
    }
    if !one.used_by.is_empty() {
        let links = one.used_by.iter().filter_map(|column| {
            let (table, _) = column.split_once('.')?;
            Some(format!("[{column}](tables/{table}.md)"))
        });
        let _ = writeln!(out, "\nUsed by {}.", links.collect::<Vec<_>>().join(", "));
    }
    out
}

fn head(title: &str) -> String {
    format!("<!-- {FIRST_LINE} -->\n\n# {title}\n\n")
}
