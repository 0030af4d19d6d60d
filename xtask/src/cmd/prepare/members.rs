//! Which members use the query macros, and which files must look new so that cargo compiles those queries again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};

use crate::context::Context;
use crate::json::{Fields, Json};
use crate::{cargo, proc};

/// The macros that write metadata.
pub(crate) const MACROS: [&str; 6] = [
    "query!(",
    "query_as!(",
    "query_scalar!(",
    "query_file!(",
    "query_file_as!(",
    "query_file_scalar!(",
];

/// The sources of the workspace, as far as queries are concerned.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// Every `.rs` and `.sql` file of a member with queries.
    pub(super) files: Vec<PathBuf>,
    /// The root files (`lib.rs`, `main.rs`, a test) of the targets whose queries must be compiled again.
    pub(super) roots: Vec<PathBuf>,
}

/// Asks cargo for the members and reads their sources.
pub(super) fn discover(ctx: &Context) -> Result<Members> {
    let mut command = cargo::cargo(ctx);
    command.args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let output = proc::capture(&mut command, Duration::from_mins(1))?;
    ensure!(
        output.status.success(),
        "cargo does not list the members: {}",
        proc::tail(&output.stderr, 5)
    );
    let packages = packages(&output.stdout).context("cargo metadata gave unexpected JSON")?;
    let mut members = Members::default();
    for (manifest, roots) in packages {
        members.add(manifest.parent().unwrap_or(&ctx.root), &roots)?;
    }
    members.roots.sort();
    members.roots.dedup();
    Ok(members)
}

/// The manifest and the root files of every package.
fn packages(metadata: &[u8]) -> Result<Vec<(PathBuf, Vec<PathBuf>)>> {
    let mut packages = Vec::new();
    for package in Fields::of(Json::parse(metadata)?)?.take::<Vec<Json>>("packages")? {
        let mut package = Fields::of(package)?;
        let mut roots = Vec::new();
        for target in package.take::<Vec<Json>>("targets")? {
            roots.push(Fields::of(target)?.take("src_path")?);
        }
        packages.push((package.take("manifest_path")?, roots));
    }
    Ok(packages)
}

impl Members {
    /// Adds a package. Its targets share files only within one of its folders (`src`, `tests`, `benches`, `examples`),
    /// so a query in one of them concerns the root files in the same folder.
    fn add(&mut self, folder: &Path, roots: &[PathBuf]) -> Result<()> {
        let mut files = Vec::new();
        walk(folder, &mut files)?;
        let mut with_queries: BTreeSet<PathBuf> = BTreeSet::new();
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        {
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            if MACROS.iter().any(|name| text.contains(name)) {
                with_queries.insert(part(folder, file));
            }
        }
        if !with_queries.is_empty() {
            self.files.append(&mut files);
            self.roots.extend(
                roots
                    .iter()
                    .filter(|root| with_queries.contains(&part(folder, root)))
                    .cloned(),
            );
        }
        Ok(())
    }
}

/// The first component below the package: `src`, `tests`.
fn part(folder: &Path, file: &Path) -> PathBuf {
    let below = file.strip_prefix(folder).unwrap_or(file);
    below.components().take(1).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let listing =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in listing {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                walk(&path, files)?;
            }
        } else if name.ends_with(".rs") || name.ends_with(".sql") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

/// Makes the files look changed. Their content stays; only then does the compiler run the macros again.
pub(super) fn touch(files: &[PathBuf], now: SystemTime) -> Result<()> {
    for file in files {
        File::options()
            .append(true)
            .open(file)
            .and_then(|file| file.set_modified(now))
            .with_context(|| format!("cannot touch {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            paths.push(path);
        }
        (folder, paths)
    }

    #[test]
    fn a_query_in_a_module_concerns_the_root_beside_it_and_no_other() {
        let (folder, paths) = package(&[
            ("src/lib.rs", "mod add;"),
            ("src/add.rs", "sqlx::query_as!(X, \"SELECT 1\")"),
            ("tests/add.rs", "fn main() {}"),
        ]);
        let mut members = Members::default();
        members
            .add(folder.path(), &[paths[0].clone(), paths[2].clone()])
            .unwrap();
        assert_eq!(members.roots, [paths[0].clone()]);
        assert_eq!(members.files.len(), 3);
    }

    #[test]
    fn a_query_that_stands_in_a_test_only_concerns_the_tests() {
        let (folder, paths) =
            package(&[("src/lib.rs", ""), ("tests/db.rs", "query!(\"SELECT 1\")")]);
        let mut members = Members::default();
        members.add(folder.path(), &paths).unwrap();
        assert_eq!(members.roots, [paths[1].clone()]);
    }

    #[test]
    fn a_member_without_checked_queries_is_left_alone() {
        let (folder, paths) = package(&[("src/lib.rs", "sqlx::query(\"SELECT 1\")")]);
        let mut members = Members::default();
        members.add(folder.path(), &paths).unwrap();
        assert_eq!(members, Members::default());
    }

    #[test]
    fn touching_changes_the_time_and_not_the_content() {
        let (_folder, paths) = package(&[("src/lib.rs", "fn f() {}")]);
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        touch(&paths, then).unwrap();
        assert_eq!(fs::metadata(&paths[0]).unwrap().modified().unwrap(), then);
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "fn f() {}");
    }
}
