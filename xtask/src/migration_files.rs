//! `migrate new`: the next pair of numbered migration files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Longer names make lists hard to read.
const LONGEST_NAME: usize = 60;

/// Writes `NNNN_name.up.sql` and `NNNN_name.down.sql` into `folder` and returns their paths. Never overwrites a file.
pub(crate) fn create(folder: &Path, name: &str) -> anyhow::Result<[PathBuf; 2]> {
    let number = next_number(folder, name)?;
    let stem = format!("{number:04}_{name}");
    let up = folder.join(format!("{stem}.up.sql"));
    let down = folder.join(format!("{stem}.down.sql"));
    write(&up, &up_template(&stem))?;
    write(&down, &down_template(&stem))?;
    Ok([up, down])
}

/// The number of the next migration, if `name` can be its name.
pub(crate) fn next_number(folder: &Path, name: &str) -> anyhow::Result<u32> {
    check_name(name)?;
    let mut last = 0;
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let file = entry
            .with_context(|| format!("cannot read {}", folder.display()))?
            .file_name();
        if let Some((number, taken)) = parts(&file.to_string_lossy()) {
            last = last.max(number);
            if taken == name {
                bail!(
                    "{} is there already; choose a name that says what is new",
                    file.display()
                );
            }
        }
    }
    let number = last + 1;
    if number > 9999 {
        bail!("9999 is the last number a file name has room for");
    }
    Ok(number)
}

/// `0001_enums.up.sql` → (1, "enums").
fn parts(file: &str) -> Option<(u32, &str)> {
    let stem = file
        .strip_suffix(".up.sql")
        .or_else(|| file.strip_suffix(".down.sql"))?;
    let (number, name) = stem.split_once('_')?;
    Some((number.parse().ok()?, name))
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let letters = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let edges = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__");
    if !letters || !edges || name.len() > LONGEST_NAME {
        bail!(
            "`{name}` is no migration name: use snake_case of at most {LONGEST_NAME} characters, as in add_contact_locale"
        );
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::File::options()
        .create_new(true)
        .write(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn up_template(stem: &str) -> String {
    format!(
        "-- {stem}: one sentence that says what changes and why.\n\
         --\n\
         -- One concern a file. Re-runnable on its own (IF NOT EXISTS, OR REPLACE), light on locks (NOT VALID, then VALIDATE;\n\
         -- a concurrent index alone in a file of its own), every table, column and constraint named and commented.\n\
         -- Once merged this file never changes: its checksum is kept.\n\n"
    )
}

fn down_template(stem: &str) -> String {
    format!(
        "-- {stem}, reverted: leaves the schema exactly as it was before.\n\
         --\n\
         -- Re-runnable on its own (IF EXISTS), in the reverse order of the up file.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_number_follows_the_highest() {
        let temp = tempfile::tempdir().unwrap();
        for file in [
            "0001_enums.up.sql",
            "0001_enums.down.sql",
            "0013_triggers.up.sql",
            "notes.md",
        ] {
            std::fs::write(temp.path().join(file), "").unwrap();
        }
        let [up, down] = create(temp.path(), "add_locale").unwrap();
        assert_eq!(up, temp.path().join("0014_add_locale.up.sql"));
        assert!(
            std::fs::read_to_string(down)
                .unwrap()
                .starts_with("-- 0014_add_locale")
        );
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        create(temp.path(), "add_locale").unwrap();
        assert!(
            create(temp.path(), "add_locale")
                .unwrap_err()
                .to_string()
                .contains("0001_add_locale")
        );
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_snake_case_is_a_name() {
        let temp = tempfile::tempdir().unwrap();
        let long = "a".repeat(61);
        for name in [
            "",
            "Add",
            "add-x",
            "_a",
            "a_",
            "a__b",
            "1a",
            "../a",
            "ä",
            "a b",
            long.as_str(),
        ] {
            assert!(
                create(temp.path(), name)
                    .unwrap_err()
                    .to_string()
                    .contains("snake_case"),
                "{name}"
            );
        }
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);
    }
}
