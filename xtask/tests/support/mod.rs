//! A checkout of its own for a test: a skeleton of this one under a name that is hard on programs, a state folder of its
//! own, the real `xtask` and the real `vsa-db`. Whatever was started ends with the test.
#![expect(dead_code, reason = "each test file uses its share of these helpers")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

/// A skeleton checkout. Dropped, it takes its servers with it.
pub(crate) struct World {
    base: tempfile::TempDir,
    data: tempfile::TempDir,
    /// The checkout.
    pub(crate) root: PathBuf,
    /// `VSA_STATE_DIR`.
    pub(crate) state: PathBuf,
    environment: Vec<(String, String)>,
    uid: Option<u32>,
    through: Vec<String>,
}

/// What a run of xtask gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The run must have ended well; its stdout without the last line end.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout.trim_end().to_owned()
    }

    /// The run must have ended with an error whose text holds all of these.
    #[track_caller]
    pub(crate) fn fails(self, parts: &[&str]) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.says(parts);
        self.stderr
    }

    /// stderr must hold all of these.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} is not in:\n{}",
                self.stderr
            );
        }
    }
}

impl World {
    /// A checkout whose path has a space and letters outside of ASCII.
    pub(crate) fn new() -> Self {
        Self::named("Umfrage für später")
    }

    pub(crate) fn named(name: &str) -> Self {
        // In memory, where there is room: `initdb` writes a thousand files.
        let memory = Path::new("/dev/shm");
        let enough =
            r#"test -w "$0" && test "$(df -Pk "$0" | awk 'NR == 2 { print $4 }')" -ge 1048576"#;
        let roomy = Command::new("sh")
            .args(["-c", enough])
            .arg(memory)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success();
        Self::with_state_in(name, roomy.then_some(memory))
    }

    /// A checkout whose state is on disk.
    pub(crate) fn on_disk() -> Self {
        Self::with_state_in("vsa", None)
    }

