//! A database that lives as long as one command.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::utsname::uname;
use nix::unistd::geteuid;

use crate::context::Context;
use crate::db::client;
use crate::db::url::{Url, encode};
use crate::talk::say;
use crate::{interrupt, proc};

/// An empty database of our own on a server. Call [`Scratch::end`] at the end; only a run that is killed leaves it.
#[derive(Debug)]
pub(crate) struct Scratch {
    url: Url,
}

impl Scratch {
    /// Creates it empty, under a name that no other run on any machine has.
    pub(crate) fn create(ctx: &Context, server: &Url, purpose: &str) -> Result<Self> {
        let machine = uname().context("cannot tell the name of this machine")?;
        let name = name(
            purpose,
            &machine.nodename().to_string_lossy(),
            geteuid().as_raw(),
            std::process::id(),
            crate::db::state::Folder::of(ctx)?.hash,
        );
        let url = with_database(server, &name)?;
        let scratch = Self { url };
        // Left by a killed run of this checkout that had the same number.
        scratch.vsa_db(ctx, &["drop-database", "--allow-remote"])?;
        match scratch.vsa_db(ctx, &["create-database"]) {
            Ok(_) => Ok(scratch),
            Err(error) => {
                // Ctrl-C may have come just after it was made.
                scratch.end(ctx);
                Err(error)
            }
        }
    }

    /// How to reach it.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// A `vsa-db` command on this database with the migrations of the checkout.
    pub(crate) fn command(&self, ctx: &Context, arguments: &[&str]) -> Result<Command> {
        let mut command = client::vsa_db(ctx, &self.url)?;
        command.args(arguments);
        Ok(command)
    }

    /// Runs `vsa-db`; the error says what it printed.
    pub(crate) fn vsa_db(&self, ctx: &Context, arguments: &[&str]) -> Result<String> {
        let mut command = self.command(ctx, arguments)?;
        let output = proc::capture(&mut command, Duration::from_mins(2))?;
        ensure!(
            output.status.success(),
            "`vsa-db {}` on {} failed: {}",
            arguments.join(" "),
            self.url,
            proc::tail(&output.stderr, 10)
        );
        String::from_utf8(output.stdout).context("vsa-db printed something that is not UTF-8")
    }

    /// Drops the database, also after Ctrl-C.
    pub(crate) fn end(self, ctx: &Context) {
        let dropped =
            interrupt::shielded(|| self.vsa_db(ctx, &["drop-database", "--allow-remote"]));
        if let Err(error) = dropped {
            say!(
                "the scratch database {} stays: {error:#}",
                self.url.database()
            );
        }
    }
}

/// The name of a scratch database. Two machines may share a server and have the same path, two containers even the same
/// host name: machine, user, process and checkout together tell them apart. PostgreSQL cuts names at 63 bytes, so the
/// host gives way.
fn name(purpose: &str, host: &str, user: u32, process: u32, checkout: u32) -> String {
    let tail = format!("_{user}_{process}_{checkout:08x}");
    let room = 63_usize.saturating_sub("vsa__".len() + purpose.len() + tail.len());
    let host: String = host
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .take(room)
        .collect();
    format!("vsa_{purpose}_{host}{tail}")
}

/// The same server and settings, another database.
fn with_database(url: &Url, name: &str) -> Result<Url> {
    let (before, query) = url.expose().split_once('?').unwrap_or((url.expose(), ""));
    let (scheme, rest) = before.split_once("://").unwrap_or(("postgres", before));
    let authority = rest.split('/').next().unwrap_or_default();
    // It would win over the path.
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("dbname="))
        .collect();
    let query = if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    };
    let other: Url = format!("{scheme}://{authority}/{}{query}", encode(name)).parse()?;
    // What is created here is dropped again: never anything but our own.
    ensure!(
        other.database() == name,
        "the URL would lead to another database than {name}"
    );
    Ok(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_user_process_and_checkout_are_in_the_name() {
        let one = name("prepare", "Ann's-Mac.local", 501, 7, 0xab);
        assert_eq!(one, "vsa_prepare_annsmaclocal_501_7_000000ab");
        for other in [
            name("prepare", "bob", 501, 7, 0xab),
            name("prepare", "Ann's-Mac.local", 502, 7, 0xab),
            name("prepare", "Ann's-Mac.local", 501, 8, 0xab),
            name("prepare", "Ann's-Mac.local", 501, 7, 0xac),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_name_is_never_longer_than_postgresql_takes() {
        let longest = name(
            "migrations",
            &"host".repeat(60),
            u32::MAX,
            u32::MAX,
            u32::MAX,
        );
        assert_eq!(longest.len(), 63);
        assert!(longest.ends_with("_4294967295_4294967295_ffffffff"));
    }

    #[test]
    fn only_the_database_of_a_url_is_replaced() {
        for (url, want) in [
            (
                "postgres://u:p%2F@h:1/one?sslmode=require",
                "postgres://u:p%2F@h:1/two?sslmode=require",
            ),
            (
                "postgres://u@localhost:5/one?host=%2Ftmp%2Fx&port=5",
                "postgres://u@localhost:5/two?host=%2Ftmp%2Fx&port=5",
            ),
            ("postgresql://[::1]/one", "postgresql://[::1]/two"),
            (
                "postgres://u@h/one?dbname=mine&sslmode=require",
                "postgres://u@h/two?sslmode=require",
            ),
            ("postgres://u@h/one?dbname=mine", "postgres://u@h/two"),
        ] {
            assert_eq!(
                with_database(&url.parse().unwrap(), "two")
                    .unwrap()
                    .expose(),
                want
            );
        }
    }
}
