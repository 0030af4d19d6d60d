//! The container and the volume of a checkout, through the docker command line.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::provider::{Own, Provider};
use crate::db::state::{Folder, NAME, Secret, State, write_private};
use crate::db::{client, ports};
use crate::talk::{say, seconds};
use crate::{interrupt, proc};

/// The official image that is used unless `VSA_POSTGRES_IMAGE` names another.
pub(crate) const OFFICIAL_IMAGE: &str = "postgres:18";
/// A command that only asks the engine something.
const ASK: Duration = Duration::from_secs(20);
/// Creating, starting, stopping, removing.
const ACT: Duration = Duration::from_secs(90);
/// Pulling an image over a slow line.
const PULL: Duration = Duration::from_mins(5);
/// From the start of the container to the first answer, `initdb` included.
/// The exit code of `vsa-db ping` when the same answer would come for ever.
const WILL_NOT_HELP: i32 = 4;
const READY: Duration = Duration::from_secs(90);
/// How long one question may go unanswered before we look whether the container still runs.
const PATIENCE: Duration = Duration::from_secs(3);
const PORT_TRIES: u32 = 5;
/// The label that holds the path of the checkout.
const CHECKOUT: &str = "vsa.checkout";
/// The volume is mounted where the image of version 18 wants it; the data lie in a folder of their own in it, so that
/// older images, whose own volume is one level deeper, keep them in ours too.
const MOUNT: &str = "/var/lib/postgresql";
const PGDATA: &str = "/var/lib/postgresql/vsa";

/// How a container is run.
#[derive(Debug)]
pub(crate) struct Recipe<'a> {
    pub(crate) name: &'a str,
    pub(crate) image: &'a str,
    pub(crate) port: u16,
    pub(crate) password: &'a Secret,
    pub(crate) labels: Vec<String>,
    /// Options of `docker run` that say where the data lie.
    pub(crate) storage: Vec<String>,
    /// Arguments of the server.
    pub(crate) server: Vec<String>,
}

fn docker<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new("docker");
    command.args(args);
    command
}

/// Runs a docker command that must end well; its stdout without the last line end.
fn ok(command: &mut Command, limit: Duration) -> anyhow::Result<String> {
    let output = proc::capture(command, limit)?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            proc::render(command),
            proc::tail(&output.stderr, 5)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}

/// The image that is there or could be pulled; an error that says what is missing. Asks the engine first.
pub(crate) fn usable_image() -> anyhow::Result<String> {
    let mut version = docker(["version", "--format", "{{.Server.Version}}"]);
    match proc::capture(&mut version, ASK) {
        Err(error) if error.is::<interrupt::Interrupted>() => return Err(error),
        Err(_) => bail!("no docker command on PATH that answers"),
        Ok(output) if !output.status.success() => {
            bail!(
                "the Docker engine does not answer: {}",
                proc::tail(&output.stderr, 1)
            )
        }
        Ok(_) => {}
    }
    let image = std::env::var("VSA_POSTGRES_IMAGE")
        .ok()
        .filter(|image| !image.is_empty());
    let image = image.unwrap_or_else(|| OFFICIAL_IMAGE.to_owned());
    if has_image(&image)? {
        return Ok(image);
    }
    say!("docker pull {image}");
    let started = Instant::now();
    match ok(&mut docker(["pull", "--quiet", &image]), PULL) {
        Ok(_) => {
            say!("pulled in {}", seconds(started.elapsed()));
            Ok(image)
        }
        Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
        Err(error) => bail!(
            "the Docker engine answers, but the image {image} is not there and cannot be pulled ({error:#}); `cargo xtask image` builds one from Debian packages, to be named by VSA_POSTGRES_IMAGE; or choose --provider local or embedded"
        ),
    }
}

fn has_image(image: &str) -> anyhow::Result<bool> {
    Ok(proc::capture(
        &mut docker(["image", "inspect", "--format", "{{.Id}}", image]),
        ASK,
    )?
    .status
    .success())
}

/// The container's name; the volume has the same.
pub(crate) fn container(folder: &Folder) -> String {
    folder.id.clone()
}

/// `running`, `exited`, `created` …; `None` when there is no such container.
fn status(name: &str) -> anyhow::Result<Option<String>> {
    let mut inspect = docker([
        "container",
        "inspect",
        "--format",
        "{{.State.Status}}",
        name,
    ]);
    let output =
        proc::capture(&mut inspect, ASK).context("the docker provider needs the docker command")?;
    if output.status.success() {
        return Ok(Some(
            String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        ));
    }
    let said = proc::tail(&output.stderr, 2);
    if said.to_lowercase().contains("no such container") {
        return Ok(None);
    }
    bail!("the Docker engine does not answer: {said}; start it and type the command again")
}

/// Whether the checkout's container runs.
pub(crate) fn is_running(folder: &Folder) -> anyhow::Result<bool> {
    runs(&container(folder))
}

/// Whether a container runs. An engine that does not answer runs nothing.
pub(crate) fn runs(name: &str) -> anyhow::Result<bool> {
    match status(name) {
        Ok(status) => Ok(status.as_deref() == Some("running")),
        Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
        Err(_) => Ok(false),
    }
}

