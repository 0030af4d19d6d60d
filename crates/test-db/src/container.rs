//! A server in a container, for tests that are run without xtask and without a URL.
//!
//! One container serves all tests of a checkout: under nextest every test is a process, and none of
//! them lives long enough to own it. So nobody owns it. A watchdog *inside* ends it when no client has
//! been connected for a while, and the engine removes what has ended. Killing any process of ours,
//! or all of them, leaves nothing behind.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, anyhow, bail};
use sqlx::{Connection as _, PgConnection};
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::RemoveContainerOptionsBuilder;
use testcontainers::core::client::docker_client_instance;
use testcontainers::core::{ExecCommand, Mount};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};
use vsa_db::config::DatabaseUrl;

use crate::checkout::Checkout;

/// The image, unless `VSA_POSTGRES_IMAGE` names another. Any that follows the official one will do.
const DEFAULT_IMAGE: &str = "postgres:18";
/// How long a new server may take to answer.
const READY_TIMEOUT: Duration = Duration::from_mins(1);
/// How long to wait for the engine, which may have to fetch the image first.
const START_TIMEOUT: Duration = Duration::from_mins(5);
/// A server that was seen alive this short ago is taken to be: less than the watchdog waits.
const FRESH: Duration = Duration::from_secs(15);
/// Data on tmpfs: nothing of it is worth keeping.
const DATA_FOLDER: &str = "/vsa-test-data";
const SETTINGS: [&str; 5] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
];

/// Ends the server when nobody has been connected for 30 seconds; for 15 minutes if the database of a
/// failed test waits for somebody to look into it. A server that cannot be asked counts as idle.
const WATCHDOG: &str = r#"
idle=0
while sleep 2; do
    answer=$(psql -U vsa -d postgres -AtF' ' -c "
        SELECT count(*) FILTER (WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
            CASE WHEN EXISTS (SELECT FROM pg_database WHERE datname ~ '_failed_') THEN 900 ELSE 30 END
        FROM pg_stat_activity" 2>/dev/null) || answer='0 30'
    if [ "${answer% *}" = 0 ]; then idle=$((idle + 2)); else idle=0; fi
    if [ "$idle" -ge "${answer#* }" ]; then kill -INT 1; fi
done >/dev/null 2>&1"#;

/// The URL of the running container; starts it if there is none.
pub(crate) async fn server(checkout: &Checkout) -> anyhow::Result<DatabaseUrl> {
    let path = checkout.lock_file("container");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    // Whoever comes second waits here until the first has started the container.
    file.lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    let mut text = String::new();
    file.read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if let Ok(url) = text.parse::<DatabaseUrl>()
        && is_alive(&file, &url).await
    {
        return Ok(url);
    }
    file.set_len(0)?;
    let url = start(&checkout.container()).await?;
    // Appended at the place the reading ended: the file was emptied, so that is its beginning.
    let mut file = OpenOptions::new().append(true).open(&path)?;
    file.write_all(url.expose().as_bytes())?;
    Ok(url)
}

/// Whether the server was seen a moment ago, or answers now.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge of a test program: the age of a file"
)]
async fn is_alive(file: &File, url: &DatabaseUrl) -> bool {
    let now = SystemTime::now();
    let seen = file.metadata().and_then(|data| data.modified());
    if seen.is_ok_and(|seen| now.duration_since(seen).is_ok_and(|age| age < FRESH)) {
        return true;
    }
    answers(url).await.is_ok() && file.set_modified(now).is_ok()
}

async fn answers(url: &DatabaseUrl) -> Result<(), sqlx::Error> {
    let mut conn = PgConnection::connect_with(&url.options()).await?;
    sqlx::query("SELECT 1").execute(&mut conn).await?;
    conn.close().await
}

