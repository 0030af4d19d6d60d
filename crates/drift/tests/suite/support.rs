//! `vsa-drift` as a person runs it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use test_db::TestDb;

/// The checkout.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    PathBuf::from(manifest).join("../..")
}

/// `vsa-drift check` in the checkout, with its scratch databases beside `db`.
pub(crate) fn check(db: &TestDb) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vsa-drift"));
    command
        .arg("check")
        .current_dir(root())
        .env("SCRATCH_URL", db.url().expose())
        .env_remove("LIVE_DATABASE_URL")
        .stdin(Stdio::null());
    command
}

/// The same, with `db` as the live database.
pub(crate) fn check_live(db: &TestDb) -> Command {
    let mut command = check(db);
    command
        .arg("--live")
        .env("LIVE_DATABASE_URL", db.url().expose());
    command
}

/// What it printed: stdout, stderr, exit code.
pub(crate) fn ran(command: &mut Command) -> anyhow::Result<(String, String, Option<i32>)> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    Ok((
        String::from_utf8(stdout)?,
        String::from_utf8(stderr)?,
        status.code(),
    ))
}