/// Makes and starts what is missing. Returns the state and whether the container was started by this call.
pub(crate) fn ensure(
    ctx: &Context,
    folder: &Folder,
    own: &Own,
    known: Option<State>,
    asked: Option<u16>,
) -> anyhow::Result<(State, bool)> {
    let name = container(folder);
    let status = status(&name)?;
    let mut state = match known {
        Some(state) => state,
        None => fresh(folder, own, asked, status.is_some())?,
    };
    if status.as_deref() == Some("running") {
        if let Some(port) = asked.filter(|port| *port != state.port) {
            bail!(
                "the container already runs, on port {}; `cargo xtask db-down` first, then `cargo xtask db-up --port {port}`",
                state.port
            );
        }
        client::create_database(ctx, &state.url()?, READY)?;
        return Ok((state, false));
    }
    if status.is_some() {
        // A stopped container keeps its port for ever; the data are in the volume, so it is simply made again.
        remove_container(&name)?;
    }
    state.port = asked.unwrap_or(state.port);
    let image = match &state.image {
        Some(image) if has_image(image)? => image.clone(),
        _ => usable_image()?,
    };
    state.image = Some(image.clone());
    // Saved before anything exists: whatever happens next, the password of the volume is known.
    folder.save(&state)?;
    let made = volume(folder, &name)?;
    if let Err(error) = start(ctx, folder, &mut state, &image, asked) {
        interrupt::shielded(|| {
            let removed = remove_container(&name);
            if made {
                // A volume in which initdb was cut short could never be started again.
                ok(&mut docker(["volume", "rm", "--force", &name]), ACT)?;
            }
            removed
        })?;
        return Err(error);
    }
    Ok((state, true))
}

/// The state of a checkout that has none yet.
fn fresh(
    folder: &Folder,
    own: &Own,
    asked: Option<u16>,
    has_container: bool,
) -> anyhow::Result<State> {
    let name = container(folder);
    if has_container || has_volume(&name)? {
        bail!(
            "Docker holds a container or volume {name}, left over from a state folder that is gone, and nobody knows its password; `docker rm --force {name}; docker volume rm --force {name}` removes it"
        );
    }
    Ok(State {
        provider: Provider::Docker,
        port: match asked {
            Some(port) => port,
            None => ports::choose(folder.hash)?,
        },
        password: Secret::random()?,
        bin_dir: None,
        image: own.image.clone(),
    })
}

fn has_volume(name: &str) -> anyhow::Result<bool> {
    Ok(
        proc::capture(&mut docker(["volume", "inspect", name]), ASK)?
            .status
            .success(),
    )
}

/// Whether there is a volume, or nobody can say so: an engine that does not answer may hold one.
pub(crate) fn may_have_data(folder: &Folder) -> anyhow::Result<bool> {
    match proc::capture(&mut docker(["volume", "inspect", &container(folder)]), ASK) {
        Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
        Err(_) => Ok(true),
        Ok(output) => Ok(!String::from_utf8_lossy(&output.stderr)
            .to_lowercase()
            .contains("no such volume")),
    }
}

/// Makes the volume unless it is there; whether it was made.
fn volume(folder: &Folder, name: &str) -> anyhow::Result<bool> {
    if has_volume(name)? {
        return Ok(false);
    }
    let mut create = docker(["volume", "create"]);
    for label in labels(folder, "development") {
        create.args(["--label", &label]);
    }
    create.arg(name);
    say!("{}", proc::render(&create));
    ok(&mut create, ACT)?;
    Ok(true)
}

/// Labels by which a person finds what belongs to a checkout.
pub(crate) fn labels(folder: &Folder, role: &str) -> Vec<String> {
    vec![
        format!("{CHECKOUT}={}", folder.root().display()),
        format!("vsa.role={role}"),
    ]
}

/// Runs the container; a taken port is given up for another one, unless it was asked for.
fn start(
    ctx: &Context,
    folder: &Folder,
    state: &mut State,
    image: &str,
    asked: Option<u16>,
) -> anyhow::Result<()> {
    let name = container(folder);
    for step in 1..=PORT_TRIES {
        if ports::is_free(state.port) {
            let recipe = Recipe {
                name: &name,
                image,
                port: state.port,
                password: &state.password,
                labels: labels(folder, "development"),
                storage: vec![
                    "--volume".to_owned(),
                    format!("{name}:{MOUNT}"),
                    "--shm-size=256m".to_owned(),
                ],
                server: Vec::new(),
            };
            // Killed from here on, the next call finds the server where it is.
            folder.save(state)?;
            if run(folder, &recipe)? {
                let url = state.url()?;
                return wait_until_ready(&name, || client::ping(ctx, &url, PATIENCE));
            }
        }
        if asked.is_some() {
            bail!(
                "port {} is taken by another program; type `cargo xtask db-up --port N` with a free one, or leave --port out",
                state.port
            );
        }
        let taken = state.port;
        state.port = ports::choose(folder.hash.wrapping_add(step))?;
        say!(
            "port {taken} is taken by another program; using {} from now on",
            state.port
        );
    }
    bail!(
        "{PORT_TRIES} ports in a row were taken as soon as they were chosen; name one with --port N"
    )
}

