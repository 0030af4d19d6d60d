//! Folders of query metadata (`query-<hash>.json`): reading, comparing, swapping. No database, no cargo.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::sources::Sources;
use crate::json::Json;

/// One file of metadata, as the query macro wrote it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    bytes: Vec<u8>,
    json: Json,
}

impl Entry {
    /// The SQL text.
    pub(super) fn query(&self) -> &str {
        match self.json.get("query") {
            Json::Text(query) => query,
            _ => "",
        }
    }
}

/// The metadata files of a folder by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache(BTreeMap<String, Entry>);

/// What differs between the committed metadata and the metadata just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The sources have the query, the cache has not.
    Missing,
    /// The cache has the query, no source has it any more.
    Stale,
    /// The same text, but the schema now gives other parameters, columns or nullability.
    Changed,
}

impl Kind {
    /// The word that a report begins its line with.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Changed => "changed",
        }
    }
}

/// One query that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// How it differs.
    pub(super) kind: Kind,
    /// The name of the metadata file.
    pub(super) file: String,
    /// Where the query is (`file:line`), or for a stale one where it was.
    pub(super) source: String,
    /// The beginning of the query, on one line.
    pub(super) query: String,
    /// What changed in the metadata; empty unless the kind is [`Kind::Changed`].
    pub(super) changes: Vec<String>,
}

impl Cache {
    /// Reads a folder. One that does not exist is an empty cache.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut entries = BTreeMap::new();
        let listing = match fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", folder.display()));
            }
        };
        for item in listing {
            let item = item?;
            let name = item.file_name().to_string_lossy().into_owned();
            if is_metadata(&name) {
                let bytes = fs::read(item.path())
                    .with_context(|| format!("cannot read {}", item.path().display()))?;
                // A broken file (a merge conflict) differs from every good one and is replaced.
                let json = Json::parse(&bytes).unwrap_or(Json::Null);
                entries.insert(name, Entry { bytes, json });
            }
        }
        Ok(Self(entries))
    }

    /// The queries by the name of their file.
    pub(super) fn queries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(file, entry)| (file.as_str(), entry.query()))
    }

    /// How many queries there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether a file of this name is one that the macros write; the cache holds others, too.
fn is_metadata(name: &str) -> bool {
    name.strip_prefix("query-")
        .is_some_and(|rest| rest.strip_suffix(".json").is_some())
}

/// Every query that differs between `committed` and `made`, ordered by kind and source.
/// `now` knows where the queries of `made` are; `before` where those of `committed` were.
pub(super) fn compare(
    committed: &Cache,
    made: &Cache,
    before: &Sources,
    now: &Sources,
) -> Vec<Difference> {
    let difference = |kind, file: &str, sources: &Sources, entry: &Entry, changes| Difference {
        kind,
        file: file.to_owned(),
        source: sources.describe(file),
        query: one_line(entry.query()),
        changes,
    };
    let mut found = Vec::new();
    for (file, entry) in &made.0 {
        match committed.0.get(file) {
            None => found.push(difference(Kind::Missing, file, now, entry, Vec::new())),
            Some(old) if old.json != entry.json => {
                let changes = changes(&old.json, &entry.json);
                found.push(difference(Kind::Changed, file, now, entry, changes));
            }
            Some(_) => {}
        }
    }
    for (file, entry) in &committed.0 {
        if !made.0.contains_key(file) {
            found.push(difference(Kind::Stale, file, before, entry, Vec::new()));
        }
    }
    found.sort_by(|a, b| (a.kind, &a.source, &a.file).cmp(&(b.kind, &b.source, &b.file)));
    found
}

/// Makes `folder` hold exactly `made`. New files come first and each by a rename, stale ones go last:
/// a build at the same time finds every query it needs. Files that are right already are not written.
pub(super) fn swap(folder: &Path, made: &Cache) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let committed = Cache::read(folder)?;
    for (file, entry) in &made.0 {
        if committed
            .0
            .get(file)
            .is_none_or(|old| old.bytes != entry.bytes)
        {
            replace(&folder.join(file), &entry.bytes)?;
        }
    }
    for file in committed
        .0
        .keys()
        .filter(|file| !made.0.contains_key(*file))
    {
        fs::remove_file(folder.join(file)).with_context(|| format!("cannot remove {file}"))?;
    }
    Ok(())
}

/// Writes a file so that a reader sees the old or the new content, never a part.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(name) = path.file_name() else {
        bail!("{} names no file", path.display());
    };
    let mut beside = name.to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing to add when even this fails: the first error is the one that explains.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// What differs between two descriptions, as `column 2: type "Text" → "Int4"`.
fn changes(old: &Json, new: &Json) -> Vec<String> {
    if *old == Json::Null {
        return vec!["the committed file is not valid JSON".to_owned()];
    }
    let (old, new) = (old.get("describe"), new.get("describe"));
    let mut found = Vec::new();
    let (before, after) = (columns(old), columns(new));
    if before.len() == after.len() {
        for (nth, (before, after)) in before.iter().zip(after).enumerate() {
            for (label, key) in [("name", "name"), ("type", "type_info")] {
                let (before, after) = (before.get(key), after.get(key));
                if before != after {
                    found.push(format!("column {}: {label} {before} → {after}", nth + 1));
                }
            }
        }
    } else {
        found.push(format!("{} columns → {}", before.len(), after.len()));
    }
    for (label, key) in [("parameters", "parameters"), ("nullable", "nullable")] {
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            found.push(format!("{label}: {before} → {after}"));
        }
    }
    if found.is_empty() {
        found.push(
            "other metadata of the columns, or written by another version of sqlx".to_owned(),
        );
    }
    found
}