async fn start(name: &str) -> anyhow::Result<DatabaseUrl> {
    let image = std::env::var("VSA_POSTGRES_IMAGE")
        .ok()
        .filter(|image| !image.is_empty())
        .unwrap_or_else(|| DEFAULT_IMAGE.to_owned());
    eprintln!("no TEST_DATABASE_URL and no DATABASE_URL: starting {image} in container {name}");
    let ways_out = "set TEST_DATABASE_URL, or VSA_POSTGRES_IMAGE to an image that is here; or type \
        `cargo xtask test`, which needs no Docker";
    let start = run(name, &image);
    let url = tokio::time::timeout(START_TIMEOUT, start)
        .await
        .map_err(|_| anyhow!("not started within {START_TIMEOUT:?}"))
        .flatten()
        .with_context(|| format!("cannot run {image} in a container ({ways_out})"))?;
    wait_until_ready(&url).await.with_context(|| {
        format!("the server in container {name} does not come up; see `docker logs {name}`")
    })?;
    Ok(url)
}

async fn run(name: &str, image: &str) -> anyhow::Result<DatabaseUrl> {
    // Ours, for it has our name; and of no use to anybody, for it does not answer.
    remove(name).await?;
    // A tag never holds a slash; what comes before one may hold a port.
    let (repository, tag) = match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    };
    let password = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    let arguments = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    let container = GenericImage::new(repository, tag)
        .with_exposed_port(5432.into())
        .with_container_name(name)
        .with_label("vsa.test-db", name)
        .with_env_var("POSTGRES_USER", "vsa")
        .with_env_var("POSTGRES_PASSWORD", &password)
        .with_env_var("POSTGRES_DB", "postgres")
        // SCRAM takes a client that is not optimised 60 ms a connection. The password is random,
        // lies in a file of this user alone, and passes over the loopback only.
        .with_env_var("POSTGRES_HOST_AUTH_METHOD", "password")
        .with_env_var("PGDATA", format!("{DATA_FOLDER}/data"))
        .with_mount(Mount::tmpfs_mount(DATA_FOLDER))
        .with_cmd(std::iter::once("postgres").chain(arguments))
        .with_host_config_modifier(|config| {
            config.auto_remove = Some(true);
            config.publish_all_ports = Some(false);
            let loopback = PortBinding {
                host_ip: Some("127.0.0.1".to_owned()),
                host_port: None,
            };
            config.port_bindings = Some([("5432/tcp".to_owned(), Some(vec![loopback]))].into());
        })
        .start()
        .await?;
    let url = watch(&container, &password).await;
    if url.is_ok() {
        // From here on it ends by itself; dropping the handle would end it now.
        std::mem::forget(container);
    }
    url
}

async fn watch(
    container: &ContainerAsync<GenericImage>,
    password: &str,
) -> anyhow::Result<DatabaseUrl> {
    container
        .exec(ExecCommand::new(["sh", "-c", WATCHDOG]))
        .await?;
    let port = container.get_host_port_ipv4(5432).await?;
    let host = container.get_host().await?;
    Ok(format!("postgres://vsa:{password}@{host}:{port}/postgres").parse()?)
}

async fn remove(name: &str) -> anyhow::Result<()> {
    let options = RemoveContainerOptionsBuilder::new().force(true).build();
    let docker = docker_client_instance().await?;
    match docker.remove_container(name, Some(options)).await {
        Ok(())
        | Err(DockerError::DockerResponseServerError {
            status_code: 404, ..
        }) => Ok(()),
        // Being removed already: it is gone when the name is free.
        Err(DockerError::DockerResponseServerError {
            status_code: 409, ..
        }) => bail!("the last container {name} is still being removed; try again"),
        Err(error) => Err(error.into()),
    }
}

/// Ready is a server that answers a query. Its log says so too early: the official image starts a
/// server for its own purposes first.
async fn wait_until_ready(url: &DatabaseUrl) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        match answers(url).await {
            Ok(()) => return Ok(()),
            Err(error) if begin.elapsed() > READY_TIMEOUT => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