/// `docker run`; `false` when the engine finds the port taken.
pub(crate) fn run(folder: &Folder, recipe: &Recipe<'_>) -> anyhow::Result<bool> {
    let file = folder.path.join("container.env");
    let text = format!(
        "POSTGRES_USER={NAME}\nPOSTGRES_PASSWORD={}\nPOSTGRES_DB={NAME}\nPGDATA={PGDATA}\n",
        recipe.password.0
    );
    write_private(&file, text.as_bytes())?;
    let mut run = docker(["run", "--detach", "--name", recipe.name]);
    for label in &recipe.labels {
        run.args(["--label", label]);
    }
    // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for the last client to leave.
    run.args(["--stop-signal", "SIGINT", "--stop-timeout", "30"]);
    run.arg("--publish")
        .arg(format!("127.0.0.1:{}:5432", recipe.port));
    run.arg("--env-file")
        .arg(&file)
        .args(&recipe.storage)
        .arg(recipe.image)
        .args(&recipe.server);
    say!("{}", proc::render(&run));
    let result = ok(&mut run, ACT);
    let _ = std::fs::remove_file(&file);
    match result {
        Ok(_) => Ok(true),
        Err(error) => {
            interrupt::shielded(|| remove_container(recipe.name))?;
            let said = error.to_string();
            if said.contains("port is already allocated") || said.contains("address already in use")
            {
                return Ok(false);
            }
            Err(error)
        }
    }
}

/// Waits until the real query is answered; a container that ends shows the end of its log. `ping` is asked anew when it
/// gives up: the engine's proxy takes connections, and breaks them, before the server behind it listens.
pub(crate) fn wait_until_ready(
    name: &str,
    mut ping: impl FnMut() -> anyhow::Result<Command>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let answer = proc::capture(&mut ping()?, READY)?;
        if answer.status.success() {
            say!("the server answers after {}", seconds(started.elapsed()));
            return Ok(());
        }
        let why = if answer.status.code() == Some(WILL_NOT_HELP) {
            format!("cannot be used: {}", proc::tail(&answer.stderr, 3))
        } else if status(name)?.as_deref() != Some("running") {
            "ended instead of serving".to_owned()
        } else if started.elapsed() > READY {
            format!("answers no query: {}", proc::tail(&answer.stderr, 3))
        } else {
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        let log = proc::capture(&mut docker(["logs", "--tail", "15", name]), ASK)?;
        bail!(
            "the container {name} {why}; the end of its log:\n{}",
            proc::tail(&[log.stdout, log.stderr].concat(), 15)
        );
    }
}

/// Stops the container; `false` when it was not running. Data stay in the volume.
pub(crate) fn stop(folder: &Folder) -> anyhow::Result<bool> {
    let name = container(folder);
    if status(&name)?.as_deref() != Some("running") {
        return Ok(false);
    }
    let started = Instant::now();
    say!("stopping the container {name}");
    ok(&mut docker(["stop", &name]), ACT)?;
    say!("stopped in {}", seconds(started.elapsed()));
    Ok(true)
}

/// Removes the container and the volumes it alone uses; not an error when there is none.
pub(crate) fn remove_container(name: &str) -> anyhow::Result<()> {
    let output = proc::capture(&mut docker(["rm", "--force", "--volumes", name]), ACT)?;
    let said = proc::tail(&output.stderr, 3);
    if output.status.success() || said.to_lowercase().contains("no such container") {
        return Ok(());
    }
    bail!("cannot remove the container {name}: {said}")
}

/// Removes the container and the volume with the data.
pub(crate) fn purge(folder: &Folder) -> anyhow::Result<()> {
    let name = container(folder);
    say!("removing the container and the volume {name}");
    remove_container(&name)?;
    ok(&mut docker(["volume", "rm", "--force", &name]), ACT)?;
    Ok(())
}

/// Removes the container and the volume `name` when their label says that they are this checkout's: for a state that no
/// longer tells. Where no engine answers there is nothing to remove.
pub(crate) fn purge_labelled(folder: &Folder, name: &str) -> anyhow::Result<()> {
    let ours = |kind, labels: &str| {
        let template = format!("{{{{index {labels} \"{CHECKOUT}\"}}}}");
        let mut inspect = docker([kind, "inspect", "--format", &template, name]);
        match proc::capture(&mut inspect, ASK) {
            Err(error) if error.is::<interrupt::Interrupted>() => Err(error),
            Err(_) => Ok(false),
            Ok(output) => Ok(output.status.success()
                && String::from_utf8_lossy(&output.stdout).trim()
                    == folder.root().display().to_string()),
        }
    };
    if ours("container", ".Config.Labels")? {
        say!("removing the container {name}");
        remove_container(name)?;
    }
    if ours("volume", ".Labels")? {
        say!("removing the volume {name}");
        ok(&mut docker(["volume", "rm", "--force", name]), ACT)?;
    }
    Ok(())
}