fn columns(description: &Json) -> &[Json] {
    match description.get("columns") {
        Json::List(columns) => columns,
        _ => &[],
    }
}

/// The query on one line, cut after 60 characters.
fn one_line(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, hash: &str, query: &str, column: &str) {
        let json = serde_json::json!({
            "db_name": "PostgreSQL", "query": query, "hash": hash,
            "describe": {"columns": [{"ordinal": 0, "name": "id", "type_info": column}],
                         "parameters": {"Left": []}, "nullable": [false]},
        });
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(format!("query-{hash}.json")), json.to_string()).unwrap();
    }

    fn sources(lines: &str) -> Sources {
        Sources::parse(lines)
    }

    #[test]
    fn missing_stale_and_changed_are_named_with_their_source() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        write(&old, "aa", "SELECT id\n  FROM gone", "Uuid");
        write(&old, "bb", "SELECT id FROM kept", "Uuid");
        write(&old, "cc", "SELECT id FROM retyped", "Text");
        write(&new, "bb", "SELECT id FROM kept", "Uuid");
        write(&new, "cc", "SELECT id FROM retyped", "Uuid");
        write(&new, "dd", "SELECT id FROM fresh", "Uuid");
        let found = compare(
            &Cache::read(&old).unwrap(),
            &Cache::read(&new).unwrap(),
            &sources("query-aa.json\tcrates/a/src/gone.rs\n"),
            &sources(
                "query-cc.json\tcrates/a/src/list.rs:7\nquery-dd.json\tcrates/a/src/add.rs:3\n",
            ),
        );
        let seen: Vec<_> = found
            .iter()
            .map(|d| (d.kind, d.source.as_str(), d.query.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    Kind::Missing,
                    "crates/a/src/add.rs:3",
                    "SELECT id FROM fresh"
                ),
                (Kind::Stale, "crates/a/src/gone.rs", "SELECT id FROM gone"),
                (
                    Kind::Changed,
                    "crates/a/src/list.rs:7",
                    "SELECT id FROM retyped"
                ),
            ]
        );
        assert_eq!(found[2].changes, ["column 1: type \"Text\" → \"Uuid\""]);
    }

    #[test]
    fn equal_folders_do_not_differ_whatever_their_layout() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        write(&old, "aa", "SELECT 1", "Int4");
        write(&new, "aa", "SELECT 1", "Int4");
        let pretty = fs::read_to_string(old.join("query-aa.json"))
            .unwrap()
            .replace(',', ",\r\n ");
        fs::write(old.join("query-aa.json"), pretty).unwrap();
        let empty = Sources::default();
        let found = compare(
            &Cache::read(&old).unwrap(),
            &Cache::read(&new).unwrap(),
            &empty,
            &empty,
        );
        assert_eq!(found, []);
    }

    #[test]
    fn a_conflicted_file_counts_as_changed() {
        let root = tempfile::tempdir().unwrap();
        let (old, new) = (root.path().join("old"), root.path().join("new"));
        write(&new, "aa", "SELECT 1", "Int4");
        fs::create_dir_all(&old).unwrap();
        fs::write(old.join("query-aa.json"), "<<<<<<< ours").unwrap();
        let empty = Sources::default();
        let found = compare(
            &Cache::read(&old).unwrap(),
            &Cache::read(&new).unwrap(),
            &empty,
            &empty,
        );
        assert_eq!(found[0].kind, Kind::Changed);
        assert_eq!(found[0].changes, ["the committed file is not valid JSON"]);
    }

    #[test]
    fn swap_adds_replaces_and_removes_but_leaves_other_files_and_equal_ones() {
        let root = tempfile::tempdir().unwrap();
        let (folder, new) = (root.path().join(".sqlx"), root.path().join("new"));
        write(&folder, "aa", "SELECT gone", "Int4");
        write(&folder, "bb", "SELECT kept", "Int4");
        write(&folder, "cc", "SELECT changed", "Text");
        fs::write(folder.join(".gitkeep"), "").unwrap();
        write(&new, "bb", "SELECT kept", "Int4");
        write(&new, "cc", "SELECT changed", "Int4");
        write(&new, "dd", "SELECT fresh", "Int4");
        let kept = fs::metadata(folder.join("query-bb.json"))
            .unwrap()
            .modified()
            .unwrap();
        swap(&folder, &Cache::read(&new).unwrap()).unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                ".gitkeep",
                "query-bb.json",
                "query-cc.json",
                "query-dd.json"
            ]
        );
        assert_eq!(
            fs::metadata(folder.join("query-bb.json"))
                .unwrap()
                .modified()
                .unwrap(),
            kept
        );
        assert_eq!(
            fs::read(folder.join("query-cc.json")).unwrap(),
            fs::read(new.join("query-cc.json")).unwrap()
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_empty_cache() {
        assert_eq!(
            Cache::read(Path::new("/nonexistent/.sqlx")).unwrap().len(),
            0
        );
    }
}
