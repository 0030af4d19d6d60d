//! The pages of a schema, as a browser would find them.

use std::collections::BTreeMap;
use std::path::Path;

use vsa_schema::pages::{self, Migration};

pub(crate) struct Site {
    /// Path below `docs/schema/`, and text.
    pub(crate) files: BTreeMap<String, String>,
}

impl Site {
    pub(crate) fn of(schema: &str) -> Self {
        Self::with_migrations(schema, &[])
    }

    pub(crate) fn with_migrations(schema: &str, migrations: &[(&str, &str)]) -> Self {
        let spec = vsa_schema::read("schema.yaml", schema.as_bytes()).unwrap();
        let migrations: Vec<Migration> = migrations
            .iter()
            .map(|(name, sql)| Migration {
                name: (*name).to_owned(),
                sql: (*sql).to_owned(),
            })
            .collect();
        let outputs = pages::outputs(&spec, &migrations).into_iter();
        let files = outputs.map(|output| {
            let path = output.path.strip_prefix("docs/schema/").unwrap();
            (path.to_owned(), output.text)
        });
        Self {
            files: files.collect(),
        }
    }

    #[track_caller]
    pub(crate) fn file(&self, path: &str) -> &str {
        self.files
            .get(path)
            .unwrap_or_else(|| panic!("there is no {path}"))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.file("schema.json")).unwrap()
    }
}

/// Whether a file is of this kind: `html`, `md`.
pub(crate) fn is(path: &str, kind: &str) -> bool {
    path.rsplit('.').next() == Some(kind)
}

pub(crate) fn repository_schema() -> String {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    let path = Path::new(&manifest).join("../../schema.yaml");
    std::fs::read_to_string(path).unwrap()
}

/// A schema of one area with these tables.
pub(crate) fn schema_of(tables: &str) -> String {
    format!("areas:\n  a: {{title: A, comment: C.}}\nenums: {{}}\ntables:\n{tables}")
}

/// The words of a text without any markup around them.
pub(crate) fn words(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    let mut out = String::from(" ");
    for word in words.by_ref().filter(|word| !matches!(*word, "" | "code")) {
        out += word;
        out.push(' ');
    }
    out
}
