//! `cargo xtask image`.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xshell::cmd;

use crate::cmd::doctor::privileged;
use crate::context::Context;
use crate::talk::{print, say, seconds};
use crate::{cargo, proc};

mod apt;

/// The repository name of the image; the tag is PostgreSQL's major version.
const NAME: &str = "vsa-postgres";

/// Build a PostgreSQL image from this machine's Debian packages
///
/// For machines that reach no image registry: everything comes from the package mirror apt already uses. The image
/// takes the settings of the official one (`POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB`, `PGDATA`; arguments go to the
/// server). Its name is the result on stdout: `VSA_POSTGRES_IMAGE=vsa-postgres:15 cargo xtask db-up --provider docker`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build again although the image is there, for the security updates of the distribution
    #[arg(long)]
    rebuild: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let name = ensure_image(ctx, self.rebuild)?;
        print(name)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The name of an image that the engine holds; built when there is none yet, or when asked to.
pub(crate) fn ensure_image(ctx: &Context, rebuild: bool) -> Result<String> {
    engine_answers()?;
    if let (Some(name), false) = (existing()?, rebuild) {
        say!("{name} is there already; `cargo xtask image --rebuild` builds it again");
        return Ok(name);
    }
    build(ctx)
}

/// Fails with what to type unless a container engine answers.
fn engine_answers() -> Result<()> {
    let mut version = Command::new("docker");
    version.args(["version", "--format", "{{.Server.Version}}"]);
    let output = proc::capture(&mut version, Duration::from_secs(10)).context(
        "no docker on this machine; install it: apt-get install docker.io (or cargo xtask doctor --install)",
    )?;
    ensure!(
        output.status.success(),
        "the docker engine does not answer ({}); start it: systemctl start docker",
        proc::tail(&output.stderr, 1)
    );
    Ok(())
}

/// The newest image of ours that the engine holds.
pub(crate) fn existing() -> Result<Option<String>> {
    let mut list = Command::new("docker");
    list.args(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", NAME]);
    let output = proc::capture(&mut list, Duration::from_secs(20))?;
    ensure!(
        output.status.success(),
        "docker lists no images: {}",
        proc::tail(&output.stderr, 3)
    );
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(listed
        .lines()
        .find(|line| !line.ends_with("<none>"))
        .map(str::to_owned))
}

fn build(ctx: &Context) -> Result<String> {
    let source = apt::discover()?;
    let name = format!("{NAME}:{}", source.major);
    let mut debootstrap = Command::new("sh");
    debootstrap.args(["-c", "PATH=$PATH:/usr/sbin:/sbin command -v debootstrap"]);
    ensure!(
        proc::capture(&mut debootstrap, Duration::from_secs(5))?
            .status
            .success(),
        "debootstrap is missing; install it: apt-get install debootstrap (or cargo xtask doctor --install)"
    );
    let Some(mut unshare) = privileged("unshare") else {
        bail!("unpacking a system needs root; type: sudo -E env \"PATH=$PATH\" cargo xtask image");
    };

    let logs = ctx.target_dir.join("xtask");
    fs::create_dir_all(&logs).with_context(|| format!("cannot create {}", logs.display()))?;
    let log = logs.join("image.log");
    let log_file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    unshare
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "bash",
        ])
        .arg(ctx.root.join("ci/postgres-image/build.sh"))
        .args([&source.suite, &source.mirror, &source.major.to_string()])
        .envs(apt::proxy())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file);
    say!(
        "building {name} from {} {}, about a minute",
        source.mirror,
        source.suite
    );
    say!("  {}", proc::render(&unshare));
    let started = Instant::now();
    let id = import(&mut unshare, &log, source.major)?;
    tag(ctx, &id, &name)?;
    say!("built {name} in {}", seconds(started.elapsed()));
    Ok(name)
}

/// Streams the file system into the engine and gives the id of the image, still without a name: when the archive breaks
/// off, the engine keeps the first half as if it were whole, and nobody must find that under our name.
fn import(unshare: &mut Command, log: &Path, major: u32) -> Result<String> {
    let limit = Some(Duration::from_mins(15));
    let mut builder = proc::spawn(unshare)?;
    let archive = builder.stdout.take().context("the builder has no stdout")?;
    let mut import = Command::new("docker");
    import.arg("import");
    for change in [
        r#"ENTRYPOINT ["/usr/local/bin/vsa-entrypoint"]"#.to_owned(),
        r#"CMD ["postgres"]"#.to_owned(),
        "EXPOSE 5432".to_owned(),
        // As the official image since 18: a volume for the whole folder serves any PGDATA below it.
        "VOLUME /var/lib/postgresql".to_owned(),
        format!("ENV PG_MAJOR={major} PGDATA=/var/lib/postgresql/data LANG=C.UTF-8"),
        format!(
            "ENV PATH=/usr/lib/postgresql/{major}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        ),
    ] {
        import.args(["--change", &change]);
    }
    import
        .arg("-")
        .stdin(archive)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let imported = finish(&mut import, limit);
    let built = proc::wait(&mut builder, limit);
    let id = imported
        .as_ref()
        .ok()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let complete = matches!(&built, Ok(Some(status)) if status.success());
    if let (Some(id), false) = (&id, complete) {
        // The error below is the one that matters.
        let _ = proc::capture(
            Command::new("docker").args(["rmi", id]),
            Duration::from_mins(1),
        );
    }
    let imported = imported?;
    let status = built?.context("building the image took longer than 15 minutes")?;
    if !status.success() {
        let text = fs::read(log).unwrap_or_default();
        bail!(
            "the image was not built; the end of {}:\n{}",
            log.display(),
            proc::tail(&text, 8)
        );
    }
    ensure!(
        imported.status.success(),
        "docker import failed: {}",
        proc::tail(&imported.stderr, 3)
    );
    id.filter(|id| !id.is_empty())
        .context("docker import gave no image id")
}

/// Runs a program that reads a pipe and prints little: its output fits into the pipes until it has ended.
fn finish(command: &mut Command, limit: Option<Duration>) -> Result<Output> {
    let mut child = proc::spawn(command)?;
    proc::wait(&mut child, limit)?
        .with_context(|| format!("`{}` took too long", proc::render(command)))?;
    child
        .wait_with_output()
        .context("cannot read what docker printed")
}

/// Names the image, and drops the one that had the name before unless a container still uses it.
fn tag(ctx: &Context, id: &str, name: &str) -> Result<()> {
    let sh = cargo::shell(ctx)?;
    let only_id = "{{.Id}}";
    let old = cmd!(sh, "docker image inspect --format {only_id} {name}").ignore_stderr();
    let old = old.read().ok();
    cmd!(sh, "docker tag {id} {name}")
        .quiet()
        .run()
        .with_context(|| format!("docker cannot name the image {name}"))?;
    if let Some(old) = old {
        let _ = cmd!(sh, "docker rmi {old}").ignore_stderr().read();
    }
    Ok(())
}
