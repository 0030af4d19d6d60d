//! A private PostgreSQL cluster: made by `initdb`, run by starting `postgres` itself (through `pg_ctl -w` it would
//! answer later: that polls every tenth of a second), stopped by a signal.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::db::owner::{self, Owner};
use crate::db::state::{NAME, Secret, write_private};
use crate::db::{binaries, postmaster};
use crate::talk::{say, seconds};
use crate::{files, interrupt, proc};

const INITDB_LIMIT: Duration = Duration::from_mins(2);
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_mins(1);
/// How long the processes of a killed server may hold its shared memory.
const ORPHANS_LIMIT: Duration = Duration::from_secs(10);

/// Where a cluster lies and how it is run.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    /// The folder of `postgres` and `initdb`.
    pub(crate) bin_dir: PathBuf,
    /// Holds `data/`, `server.log` and, while `initdb` runs, `init/`.
    pub(crate) folder: PathBuf,
    /// A private folder for the Unix socket, its path short enough for one.
    pub(crate) socket: PathBuf,
    /// Whom root lends the server to.
    pub(crate) owner: Option<Owner>,
    /// Who gets in, and how.
    pub(crate) access: Access,
    /// Settings beyond those every cluster gets.
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

/// Who gets in.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Loopback TCP on this port, and the socket; both ask for the password.
    Password(u16, Secret),
    /// Only the Unix socket, which lies in a folder nobody else can enter; no password.
    PrivateSocket,
}

