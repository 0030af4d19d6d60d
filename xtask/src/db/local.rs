//! The development server made of programs on this machine: the providers `local` and `embedded`.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::cluster::{Access, Cluster, StartError};
use crate::db::provider::{Own, Provider};
use crate::db::state::{Folder, NAME, Secret, State};
use crate::db::url::Url;
use crate::db::{binaries, client, embedded, owner, ports, postmaster};
use crate::interrupt;
use crate::talk::say;

/// How long the server may take to answer its first query.
const READY: Duration = Duration::from_secs(45);
/// How many taken ports are stepped over before we give up.
const PORT_TRIES: u32 = 5;
/// A socket path longer than this does not fit the kernel's address (104 bytes on macOS, `/.s.PGSQL.65535` included).
const LONGEST_SOCKET_FOLDER: usize = 86;

/// Makes and starts what is missing. Returns the state and whether the server was started by this call.
pub(crate) fn ensure(
    ctx: &Context,
    folder: &Folder,
    own: &Own,
    known: Option<State>,
    port: Option<u16>,
) -> anyhow::Result<(State, bool)> {
    let mut state = match known {
        Some(state) => state,
        None => State {
            provider: own.provider,
            port: match port {
                Some(port) => port,
                None => ports::choose(folder.hash)?,
            },
            password: Secret::random()?,
            bin_dir: own.bin_dir.clone(),
            image: None,
        },
    };
    if serves(folder, state.port)? {
        if let Some(port) = port.filter(|port| *port != state.port) {
            bail!(
                "the server already runs, on port {}; `cargo xtask db-down` first, then `cargo xtask db-up --port {port}`",
                state.port
            );
        }
        client::create_database(ctx, &state.url()?, READY)?;
        return Ok((state, false));
    }
    if let Some(port) = port.filter(|port| !ports::is_free(*port)) {
        bail!("{}", taken_though_asked_for(port));
    }
    state.bin_dir = Some(programs(folder, &state)?);
    state.port = port.unwrap_or(state.port);
    folder.save(&state)?;
    cluster(folder, &state)?.init()?;
    start(ctx, folder, &mut state, port)?;
    Ok((state, true))
}

/// Whether a cluster was made.
pub(crate) fn has_data(folder: &Folder) -> bool {
    folder.path.join("data").exists()
}

/// Whether the server runs. Cheap: part of every `db-up` that finds nothing to do.
pub(crate) fn is_running(folder: &Folder) -> bool {
    postmaster::of(&folder.path.join("data")).is_some()
}

/// Whether the server runs and takes connections. One that was killed a moment ago still looks alive, and one that was
/// started a moment ago does not listen yet: both are waited for.
fn serves(folder: &Folder, port: u16) -> anyhow::Result<bool> {
    let began = Instant::now();
    while is_running(folder) {
        interrupt::check()?;
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(true);
        }
        if began.elapsed() > READY {
            bail!(
                "the server runs, but nothing listens on port {port}; `cargo xtask db-down`, then `cargo xtask db-up`"
            );
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(false)
}

/// Starts the server; a taken port is given up for another one, unless it was asked for.
fn start(
    ctx: &Context,
    folder: &Folder,
    state: &mut State,
    asked: Option<u16>,
) -> anyhow::Result<()> {
    for step in 1..=PORT_TRIES {
        let taken = if ports::is_free(state.port) {
            let url = maintenance(state)?;
            let cluster = cluster(folder, state)?;
            // Killed from here on, the next call finds the server where it is.
            folder.save(state)?;
            match cluster.start(|| client::ping(ctx, &url, READY)) {
                Ok(()) => {
                    let made = client::run(ctx, &state.url()?, &["create-database"]);
                    if made.is_err() {
                        interrupt::shielded(|| cluster.stop())?;
                    }
                    return made;
                }
                Err(StartError::Other(error)) => return Err(error),
                Err(StartError::PortTaken(port)) => port,
            }
        } else {
            state.port
        };
        if asked.is_some() {
            bail!("{}", taken_though_asked_for(taken));
        }
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

fn taken_though_asked_for(port: u16) -> String {
    format!(
        "port {port} is taken by another program; type `cargo xtask db-up --port N` with a free one, or leave --port out"
    )
}

/// The database that is there before ours is.
fn maintenance(state: &State) -> anyhow::Result<Url> {
    let url = Url::from_parts(
        Some(NAME),
        Some(&state.password.0),
        "127.0.0.1",
        state.port,
        "postgres",
    );
    Ok(url?.in_the_clear()?)
}

/// The server programs for this state: those remembered, or, where they were uninstalled since, others of the version
/// that made the data.
fn programs(folder: &Folder, state: &State) -> anyhow::Result<PathBuf> {
    if state.provider == Provider::Embedded {
        return embedded::ensure();
    }
    let remembered = |fits: &dyn Fn(u32) -> bool| {
        let dir = state.bin_dir.clone()?;
        binaries::version(&dir).is_ok_and(fits).then_some(dir)
    };
    let made_by = std::fs::read_to_string(folder.path.join("data/PG_VERSION")).ok();
    let Some(major) = made_by.and_then(|text| text.trim().parse().ok()) else {
        return match remembered(&|_| true) {
            Some(dir) => Ok(dir),
            None => Ok(binaries::find()?.dir),
        };
    };
    if let Some(dir) = remembered(&|version| version == major) {
        return Ok(dir);
    }
    let dir = binaries::find_major(major).with_context(|| {
        format!(
            "the data of this checkout was made by PostgreSQL {major}, which this machine does not have (any more); install it, \
             set VSA_PG_BIN to its bin folder, or remove the data with `cargo xtask db-down --purge`"
        )
    })?;
    say!("using the PostgreSQL {major} in {}", dir.display());
    Ok(dir)
}

/// The development cluster: settings as PostgreSQL ships them, so that data outlives a crash of the machine.
pub(crate) fn cluster(folder: &Folder, state: &State) -> anyhow::Result<Cluster> {
    Ok(Cluster {
        bin_dir: state.bin_dir.clone().unwrap_or_default(),
        folder: folder.path.clone(),
        socket: socket_folder(&folder.path, &folder.id),
        owner: owner::unprivileged()?,
        access: Access::Password(state.port, state.password.clone()),
        settings: &[],
    })
}

/// A folder for the Unix socket: beside the data, or in `/tmp` when that path is too long or has letters that the
/// server's list of folders would read differently.
pub(crate) fn socket_folder(beside: &Path, id: &str) -> PathBuf {
    let near = beside.join("socket");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    match near.to_str() {
        Some(text) if text.len() <= LONGEST_SOCKET_FOLDER && text.chars().all(plain) => near,
        _ => Path::new("/tmp").join(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_folder_is_short_and_plain_wherever_the_state_lies() {
        let near = socket_folder(Path::new("/var/lib/vsa/vsa-12345678"), "vsa-x");
        assert_eq!(near, Path::new("/var/lib/vsa/vsa-12345678/socket"));
        let long = format!("/home/{}", "a".repeat(100));
        for odd in [
            long.as_str(),
            "/home/zoë/state",
            "/home/a b",
            "/home/a,b",
            "/home/a\"b",
        ] {
            assert_eq!(
                socket_folder(Path::new(odd), "vsa-x"),
                Path::new("/tmp/vsa-x"),
                "{odd}"
            );
        }
    }
}
