//! `vsa-drift diff` and `new`, as a person runs them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use test_db::TestDb;

use super::support::{DAY_13, LAST_OF_CONTACTS, with_column, write_first_thirteen};

/// A folder with the migrations and a schema of one column more.
fn folder() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    write_first_thirteen(&folder.path().join("migrations"))?;
    let column = with_column("nickname: {type: text, nullable: true, comment: Nickname.}");
    let schema = DAY_13.replacen(LAST_OF_CONTACTS, &column, 1);
    fs::write(folder.path().join("schema.yaml"), schema)?;
    Ok(folder)
}

/// `vsa-drift` there: exit code, stdout, stderr.
fn run(
    db: &TestDb,
    folder: &Path,
    words: &[&str],
) -> anyhow::Result<(Option<i32>, String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_vsa-drift"))
        .args(words)
        .current_dir(folder)
        .env("SCRATCH_URL", db.url().expose())
        .output()?;
    let (told, said) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    );
    Ok((output.status.code(), told, said))
}

#[test]
fn diff_prints_the_files_that_new_writes_and_then_there_is_nothing_to_do() {
    test_db::run(async |db| {
        let folder = folder()?;
        let run = |words: &[&str]| run(db, folder.path(), words);
        let (code, diff, _) = run(&["diff"])?;
        assert_eq!(code, Some(3));
        let (code, json, _) = run(&["diff", "--json"])?;
        assert_eq!(code, Some(3));
        let json: serde_json::Value = serde_json::from_str(&json)?;
        assert_eq!(json["parts"][0]["up"][0]["object"], "contacts.nickname");
        assert_eq!(json["parts"][0]["down"][0]["hazards"][0], "deletes_data");

        let (code, written, _) = run(&["new", "add_nickname"])?;
        assert_eq!(code, Some(0));
        assert_eq!(
            written,
            "migrations/0014_add_nickname.up.sql\nmigrations/0014_add_nickname.down.sql\n"
        );
        let up =
            std::fs::read_to_string(folder.path().join("migrations/0014_add_nickname.up.sql"))?;
        ensure!(diff.contains(&up), "{diff} has not {up}");

        let (code, written, told) = run(&["new", "once_more"])?;
        assert_eq!((code, written.as_str()), (Some(0), ""));
        assert_eq!(
            told,
            "nothing to do: the migrations build what schema.yaml says\n"
        );
        let (code, diff, told) = run(&["diff"])?;
        assert_eq!((code, diff.as_str()), (Some(0), ""));
        assert_eq!(
            told,
            "nothing to do: the migrations build what schema.yaml says\n"
        );
        Ok(())
    });
}

#[test]
fn a_file_that_is_in_the_way_leaves_nothing_half_written() {
    test_db::run(async |db| {
        let folder = folder()?;
        fs::create_dir(folder.path().join("migrations/0014_add_nickname.down.sql"))?;
        let (code, _, told) = run(db, folder.path(), &["new", "add_nickname"])?;
        assert_eq!(code, Some(1));
        ensure!(told.contains("0014_add_nickname.down.sql"), "{told}");
        ensure!(
            !folder
                .path()
                .join("migrations/0014_add_nickname.up.sql")
                .exists()
        );
        Ok(())
    });
}
