//! `migrations/checksums.txt`: one line a migration file, in order, in the format of `sha256sum`.
//!
//! It fixes content and order of all migrations in one place: two branches that each add "the next" migration conflict
//! in git, where somebody sees it, and not in production.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::cache::replace;
use crate::context::Context;
use crate::talk::say;
use crate::{cargo, proc};

/// The file, below the checkout.
const FILE: &str = "migrations/checksums.txt";

/// Writes the file; says so when it changed.
pub(super) fn write(ctx: &Context) -> Result<()> {
    let now = compute(ctx)?;
    let path = ctx.root.join(FILE);
    if fs::read_to_string(&path).is_ok_and(|committed| committed == now) {
        return Ok(());
    }
    replace(&path, now.as_bytes())?;
    say!("{FILE} fixes {} files", now.lines().count());
    Ok(())
}

/// Whether the file is right; each file that differs is named.
pub(crate) fn check(ctx: &Context) -> Result<bool> {
    let committed = fs::read_to_string(ctx.root.join(FILE)).unwrap_or_default();
    let differences = compare(&committed, &compute(ctx)?);
    for difference in &differences {
        say!("{difference}");
    }
    if !differences.is_empty() {
        say!(
            "{FILE} is not right; a merged migration must never change: undo the edit, or add the next migration and type cargo xtask prepare"
        );
    }
    Ok(differences.is_empty())
}

/// `vsa-db` computes the checksums that its history records.
fn compute(ctx: &Context) -> Result<String> {
    let mut command = Command::new(cargo::VSA_DB.program(ctx)?);
    command
        .arg("--migrations")
        .arg(ctx.root.join("migrations"))
        .arg("checksums")
        .current_dir(&ctx.root);
    let output = proc::capture(&mut command, Duration::from_secs(20))?;
    ensure!(
        output.status.success(),
        "vsa-db reads no migrations: {}",
        proc::tail(&output.stderr, 5)
    );
    String::from_utf8(output.stdout).context("a migration's name is not UTF-8")
}

/// What differs, a line a file.
fn compare(committed: &str, now: &str) -> Vec<String> {
    let read = |text: &str| -> BTreeMap<String, String> {
        let pairs = text.lines().filter_map(|line| line.split_once("  "));
        pairs
            .map(|(sum, file)| (file.to_owned(), sum.to_owned()))
            .collect()
    };
    let (before, after) = (read(committed), read(now));
    let mut found = Vec::new();
    for (file, sum) in &after {
        match before.get(file) {
            None => found.push(format!("missing  migrations/{file}: not in {FILE}")),
            Some(old) if old != sum => {
                found.push(format!("changed  migrations/{file}: {old} → {sum}"));
            }
            Some(_) => {}
        }
    }
    for file in before.keys().filter(|file| !after.contains_key(*file)) {
        found.push(format!(
            "stale    migrations/{file}: in {FILE}, but there is no such file"
        ));
    }
    if found.is_empty() && committed != now {
        found.push(format!("changed  {FILE}: other order or other lines"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_changed_and_stale_files_are_named() {
        let found = compare(
            "aa  0001_a.up.sql\nbb  0002_b.up.sql\n",
            "aa  0001_a.up.sql\n",
        );
        assert_eq!(
            found,
            [
                "stale    migrations/0002_b.up.sql: in migrations/checksums.txt, but there is no such file"
            ]
        );
        let found = compare(
            "aa  0001_a.up.sql\n",
            "ab  0001_a.up.sql\ncc  0002_c.up.sql\n",
        );
        assert_eq!(
            found,
            [
                "changed  migrations/0001_a.up.sql: aa → ab",
                "missing  migrations/0002_c.up.sql: not in migrations/checksums.txt"
            ]
        );
    }

    #[test]
    fn another_order_and_conflict_marks_are_not_right() {
        assert!(compare("aa  1\nbb  2\n", "aa  1\nbb  2\n").is_empty());
        assert_eq!(compare("bb  2\naa  1\n", "aa  1\nbb  2\n").len(), 1);
        assert_eq!(compare("<<<<<<<\naa  1\n", "aa  1\n").len(), 1);
    }
}
