//! What CI proves about the migrations: up, down and up again end where they began, each file may run twice, and they
//! build what `schema.yaml` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cmd::prepare::Scratch;
use crate::cmd::schema::check;
use crate::cmd::test::Server;
use crate::context::Context;
use crate::proc;
use crate::talk::say;

/// Up, down to nothing, up: the schema is the same after both ups, nothing of ours is left in between, and `verify` and
/// `status` are content after each step.
pub(super) fn up_down_up(ctx: &Context, server: &Server) -> Result<()> {
    let scratch = Scratch::create(ctx, server.url(), "migrations")?;
    let dump = Dump {
        server,
        scratch: &scratch,
    };
    let done = round_trip(ctx, &scratch, &dump);
    scratch.end(ctx);
    done
}

fn round_trip(ctx: &Context, scratch: &Scratch, dump: &Dump<'_>) -> Result<()> {
    let step = |arguments: &[&str], status: i32| -> Result<String> {
        say!("vsa-db {}", arguments.join(" "));
        scratch.vsa_db(ctx, arguments)?;
        scratch.vsa_db(ctx, &["verify"])?;
        let output = proc::capture(
            &mut scratch.command(ctx, &["status"])?,
            Duration::from_secs(30),
        )?;
        ensure!(
            output.status.code() == Some(status),
            "after `vsa-db {}` the exit code of `vsa-db status` is {:?}, expected {status}: {}",
            arguments.join(" "),
            output.status.code(),
            proc::tail(&output.stdout, 5)
        );
        dump.schema()
    };
    let first = step(&["up"], 0)?;
    let empty = step(&["down", "--all"], 3)?;
    ensure!(
        left(&empty).is_empty(),
        "down to nothing leaves behind:\n  {}",
        left(&empty).join("\n  ")
    );
    let second = step(&["up"], 0)?;
    ensure_same("the schema after up, down and up", &first, &second)
}

/// `cargo xtask schema check` against a database that `vsa-db up` has made.
pub(super) fn one_schema(ctx: &Context, server: &Server) -> Result<()> {
    let live = Scratch::create(ctx, server.url(), "drift")?;
    let checked = live.vsa_db(ctx, &["up"]).and_then(|_| {
        let mut check = check::command(ctx, server, Some(live.url()))?;
        proc::talkative(&mut check)
    });
    live.end(ctx);
    ensure!(
        checked?.success(),
        "schema.yaml, the migrations and a live database are not one, see above"
    );
    Ok(())
}

/// Every up file twice through psql in order, then every down file twice backwards: no error, and the second run
/// changes nothing. Gives the number of files.
pub(super) fn each_file_twice(ctx: &Context, server: &Server) -> Result<u64> {
    let mut ups = files(&ctx.root.join("migrations"), ".up.sql")?;
    let mut downs = files(&ctx.root.join("migrations"), ".down.sql")?;
    ups.sort();
    downs.sort();
    downs.reverse();
    let scratch = Scratch::create(ctx, server.url(), "psql")?;
    let dump = Dump {
        server,
        scratch: &scratch,
    };
    let mut done = Ok(());
    for file in ups.iter().chain(&downs) {
        done = twice(&dump, file);
        if done.is_err() {
            break;
        }
    }
    let rest = dump.schema();
    scratch.end(ctx);
    done?;
    let rest = rest?;
    ensure!(
        left(&rest).is_empty(),
        "after every down file these are left:\n  {}",
        left(&rest).join("\n  ")
    );
    u64::try_from(ups.len() + downs.len()).context("too many files")
}

fn twice(dump: &Dump<'_>, file: &Path) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    dump.psql(file)
        .with_context(|| format!("{name}, run once"))?;
    let once = dump.schema()?;
    dump.psql(file)
        .with_context(|| format!("{name}, run again"))?;
    ensure_same(
        &format!("the schema after {name} ran twice"),
        &once,
        &dump.schema()?,
    )
}

fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    ensure!(
        !found.is_empty(),
        "{} holds no {end} file",
        folder.display()
    );
    Ok(found)
}

/// PostgreSQL's own client programs on the scratch database.
struct Dump<'a> {
    server: &'a Server,
    scratch: &'a Scratch,
}

impl Dump<'_> {
    fn program(&self, name: &str) -> Command {
        let mut command = match self
            .server
            .bin_dir()
            .map(|folder| folder.join(name))
            .filter(|path| path.is_file())
        {
            Some(path) => Command::new(path),
            None => Command::new(name),
        };
        if let Some(password) = self.scratch.url().password() {
            command.env("PGPASSWORD", password);
        }
        command
    }

    /// The schema as text. Lines that differ from one dump to the next of the same schema are left out.
    fn schema(&self) -> Result<String> {
        let mut dump = self.program("pg_dump");
        dump.args(["--schema-only", "--no-owner"])
            .arg(self.scratch.url().without_password());
        let text = run(&mut dump)?;
        let steady =
            |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
        Ok(text.lines().filter(steady).collect::<Vec<_>>().join("\n"))
    }

    fn psql(&self, file: &Path) -> Result<()> {
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
        // As the migrator runs it.
        if !fs::read_to_string(file)?.starts_with("-- no-transaction\n") {
            psql.arg("--single-transaction");
        }
        psql.arg("--file").arg(file);
        psql.arg(self.scratch.url().without_password());
        run(&mut psql).map(drop)
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = proc::capture(command, Duration::from_mins(1))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            proc::render(command),
            proc::tail(&output.stderr, 5)
        );
    }
    String::from_utf8(output.stdout).context("the schema is not UTF-8")
}

/// What a dump creates that is not the migrator's own.
fn left(dump: &str) -> Vec<&str> {
    let ours = |line: &&str| line.starts_with("CREATE ") && !line.contains("schema_migration");
    dump.lines().filter(ours).collect()
}

fn ensure_same(what: &str, before: &str, after: &str) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let gone = before
        .lines()
        .filter(|line| !after.lines().any(|other| other == *line))
        .map(|line| format!("- {line}"));
    let come = after
        .lines()
        .filter(|line| !before.lines().any(|other| other == *line))
        .map(|line| format!("+ {line}"));
    let lines: Vec<_> = gone.chain(come).take(20).collect();
    bail!(
        "{what} is another one (lines moved, or):\n{}",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ledger_may_be_left() {
        let dump = "CREATE TABLE public.schema_migrations (\n);\nCREATE TYPE public.user_role AS ENUM (\n-- CREATE x";
        assert_eq!(left(dump), ["CREATE TYPE public.user_role AS ENUM ("]);
    }

    #[test]
    fn a_difference_names_the_lines() {
        let error = ensure_same("x", "a\nb", "a\nc").unwrap_err().to_string();
        assert!(
            error.contains("- b") && error.contains("+ c") && !error.contains("- a"),
            "{error}"
        );
        assert!(ensure_same("x", "a", "a").is_ok());
    }
}
