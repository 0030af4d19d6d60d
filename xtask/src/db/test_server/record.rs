//! What is remembered about a test server, and where it lies.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use crate::db::cluster::{Access, Cluster};
use crate::db::provider::Provider;
use crate::db::state::{Folder, NAME, Secret, write_private};
use crate::db::url::Url;
use crate::db::{local, owner, postmaster};
use crate::json::{self, Fields, Json};
use crate::proc;

/// In a folder of its own the socket's port is only a part of its name, so it never clashes.
const SOCKET_PORT: u16 = 5432;
/// What the template, the slots of a run and their WAL take, with some to spare, in kB. Docker gives a container 64 MB.
const ROOM: u64 = 1 << 20;
/// What makes a server fast and forgetful, and lets many tests in at once.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("autovacuum", "off"),
    ("max_connections", "300"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "4GB"),
];

/// `test.json`: what runs, so that the next run finds it.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) provider: Provider,
    pub(super) bin_dir: Option<PathBuf>,
    /// Where the data lie (local, embedded).
    pub(super) home: Option<PathBuf>,
    pub(super) port: Option<u16>,
    pub(super) password: Option<Secret>,
}

impl Record {
    pub(super) fn load(folder: &Folder) -> anyhow::Result<Option<Self>> {
        let path = file(folder);
        match std::fs::read(&path) {
            // A file that cannot be read describes no server we could stop.
            Ok(text) => Self::read(&text).map(Some).with_context(|| {
                format!(
                    "{} is damaged; `cargo xtask db-down --purge` removes it",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(super) fn save(&self, folder: &Folder) -> anyhow::Result<()> {
        let json = self.json();
        let json = json.context("cannot write the test server's state as JSON")?;
        write_private(&file(folder), format!("{json:#}").as_bytes())
    }

    fn read(text: &[u8]) -> anyhow::Result<Self> {
        let mut fields = Fields::of(Json::parse(text)?)?;
        Ok(Self {
            provider: fields.take("provider")?,
            bin_dir: fields.take_or("bin_dir", None)?,
            home: fields.take_or("home", None)?,
            port: fields.take_or("port", None)?,
            password: fields.take_or("password", None)?,
        })
    }

    fn json(&self) -> anyhow::Result<Json> {
        let path = |path: &Option<PathBuf>| path.as_deref().map(json::path).transpose();
        let password = self.password.as_ref().map(|secret| secret.0.as_str());
        Ok(json::object([
            ("provider", self.provider.name().into()),
            ("bin_dir", path(&self.bin_dir)?.into()),
            ("home", path(&self.home)?.into()),
            ("port", self.port.into()),
            ("password", password.into()),
        ]))
    }

    pub(super) fn forget(folder: &Folder) -> anyhow::Result<()> {
        match std::fs::remove_file(file(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", file(folder).display()))
            }
            _ => Ok(()),
        }
    }

    /// The cluster of a server that is no container.
    pub(super) fn cluster(&self, folder: &Folder) -> anyhow::Result<Cluster> {
        let home = self.home(folder);
        Ok(Cluster {
            bin_dir: self.bin_dir.clone().unwrap_or_default(),
            socket: socket(folder, &home),
            folder: home,
            owner: owner::unprivileged()?,
            access: Access::PrivateSocket,
            settings: SETTINGS,
        })
    }

    pub(super) fn url(&self, folder: &Folder) -> anyhow::Result<Url> {
        let url = match (self.port, &self.password) {
            (Some(port), Some(password)) => {
                Url::from_parts(Some(NAME), Some(&password.0), "127.0.0.1", port, "postgres")
            }
            _ => Url::from_parts(
                Some(NAME),
                None,
                &socket(folder, &self.home(folder)).to_string_lossy(),
                SOCKET_PORT,
                "postgres",
            ),
        };
        Ok(url?.in_the_clear()?)
    }

    fn home(&self, folder: &Folder) -> PathBuf {
        self.home.clone().unwrap_or_else(|| choose_home(folder))
    }
}

/// Where the data of a new server go: in memory where there is room, else in the state folder.
pub(super) fn choose_home(folder: &Folder) -> PathBuf {
    let [memory, beside] = homes(folder);
    // A server that runs there has taken some of the room.
    let runs = postmaster::of(&memory.join("data")).is_some();
    if runs || has_room(Path::new(MEMORY)) {
        memory
    } else {
        beside
    }
}

const MEMORY: &str = "/dev/shm";

/// The folders that may hold this checkout's test server.
pub(super) fn homes(folder: &Folder) -> [PathBuf; 2] {
    [
        Path::new(MEMORY).join(format!("{}-test", folder.id)),
        folder.path.join("test"),
    ]
}

fn has_room(dir: &Path) -> bool {
    let mut df = Command::new("sh");
    df.args(["-c", r#"test -w "$0" && df -Pk "$0""#]).arg(dir);
    proc::capture(&mut df, Duration::from_secs(20)).is_ok_and(|output| {
        // Below the headings: the file system, its size, what is used, what is available.
        let text = String::from_utf8_lossy(&output.stdout);
        let mut words = text.lines().last().unwrap_or_default().split_whitespace();
        let available = words.nth(3).and_then(|word| word.parse::<u64>().ok());
        output.status.success() && available.is_some_and(|available| available >= ROOM)
    })
}

/// The folder of the socket of a server in `home`.
pub(super) fn socket(folder: &Folder, home: &Path) -> PathBuf {
    local::socket_folder(home, &format!("{}-test", folder.id))
}

fn file(folder: &Folder) -> PathBuf {
    folder.path.join("test.json")
}
