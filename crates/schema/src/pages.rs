//! The pages about the schema, `docs/schema/`: HTML to look around in, Markdown for a forge, JSON for programs.
//!
//! | module | does |
//! |---|---|
//! | [`model`] | puts together once what all three say; it is the JSON |
//! | [`history`] | finds the migration that added a table or column |
//! | `diagram` | lays boxes out and draws them as SVG |
//! | `html` | the pages, one a table; they open from a file and need no network |
//! | `markdown` | the same with diagrams that a forge draws |
//! | `search` | what the search of the pages knows |
//!
//! Nothing here asks a server or a clock, so an unchanged schema gives the same bytes.

mod coverage;
mod diagram;
pub mod history;
mod html;
mod markdown;
pub mod model;
mod search;

pub use history::Migration;
pub use model::Model;

use crate::generate::{FIRST_LINE, Output};
use crate::spec::Spec;

/// The folder of the pages, relative to the root of the repository.
pub const FOLDER: &str = "docs/schema";

/// The page to open first, relative to the root of the repository.
pub const INDEX: &str = "docs/schema/index.html";

/// Every file of the pages.
pub fn outputs(spec: &Spec, migrations: &[Migration]) -> Vec<Output> {
    let model = Model::of(spec, migrations);
    let mut all = vec![
        output("index.html", html::overview(&model)),
        output("types.html", html::types(&model)),
        output("README.md", markdown::overview(&model)),
        output("types.md", markdown::types(&model)),
        output("schema.json", model.json()),
        output(
            "search.js",
            format!("// {FIRST_LINE}\n{}", search::index(&model)),
        ),
        asset("style.css", include_str!("pages/assets/style.css")),
        asset("app.js", include_str!("pages/assets/app.js")),
    ];
    for table in &model.tables {
        all.push(output(
            &format!("tables/{}.html", table.name),
            html::table(&model, table),
        ));
        all.push(output(
            &format!("tables/{}.md", table.name),
            markdown::table(&model, table),
        ));
    }
    all
}

fn output(name: &str, text: String) -> Output {
    Output {
        path: format!("{FOLDER}/{name}"),
        text,
    }
}

/// A file that only looks after the looks; it is kept beside this source.
fn asset(name: &str, text: &str) -> Output {
    let head = format!(
        "/* Generated from crates/schema/src/pages/assets/{name} by cargo xtask schema generate; edit that file instead. */"
    );
    output(name, format!("{head}\n{text}"))
}
