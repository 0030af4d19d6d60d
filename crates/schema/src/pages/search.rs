//! What the search of the pages knows: a list in a script, because a page that is opened from a file may not fetch one.

use serde::Serialize;

use super::model::Model;

/// What can be found: its kind, its name, its comment, and where it is described.
#[derive(Serialize)]
struct Entry<'m>(&'static str, String, &'m str, String);

pub(super) fn index(model: &Model<'_>) -> String {
    let mut all = Vec::new();
    for table in &model.tables {
        let page = format!("tables/{}.html", table.name);
        let mut add = |kind, name: &str, comment, anchor: String| {
            all.push(Entry(
                kind,
                name.to_owned(),
                comment,
                format!("{page}{anchor}"),
            ));
        };
        add("table", table.name, table.comment, String::new());
        for column in &table.columns {
            let name = format!("{}.{}", table.name, column.name);
            add(
                "column",
                &name,
                column.comment,
                format!("#column-{}", column.name),
            );
        }
        for one in table.constraints() {
            let why = one.why.unwrap_or_default();
            add(
                "constraint",
                one.name,
                why,
                format!("#constraint-{}", one.name),
            );
        }
        for index in &table.indexes {
            let serves = index.serves.as_deref().unwrap_or_default();
            add(
                "index",
                index.name,
                serves,
                format!("#index-{}", index.name),
            );
        }
        for trigger in &table.triggers {
            add(
                "trigger",
                trigger.name,
                trigger.comment,
                format!("#trigger-{}", trigger.name),
            );
        }
    }
    for one in &model.enums {
        let page = format!("types.html#enum-{}", one.name);
        all.push(Entry(
            "enum",
            one.name.to_owned(),
            one.comment,
            page.clone(),
        ));
        for label in &one.labels {
            let name = format!("{} ({})", label.name, one.name);
            all.push(Entry("label", name, label.comment, page.clone()));
        }
    }
    for function in &model.functions {
        let page = format!("types.html#function-{}", function.name);
        all.push(Entry(
            "function",
            format!("{}()", function.name),
            function.comment,
            page,
        ));
    }
    let lines: Vec<String> = all
        .iter()
        // Texts alone: nothing that JSON could refuse.
        .map(|entry| serde_json::to_string(entry).unwrap_or_default())
        .collect();
    format!("window.schemaIndex = [\n{}\n];\n", lines.join(",\n"))
}
