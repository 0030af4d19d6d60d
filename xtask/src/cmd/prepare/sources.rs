//! Which source file a query stands in: found in the sources, remembered beside the cache.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::literals::literals;

/// Name of the file in `.sqlx` that remembers the source files, so that a stale query can still be traced.
pub(super) const FILE: &str = "sources.txt";

/// Source places by the name of the metadata file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sources(BTreeMap<String, Vec<String>>);

impl Sources {
    /// Finds each query of `queries` (file name, text) among the string literals of `files`, and among whole `.sql` files.
    pub(super) fn find<'a>(
        root: &Path,
        files: &[PathBuf],
        queries: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self> {
        let by_text: BTreeMap<&str, &str> = queries.map(|(file, text)| (text, file)).collect();
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in files {
            let content = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(path).display();
            let mut note = |text: &str, place: String| {
                if let Some(file) = by_text.get(text) {
                    found.entry((*file).to_owned()).or_default().push(place);
                }
            };
            if path.extension().is_some_and(|extension| extension == "sql") {
                note(&content, shown.to_string());
            } else {
                for literal in literals(&content) {
                    note(&literal.text, format!("{shown}:{}", literal.line));
                }
            }
        }
        Ok(Self(found))
    }

    /// Reads the remembered form: the file's name and its places, separated by tabs. A line that is not of this form
    /// (a merge conflict) is passed over: the file only helps to explain.
    pub(super) fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let mut parts = line.split('\t').map(str::to_owned);
            let file = parts.next().filter(|file| file.starts_with("query-"))?;
            Some((file, parts.collect()))
        };
        Self(text.lines().filter_map(entry).collect())
    }

    /// The form to remember: without line numbers, which would change with every edit above the query.
    pub(super) fn remembered(&self) -> String {
        let mut out = String::new();
        for (file, places) in &self.0 {
            let mut paths: Vec<&str> = places.iter().map(|place| without_line(place)).collect();
            paths.dedup();
            let _ = writeln!(out, "{file}\t{}", paths.join("\t"));
        }
        out
    }

    /// The places of a query for people.
    pub(super) fn describe(&self, file: &str) -> String {
        match self.0.get(file) {
            Some(places) => places.join(", "),
            None => "(source not known)".to_owned(),
        }
    }
}

fn without_line(place: &str) -> &str {
    match place.rsplit_once(':') {
        Some((path, line)) if line.bytes().all(|b| b.is_ascii_digit()) => path,
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_found_by_its_text_with_file_and_line() {
        let root = tempfile::tempdir().unwrap();
        let (rust, sql) = (root.path().join("a.rs"), root.path().join("due.sql"));
        fs::write(&rust, "fn f() {\n    query!(\n        \"SELECT 1\",\n    );\n    query!(r#\"SELECT 1\"#);\n}\n").unwrap();
        fs::write(&sql, "SELECT 2\n").unwrap();
        let queries = [
            ("query-a.json", "SELECT 1"),
            ("query-b.json", "SELECT 2\n"),
            ("query-c.json", "SELECT 3"),
        ];
        let found = Sources::find(root.path(), &[rust, sql], queries.into_iter()).unwrap();
        assert_eq!(found.describe("query-a.json"), "a.rs:3, a.rs:5");
        assert_eq!(found.describe("query-b.json"), "due.sql");
        assert_eq!(found.describe("query-c.json"), "(source not known)");
        assert_eq!(
            found.remembered(),
            "query-a.json\ta.rs\nquery-b.json\tdue.sql\n"
        );
    }

    #[test]
    fn the_remembered_form_is_read_back_and_conflict_marks_are_passed_over() {
        let sources = Sources::parse("<<<<<<< ours\nquery-a.json\tx.rs\ty.rs\n=======\n");
        assert_eq!(sources.describe("query-a.json"), "x.rs, y.rs");
        assert_eq!(sources.remembered(), "query-a.json\tx.rs\ty.rs\n");
    }
}