/// Why a server did not start.
#[derive(Debug)]
pub(crate) enum StartError {
    /// Somebody else listens on the port.
    PortTaken(u16),
    /// Anything else, told in full.
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for StartError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl Cluster {
    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The process of the running server, if it runs.
    pub(crate) fn running(&self) -> Option<Pid> {
        postmaster::of(&self.data())
    }

    /// Makes the cluster unless it is there. Everything happens in `init/`; the data folder appears by one rename, so a
    /// `data/` is always whole, and an `init/` is always left over from a run that was killed.
    pub(crate) fn init(&self) -> anyhow::Result<()> {
        if self.data().exists() {
            return self.check_version();
        }
        let init = self.folder.join("init");
        files::remove(&init)?;
        let _scratch = Scratch(init.clone());
        owner::private_folder(&init, self.owner)?;

        let data = init.join("data");
        let mut initdb = Command::new(self.bin_dir.join("initdb"));
        initdb.arg("--pgdata").arg(&data).args([
            "--username",
            NAME,
            "--encoding",
            "UTF8",
            "--no-sync",
        ]);
        initdb.args(locale());
        match &self.access {
            Access::Password(_, password) => {
                let file = init.join("password");
                write_private(&file, password.0.as_bytes())?;
                owner::give(&file, self.owner)?;
                initdb
                    .args(["--auth", "scram-sha-256"])
                    .arg("--pwfile")
                    .arg(&file);
            }
            Access::PrivateSocket => {
                initdb.args(["--auth-local", "trust", "--auth-host", "reject"]);
            }
        }
        self.as_server_user(&mut initdb, &init);
        say!("making a PostgreSQL cluster: {}", proc::render(&initdb));
        let started = Instant::now();
        let output = proc::capture(&mut initdb, INITDB_LIMIT).with_context(|| self.cannot_run())?;
        if !output.status.success() {
            bail!(
                "initdb failed:\n{}",
                proc::tail(&[output.stdout, output.stderr].concat(), 12)
            );
        }
        std::fs::rename(&data, self.data())
            .with_context(|| format!("cannot move the new cluster to {}", self.data().display()))?;
        say!("made in {}", seconds(started.elapsed()));
        Ok(())
    }

    /// A data folder is readable by its own major version only.
    fn check_version(&self) -> anyhow::Result<()> {
        let file = self.data().join("PG_VERSION");
        let made_by = std::fs::read_to_string(&file).with_context(|| {
            format!(
                "{} is damaged; `cargo xtask db-down --purge` removes it",
                self.data().display()
            )
        })?;
        let programs = binaries::version(&self.bin_dir)?;
        let made_by = made_by.trim();
        if made_by != programs.to_string() {
            bail!(
                "the data in {} was made by PostgreSQL {made_by}, the programs in {} are version {programs}; set VSA_PG_BIN to a folder of version {made_by}, or remove the data with `cargo xtask db-down --purge`",
                self.data().display(),
                self.bin_dir.display(),
            );
        }
        Ok(())
    }

    /// Starts the server and waits until `ready` (a program that ends well once a real query was answered) has ended.
    /// When this fails, also by Ctrl-C, the server is stopped again.
    pub(crate) fn start(
        &self,
        mut ready: impl FnMut() -> anyhow::Result<Command>,
    ) -> Result<(), StartError> {
        // A killed server leaves its socket and a lock file that may by now name a live process.
        files::remove(&self.socket)?;
        owner::private_folder(&self.socket, self.owner)?;
        let began = Instant::now();
        loop {
            postmaster::forget_stale(&self.data())?;
            match self.try_start(&mut ready()?) {
                // The children of a killed server notice within moments and let go of its shared memory.
                Err(StartError::Other(error))
                    if began.elapsed() < ORPHANS_LIMIT
                        && error.to_string().contains("is still in use") =>
                {
                    interrupt::check()?;
                    std::thread::sleep(Duration::from_millis(100));
                }
                other => return other,
            }
        }
    }

    fn try_start(&self, ready: &mut Command) -> Result<(), StartError> {
        let log = self.log();
        // One former log is kept: it tells why the server ended.
        let _ = std::fs::rename(&log, self.folder.join("server.log.old"));
        write_private(&log, b"")?;
        let out = std::fs::File::options()
            .append(true)
            .open(&log)
            .with_context(|| format!("cannot open {}", log.display()))?;
        let err = out
            .try_clone()
            .with_context(|| format!("cannot open {}", log.display()))?;

        let mut postgres = self.command();
        say!("starting the server: {}", proc::render(&postgres));
        let started = Instant::now();
        let mut server = Guard(Some(
            postgres
                .stdin(Stdio::null())
                .stdout(out)
                .stderr(err)
                .spawn()
                .with_context(|| self.cannot_run())?,
        ));
        let mut ping = proc::spawn(
            ready
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped()),
        )?;
        let answered = loop {
            if let Some(status) = server.ended()? {
                let _ = ping.kill();
                let _ = ping.wait();
                server.0 = None;
                return Err(self.why_ended(status));
            }
            if let Some(status) = ping.try_wait().context("cannot wait for vsa-db")? {
                break status.success();
            }
            if let Err(interrupted) = interrupt::check() {
                let _ = ping.kill();
                let _ = ping.wait();
                return Err(interrupted.into());
            }
            if started.elapsed() > START_LIMIT {
                let _ = ping.kill();
                break false;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        if !answered {
            let said = ping
                .wait_with_output()
                .map(|output| proc::tail(&output.stderr, 5))
                .unwrap_or_default();
            return Err(anyhow::anyhow!(
                "the server runs but answers no query: {said}\n{}",
                self.log_tail()
            )
            .into());
        }
        server.0 = None;
        say!("the server answers after {}", seconds(started.elapsed()));
        Ok(())
    }

    /// The server's command line. Settings are given here and nowhere else: what runs is what is shown.
    fn command(&self) -> Command {
        let mut postgres = Command::new(self.bin_dir.join("postgres"));
        postgres.arg("-D").arg(self.data());
        let mut set = |name: &str, value: &str| {
            postgres.arg("-c").arg(format!("{name}={value}"));
        };
        match &self.access {
            Access::Password(port, _) => {
                set("listen_addresses", "127.0.0.1");
                set("port", &port.to_string());
            }
            Access::PrivateSocket => set("listen_addresses", ""),
        }
        set("unix_socket_directories", &self.socket.to_string_lossy());
        set("unix_socket_permissions", "0700");
        // English messages: the log is read by programs and shown in error texts.
        set("lc_messages", "C");
        set("timezone", "UTC");
        set("log_timezone", "UTC");
        // Nothing outlives the folder: segments in the system's shared memory would, after a SIGKILL.
        set("dynamic_shared_memory_type", "mmap");
        for (name, value) in self.settings {
            set(name, value);
        }
        self.as_server_user(&mut postgres, &self.data());
        // A process group of its own: Ctrl-C in the terminal is for xtask, not for the server.
        std::os::unix::process::CommandExt::process_group(&mut postgres, 0);
        postgres
    }

    fn as_server_user(&self, command: &mut Command, folder: &Path) {
        owner::run_as(command, self.owner, folder);
        for (name, _) in std::env::vars_os() {
            // PGDATA, PGPORT and the like belong to the person's other servers.
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
    }

    fn cannot_run(&self) -> String {
        match self.owner {
            Some(owner) => format!(
                "cannot run the programs in {} as user {} within {}; that user must be able to pass through every folder on both paths (VSA_PG_BIN and VSA_STATE_DIR choose others)",
                self.bin_dir.display(),
                owner.name,
                self.folder.display()
            ),
            None => format!("cannot run the programs in {}", self.bin_dir.display()),
        }
    }

    fn why_ended(&self, status: std::process::ExitStatus) -> StartError {
        let tail = self.log_tail();
        if let Access::Password(port, _) = &self.access
            && tail.contains("Address already in use")
        {
            return StartError::PortTaken(*port);
        }
        anyhow::anyhow!(
            "the server ended at once ({status}); the end of {}:\n{tail}",
            self.log().display()
        )
        .into()
    }

    fn log_tail(&self) -> String {
        std::fs::read(self.log())
            .map(|bytes| proc::tail(&bytes, 12))
            .unwrap_or_default()
    }

    /// Stops the server: sessions are ended, a checkpoint is written. `false` when it was not running.
    pub(crate) fn stop(&self) -> anyhow::Result<bool> {
        stop_in(&self.folder)
    }
}

/// Stops the server of the cluster in `folder`, of which nothing else needs to be known; see [`Cluster::stop`].
pub(crate) fn stop_in(folder: &Path) -> anyhow::Result<bool> {
    let data = folder.join("data");
    let Some(pid) = postmaster::of(&data) else {
        return Ok(false);
    };
    say!("stopping the server (process {pid})");
    let started = Instant::now();
    // SIGINT is PostgreSQL's fast shutdown; SIGQUIT ends it without a checkpoint and the next start recovers.
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        if let Err(error) = kill(pid, signal)
            && postmaster::of(&data).is_some()
        {
            return Err(error).context("cannot signal the server");
        }
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if postmaster::of(&data).is_none() {
                say!("stopped in {}", seconds(started.elapsed()));
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    bail!(
        "the server (process {pid}) does not stop; its log is {}",
        folder.join("server.log").display()
    )
}

/// A locale whose letters are Unicode's on every machine, and whose order does not depend on the machine's language.
fn locale() -> &'static [&'static str] {
    if cfg!(target_os = "macos") {
        &["--locale=C", "--lc-ctype=UTF-8"]
    } else {
        &["--locale=C.UTF-8"]
    }
}

/// Removed when dropped, whatever happened; what cannot be removed now is removed by the next run.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = files::remove(&self.0);
    }
}

/// A server that is stopped unless it is let go.
struct Guard(Option<Child>);

impl Guard {
    fn ended(&mut self) -> anyhow::Result<Option<std::process::ExitStatus>> {
        match &mut self.0 {
            Some(child) => child.try_wait().context("cannot wait for the server"),
            None => Ok(None),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = kill(proc::pid(child), Signal::SIGINT);
            let _ = child.wait();
        }
    }
}
