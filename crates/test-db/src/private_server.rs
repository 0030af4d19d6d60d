//! A server of a test's own, for what would harm the shared one: passwords, a full disk, a crash.
//!
//! It needs server programs on this machine (`VSA_PG_BIN`, or those of Debian, or `PATH`). Where there
//! are none, for example when the tests run against a container, such a test does nothing and says so;
//! with `CI` set it fails instead.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// The user that runs the server when the test is root, which the server refuses.
const NOBODY: u32 = 65_534;
/// What the server's superuser `vsa` must know.
pub const PASSWORD: &str = "S3CRET";

/// A running server; ended when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    process: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Removed when the server is.
    _folder: TempDir,
}

impl PrivateServer {
    /// Starts one; `None` if there is no way to.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            return missing("no PostgreSQL programs; set VSA_PG_BIN to their folder");
        };
        let folder = tempfile::tempdir()?;
        give_to_server(folder.path())?;
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        fs::write(&password, PASSWORD)?;
        give_to_server(&password)?;
        let made = as_server(&programs.join("initdb"))
            .args([
                "--auth=scram-sha-256",
                "--username=vsa",
                "--no-sync",
                "--no-locale",
                "--encoding=UTF8",
            ])
            .arg(format!("--pwfile={}", password.display()))
            .arg(&data)
            .output()?;
        ensure!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        // The port is free again before the server takes it; nobody else looks for one in between
        // but other tests, which get another.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut process = as_server(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
            ])
            .args(["-c", "unix_socket_directories="])
            // It is killed in the end; segments in the system's shared memory would stay.
            .args(["-c", "dynamic_shared_memory_type=mmap"])
            .stderr(Stdio::piped())
            .spawn()?;
        let log = process.stderr.take().context("no log")?;
        let mut log = BufReader::new(log).lines();
        let ready = log
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains("ready to accept connections"));
        // Somebody must go on reading, or the server waits for him.
        std::thread::spawn(move || log.for_each(drop));
        let server = Self {
            process,
            port,
            _folder: folder,
        };
        ensure!(ready, "the private server did not start");
        Ok(Some(server))
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Nothing can be tested here: an error in CI, a word elsewhere.
pub fn missing<T>(what: &str) -> Result<Option<T>> {
    ensure!(
        std::env::var_os("CI").is_none(),
        "this test needs what is missing here: {what}"
    );
    eprintln!("not tested: {what}");
    Ok(None)
}

/// Makes a file or folder the server's, when the server runs as another user.
pub fn give_to_server(path: &Path) -> Result<()> {
    if is_root()? {
        chown(path, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(())
}

/// Whether the test runs as root: a file it makes is root's.
pub fn is_root() -> Result<bool> {
    Ok(tempfile::tempfile()?.metadata()?.uid() == 0)
}

fn as_server(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .stdout(Stdio::null())
        .current_dir("/")
        .env("LC_MESSAGES", "C");
    if is_root().unwrap_or(false) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn programs() -> Option<PathBuf> {
    let has_server =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let named = std::env::var_os("VSA_PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = (15..=18)
        .rev()
        .map(|major| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")));
    named
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(debian)
        .find(has_server)
}