    fn with_state_in(name: &str, memory: Option<&Path>) -> Self {
        let base = tempfile::Builder::new().prefix("vsa-").tempdir().unwrap();
        // As root the server runs as another user, who must reach the state folder.
        set_mode(base.path(), 0o755);
        let root = base.path().canonicalize().unwrap().join(name);
        let data = tempfile::Builder::new()
            .prefix("vsa-")
            .tempdir_in(memory.unwrap_or(base.path()))
            .unwrap();
        set_mode(data.path(), 0o755);
        let state = data.path().join("state");
        let home = base.path().join("home");
        for dir in [&root, &state, &home] {
            fs::create_dir(dir).unwrap();
        }
        // Asked when it runs: with a shared build folder another checkout may have compiled this.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
        let real = Path::new(&manifest).parent().unwrap();
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            "migrations",
            "seed",
            "crates/vsa-db",
        ] {
            copy(&real.join(part), &root.join(part));
        }
        fs::create_dir(root.join("xtask")).unwrap();
        fs::create_dir_all(root.join("target/debug")).unwrap();
        let program = root.join("target/debug/vsa-db");
        copy_program(&vsa_db(real), &program);
        // "Checked" later than every source by more than the clock of any file system: nothing is ever built here.
        let stamp = root.join("target/debug/.vsa-db.checked");
        fs::write(&stamp, root.to_str().unwrap()).unwrap();
        let stamp = fs::File::options().write(true).open(stamp).unwrap();
        let later = fs::metadata(&program).unwrap().modified().unwrap() + Duration::from_mins(1);
        stamp.set_modified(later).unwrap();
        copy_program(
            Path::new(env!("CARGO_BIN_EXE_xtask")),
            &base.path().join("xtask"),
        );
        let environment = vec![("HOME".to_owned(), home.to_str().unwrap().to_owned())];
        Self {
            base,
            data,
            root,
            state,
            environment,
            uid: None,
            through: Vec::new(),
        }
    }

    /// The folder around the checkout and its state.
    pub(crate) fn base(&self) -> &Path {
        self.base.path()
    }

    /// Sets a variable for every run from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Runs everything as this user from now on; only root can.
    pub(crate) fn become_user(&mut self, uid: u32) {
        for path in walk(self.base.path())
            .into_iter()
            .chain(walk(self.data.path()))
        {
            std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
        }
        self.uid = Some(uid);
    }

    /// Puts a script in the place of `vsa-db`; it finds the real one at `$0.real`.
    pub(crate) fn replace_vsa_db(&self, text: &str) {
        let program = self.root.join("target/debug/vsa-db");
        fs::rename(&program, self.root.join("target/debug/vsa-db.real")).unwrap();
        script(&program, text);
    }

    /// Runs everything by way of this program and its arguments from now on; it must run what follows them.
    pub(crate) fn go_through(&mut self, words: &[&str]) {
        self.through = words.iter().map(|word| (*word).to_owned()).collect();
    }

    /// `cargo xtask ARGS` without cargo, in the checkout.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let xtask = self.base.path().join("xtask");
        let mut command = match self.through.split_first() {
            Some((program, words)) => {
                let mut command = Command::new(program);
                command.args(words).arg(xtask);
                command
            }
            None => Command::new(xtask),
        };
        command
            .args(args)
            .current_dir(&self.root)
            .stdin(Stdio::null());
        for (name, _) in std::env::vars() {
            let of_a_database = ["DB_", "PG", "VSA_", "PIP_", "XDG_"]
                .iter()
                .any(|start| name.starts_with(start));
            if (of_a_database && name != "VSA_PG_BIN")
                || ["DATABASE_URL", "TEST_DATABASE_URL", "CARGO_TARGET_DIR"]
                    .contains(&name.as_str())
            {
                command.env_remove(name);
            }
        }
        command.env("VSA_STATE_DIR", &self.state);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// `db-up --provider local`. `None`, with a word why, where no PostgreSQL is installed.
    pub(crate) fn up(&self, args: &[&str]) -> Option<Ran> {
        let all: Vec<&str> = ["db-up", "--provider", "local"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        let ran = self.run(&all);
        if ran.stderr.contains("no PostgreSQL server programs") {
            return skip("no PostgreSQL is installed here");
        }
        Some(ran)
    }

    /// Whether PostgreSQL is installed here; makes nothing.
    pub(crate) fn has_postgres(&self) -> bool {
        // A taken port ends `db-up` just after it found the programs.
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        self.up(&["--port", &port])
            .map(|ran| ran.fails(&["is taken", "--port N"]))
            .is_some()
    }

    /// Starts xtask and returns once it has said a line that holds `text`.
    pub(crate) fn until_it_says(&self, args: &[&str], text: &str) -> Talking {
        let mut child = self
            .command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains(text) {
            match lines.next() {
                Some(line) => said = said + &line.unwrap() + "\n",
                None => break,
            }
        }
        assert!(said.contains(text), "it never said {text:?}:\n{said}");
        Talking {
            child,
            rest: Box::new(lines.map(Result::unwrap)),
            said,
        }
    }

    /// The answer of psql to one statement.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str) -> String {
        self.run(&["psql", "--", "-X", "-Atc", sql]).ok()
    }

    /// The state folder of the checkout.
    #[track_caller]
    pub(crate) fn folder(&self) -> PathBuf {
        let mut entries = fs::read_dir(&self.state).unwrap();
        let folder = entries.next().expect("no state folder").unwrap().path();
        assert!(entries.next().is_none(), "more than one state folder");
        folder
    }

    /// The first number in `postmaster.pid`.
    pub(crate) fn server(&self) -> Pid {
        let text = fs::read_to_string(self.folder().join("data/postmaster.pid")).unwrap();
        Pid::from_raw(text.lines().next().unwrap().parse().unwrap())
    }

    /// The port in a URL that `db-url` prints.
    pub(crate) fn port(&self) -> u16 {
        let url = self.run(&["db-url"]).ok();
        let (_, rest) = url.rsplit_once(':').unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self
            .command(&["db-down", "--purge"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// A running xtask.
pub(crate) struct Talking {
    child: Child,
    rest: Box<dyn Iterator<Item = String>>,
    said: String,
}

impl Talking {
    /// Sends a signal, waits for the end; exit code and all that was said.
    pub(crate) fn end_with(mut self, signal: Signal) -> (Option<i32>, String) {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        kill(pid, signal).unwrap();
        for line in self.rest {
            self.said = self.said + &line + "\n";
        }
        (self.child.wait().unwrap().code(), self.said)
    }
}

/// The `vsa-db` beside the xtask under test; built when the test is run without `cargo xtask test`.
fn vsa_db(real: &Path) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("vsa-db");
    if !program.is_file() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build
            .args(["build", "--quiet", "--workspace", "--bin", "vsa-db"])
            .current_dir(real);
        assert!(build.status().unwrap().success(), "vsa-db does not build");
    }
    program
}

/// Says why a test is not run here. In CI everything must be there: a test that is left out is a failure.
pub(crate) fn skip<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "in CI, but {why}");
    eprintln!("not run: {why}");
    None
}

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Copies a program by way of another process. Written by this one, it could not be run while a child that some other
/// test thread is just starting still holds the file open ("text file busy").
fn copy_program(from: &Path, to: &Path) {
    assert!(
        Command::new("cp")
            .arg(from)
            .arg(to)
            .status()
            .unwrap()
            .success()
    );
}

/// Writes a shell script that can be run at once.
pub(crate) fn script(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    set_mode(&draft, 0o755);
    copy_program(&draft, path);
}

/// Says that a test is for another user than this one: no failure, not in CI either.
pub(crate) fn not_for_this_user(why: &str) {
    eprintln!("not run: {why}");
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

fn walk(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            found.extend(walk(&entry.unwrap().path()));
        }
    }
    found
}
